"""Tables on disk of which one value is missing or is another: each makes a page, or is named and left out."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.core.console import collected
from common.paper.by_name import load_paper
from common.report_page.collect import collect
from common.search.report import regenerate_searches
from tests.helpers.papers import ROOT
from tests.helpers.stored_search import write_search_folder

# Between them they hold every kind of table.
TABLES = [
    "se_cnn/arrays/table_audit",
    "se_cnn/arrays/table_5.1_20_epochs_bfloat16",
    "se_cnn/arrays/table_4.1",
    "crnn/arrays/table_final_12_epochs_bfloat16",
    "crnn/arrays/table_sweep_values",
    "nnet/arrays/table_results_8_epochs",
]
MISSING = object()


def places(values: Any, path: tuple = ()) -> Iterator[tuple]:
    """The places of all values; of a list those of its first and its last."""
    names = list(values) if isinstance(values, dict) else sorted({0, len(values) - 1} if values else ())
    for name in names:
        yield (*path, name)
        if isinstance(values[name], dict | list):
            yield from places(values[name], (*path, name))


def changed(values: Any, path: tuple, value: Any) -> Any:
    """A copy of JSON values with another value at one place."""
    values = copy.deepcopy(values)
    holder = values
    for name in path[:-1]:
        holder = holder[name]
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return values


def page_of_each(file: Path, out: Path) -> int:
    """Make what a page shows of each damaged form of a table; returns the number of those that were not used."""
    paper = load_paper(file.parent.parent.name)
    values = json.loads(file.read_text(encoding="utf-8"))
    target = out / file.parent.parent.name / file.parent.name / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    unused = 0
    for path in places(values):
        for value in (MISSING, None, "x", 3):
            target.write_text(json.dumps(changed(values, path, value)), encoding="utf-8")
            with collected() as said:
                try:
                    collect([paper], out)
                except Exception as error:
                    raise AssertionError(f"{file.name}, {path}, {value!r}: {type(error).__name__}") from error
            unused += str(target) in " ".join(said)
    return unused


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_no_value_of_a_table_ends_the_page(table, tmp_path):
    assert page_of_each(ROOT / "results" / f"{table}.json", tmp_path) > 20


@pytest.mark.slow
def test_no_value_of_a_table_of_trials_ends_the_page(tmp_path):
    write_search_folder(tmp_path / "made")
    regenerate_searches(load_paper("se_cnn"), tmp_path / "made", draw_figures=False)
    (file,) = (tmp_path / "made").glob("se_cnn/*/table_search_*.json")
    assert page_of_each(file, tmp_path / "out") > 20
