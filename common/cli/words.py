"""Values of a paper's options that a shell offers to complete, and those of its examples."""

from collections.abc import Callable

from common.paper.paper import Paper
from common.paper.values import described_values
from common.runs.options import SET_HELP
from data_pipeline.datasets.about import ABOUT


def words_of(paper: Paper) -> dict[str, Callable[[str], list[str]]]:
    """Field of an option -> function from the beginning of a value to the values that begin so. Options with fixed
    choices, as `--split`, and with names of their own, as `--dataset`, are completed without one."""
    return {
        "tables": lambda incomplete: _beginning(
            incomplete, [*paper.table_ids, *(matrix.id for matrix in paper.confusions)]
        ),
        "figures": lambda incomplete: _beginning(incomplete, [figure.id for figure in paper.figures]),
        "rows": lambda incomplete: row_words(paper, incomplete),
        "changes": lambda incomplete: _beginning(incomplete, [SET_HELP, *(f"{path}=" for path in _paths(paper))]),
    }


def row_words(paper: Paper, typed: str) -> list[str]:
    """Rows of the paper's tables of results whose name begins with what was typed."""
    return _beginning(typed, [row.name for table in paper.tables for row in table.rows])


def data_flags(paper: Paper) -> str:
    """The flags that choose the data set of the published numbers, as an example; empty for one that is not known."""
    name = paper.published_on.lower().replace("-", "_")
    return f" --dataset {name} --data ~/{name}" if name in ABOUT else ""


def genres_text(paper: Paper) -> str:
    """The help text of `--genres`."""
    default = f"all but {', '.join(paper.left_out_genres)}" if paper.left_out_genres else "all"
    return (
        f"Genres to use, e.g. blues,jazz; all for every genre. Default: {default}. Repeat it for a name that holds a "
        "comma."
    )


def _paths(paper: Paper) -> list[str]:
    return [one.path for one in described_values(paper.default_experiment) if one.settable]


def _beginning(typed: str, values: list[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value.startswith(typed)]
