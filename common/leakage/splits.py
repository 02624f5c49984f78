"""The splits that an audit compares: from windows of one clip on both sides to artists and faults kept apart."""

from dataclasses import dataclass, replace

from common.core.errors import SpecError
from common.paper.paper import Paper
from common.paper.protocol import SplitName, Unit
from common.runs.options import Options

# Splits of a paper that deal out clips in one go, and so can be dealt out by windows, too.
_WHOLE = ("holdout", "per_genre")


@dataclass(frozen=True)
class SplitCondition:
    """One way to split, for the same network, training and data.

    Args:
        key: names it in files.
        title: names it in tables.
        means: what it keeps apart, for captions.
        needed: whether an audit makes no sense without it.
    """

    key: str
    title: str
    means: str
    split: SplitName
    unit: Unit = "clip"
    changes: tuple[str, ...] = ()
    needed: bool = False

    def options(self, asked: Options) -> Options:
        """What a command would ask for to run this regime."""
        return replace(asked, split=self.split, unit=self.unit, changes=(*asked.changes, *self.changes))


def split_conditions(paper: Paper) -> tuple[SplitCondition, ...]:
    """All regimes, the laxest first; a paper with folds or a split of its own is dealt out once, by fractions."""
    own = paper.default_experiment.protocol.split
    whole: SplitName = own if own in _WHOLE else "holdout"
    return (
        SplitCondition("windows", "random windows", "windows of one clip stand on both sides", whole, unit="segment"),
        SplitCondition("clips", "random clips", "each clip stands on one side", whole, needed=True),
        SplitCondition(
            "no_duplicates",
            "random clips, no exact duplicates",
            "each clip stands on one side, and byte for byte copies of clips are left out",
            whole,
            changes=('protocol.duplicates="drop"',),
        ),
        SplitCondition("artists", "artists apart", "each artist stands on one side", "artist"),
        SplitCondition(
            "fault_filtered",
            "fault-filtered",
            "the published split of GTZAN without its known faults, artists apart",
            "fault_filtered",
        ),
        SplitCondition("official", "official", "the data set's own split, artists apart", "official"),
    )


def require_free_split(asked: Options) -> None:
    """An audit chooses splits itself.

    Raises:
        SpecError: the command names one.
    """
    for flag, value in (("--split", asked.split), ("--unit", asked.unit)):
        if value is not None:
            raise SpecError(f"{flag} {value}: --audit runs every split that the data allow; leave {flag} out.")
    for change in asked.changes:
        if change.partition("=")[0].strip() in ("protocol.split", "protocol.unit", "protocol.duplicates"):
            raise SpecError(f"--set {change}: --audit runs every split that the data allow; leave it out.")
