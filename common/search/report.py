"""Writes the report of a search from its folder: table, figures, and the best trials as rows."""

from functools import partial
from pathlib import Path

from common.core.console import show_step, warn
from common.core.errors import DataError, SpecError
from common.core.files import with_digest, write_json
from common.paper.overrides import parse_change
from common.paper.paper import Paper
from common.records.paths import searches
from common.records.tuned_rows import ROWS_FORMAT
from common.reports.figures.files import figure_files, save_unless_drawn
from common.reports.formats import write_table
from common.reports.table import Table
from common.reports.text.caption import flag_summary
from common.search.figures import draw_along, draw_parallel
from common.search.folder import SearchFolder
from common.search.space import SearchSpace, describe_values, value_at
from common.search.table import StoredSearch, read_search, search_table

# Modules whose code decides what the figures of a search show.
_DRAWN_BY = ("common.search.figures", "common.search.surrogate", "common.search.table", "common.search.space")
_OF_FEATURES = ("feature.", "second_input.feature.")


def write_search(paper: Paper, folder: SearchFolder, *, draw_figures: bool = True) -> tuple[Table, list[Path]]:
    """Write the table of trials beside the paper's tables, and the search's figures beside the paper's, where enough
    trials completed.

    Args:
        draw_figures: False names the files of the figures, but neither draws nor writes them.

    Raises:
        DataError: a file of the search cannot be used.
    """
    found = read_search(paper, folder)
    table, results = search_table(paper, found), folder.paths.results
    paths = write_table(results.folder, f"table_{table.id}", table)
    marks = flag_summary(table)
    if found.can_be_drawn:
        for kind, draw in (("along", draw_along), ("parallel", draw_parallel)):
            figure = results.figures / f"figure_{table.id}_{kind}"
            if not draw_figures:
                paths += figure_files(figure)
                continue
            shown = [kind, marks, found.identity, found.trials, sorted(found.records)]
            paths += save_unless_drawn(partial(draw, found, marks=marks), shown, figure, *_DRAWN_BY)
    return table, paths


def changes_of_rows(found: StoredSearch) -> tuple[list[str], list[str]]:
    """The search's `--set` values as `path=JSON`: those kept in the rows made from its trials, and those to give again
    when training them (features that are not the row's own)."""
    setting = found.identity["setting"]
    own = setting["features"] == "paper"
    kept = [change for change in setting["changes"] if own or not change.startswith(_OF_FEATURES)]
    return kept, [change for change in setting["changes"] if change not in kept]


def write_top(paper: Paper, space: SearchSpace, found: StoredSearch, count: int) -> list[str]:
    """Write the best distinct networks as rows; returns their labels.

    Raises:
        SpecError: no trial completed.
    """
    best = found.distinct()[:count]
    if not best:
        raise SpecError(f"--top {count}: no trial of {found.folder.path} completed.")
    kept, _ = changes_of_rows(found)
    changes = dict(map(parse_change, kept))
    # As in the search, so that a command without these flags trains the networks that the search found.
    base = paper.row(*space.row).experiment.with_values(changes)
    rows = []
    for trial in best:
        tuned = space.trial(base, trial.values)
        paths = dict.fromkeys((*(parameter.path for parameter in space.parameters.every), *changes))
        values = {path: value_at(tuned, path) for path in paths}
        label = describe_values(trial.values)
        # Two networks may have values that agree in the four digits shown.
        taken = {row["label"] for row in rows}
        rows.append({"label": label if label not in taken else f"{label}, trial {trial.id}", "values": values})
    write_json(
        found.folder.paths.rows,
        with_digest(
            {
                "format": ROWS_FORMAT,
                "title": f"Best trials: {space.title}",
                "row": list(space.row),
                "rows": rows,
                "notes": [
                    "Values found by a search on validation windows of these data; the rows are trained again, with "
                    "the training of the paper's row.",
                    *(
                        ["The search used fold 1 of these folds; its validation clips are test clips of other folds."]
                        if any(record.folds > 1 for record in found.records.values())
                        else []
                    ),
                    *([f"Values that the search set for all its trials: {', '.join(kept)}."] if changes else []),
                ],
            }
        ),
    )
    return [row["label"] for row in rows]


def regenerate_searches(
    paper: Paper, out: Path, dataset: str | None = None, *, draw_figures: bool = True
) -> list[tuple[Table, list[Path]] | None]:
    """Write the reports of all searches of a paper again.

    Args:
        dataset: of the searches; None for all.
        draw_figures: see `write_search`.

    Returns:
        Each table with its files; None, with a warning, for a search that cannot be used.
    """
    written = []
    for paths in searches(out, paper.key, dataset):
        show_step(f"{paths.results.dataset}: search {paths.folder.name}")
        try:
            written.append(write_search(paper, SearchFolder(paths), draw_figures=draw_figures))
        except (DataError, SpecError) as error:
            warn(f"not used: {error}")
            written.append(None)
    return written
