"""The tables of a paper as they lie on disk, in several folders, and which of them fit what was asked for."""

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from common.paper.overrides import parse_change
from common.paper.paper import Paper
from common.paper.protocol import UNIT_NAMES, Unit
from common.records.paths import ResultPaths, searches
from common.records.record import read_records
from common.records.tuned_rows import with_tables_of, with_tuned_rows
from common.reports.asked import labels_with_numbers
from common.reports.stored import StoredTable, held_table, stored_tables
from data_pipeline.datasets.about import is_asked_for, value_to_run

# Value of `--epochs`, `--precision` and `--set` for tables of commands that did not give these.
OF_PAPER = "paper"


def chosen(one: StoredTable, name: str) -> str:
    """The `epochs` or the `precision` that the command of a table gave, as text, or else `OF_PAPER`."""
    return str(one.setting.get(name) or OF_PAPER)


def as_typed(change: str) -> str:
    """A changed value as it is typed after `--set`: words without the quotation marks of JSON."""
    path, value = parse_change(change)
    return f"{path}={value}" if isinstance(value, str) else change


def flags_of_changes(changes: Iterable[str]) -> list[str]:
    """Flags that set values, each given as `PATH=JSON`."""
    return [word for change in changes for word in ("--set", as_typed(change))]


@dataclass(frozen=True)
class Choice:
    """The data set, split and unit that were asked for; None where any will do.

    Args:
        out: folder of results that was asked for; None for the default.
        epochs, precision: of `--epochs` and `--precision`, as text, or `OF_PAPER`.
        changes: values that a table's command must have set, among others, as `PATH=VALUE`; empty where it must have
            set none.
    """

    dataset: str | None
    split: str | None
    unit: str | None
    out: Path | None = None
    epochs: str | None = None
    precision: str | None = None
    changes: tuple[str, ...] | None = None

    @classmethod
    def all_of(
        cls,
        datasets: Iterable[str],
        splits: Iterable[str],
        units: Iterable[Unit],
        out: Path | None,
        epochs: str | None,
        precision: str | None,
        changes: tuple[str, ...] | None,
    ) -> list["Choice"]:
        """Each combination of what was asked for; empty where any will do."""
        every = (dict.fromkeys(values) or (None,) for values in (datasets, splits, units))
        return [cls(*one, out, epochs, precision, changes) for one in itertools.product(*every)]

    @classmethod
    def of(cls, setting: dict[str, Any], out: Path | None) -> "Choice":
        """Those of a table that is there."""
        return cls(setting["dataset"], setting["split"], setting["unit"], out)

    def fits(self, one: StoredTable) -> bool:
        """Whether a table is of what was asked for; tables of layers and of all splits have no split of their own."""
        if not is_asked_for(one.values["dataset"], self.dataset):
            return False
        trained = [name for name in ("epochs", "precision") if getattr(self, name) is not None]
        if one.setting and any(getattr(self, name) != chosen(one, name) for name in trained):
            return False
        if one.setting and not self._has_changes(one):
            return False
        if not one.setting or one.values.get("kind") in ("audit", "duplicates"):
            return True
        return self.split in (None, one.setting["split"]) and self.unit in (None, one.setting["unit"])

    def _has_changes(self, one: StoredTable) -> bool:
        if self.changes is None:
            return True
        there = dict(map(parse_change, one.setting.get("changes", ())))
        asked = dict(map(parse_change, self.changes))
        return all(path in there and there[path] == value for path, value in asked.items()) and bool(asked or not there)

    @property
    def flags(self) -> list[str]:
        """The flags of a command that measures it."""
        found = []
        for name in ("dataset", "split", "unit"):
            value = getattr(self, name)
            value = value_to_run(value) if value and name == "dataset" else value
            found += [f"--{name}", UNIT_NAMES.get(value, value)] if value else []
        for name in ("epochs", "precision"):
            value = getattr(self, name)
            found += [f"--{name}", value] if value not in (None, OF_PAPER) else []
        found += flags_of_changes(self.changes or ())
        found += ["--data", "PATH"] if self.dataset not in (None, "demo") else []
        return [*found, "--out", str(self.out)] if self.out else found


# What was asked for -> the table of it, of tables that stand beside each other.
Beside = dict[Choice, StoredTable]


