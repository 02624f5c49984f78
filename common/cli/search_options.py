"""What `tune.py` takes besides the options that it shares with `run.py`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from typer import Option

from common.cli.flags import TypedFlags
from common.core.errors import SpecError
from common.core.option_groups import MACHINES, SEARCH, WHAT
from common.search.connection import HEARTBEAT_SECONDS, LEASE_SECONDS
from common.search.space import Objective

# NumPy's generators and keras-tuner's, whose seeds are one higher.
_HIGHEST_SEED = 2**32 - 2
# What a report made from existing trials uses.
_USED_BY_REPORT = ("from_records", "space", "row", "name", "top", "dataset", "out", "json")


@dataclass(frozen=True)
class SearchOptions:
    """What `tune.py` takes besides the shared options."""

    space: Annotated[str | None, Option(metavar="NAME", rich_help_panel=WHAT, help="Which search space to use.")] = None
    trials: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=WHAT,
            help="Number of trials, including those of earlier commands. Default: the space's number.",
        ),
    ] = None
    seed: Annotated[
        int,
        Option(
            min=0,
            max=_HIGHEST_SEED,
            metavar="N",
            rich_help_panel=SEARCH,
            help="Seed of the search: it decides the values of trials.",
        ),
    ] = 0
    objective: Annotated[
        Objective | None,
        Option(
            metavar="NAME",
            rich_help_panel=SEARCH,
            help="What to optimise: val_accuracy or val_loss. Default: the space's objective.",
        ),
    ] = None
    runs_per_trial: Annotated[
        int,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=SEARCH,
            help="Train each trial with N seeds, and take the mean.",
        ),
    ] = 1
    initial: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=SEARCH,
            help="Draw the first N trials at random. Default: 3 per parameter.",
        ),
    ] = None
    row: Annotated[
        str | None,
        Option(
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Search another row of the space's table. Default: the space's row.",
        ),
    ] = None
    name: Annotated[
        str | None,
        Option(
            metavar="NAME",
            rich_help_panel=SEARCH,
            help="Name of the search and of its folder. Default: the key of the space.",
        ),
    ] = None
    top: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=SEARCH,
            help="Write the N best networks as rows to run.",
        ),
    ] = None
    fresh: Annotated[
        bool,
        Option("--fresh", rich_help_panel=WHAT, help="Delete the search of this name and start again."),
    ] = False
    role: Annotated[
        Literal["chief", "worker"] | None,
        Option(
            metavar="NAME",
            rich_help_panel=MACHINES,
            help="For several machines: chief or worker. One chief chooses trials, workers train them.",
        ),
    ] = None
    chief: Annotated[
        str | None,
        Option(
            metavar="HOST:PORT",
            rich_help_panel=MACHINES,
            help="Address of the chief, for itself and for its workers.",
        ),
    ] = None
    lease: Annotated[
        float,
        Option(
            min=3 * HEARTBEAT_SECONDS,
            metavar="SECONDS",
            rich_help_panel=MACHINES,
            help="Seconds to wait for a silent worker. Its trial then goes to another one.",
        ),
    ] = LEASE_SECONDS
    from_records: Annotated[
        bool,
        Option("--from-records", rich_help_panel=WHAT, help="Make table and figures again, without training."),
    ] = False

    def require_compatible(self, flags: TypedFlags) -> None:
        """Refuse flags that the command would not use, and flags that contradict each other.

        Raises:
            SpecError: naming the flags.
        """
        if self.from_records:
            flags.require_only(_USED_BY_REPORT, mode="--from-records")
        if "lease" in flags.typed and self.role != "chief":
            raise SpecError("--lease: goes with --role chief.")
        if (self.role is None) != (self.chief is None):
            raise SpecError("--role and --chief: go together, e.g. --role worker --chief node7:9000.")
        if self.role == "worker" and (self.fresh or self.top is not None or "json" in flags.typed):
            raise SpecError("--role worker: --fresh, --top and --json go with the chief, which makes the report.")
