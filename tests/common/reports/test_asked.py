"""Tables with only the rows that were asked for."""

import pytest

from common.reports.asked import only_rows
from common.reports.tables.folds import fold_table
from common.reports.tables.genres import per_genre_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING
from tests.helpers.stored_tables import run_of

RUNS = [run_of(row, correct=200 + row, fold=fold, folds=2) for row in (0, 1, 5) for fold in range(2)]


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (results_table, ["0", "4,5"]),
        (fold_table, ["0", "0", "0: mean", "0: standard deviation"]),
        (paired_table, ["0"]),
    ],
)
def test_lines_of_other_rows_are_left_away_in_values_and_cells(build, lines):
    table = build(PAPER, TABLE_5_1, SETTING, RUNS)
    found = only_rows(table, {"0", "4,5"})
    assert [row["label"] for row in found.values["rows"]] == lines
    # After the names of the rows.
    assert [cells[1] for cells in found.rows] == lines
    assert set(found.rows) < set(table.rows)
    assert (found.header, found.notes) == (table.header, table.notes)
    assert only_rows(table, {"nosuch"}) is None


def one_seed(*rows: str) -> list[str]:
    """Which rows have one seed, of a table in which only the first of three has several."""
    runs = [run_of(0, seed=0), run_of(0, seed=1), run_of(1), run_of(5)]
    found = only_rows(results_table(PAPER, TABLE_5_1, SETTING, runs), rows)
    return [note.text for note in found.notes if note.kind in ("one_seed", "one_seed_in_some_rows")]


def test_that_rows_have_one_seed_is_said_of_those_that_are_shown():
    assert one_seed("0") == one_seed("0", "4,5") == []
    assert one_seed("5") == one_seed("5", "1,2,3,4,5") == ["ONE SEED: differences between rows may be chance."]
    assert one_seed("0", "5") == ["ONE SEED in se-5; se-12345: differences between rows may be chance."]


def test_a_table_genre_by_genre_has_the_columns_of_the_rows_that_were_asked_for():
    final = CRNN.table("final")
    first, second = final.rows[:2]
    runs = [
        run_of(paper="crnn", run_id=name, row_experiment=row.experiment.digest, experiment=row.experiment.as_json())
        for name, row in (("one", first), ("two", second))
    ]
    table = per_genre_table(CRNN, final, SETTING, runs)
    found = only_rows(table, {second.label})
    assert found.values["columns"] == [second.label]
    assert all(name.startswith(second.label) for name in found.header[2:])
    assert len(found.rows) == len(table.rows)
    assert only_rows(table, {"nosuch"}) is None
