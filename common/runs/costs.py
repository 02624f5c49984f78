"""About how much longer runs take than others, before any of them has begun."""

from collections.abc import Sequence

from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks
from common.runs.builder import PlannedRun

# Networks of which the largest has so many times the parameters of the smallest take about the same time.
_ALIKE = 2


def epoch_costs(paper: Paper, runs: Sequence[PlannedRun]) -> dict[str, float] | None:
    """Name of each run -> cost of an epoch, relative to the other runs: windows times parameters of its network.

    The parameters are those stored for the row, at the paper's own input size. Where a row has none, as one found by a
    search, or one whose code has changed, costs are not known (None), unless all runs are of one row.
    """
    rows = {planned.row_experiment for planned in runs}
    stored = StoredNetworks.read(paper).parameters if len(rows) > 1 else {}
    known = {row: stored[row] for row in rows if row in stored}
    if len(rows) > 1 and len(known) < len(rows):
        return None
    is_alike = len(rows) == 1 or max(known.values()) <= _ALIKE * min(known.values())
    return {planned.name: _windows(planned) * (1 if is_alike else known[planned.row_experiment]) for planned in runs}


def _windows(planned: PlannedRun) -> int:
    """Windows that an epoch trains on."""
    windows, limit = len(planned.run.fold.train), planned.run.experiment.training.windows_per_epoch
    return windows if limit is None else min(windows, limit)
