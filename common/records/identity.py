"""The id of a run: a digest of what defines it, computed alike where a run is planned and where a record is checked."""

from collections.abc import Sequence
from typing import Protocol

from common.core.files import sha256_of_json
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver, Setting

# Variant of the runs of a search, which withhold their test clips.
SEARCH_VARIANT = "search"


def run_id(
    *,
    experiment_digest: str,
    data_digest: str,
    split_digest: str,
    fold: int,
    seed: int,
    variant: str = "",
    decoder: str = "soundfile",
) -> str:
    """First 16 digits of a SHA-256 of what defines a run.

    Args:
        experiment_digest: of the experiment as it is run (scale and flags applied).
        data_digest: of the tracks that it runs on.
        split_digest: of the clips or windows in each part.
        variant: see `variant_of`.
        decoder: of the audio files.
    """
    return sha256_of_json(
        {
            "experiment": experiment_digest,
            "data": data_digest,
            "split": split_digest,
            "fold": fold,
            "seed": seed,
            **({"variant": variant} if variant else {}),
            # Leaving out the default keeps the ids from before this field existed.
            **({"decoder": decoder} if decoder != "soundfile" else {}),
        }
    )[:16]


def variant_of(resolver: Resolver, row: Experiment, experiment: Experiment, weights_digest: str = "") -> str:
    """Keeps run ids unique where rows become the same experiment under a change or a scale: each needs a record. Empty
    where nothing has to be distinguished.

    Args:
        row: the row's experiment, as the paper has it.
        experiment: the same as it is run.
        weights_digest: SHA-256 of the file of trained weights that it starts from; empty for none.
    """
    setting = resolver.setting
    if setting.changes or weights_digest or setting.genres:
        # Two choices of genres can hold the same clips, if some genres have none, and still be different classes.
        others = [other for other in (weights_digest, setting.genres) if other]
        return sha256_of_json([row.digest, setting.changes, *others])
    idle = []
    plain = resolver.with_setting(epochs=None, precision=None)
    if setting != plain.setting and plain.experiment(row) == experiment:
        idle += [setting.epochs, setting.precision]
    if setting.features == "small" and resolver.with_setting(features="paper").experiment(row) == experiment:
        idle.append(setting.features)
    if idle:
        # The option changes nothing for this row, but its run without the option belongs to another table.
        return sha256_of_json([row.digest, *idle])
    # Rows that a search found do not count as twins: they must not change the run ids of the paper's rows.
    others = {other.digest: other for other in (*resolver.paper.experiments, row)}
    twins = [digest for digest, other in others.items() if resolver.experiment(other).digest == experiment.digest]
    return sha256_of_json(row.digest) if len(twins) > 1 else ""


class StoredRun(Protocol):
    """What a record and a note of divergence have in common."""

    run_id: str
    setting: Setting
    split_digest: str
    fold: int
    seed: int


def possible_ids(run: StoredRun, row: Experiment, ran: Experiment, usual: str, *, withheld: bool) -> Sequence[str]:
    """The ids that a stored run can have, the most probable first.

    Args:
        row: the row's experiment, as the paper has it.
        ran: the experiment that was run.
        usual: its variant, see `variant_of`.
        withheld: whether its test clips were withheld, as in a search.
    """
    variants = [usual]
    if withheld:
        variants = [SEARCH_VARIANT]
    elif usual in ("", sha256_of_json(row.digest)):
        # Which of the two it is depends on the other rows of the paper, and rows are added to papers.
        variants = [usual, "", sha256_of_json(row.digest)]
    return [
        run_id(
            experiment_digest=ran.digest,
            data_digest=run.setting.data_digest,
            split_digest=run.split_digest,
            fold=run.fold,
            seed=run.seed,
            variant=variant,
            decoder=run.setting.decoder,
        )
        for variant in variants
    ]
