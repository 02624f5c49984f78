"""What `encore show` takes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

from typer import Option

from common.core.errors import SpecError
from common.core.option_groups import DATA, OUTPUT, WHAT
from common.encore.tables_there import OF_PAPER
from common.paper.overrides import given_changes, read_changes, stated_values
from common.paper.protocol import UNIT_NAMES, SplitName
from common.paper.training import Precision
from common.records.paths import COMMITTED_RESULTS, OWN_RESULTS
from data_pipeline.datasets.about import VALUES, VALUES_TEXT, is_own_folder, mirdata_name, require_known

# Option -> the values that it takes.
_VALUES = {
    "--dataset": VALUES,
    "--split": get_args(SplitName),
    "--unit": tuple(UNIT_NAMES.values()),
    "--precision": (*get_args(Precision), OF_PAPER),
}
_REPEAT = "Repeat it to show several beside each other."


def _completing(flag: str) -> Callable[[str], list[str]]:
    """What completes the values of an option in the shell."""

    def begin(incomplete: str) -> list[str]:
        return [value for value in _VALUES[flag] if value.startswith(incomplete)]

    return begin


@dataclass(frozen=True)
class ShowOptions:
    """What to show."""

    tables: Annotated[
        tuple[str, ...],
        Option(
            "--table",
            metavar="ID",
            rich_help_panel=WHAT,
            help="Table to show, e.g. 5.1 or audit; repeat for several. Default: those with numbers.",
        ),
    ] = ()
    rows: Annotated[
        tuple[str, ...],
        Option("--row", metavar="NAME", rich_help_panel=WHAT, help="Row to show; repeat for several. Default: all."),
    ] = ()
    datasets: Annotated[
        tuple[str, ...],
        Option(
            "--dataset",
            metavar="NAME",
            rich_help_panel=DATA,
            help=f"{VALUES_TEXT} Or folder_NAME: one own folder. {_REPEAT}",
            autocompletion=_completing("--dataset"),
        ),
    ] = ()
    splits: Annotated[
        tuple[str, ...],
        Option(
            "--split",
            metavar="NAME",
            rich_help_panel=WHAT,
            help=f"{', '.join(get_args(SplitName))}. {_REPEAT}",
            autocompletion=_completing("--split"),
        ),
    ] = ()
    units: Annotated[
        tuple[str, ...],
        Option(
            "--unit",
            metavar="window|clip",
            rich_help_panel=WHAT,
            help=f"Split by single windows or by whole clips. {_REPEAT}",
            autocompletion=_completing("--unit"),
        ),
    ] = ()
    epochs: Annotated[
        str | None,
        Option(
            metavar="N|paper",
            rich_help_panel=WHAT,
            help="Runs of commands with --epochs N, or without --epochs: paper. Default: the least reduced.",
        ),
    ] = None
    precision: Annotated[
        str | None,
        Option(
            metavar="NAME|paper",
            rich_help_panel=WHAT,
            help=f"Runs of commands with --precision NAME ({' or '.join(get_args(Precision))}), or without it: paper.",
            autocompletion=_completing("--precision"),
        ),
    ] = None
    changes: Annotated[
        tuple[str, ...],
        Option(
            "--set",
            metavar="PATH=VALUE|paper",
            rich_help_panel=WHAT,
            help="Runs with this value replaced, as in encore run; repeat for several. Without replaced values: paper.",
        ),
    ] = ()
    batch_size: Annotated[
        int | None,
        Option(min=1, metavar="N", rich_help_panel=WHAT, help="Runs of commands with --batch-size N."),
    ] = None
    learning_rate: Annotated[
        float | None,
        Option(metavar="X", rich_help_panel=WHAT, help="Runs of commands with --learning-rate X."),
    ] = None
    patience: Annotated[
        str | None,
        Option(metavar="N|none", rich_help_panel=WHAT, help="Runs of commands with --patience N."),
    ] = None
    out: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            rich_help_panel=OUTPUT,
            help=f"Folder of results. Default: {OWN_RESULTS}, and {COMMITTED_RESULTS} for tables that are not there.",
        ),
    ] = None

    def __post_init__(self) -> None:
        # Tables are found by the keys of data sets.
        keys = tuple(require_known(name) if mirdata_name(name) else name for name in self.datasets)
        object.__setattr__(self, "datasets", keys)
        named = tuple(key for key in keys if not (mirdata_name(key) or is_own_folder(key)))
        precisions = () if self.precision is None else (self.precision,)
        for flag, values in zip(_VALUES, (named, self.splits, self.units, precisions), strict=True):
            for value in values:
                if len(parts := list(filter(None, value.split(",")))) > 1:
                    each = " ".join(f"{flag} {part.strip()}" for part in parts)
                    raise SpecError(f"{flag} {value}: expected one name each: {each}.")
                if UNIT_NAMES.get(value, value) not in _VALUES[flag]:
                    raise SpecError(f"{flag} {value}: expected one of: {', '.join(_VALUES[flag])}.")
        if self.epochs not in (None, OF_PAPER) and not (self.epochs.isdecimal() and int(self.epochs)):
            raise SpecError(f"--epochs {self.epochs}: expected a whole number of at least 1, or {OF_PAPER}.")
        self._require_changes_apart()

    def _require_changes_apart(self) -> None:
        if OF_PAPER in self.changes and (len(self.changes) > 1 or self._stated):
            raise SpecError(f"--set {OF_PAPER}: means runs without replaced values; give no other value with it.")
        if OF_PAPER not in self.changes:
            read_changes(given_changes(self.changes, self._stated))

    @property
    def _stated(self) -> dict[str, str | int | float]:
        return stated_values(self.batch_size, self.learning_rate, self.patience)

    @property
    def all_changes(self) -> tuple[str, ...] | None:
        """Values that the commands replaced, as `PATH=JSON`; empty for none, None where any will do."""
        if OF_PAPER in self.changes:
            return ()
        return read_changes(given_changes(self.changes, self._stated)) or None