@dataclass(frozen=True)
class TablesThere:
    """The tables of a paper in some folders.

    Args:
        declared: the paper without rows that searches found.
        places: in the order in which tables are looked for.
        datasets: that were asked for; empty for all.
        committed: those of the places that hold results that come with Encore.
    """

    declared: Paper
    places: tuple[Path, ...]
    datasets: tuple[str, ...]
    committed: frozenset[Path] = frozenset()

    def is_own(self, one: StoredTable) -> bool:
        """Whether a table is of a user's own runs."""
        return one.path.parents[2] not in self.committed

    @cached_property
    def tables(self) -> list[list[StoredTable]]:
        """Every table of each place, also those below others."""
        found = [stored_tables(place, self.declared.key) for place in self.places]
        return [[one for whole in mine for one in (whole, *whole.companions)] for mine in found]

    @cached_property
    def _papers(self) -> dict[Path, Paper]:
        """Folder of a data set with searches -> the paper with the rows that these found."""
        folders = {
            search.results.folder: place for place in self.places for search in searches(place, self.declared.key)
        }
        return {folder: with_tuned_rows(self.declared, place, folder.name) for folder, place in folders.items()}

    def paper_of(self, one: StoredTable) -> Paper:
        """The paper with the rows that the searches on the same data in the same place found; where these do not have
        the table any more, that with the rows of all searches."""
        own = self._papers.get(one.path.parent, self.declared)
        return own if self.base_of(one.id) in own.table_ids else self.paper

    @cached_property
    def paper(self) -> Paper:
        """The paper with the rows that searches in any place found."""
        datasets = self.datasets or (None,)
        asked = [
            paper
            for folder, paper in self._papers.items()
            if any(is_asked_for(folder.name, dataset) for dataset in datasets)
        ]
        return with_tables_of(self.declared, asked)

    def base_of(self, table: str) -> str:
        """Id of the paper's table that a table is, or belongs to: `5.1` of `5.1_pairs`; of others their own."""
        if matrix := self.paper.confusion(table):
            return matrix.id
        known = [one for one in self.paper.table_ids if table == one or table.startswith(f"{one}_")]
        return max(known, key=len, default=table)

    def find(self, table: str, choice: Choice, *, also_held: bool = False) -> list[list[StoredTable]]:
        """The tables with an id that fit, of each place that has any: those of the paper's split first, then the least
        reduced, then those of the data that were run last.

        Args:
            also_held: where a place has none, one that has no file of its own, because other tables there hold all its
                measured rows.
        """
        found = []
        for mine in self.tables:
            fitting = self._in_order(one for one in mine if one.id == table and choice.fits(one))
            if also_held and not fitting and (held := self._held(table, mine, choice)):
                fitting = [held]
            found += [fitting] if fitting else []
        return found

    def beside(
        self, table: str, choices: Sequence[Choice], rows: Collection[str] | None, *, also_held: bool = False
    ) -> list[Beside]:
        """The tables with an id that can stand beside each other, because they are of one place, data set, scale and
        number of epochs, of the same data, and of one split and unit where none was asked for.

        Args:
            choices: what was asked for.
            rows: labels that were asked for; None for all.
            also_held: as of `find`.

        Returns:
            The best first: those that hold most of the choices, with numbers of the rows that were asked for; of equal
            ones, those of the first place.
        """
        groups: dict[tuple[Any, ...], Beside] = {}
        for place in self.tables:
            for choice in choices:
                fitting = self._in_order(one for one in place if one.id == table and choice.fits(one))
                if also_held and not fitting and (held := self._held(table, place, choice)):
                    fitting = [held]
                for one in sorted(fitting, key=lambda one: -_rows_there(one, rows)):
                    setting = one.setting
                    key = (
                        one.path.parents[2],
                        one.values["dataset"],
                        # Own folders of one name may hold different data.
                        *(setting.get(name) for name in ("data_digest", "scale", "epochs")),
                        setting.get("split") if choice.split is None else None,
                        setting.get("unit") if choice.unit is None else None,
                    )
                    groups.setdefault(key, {}).setdefault(choice, one)

        def order(group: Beside) -> tuple[int, int]:
            counts = [_rows_there(one, rows) for one in group.values()]
            return -sum(count > 0 for count in counts), -sum(counts)

        return sorted(groups.values(), key=order)

    def _held(self, table: str, mine: list[StoredTable], choice: Choice) -> StoredTable | None:
        """A table that has no file of its own, from those of a place that hold its measured rows."""
        results = [one for one in mine if one.is_of_results and choice.fits(one)]
        for first in self._in_order(results):
            paper = self.paper_of(first)
            published = next((one for one in paper.tables if one.id == table), None)
            alike = [one for one in results if (one.setting, one.path.parent) == (first.setting, first.path.parent)]
            if published and (found := held_table(paper, published, [first, *alike])):
                return found
        return None

    def _in_order(self, tables: Iterable[StoredTable]) -> list[StoredTable]:
        newest_first = sorted(sorted(tables, key=lambda one: one.path), key=self._last_run, reverse=True)
        return sorted(newest_first, key=lambda one: (*self._order(one), one.path.parent))

    def _last_run(self, one: StoredTable) -> tuple[str, int]:
        """Sort key: greater for data that were run later, among different data in one folder of results."""
        return self._last_runs.get((one.path.parent, one.setting.get("data_digest")), ("", 0))

    @cached_property
    def _last_runs(self) -> dict[tuple[Path, str], tuple[str, int]]:
        """Folder and data -> when the last run on them finished, and when the newest file of their tables was written,
        for folders with tables of different data."""
        written: dict[Path, dict[str, int]] = {}
        for one in itertools.chain(*self.tables):
            if digest := one.setting.get("data_digest"):
                of_folder = written.setdefault(one.path.parent, {})
                of_folder[digest] = max(of_folder.get(digest, 0), one.path.stat().st_mtime_ns)
        found = {}
        for folder, of_folder in written.items():
            if len(of_folder) < 2:
                continue
            finished = dict.fromkeys(of_folder, "")
            # Every command writes all tables of a folder again, so their files do not say which data are newer.
            for record in read_records(ResultPaths(folder).runs):
                digest = record.setting.data_digest
                finished[digest] = max(finished.get(digest, ""), record.finished_at)
            found |= {(folder, digest): (finished[digest], of_folder[digest]) for digest in of_folder}
        return found

    def _order(self, one: StoredTable) -> tuple[Any, ...]:
        protocol = self.declared.default_experiment.protocol
        own_splits = (self.declared.published_protocol.split, protocol.split)
        other_split = one.setting.get("split") not in (*own_splits, None)
        return other_split, one.setting.get("unit") not in (protocol.unit, None), *one.rank


def _rows_there(one: StoredTable, rows: Collection[str] | None) -> int:
    """How many of the rows that were asked for a table has numbers of; 1 where all were."""
    return 1 if rows is None else len((labels_with_numbers(one.values) or set()).intersection(rows))
