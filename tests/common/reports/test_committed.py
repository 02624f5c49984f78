"""Committed numbers beside a user's own: which of them fit, and what a table then shows."""

import json
import shutil

import pytest

from common.cli.regenerate import regenerate
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports.committed import CommittedTables, committed_beside, stated_in
from common.reports.screen.show import short_table
from common.reports.tables.results import results_table
from common.verification.tables import verify_tables
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING
from tests.helpers.small_results import identified_record
from tests.helpers.stored_tables import run_of, write_stored

ROW = TABLE_5_1.rows[-1]
ON_ARRAYS = SETTING.replace(dataset="arrays", features="given", epochs=20)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The results folder of a checkout, still empty."""
    results = tmp_path / "checkout" / "results"
    results.mkdir(parents=True)
    monkeypatch.setattr("common.reports.committed.results_of_checkout", lambda: results)
    return results


def own_results(checkout):
    return ResultPaths.of(checkout / "local", "se_cnn", "gtzan")


def found(checkout, setting=SETTING, row=ROW, runs=("own",), table=TABLE_5_1):
    return CommittedTables(PAPER, checkout, own_results(checkout))(table, row, setting, runs)


def test_a_row_has_the_committed_numbers_of_the_same_split_and_unit_only(checkout):
    write_stored(checkout, run_of(correct=200), run_of(correct=230, seed=1))
    assert found(checkout) == {
        "measured": results_table(PAPER, TABLE_5_1, SETTING, [run_of(correct=200), run_of(correct=230, seed=1)]).values[
            "rows"
        ][-1]["measured"],
        "path": "results/se_cnn/gtzan/table_5.1.md",
        "data": "GTZAN",
        "known_data": "GTZAN",
        "runs": 2,
        "epochs": None,
        "reduced": ["other_classes"],
    }
    assert found(checkout, SETTING.replace(dataset="demo", scale="smoke", epochs=1))["runs"] == 2
    assert found(checkout, SETTING.replace(unit="segment")) is None
    assert found(checkout, SETTING.replace(split="artist")) is None
    assert found(checkout, row=TABLE_5_1.rows[0]) is None


def test_the_same_data_come_first_then_the_least_reduced_then_most_runs(checkout):
    write_stored(checkout, *(run_of(seed=seed, setting=ON_ARRAYS) for seed in range(3)))
    write_stored(checkout, run_of(setting=SETTING.replace(epochs=5)))
    five = "results/se_cnn/gtzan/table_5.1_5_epochs.md"
    assert found(checkout)["path"] == five
    assert found(checkout, ON_ARRAYS)["path"] == "results/se_cnn/arrays/table_5.1_20_epochs.md"
    write_stored(checkout, run_of(setting=SETTING.replace(epochs=9)))
    assert found(checkout)["path"] == "results/se_cnn/gtzan/table_5.1_9_epochs.md"
    write_stored(checkout, run_of())
    assert found(checkout)["path"] == "results/se_cnn/gtzan/table_5.1.md"
    write_stored(checkout, *(run_of(seed=seed, setting=SETTING.replace(genres=("a", "b"))) for seed in range(2)))
    assert found(checkout)["path"] == "results/se_cnn/gtzan/table_5.1_2_genres.md"


def test_the_same_network_in_another_table_fits(checkout):
    write_stored(checkout, run_of())
    table = PAPER.table("5.2")
    (row,) = [row for row in table.rows if row.experiment.digest == ROW.experiment.digest]
    assert found(checkout, table=table, row=row)["path"] == "results/se_cnn/gtzan/table_5.1.md"


def test_a_run_is_not_shown_beside_itself(checkout):
    """In a copy of the committed results, or where runs were added to it."""
    runs = [run_of(), run_of(seed=1)]
    write_stored(checkout, *runs)
    write_stored(checkout, run_of(setting=SETTING.replace(epochs=5)))
    for one in runs:
        for results in (ResultPaths.of(checkout, "se_cnn", "gtzan"), own_results(checkout)):
            write_record(results, one)
    assert found(checkout, runs=[one.run_id for one in runs]) is None
    # Of the committed tables only the one that holds the copied run is left out.
    mixed = found(checkout, runs=(runs[1].run_id, "own"))
    assert mixed["path"] == "results/se_cnn/gtzan/table_5.1_5_epochs.md"


def test_a_committed_run_that_was_repeated_has_the_committed_numbers_beside_it(checkout):
    """The repetition has the id of the committed run, which holds nothing of the machine."""
    committed, repeated = run_of(correct=203), run_of(correct=145, run_id=run_of(correct=203).run_id)
    write_stored(checkout, committed)
    write_record(ResultPaths.of(checkout, "se_cnn", "gtzan"), committed)
    write_record(own_results(checkout), repeated)
    assert found(checkout, runs=[repeated.run_id])["measured"]["accuracy"]["mean"] == 70
    # Where the committed table came without its records, the own run is no copy of one.
    ResultPaths.of(checkout, "se_cnn", "gtzan").record(committed.run_id).unlink()
    assert found(checkout, runs=[repeated.run_id])["measured"]["accuracy"]["mean"] == 70


def test_nothing_is_looked_for_in_the_committed_results_themselves_or_without_a_checkout(checkout, monkeypatch):
    monkeypatch.chdir(checkout.parent)
    assert committed_beside(PAPER, ResultPaths.of("results", "se_cnn", "gtzan")) is None
    assert committed_beside(PAPER, ResultPaths.of("results/local", "se_cnn", "gtzan")) is not None
    monkeypatch.setattr("common.reports.committed.results_of_checkout", lambda: None)
    assert committed_beside(PAPER, ResultPaths.of("results/local", "se_cnn", "gtzan")) is None


def test_a_table_of_own_runs_shows_published_committed_and_own_side_by_side(checkout):
    write_stored(checkout, run_of(correct=203), run_of(correct=261, seed=1))
    own = [run_of(0, correct=100, setting=ON_ARRAYS), run_of(correct=145, setting=ON_ARRAYS)]
    table = results_table(
        PAPER, TABLE_5_1, ON_ARRAYS, own, committed=CommittedTables(PAPER, checkout, own_results(checkout))
    )
    assert table.header[:6] == (
        "Row",
        "SE blocks",
        "Published accuracy (%)",
        "Encore's window accuracy (%)",
        "Encore's, 95 % interval",
        "Our window accuracy (%)",
    )
    assert table.rows[-1][2:4] == ("93.6", "80.0 ± 14.1")
    assert table.rows[-1][5] == "50.0"
    assert table.rows[0][:6] == ("se-0", "0", "87.5", "", "", "34.5")
    assert table.rows[1][:6] == ("se-5", "5", "90.2", "", "", "not run")
    assert [bool(row.get("committed")) for row in table.values["rows"]] == [False] * 5 + [True]
    (note,) = [note.text for note in table.notes if note.kind == "committed"]
    assert note.endswith(
        "(GTZAN, 2 runs, the paper's epochs; other classes): se-12345: results/se_cnn/gtzan/table_5.1.md."
    )
    # No column where nothing fits.
    artist = ON_ARRAYS.replace(split="artist")
    alone = results_table(
        PAPER,
        TABLE_5_1,
        artist,
        [run_of(0, setting=artist)],
        committed=CommittedTables(PAPER, checkout, own_results(checkout)),
    )
    assert not [name for name in alone.header if "Encore" in name]


def test_it_is_said_on_which_data_each_number_was_measured_and_whose_it_is(checkout):
    write_stored(checkout, run_of(correct=203))
    demo = SETTING.replace(dataset="demo", scale="smoke")
    find = CommittedTables(PAPER, checkout, own_results(checkout))
    keys = short_table(results_table(PAPER, TABLE_5_1, demo, [run_of(setting=demo)], committed=find), is_own=True).keys
    same = run_of(setting=SETTING.replace(epochs=9))
    own = short_table(results_table(PAPER, TABLE_5_1, same.setting, [same], committed=find), is_own=True).keys
    assert keys[1:3] == own[:2]
    assert keys[0] == "Published: on GTZAN."
    assert keys[1].startswith("Encore's: measured on GTZAN, ")
    assert keys[2] == "Yours: window accuracy, and the column clip accuracy."


def test_the_markdown_of_own_tables_says_your_as_the_screen_does_and_holds_wherever_it_lies(checkout, tmp_path):
    own, theirs = (ResultPaths.of(out, "se_cnn", "gtzan") for out in (tmp_path / "own", checkout))
    for results in (own, theirs):
        write_record(results, identified_record(correct=145))
        regenerate(PAPER, results.out)
    texts = [(results.folder / "table_5.1.md").read_text() for results in (own, theirs)]
    heads = [
        [head for head in ("Your window", "Yours - p", "Our window", "Ours - p") if head in text] for text in texts
    ]
    assert heads == [["Your window", "Yours - p"], ["Our window", "Ours - p"]]
    # LaTeX is for a paper of the user's.
    assert "Our window" in (own.folder / "table_5.1.tex").read_text()
    assert "Our filter" in (own.folder / "table_4.1.md").read_text()
    shutil.copytree(theirs.out, tmp_path / "copy")
    for out in (own.out, theirs.out, tmp_path / "copy"):
        assert verify_tables(out).faults == ()


def test_rows_that_were_not_run_have_the_committed_numbers_too(checkout):
    write_stored(checkout, run_of(0, correct=203), run_of(correct=261), run_of(1, correct=232))
    own = [run_of(0, correct=100, setting=ON_ARRAYS)]
    table = results_table(
        PAPER, TABLE_5_1, ON_ARRAYS, own, committed=CommittedTables(PAPER, checkout, own_results(checkout))
    )
    assert [row[3] for row in table.rows] == ["70.0", "80.0", "", "", "", "90.0"]
    assert [row[5] for row in table.rows] == ["34.5", *["not run"] * 5]
    (note,) = [note.text for note in table.notes if note.kind == "committed"]
    # Data and epochs are said once, then which rows are in which file.
    assert note.endswith("other classes): se-0, se-5, se-12345: results/se_cnn/gtzan/table_5.1.md.")
    assert note.count("GTZAN") == 1


def test_own_results_hold_after_the_committed_ones_have_changed(checkout, tmp_path):
    """What stands beside own numbers is as it was when their tables were made."""
    committed = write_stored(checkout, run_of(correct=203), run_of(seed=1))
    own = ResultPaths.of(tmp_path / "own", "se_cnn", "gtzan")
    write_record(own, identified_record(correct=145))
    regenerate(PAPER, own.out)
    values = json.loads((own.folder / "table_5.1.json").read_text())
    assert values["rows"][-1]["committed"]["runs"] == 2
    assert verify_tables(own.out).faults == ()
    committed.unlink()
    assert verify_tables(own.out).faults == ()
    markdown = own.folder / "table_5.1.md"
    markdown.write_text(markdown.read_text().replace("| 93.6 | 7", "| 93.6 | 8", 1))
    assert [fault.path for fault in verify_tables(own.out).faults] == [markdown]


def test_rows_that_were_not_run_keep_the_committed_numbers_of_their_own_split(checkout, tmp_path):
    write_stored(checkout, run_of(0, correct=203))
    write_stored(checkout, run_of(0, correct=261, setting=SETTING.replace(unit="segment")))
    own = ResultPaths.of(tmp_path / "own", "se_cnn", "gtzan")
    for setting in (SETTING, SETTING.replace(unit="segment")):
        write_record(own, run_of(setting=setting))
    regenerate(PAPER, own.out, draw_figures=False)
    found = {}
    for path in sorted(own.folder.glob("table_5.1*.json")):
        values = json.loads(path.read_text())
        found[values["setting"]["unit"]] = values["rows"][0]["committed"]["measured"]["accuracy"]["mean"]
    assert found == {"clip": 70, "segment": 90}
    # Figures were not drawn.
    assert [one.path for one in verify_tables(own.out).faults if one.path.parent.name != "figures"] == []


def test_rows_that_were_not_run_keep_the_committed_numbers_that_their_own_table_states(checkout, tmp_path):
    """Of the tables of two numbers of epochs, one was written before there were committed numbers of a row."""
    own = ResultPaths.of(tmp_path / "own", "se_cnn", "gtzan")
    for correct, epochs in ((203, 5), (261, 9)):
        write_record(own, run_of(setting=SETTING.replace(epochs=epochs)))
        write_stored(checkout, run_of(0, correct=correct))
        regenerate(PAPER, own.out, draw_figures=False)
        if epochs == 5:
            kept = {path: path.read_bytes() for path in own.folder.glob("table_5.1_5_epochs.*")}
    for path, content in kept.items():
        path.write_bytes(content)
    find = stated_in(own)
    settings = [SETTING.replace(epochs=epochs) for epochs in (5, 9)]
    stated = [find(TABLE_5_1, TABLE_5_1.rows[0], setting, ()) for setting in settings]
    assert [one["measured"]["accuracy"]["mean"] for one in stated] == [70, 90]


def damaged_by(committed):
    """A table's committed numbers, each with one kind of damage."""
    yield {"runs": 1}
    yield "none"
    for field in ("measured", "path", "data", "runs", "reduced"):
        yield {**committed, field: None}
    yield {**committed, "measured": {}}
    accuracy = committed["measured"]["accuracy"]
    for damage in ({"mean": None}, {"ci95": 1}, {"ci95": [1]}, {"sd": "3"}):
        yield {**committed, "measured": {**committed["measured"], "accuracy": {**accuracy, **damage}}}


