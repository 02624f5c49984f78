"""The splits that an audit compares: from a split by window to one by artist without known faults."""

from dataclasses import dataclass, replace

from common.core.errors import SpecError
from common.paper.paper import Paper
from common.paper.protocol import NO_DUPLICATES, SPLIT_MEANINGS, UNIT_NAMES, SplitName, Unit, by_unit
from common.runs.options import Options
from data_pipeline.datasets.about import is_own_folder

# Splits into one train, valid and test part, which an audit can also make by window.
_SINGLE = ("holdout", "per_genre")
# Change of a row that leaves duplicates out.
_DROP = ('protocol.duplicates="drop"',)


@dataclass(frozen=True)
class SplitCondition:
    """One way to split the data, with the same network and training.

    Args:
        key: name in files.
        title: name in tables.
        means: what the split separates, for captions.
        split, unit: of the protocol.
        changes: further `--set` changes of the row.
        needed: whether the audit fails without it.
    """

    key: str
    title: str
    means: str
    split: SplitName
    unit: Unit = "clip"
    changes: tuple[str, ...] = ()
    needed: bool = False

    @property
    def drops_duplicates(self) -> bool:
        """Whether of clips with the same bytes only one is used."""
        return _DROP[0] in self.changes

    def options(self, asked: Options) -> Options:
        """The options of a command that runs this split condition."""
        return replace(asked, split=self.split, unit=self.unit, changes=(*asked.changes, *self.changes))


def split_conditions(paper: Paper, dataset: str) -> tuple[SplitCondition, ...]:
    """All split conditions, the least strict first; papers with folds or a special split use one holdout split here.

    Args:
        dataset: key of the data set. A user's own folder has no published split without its duplicates: there the
            artist filter is also run without them, because copies of unknown artist, or under another name, pass it.
    """
    own = paper.default_experiment.protocol.split
    single: SplitName = own if own in _SINGLE else "holdout"
    general = (
        SplitCondition(
            "windows",
            f"{single}, {by_unit('segment')}",
            "windows of one clip may be in several parts",
            single,
            unit="segment",
        ),
        SplitCondition("clips", f"{single}, by clip", "all windows of a clip are in one part", single, needed=True),
        SplitCondition(
            "no_duplicates",
            f"{single}, by clip, {NO_DUPLICATES}",
            "all windows of a clip are in one part, and of clips with the same bytes only one is used",
            single,
            changes=_DROP,
        ),
        SplitCondition("artists", "artist, by clip", "artist filter: all clips of an artist are in one part", "artist"),
    )
    if is_own_folder(dataset):
        return (
            *general,
            SplitCondition(
                "artists_no_duplicates",
                f"artist, by clip, {NO_DUPLICATES}",
                "artist filter, and of clips with the same bytes only one is used",
                "artist",
                changes=_DROP,
            ),
            SplitCondition("labels", "labels, by clip", SPLIT_MEANINGS["labels"], "labels"),
        )
    return (
        *general,
        SplitCondition("fault_filtered", "fault_filtered, by clip", SPLIT_MEANINGS["fault_filtered"], "fault_filtered"),
        SplitCondition("official", "official, by clip", SPLIT_MEANINGS["official"], "official"),
    )


def require_free_split(asked: Options) -> None:
    """Refuse options that choose a split, because an audit runs every split.

    Raises:
        SpecError: the command chooses a split, a unit or what happens to duplicates.
    """
    for flag, value in (("--split", asked.split), ("--unit", asked.unit and UNIT_NAMES[asked.unit])):
        if value is not None:
            raise SpecError(f"{flag} {value}: an audit runs every split that the data allow; leave {flag} out.")
    for change in asked.changes:
        if change.partition("=")[0].strip() in ("protocol.split", "protocol.unit", "protocol.duplicates"):
            raise SpecError(f"--set {change}: an audit runs every split that the data allow; leave it out.")
