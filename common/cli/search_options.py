"""What `tune.py` takes besides the options that it shares with `run.py`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from typer import Option

from common.cli.flags import TypedFlags
from common.core.errors import SpecError
from common.search.connection import HEARTBEAT_SECONDS, LEASE_SECONDS
from common.search.space import Objective

# NumPy's generators and keras-tuner's, whose seeds are one higher.
_HIGHEST_SEED = 2**32 - 2
# What a report made from existing trials uses.
_USED_BY_REPORT = ("from_records", "space", "row", "name", "top", "dataset", "out", "json")


@dataclass(frozen=True)
class SearchOptions:
    """What `tune.py` takes besides the shared options."""

    space: Annotated[str | None, Option(help="Which search space to use.")] = None
    trials: Annotated[
        int | None,
        Option(
            min=1, help="Number of trials in total, including those of earlier commands. Default: the space's number."
        ),
    ] = None
    seed: Annotated[
        int, Option(min=0, max=_HIGHEST_SEED, help="Seed of the search, which decides the values of every trial.")
    ] = 0
    objective: Annotated[
        Objective | None,
        Option(help="What the search optimises on validation windows. Default: the space's objective."),
    ] = None
    runs_per_trial: Annotated[
        int, Option(min=1, help="Train each trial with this many seeds; its score is their mean.")
    ] = 1
    initial: Annotated[
        int | None,
        Option(min=1, help="Number of random trials before the first one that is chosen. Default: 3 per parameter."),
    ] = None
    row: Annotated[
        str | None,
        Option(help="Search another row of the space's table, by name or label. Default: the space's own row."),
    ] = None
    name: Annotated[str | None, Option(help="Name of the search and of its folder. Default: the key of the space.")] = (
        None
    )
    top: Annotated[
        int | None, Option(min=1, help="Write this many of the best networks as rows that run.py can train and test.")
    ] = None
    fresh: Annotated[
        bool, Option("--fresh", help="Delete the trials of the search with this name and start again.")
    ] = False
    role: Annotated[
        Literal["chief", "worker"] | None,
        Option(
            help="Role of this process in a search on several machines: one chief chooses trials, workers train them."
        ),
    ] = None
    chief: Annotated[
        str | None, Option(metavar="HOST:PORT", help="Address of the chief, for the chief itself and for its workers.")
    ] = None
    lease: Annotated[
        float,
        Option(
            min=3 * HEARTBEAT_SECONDS,
            metavar="SECONDS",
            help="After this long without a sign of life from a worker, the chief gives its trial to another worker.",
        ),
    ] = LEASE_SECONDS
    from_records: Annotated[
        bool,
        Option("--from-records", help="Make table and figures again from existing trials, without data or training."),
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
