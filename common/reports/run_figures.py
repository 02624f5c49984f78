"""The paper's figures that are drawn from records: learning curves, projections, and whole tables."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from matplotlib.figure import Figure as Drawing

from common.core.words import counted
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.records.record import Record, with_same_initial_weights
from common.reports.figures.curves import draw_compared_curves, draw_curves, draw_projection
from common.reports.figures.tables import draw_heat_maps, draw_scaling
from common.reports.groups import Group
from common.reports.table import Table
from common.reports.text.caption import flag_summary

# (row label, its records)
RowRecords = list[tuple[str, list[Record]]]
# A single row that another table holds is shown there.
_FEWEST_ROWS = 2


def run_figures(
    paper: Paper, group: Group, made: dict[str, Table], written: Collection[str]
) -> dict[str, partial[Drawing]]:
    """How each figure is drawn that the records support.

    Args:
        made: table id -> table of the group, for those with a measured row.
        written: ids of the tables that have a file of their own.

    Returns:
        Figure id -> what draws it.
    """
    found = {}
    for figure in paper.figures:
        if figure.needs == Needs.RUNS:
            drawn = _of_table(figure, made, written) if figure.table else _of_rows(paper, figure, group, made)
            if drawn is not None:
                found[figure.id] = drawn
    return found


def _of_table(figure: Figure, made: dict[str, Table], written: Collection[str]) -> partial[Drawing] | None:
    whole = made.get(figure.table)
    if whole is None:
        return None
    if figure.table not in written and sum(bool(row["measured"]) for row in whole.values["rows"]) < _FEWEST_ROWS:
        return None
    return partial(_OF_TABLES[figure.kind], figure, whole.values, subtitle=flag_summary(whole))


def _heat_maps(figure: Figure, values: dict[str, Any], *, subtitle: str) -> Drawing:
    return draw_heat_maps(values, figure.places, subtitle=subtitle)


def _scaling(figure: Figure, values: dict[str, Any], *, subtitle: str) -> Drawing:
    return draw_scaling(values, figure.places, figure.sizes, subtitle=subtitle)


# Kind -> what draws a whole table: (figure, values of the table, subtitle).
_OF_TABLES: dict[str, Callable[..., Drawing]] = {"heat_maps": _heat_maps, "scaling": _scaling}


def _of_rows(paper: Paper, figure: Figure, group: Group, made: dict[str, Table]) -> partial[Drawing] | None:
    wanted = figure.rows or (paper.default_row,)
    rows, marks_of = [], ""
    for table, label in wanted:
        digest = paper.row(table, label).experiment.digest
        mine = with_same_initial_weights([record for record in group.records if record.row_experiment == digest])
        rows += [(label, mine)] if mine else []
        marks_of = marks_of or (table if mine else "")
    if not rows:
        return None
    subtitle = flag_summary(made[marks_of])
    lacking = len(wanted) - len(rows)
    marks = f"{subtitle}; {counted(lacking, 'row')} not run" if lacking else subtitle
    return _OF_ROWS[figure.kind](figure, rows, title=f"{figure_title(paper, figure)}\n{marks}")


def _curves(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing]:
    return partial(draw_curves, rows, figure.kind, title=title)


def _comparison(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing]:
    return partial(draw_compared_curves, rows, title=title)


def _projection(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing] | None:
    shown = [record for _, mine in rows for record in mine if record.projection]
    if not shown:
        return None
    return partial(draw_projection, min(shown, key=lambda record: (record.seed, record.fold)), title=title)


# Kind -> what says how a figure of rows is drawn: (figure, rows with records, title).
_OF_ROWS: dict[str, Callable[..., partial[Drawing] | None]] = {
    "accuracy": _curves,
    "loss": _curves,
    "comparison": _comparison,
    "tsne": _projection,
}


def figure_title(paper: Paper, figure: Figure) -> str:
    """First line of a figure's title."""
    return f"{paper.key}, Figure {figure.id}: {figure.title}"
