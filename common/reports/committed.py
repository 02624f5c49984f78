"""The committed numbers of a row, which come with Encore, to be shown beside a user's own."""

import json
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
_DEFAULTS = {name: field.default for name, field in Setting.model_fields.items() if not field.is_required()}


def committed_beside(paper: Paper, results: ResultPaths) -> FindCommitted | None:
    """Finds committed numbers in the tables of the checkout of Encore; None for the results in the checkout themselves,
    and where Encore was installed without one."""
    checkout = results_of_checkout()
    return None if checkout is None or are_committed(results.out) else CommittedTables(paper, checkout, results)


def are_committed(out: Path) -> bool:
    """Whether a folder of results is that of the checkout of Encore, and not a user's own."""
    checkout = results_of_checkout()
    return checkout is not None and out.resolve() == checkout.resolve()


def are_own(results: ResultPaths) -> bool:
    """Whether results are a user's own."""
    return not are_committed(results.out)


@dataclass(frozen=True)
class CommittedTables:
    """The committed tables of a paper.

    Args:
        results: folder of the results.
        own: where the own runs are that they are shown beside.
    """

    paper: Paper
    results: Path
    own: ResultPaths

    def __call__(self, table: ResultTable, row: Row, setting: Setting, runs: Collection[str]) -> dict[str, Any] | None:
        """The numbers of the same row under the same split of the same unit: those on the same data set first, then the
        least reduced, then those of most runs.

        Returns:
            `measured` in the form of the row's own, the Markdown file as `path`, `data`, the well-known data set that
            these are as `known_data` (None where unknown), `runs`, `epochs` (None for the paper's) and the flags of
            what was reduced as `reduced`; None where no table fits, or where there are own runs and all of them are
            themselves committed. A table that holds some of them is not used.
        """
        same = self._rows.get((row.experiment.digest, setting.split, setting.unit), [])
        copied = [self._copied(one, {*runs} & {*values["records"]}) for one, values in same]
        if runs and set(runs) <= set().union(*copied):
            return None
        apart = [each for each, shared in zip(same, copied, strict=True) if not shared]
        fitting = [(one, values, found) for one, values in apart if (found := one.measured_as(table, values))]
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
            "known_data": one.values.get("known_data"),
            "runs": len(values["records"]),
            "epochs": one.setting["epochs"],
            "reduced": one.reductions,
        }

    def _copied(self, one: StoredTable, runs: Collection[str]) -> set[str]:
        """Those of the own runs whose records are the committed ones of a table. An id does not say on which machine a
        run was carried out, so a user's repetition of a committed run has the same id and another record."""
        committed = ResultPaths(one.path.parent)
        return {run for run in runs if _is_same_file(self.own.record(run), committed.record(run))}

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], list[tuple[StoredTable, dict[str, Any]]]]:
        """(Digest of the row's experiment, split, unit) -> the measured rows, each with its table."""
        digests = {(t.id, row.label): row.experiment.digest for t in self.paper.tables for row in t.rows}
        found: dict[tuple[str, str, str], list[tuple[StoredTable, dict[str, Any]]]] = {}
        for one in stored_tables(self.results, self.paper.key):
            if not one.is_of_results:
                continue
            for values in one.values["rows"]:
                digest = digests.get((one.id, values["label"]))
                if digest and values["measured"]:
                    key = digest, one.setting["split"], one.setting["unit"]
                    found.setdefault(key, []).append((one, values))
        return found


def stated_in(results: ResultPaths) -> FindCommitted:
    """Finds the committed numbers that the tables of some results state, so that these can be made again after the
    committed ones have changed, or elsewhere. Rows that were not run have no runs that tell the tables of several
    settings apart, so the setting does."""
    stated = {
        (one.id, _key(one.setting), values["label"], tuple(values["records"])): values["committed"]
        for one in stored_tables(results.out, results.paper, results.dataset)
        if one.is_of_results
        for values in one.values["rows"]
        if values.get("committed")
    }

    def find(table: ResultTable, row: Row, setting: Setting, runs: Collection[str]) -> dict[str, Any] | None:
        return stated.get((table.id, _key(setting.as_json()), row.label, tuple(sorted(runs))))

    return find


def _key(setting: dict[str, Any]) -> str:
    """A setting as a key; files of earlier versions lack values that are newer, and then have the default."""
    return json.dumps(_DEFAULTS | setting, sort_keys=True)


def _is_same_file(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()