def test_damaged_committed_numbers_in_an_own_table_are_found(checkout, tmp_path):
    write_stored(checkout, run_of(correct=203))
    own = ResultPaths.of(tmp_path / "own", "se_cnn", "gtzan")
    write_record(own, identified_record(correct=145))
    regenerate(PAPER, own.out, draw_figures=False)
    path = own.folder / "table_5.1.json"
    values = json.loads(path.read_text())
    last = values["rows"][-1]
    damaged_rows = [{**last, "committed": damaged} for damaged in damaged_by(last["committed"])]
    damaged_rows += [{**last, "records": None}, {**last, "label": None}]
    for row in damaged_rows:
        path.write_text(json.dumps({**values, "rows": [*values["rows"][:-1], row]}))
        assert path in [path for fault in verify_tables(own.out).faults for path in (fault.path, *fault.others)]


@pytest.mark.parametrize("field", ["label", "measured", "records"])
def test_a_damaged_committed_table_is_named_and_another_one_is_used(checkout, capsys, field):
    path = write_stored(checkout, run_of(correct=203))
    write_stored(checkout, run_of(correct=145, setting=SETTING.replace(epochs=5)))
    values = json.loads(path.read_text())
    del values["rows"][-1][field]
    path.write_text(json.dumps(values))
    assert found(checkout)["path"] == "results/se_cnn/gtzan/table_5.1_5_epochs.md"
    said = capsys.readouterr().err
    assert said.startswith(f"warning: not used: {path} is not a table of this version (rows.5.{field}: missing)")
    assert said.count("\n") == 1
