"""From a run's record to its network: which paper, which row, which weights, and whether all of them still fit."""

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.extras import require_backend
from common.core.files import expanded
from common.core.tf_logging import quiet_start
from common.paper.by_name import load_paper
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.records.paths import OWN_RESULTS, RunPaths
from common.records.record import Record, read_record
from common.records.rows import experiment_of_row, extraction_of
from common.records.tuned_rows import with_tuned_rows
from data_pipeline.cache import DEFAULT_CACHE, cache_folder
from data_pipeline.windows.standardisation import Standardisation

if TYPE_CHECKING:
    import keras

    from common.trained.network import Trained

_RUNS = ("*/*/runs", "*/*/searches/*/runs")


def load_trained(run: Path | str, out: Path | str = OWN_RESULTS, *, cache: Path | str = DEFAULT_CACHE) -> "Trained":
    """Build the network of a run again, with the weights that the run was evaluated with.

    Args:
        run: id of the run, or path of its record (`.../runs/<id>.json`).
        out: the results folder, as in `--out`, where a run is looked for by its id.
        cache: folder of all caches, as in `--cache`, for features that need pretrained weights.

    Returns:
        The network, see `common.trained.network.Trained`.

    Raises:
        DataError: there is no such record or it cannot be used, its weights were not kept, or are not those that it
            names, or its features are now extracted in another way.
        SpecError: this version has no such paper or row.
    """
    path = _record_path(run, expanded(out))
    record = read_record(path)
    paths = RunPaths(path.parents[1])
    paper = with_tuned_rows(load_paper(record.paper), _results_of(path), record.setting.dataset)
    experiment = _experiment(path, record, paper)
    weights = paths.work(record.run_id).best_weights
    if not weights.exists():
        raise DataError(
            f"{weights}: the weights of run {record.run_id} were not kept, or were removed. Train it again with "
            "--keep-weights best --fresh."
        )
    require_backend()
    model = _model(record, paper, experiment, weights)
    with quiet_start():
        from common.trained.network import Trained
    second = record.second_input
    standardisation = (Standardisation(record.input_mean, record.input_deviation),)
    if second is not None:
        standardisation += (Standardisation(second.mean, second.deviation),)
    return Trained(record, experiment, model, standardisation, paper.layout, cache_folder(cache))


def _record_path(run: Path | str, out: Path) -> Path:
    """The file of a record, absolute and without `..` and links: the folders above it tell which results it is of."""
    if str(run).endswith(".json"):
        path = expanded(run).resolve()
        if not path.is_file():
            raise DataError(
                f"{path}: no such file; expected a run's record. Give a run's id or the path of its record."
            )
        return path
    found = sorted(path for runs in _RUNS for path in out.glob(f"{runs}/{glob.escape(str(run))}.json"))
    if len(found) == 1:
        return found[0].resolve()
    if found:
        listed = ", ".join(map(str, found))
        raise DataError(f"{out}: {len(found)} records of run {run}: {listed}. Give the path of one of them.")
    raise DataError(
        f"{out}: no record of run {run} in */*/runs/. Give the folder of --out, or the path of the record; "
        "common.records.frame() lists all runs."
    )


def _results_of(record: Path) -> Path:
    """The results folder that holds a record, which has the rows that searches found."""
    folder = record.parents[1]
    return folder.parents[3] if folder.parent.name == "searches" else folder.parents[1]


def _experiment(path: Path, record: Record, paper: Paper) -> Experiment:
    row = experiment_of_row(paper, record.row_experiment)
    if row is None:
        raise SpecError(f"{path}: is of a row that {record.paper} no longer has. Use the version that recorded it.")
    try:
        experiment = row.read_like(record.experiment)
    except SpecError as error:
        raise SpecError(f"{path}: does not fit its row of {record.paper} ({error}).") from error
    copies = () if experiment.copies is None else (experiment.copies.extraction_version,)
    now = tuple(version for given in experiment.inputs for version in (given.feature.extraction_version, *copies))
    if extraction_of(now) != extraction_of(record.extraction_versions):
        raise DataError(
            f"{path}: its features were extracted in another way (version {_shown(record.extraction_versions)}) than "
            f"this version does (version {_shown(now)}). Train the run again with --fresh."
        )
    return experiment


def _shown(versions: tuple[int, ...]) -> str:
    return ", ".join(map(str, extraction_of(versions))) or "1"


def _model(record: Record, paper: Paper, experiment: Experiment, weights: Path) -> "keras.Model":
    """The run's network with its weights, after comparing them with the digest in the record."""
    with quiet_start(announced=True):
        import keras

        from common.training.model_cache import build_network
        from common.training.weights import copy_weights, digest_of_weights, read_weights

    def build(shape: tuple, classes: int) -> keras.Model:
        return paper.build(experiment.model, shape, classes)

    second = record.second_input
    shape = record.input_shape if second is None else (record.input_shape, second.shape)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(experiment.training.precision)
    try:
        model = build_network(experiment, build, shape, len(record.data.genres))
    finally:
        keras.config.set_dtype_policy(before)
    try:
        read_weights(weights, model)
    except DataError as error:
        reason = str(error).removeprefix(f"{weights}: ").rstrip(".")
        raise DataError(
            f"{weights}: holds no weights of the network of run {record.run_id} ({reason}). Remove it, or train the "
            "run again with --fresh."
        ) from error
    if not record.kept_weights:
        warn(f"{weights}: not compared with the record, which is from before records named the SHA-256 of weights")
    elif (found := digest_of_weights(copy_weights(model))) != record.kept_weights:
        raise DataError(
            f"{weights}: has the SHA-256 {found[:12]}..., but the record of run {record.run_id} names "
            f"{record.kept_weights[:12]}.... Remove it, or train the run again with --fresh."
        )
    return model
