"""The best trials of a search as rows of a table, which `run.py` trains and tests like any other row."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.files import read_json
from common.core.spec import Spec, problems_of, stored_spec
from common.paper.paper import Paper
from common.paper.row_names import derived_name
from common.paper.tables import ResultTable, Row
from common.records.paths import SearchPaths, searches

ROWS_FORMAT = 1
_REMEDY = " Write them again with tune.py --top, or delete the file."


class _StoredRow(Spec):
    """One of the best trials: dotted path of each value that differs from the row's -> the value."""

    label: str
    values: dict[str, Any]


class StoredRows(Spec):
    """The file of a search's best trials."""

    format: Literal[1]
    title: str
    row: tuple[str, str]
    rows: tuple[_StoredRow, ...]
    notes: tuple[str, ...]


def table_id_of(search: str) -> str:
    """Id of the table of a search's best trials."""
    return f"top_{search}"


def tuned_row_name(search: str, place: int) -> str:
    """Name of a row of that table: `top-ratio-1` for the best network of the search `ratio`."""
    return f"{derived_name(table_id_of(search))}-{place}"


def with_tuned_rows(paper: Paper, out: Path, dataset: str | None) -> Paper:
    """The paper, with one more table for each search whose best trials were written as rows.

    A file of rows that cannot be used is named in a warning, and its table is not added.

    Args:
        out: folder of the results.
        dataset: of the searches; None for all (of searches with the same name only the first).
    """
    tables, tuned = [], {}
    own = {row.experiment.digest for table in paper.tables for row in table.rows}
    for search in searches(out, paper.key, dataset):
        if not search.rows.exists() or table_id_of(search.name) in {table.id for table in tables}:
            continue
        try:
            table, values = _tuned_table(paper, search)
        except DataError as error:
            warn(f"{error}")
            continue
        names = {row.name for other in tables for row in other.rows}
        if twice := sorted(names & {row.name for row in table.rows}):
            warn(f"{search.rows}: {twice[0]} is also the name of a row of another search; rename one of their folders")
            continue
        tables.append(table)
        tuned |= {digest: changes for digest, changes in values.items() if digest not in own}
    if not tables:
        return paper
    # Without `--table` a command still makes only the paper's own tables.
    default = paper.default_tables or tuple(paper.table_ids)
    return replace(paper, tables=(*paper.tables, *tables), default_tables=default, tuned=tuned)


def with_tables_of(paper: Paper, others: Iterable[Paper]) -> Paper:
    """The paper, with the tables of searches that others of its kind have, as `with_tuned_rows` makes them; of several
    with the same id only the first."""
    own = {table.id for table in paper.tables}
    tables: dict[str, ResultTable] = {}
    tuned = dict(paper.tuned)
    for other in others:
        for table in other.tables:
            if table.id not in own:
                tables.setdefault(table.id, table)
        tuned = {**other.tuned, **tuned}
    if not tables:
        return paper
    default = paper.default_tables or tuple(paper.table_ids)
    return replace(paper, tables=(*paper.tables, *tables.values()), default_tables=default, tuned=tuned)


def _tuned_table(paper: Paper, search: SearchPaths) -> tuple[ResultTable, dict[str, dict[str, Any]]]:
    what = f"the best trials of a search of {paper.key}"
    values = read_json(search.rows, what="a search's best trials", remedy=_REMEDY)
    stored = stored_spec(StoredRows, search.rows, values, what=what, remedy=_REMEDY)
    try:
        base, whole = paper.row(*stored.row), paper.table(stored.row[0])
        experiments = [base.experiment.with_values(row.values) for row in stored.rows]
        table = ResultTable(
            id=table_id_of(search.name),
            title=stored.title,
            row_header="Values",
            metrics=whole.metrics,
            compared_with=whole.compared_with,
            notes=(*whole.notes, *stored.notes),
            rows=tuple(
                Row(
                    label=row.label,
                    name=tuned_row_name(search.name, place),
                    published=dict.fromkeys(whole.metrics),
                    experiment=experiment,
                )
                for place, (row, experiment) in enumerate(zip(stored.rows, experiments, strict=True), 1)
            ),
        )
    except (SpecError, ValidationError) as error:
        problem = problems_of(error) if isinstance(error, ValidationError) else str(error)
        raise DataError(f"{search.rows}: not {what} ({problem}).{_REMEDY}") from error
    tuned = {experiment.digest: row.values for row, experiment in zip(stored.rows, experiments, strict=True)}
    return table, tuned
