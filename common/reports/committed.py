"""The committed numbers of a row, which come with Encore, to be shown beside a user's own."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable, Row
from common.records.paths import COMMITTED_RESULTS, ResultPaths, results_of_checkout
from common.reports.stored import StoredTable, stored_tables
from common.reports.text.committed import FindCommitted

# A paper and its results on a data set -> what finds the committed numbers to show beside them; None for none.
CommittedOf = Callable[[Paper, ResultPaths], FindCommitted | None]


def committed_beside(paper: Paper, results: ResultPaths) -> FindCommitted | None:
    """Finds committed numbers in the tables of the checkout of Encore; None for the results in the checkout themselves,
    and where Encore was installed without one."""
    checkout = results_of_checkout()
    if checkout is None or results.out.resolve() == checkout.resolve():
        return None
    return CommittedTables(paper, checkout)


@dataclass(frozen=True)
class CommittedTables:
    """The committed tables of a paper.

    Args:
        results: folder of the results.
    """

    paper: Paper
    results: Path

    def __call__(self, table: ResultTable, row: Row, setting: Setting, runs: Collection[str]) -> dict[str, Any] | None:
        """The numbers of the same row under the same split of the same unit: those on the same data set first, then the
        least reduced, then those of most runs.

        Returns:
            `measured` in the form of the row's own, the Markdown file as `path`, `data`, `runs`, `epochs` (None for the
            paper's) and the flags of what was reduced as `reduced`; None where no table fits, or where the own runs are
            themselves committed.
        """
        same = self._rows.get((row.experiment.digest, setting.split, setting.unit), [])
        if any(set(runs) & set(values["records"]) for _, values in same):
            return None
        fitting = [(one, values, found) for one, values in same if (found := one.measured_as(table, values))]
        if not fitting:
            return None

        def order(fit: tuple[StoredTable, dict[str, Any], dict[str, Any]]) -> tuple[Any, ...]:
            one, values, _ = fit
            return one.setting["dataset"] != setting.dataset, *one.rank, -len(values["records"]), one.path

        one, values, measured = min(fitting, key=order)
        where = COMMITTED_RESULTS / one.path.relative_to(self.results).with_suffix(".md")
        return {
            "measured": measured,
            "path": where.as_posix(),
            "data": one.values["data"],
            "runs": len(values["records"]),
            "epochs": one.setting["epochs"],
            "reduced": one.reductions,
        }

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], list[tuple[StoredTable, dict[str, Any]]]]:
        """(Digest of the row's experiment, split, unit) -> the measured rows, each with its table."""
        digests = {(t.id, row.label): row.experiment.digest for t in self.paper.tables for row in t.rows}
        found: dict[tuple[str, str, str], list[tuple[StoredTable, dict[str, Any]]]] = {}
        for one in stored_tables(self.results, self.paper.key):
            if "kind" in one.values or not one.setting:
                continue
            for values in one.values["rows"]:
                digest = digests.get((one.id, values["label"]))
                if digest and values["measured"]:
                    key = digest, one.setting["split"], one.setting["unit"]
                    found.setdefault(key, []).append((one, values))
        return found


def stated_in(results: ResultPaths) -> FindCommitted:
    """Finds the committed numbers that the tables of some results state, so that these can be made again after the
    committed ones have changed, or elsewhere."""
    stated = {
        (one.id, values.get("label"), tuple(map(str, values.get("records", ())))): values["committed"]
        for one in stored_tables(results.out, results.paper, results.dataset)
        for values in one.values["rows"]
        if _is_complete(values.get("committed"), one.values.get("metrics", ()))
    }

    def find(table: ResultTable, row: Row, setting: Setting, runs: Collection[str]) -> dict[str, Any] | None:
        return stated.get((table.id, row.label, tuple(sorted(runs))))

    return find


def _is_complete(committed: Any, metrics: Collection[str]) -> bool:
    """Whether committed numbers in a file have all that a table needs of them; an edit may have damaged them."""
    if not isinstance(committed, dict) or not committed.keys() >= {
        "measured",
        "path",
        "data",
        "runs",
        "epochs",
        "reduced",
    }:
        return False
    measured = committed["measured"]
    return isinstance(measured, dict) and all(
        isinstance(measured.get(name), dict) and measured[name].keys() >= {"mean", "ci95"} for name in metrics
    )
