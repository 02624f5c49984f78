"""What is written of a search, from what lies in its folder alone: table, pictures, and the best trials as rows."""

from pathlib import Path
from typing import Any

from common.core.errors import SpecError
from common.core.files import write_json
from common.paper.paper import Paper
from common.records.tuned_rows import ROWS_FORMAT
from common.reports.figures.style import save_figure
from common.reports.formats import write_table
from common.reports.text.caption import flag_summary
from common.search.figures import draw_along, draw_parallel
from common.search.folder import SearchFolder, folders
from common.search.space import SearchSpace, describe_values, value_at
from common.search.table import StoredSearch, read_search, search_table


def write_search(paper: Paper, folder: SearchFolder) -> tuple[dict[str, Any], list[Path]]:
    """Write the table of trials beside the paper's tables, and the pictures beside its figures.

    Raises:
        DataError: a file of the search cannot be used.
    """
    found = read_search(folder)
    values = search_table(paper, found)
    results = folder.path.parents[1]
    stem = f"table_{values['table']}"
    paths = write_table(results, stem, values)
    marks = flag_summary(values)
    for kind, draw in (("along", draw_along), ("parallel", draw_parallel)):
        figure = draw(found, marks=marks)
        if figure is not None:
            paths += save_figure(figure, results / "figures" / f"figure_{values['table']}_{kind}")
    return values, paths


def write_top(paper: Paper, space: SearchSpace, found: StoredSearch, count: int) -> list[str]:
    """Write the best distinct networks as rows; returns their labels.

    Raises:
        SpecError: no trial completed.
    """
    best = found.distinct()[:count]
    if not best:
        raise SpecError(f"--top {count}: no trial of {found.folder.path} completed.")
    base = paper.row(*space.row).experiment
    rows = []
    for trial in best:
        tuned = space.trial(base, trial.values)
        paths = dict.fromkeys(parameter.path for parameter in space.parameters.every)
        values = {path: value_at(tuned, path) for path in paths}
        label = describe_values(trial.values)
        # Four digits of r may be those of two networks.
        taken = {row["label"] for row in rows}
        rows.append({"label": label if label not in taken else f"{label}, trial {trial.id}", "values": values})
    write_json(
        found.folder.rows,
        {
            "format": ROWS_FORMAT,
            "title": f"Best trials: {space.title}",
            "row": list(space.row),
            "rows": rows,
            "notes": [
                "Values found by a search on validation windows of these data; the rows are trained anew, with the "
                "training of the paper's row.",
                *(
                    ["The search validated on fold 1 of these folds, whose validation clips other folds test."]
                    if any(record.folds > 1 for record in found.records.values())
                    else []
                ),
            ],
        },
    )
    return [row["label"] for row in rows]


def regenerate_searches(paper: Paper, out: Path, dataset: str | None = None) -> list[tuple[dict[str, Any], list[Path]]]:
    """Write all searches of a paper again."""
    return [write_search(paper, folder) for folder in folders(out, paper.key, dataset)]
