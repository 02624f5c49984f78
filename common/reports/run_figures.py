"""The paper's figures that are drawn from records: learning curves, projections, and whole tables."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from matplotlib.figure import Figure as Drawing

from common.core.spec import build
from common.core.words import counted
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.paper.training import Training
from common.records.record import Record, with_same_initial_weights
from common.reports.figures.confusions import draw_confusions
from common.reports.figures.curves import RowRecords, draw_compared_curves, draw_curves, draw_projection
from common.reports.figures.tables import draw_heat_maps, draw_scaling
from common.reports.groups import Group
from common.reports.table import Table
from common.reports.text.caption import flag_summary
from common.training.schedules import learning_rates_of

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
            drawn = _drawn(paper, figure, group, made, written)
            if drawn is not None:
                found[figure.id] = drawn
    return found


def _drawn(
    paper: Paper, figure: Figure, group: Group, made: dict[str, Table], written: Collection[str]
) -> partial[Drawing] | None:
    if figure.table:
        return _of_table(figure, made, written)
    return _of_matrices(paper, figure, made) if figure.matrices else _of_rows(paper, figure, group, made)


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


def _of_matrices(paper: Paper, figure: Figure, made: dict[str, Table]) -> partial[Drawing] | None:
    """Published matrices beside each other, ours below; those of rows that were not run are named as such."""
    matrices, measured = [], []
    for name in figure.matrices:
        published = paper.confusion(name)
        whole = made.get(published.table_id)
        measured += [whole] if whole else []
        theirs = {"genres": list(published.genres), "counts": published.counts, "percent": published.percent}
        label = paper.row(*published.row).label
        matrices.append((label, theirs, whole.values["measured_matrix"] if whole else None))
    if not measured:
        return None
    lacking = len(matrices) - len(measured)
    return partial(draw_confusions, matrices, title=_title(paper, figure, flag_summary(measured[0]), lacking))


def _title(paper: Paper, figure: Figure, summary: str, lacking: int) -> str:
    """Title of a figure of rows, with the number of rows that were not run."""
    marks = f"{summary}; {counted(lacking, 'row')} not run" if lacking else summary
    return f"{figure_title(paper, figure)}\n{marks}"


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
    title = _title(paper, figure, flag_summary(made[marks_of]), len(wanted) - len(rows))
    return _OF_ROWS[figure.kind](figure, rows, title=title)


def _curves(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing]:
    quantities = figure.quantities or (figure.kind,)
    # Of several rows that were not all run, the panel says which one it shows.
    names_rows = len(figure.rows) > 1
    return partial(draw_curves, rows, quantities, title=title, levels=figure.levels, names_rows=names_rows)


def _comparison(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing]:
    return partial(draw_compared_curves, rows, figure.quantities, title=title)


def _learning_rate(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing]:
    if any("learning_rate" not in entry for _, mine in rows for record in mine for entry in record.history):
        rows = [(label, [with_learning_rates(record) for record in mine]) for label, mine in rows]
        title += "\ncomputed from the schedule where the record holds no learning rates"
    return partial(draw_curves, rows, ("learning_rate",), title=title, names_rows=len(figure.rows) > 1)


def with_learning_rates(record: Record) -> Record:
    """A record whose epochs all have a learning rate: their own, or where an earlier version recorded none that which
    the schedule gives for the validation losses before."""
    training = build(Training, record.experiment["training"])
    rates = learning_rates_of(training, list(record.history))
    history = [{"learning_rate": rate} | entry for entry, rate in zip(record.history, rates, strict=True)]
    return record.replace(history=tuple(history))


def _projection(figure: Figure, rows: RowRecords, *, title: str) -> partial[Drawing] | None:
    shown = [record for _, mine in rows for record in mine if record.projection]
    if not shown:
        return None
    return partial(draw_projection, min(shown, key=lambda record: (record.seed, record.fold)), title=title)


# Kind -> what says how a figure of rows is drawn: (figure, rows with records, title).
_OF_ROWS: dict[str, Callable[..., partial[Drawing] | None]] = {
    "accuracy": _curves,
    "loss": _curves,
    "curves": _curves,
    "learning_rate": _learning_rate,
    "comparison": _comparison,
    "tsne": _projection,
}


def figure_title(paper: Paper, figure: Figure) -> str:
    """First line of a figure's title."""
    return f"{paper.key}, Figure {figure.id}: {figure.title}"
