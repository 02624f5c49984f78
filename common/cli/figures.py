"""Figures that need no training: of networks and protocols, and of the data."""

from collections.abc import Sequence
from pathlib import Path

from common.cli.reports import name_not_made, tables_without_data
from common.cli.screen import ScreenOptions, print_tables
from common.core.console import progress
from common.core.errors import SpecError
from common.core.files import require_usable_folder
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.reports.coverage import write_coverage
from common.reports.pages import write_page
from common.runs.options import Options
from common.runs.selection import Asked


def without_training(paper: Paper, options: Options, asked: Asked, screen: ScreenOptions) -> int:
    """Make the tables and figures that a command asks for, none of which needs a training; returns the exit code: 1 if
    a figure cannot be made."""
    of_data = _ids(asked.figures, Needs.DATA)
    results = ResultPaths.of(options.out, paper.key, options.data_key)
    drawn: dict[str, list[Path]] = {}
    not_made: dict[str, str] = {}
    if of_data:
        require_usable_folder(options.cache, flag="--cache")
        # Figures of the data take half a second to import.
        from common.cli.figure_data import draw_data

        results, made = draw_data(paper, options, of_data)
        drawn, not_made = made.paths, made.missing
    others, reasons = draw_without_data(paper, asked.figures, results)
    drawn |= others
    not_made |= reasons
    shown, tables = tables_without_data(paper, asked.tables, results)
    files = [path for figure in asked.figures for path in drawn.get(figure.id, [])]
    pages = [write_page(paper, options.out), *write_coverage(options.out)]
    print_tables(shown, [*tables, *files, *pages], screen)
    name_not_made(not_made)
    return 1 if not_made else 0


def draw_without_data(
    paper: Paper, figures: Sequence[Figure], results: ResultPaths
) -> tuple[dict[str, list[Path]], dict[str, str]]:
    """Draw those of some figures that need nothing.

    Returns:
        The files of each by its id, and why others cannot be drawn.
    """
    drawn: dict[str, list[Path]] = {}
    reasons: dict[str, str] = {}
    ids = _ids(figures, Needs.NOTHING)
    if not ids:
        return drawn, reasons
    # They build networks, for which Keras is imported.
    from common.reports.network_figures import write_network_figures
    from common.reports.protocol_figures import write_protocol_figures

    with progress("drawing figures of networks"):
        for figure in ids:
            try:
                drawn |= write_network_figures(paper, results, [figure])
                drawn |= write_protocol_figures(paper, results, [figure])
            except SpecError as error:
                reasons[figure] = str(error)
    return drawn, reasons


def _ids(figures: Sequence[Figure], needs: Needs) -> list[str]:
    return [figure.id for figure in figures if figure.needs == needs]
