"""`encore show`: tables as they lie on disk, without making anything again."""

import json
import re

import pytest

from common.records.paths import ResultPaths
from common.reports.committed import CommittedTables
from common.reports.formats import write_table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING
from tests.helpers.shown_tables import labels, shown
from tests.helpers.stored_tables import run_of, write_stored

pytestmark = pytest.mark.usefixtures("here")

WINDOWS = SETTING.replace(unit="segment")
COMMAND = "warning: no numbers of "
# In the line that names the command for rows of a table without a number.
NOT_RUN = ", rows not run yet: "
# What a table of any kind has.
MINIMAL = {
    "paper": "se_cnn", "table": "mine", "title": "t", "dataset": "gtzan", "caption": [], "warnings": [], "flags": [],
    "rows": [],
}  # fmt: skip
FOLDS = {**MINIMAL, "kind": "fold", "row_header": "Row"}


def test_a_table_is_printed_as_it_lies_there_and_nothing_is_written(here, show, snapshot):
    path = write_stored(here / "results", run_of(), run_of(0))
    before = snapshot(here)
    out, said = show("--table", "5.1")
    assert "se_cnn, Table 5.1: Effect of SE blocks" in out
    assert "written" not in out
    command = (
        "encore run se_cnn --table 5.1 --row se-5,se-45,se-345,se-2345 --dataset gtzan --split holdout --unit clip"
    )
    assert said == [
        "table 5.1 is from results/se_cnn/gtzan/table_5.1.md",
        f"table 5.1{NOT_RUN}{command} --data PATH",
    ]
    assert shown(show) == [json.loads(path.read_text())]
    assert snapshot(here) == before


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, "--dataset gtzan --split holdout --unit clip --data PATH"),
        (
            {"scale": "smoke", "features": "small", "genres": ("drum, bass", "jazz"), "decoder": "tensorflow-io"},
            "--dataset gtzan --split holdout --unit clip --data PATH --scale smoke --features small "
            "--decoder tensorflow-io --genres 'drum, bass' --genres jazz",
        ),
        (
            {"epochs": 3, "precision": "mixed_bfloat16", "changes": ("training.l2=0.1",), "stratified": False},
            "--dataset gtzan --split holdout --unit clip --data PATH --epochs 3 --precision mixed_bfloat16 "
            "--set training.l2=0.1 --allow-incomplete",
        ),
        (
            {"dataset": "demo", "scale": "smoke", "features": "small"},
            "--dataset demo --split holdout --unit clip",
        ),
        ({"dataset": "demo"}, "--dataset demo --split holdout --unit clip --scale paper"),
        (
            {"dataset": "demo", "scale": "smoke"},
            "--dataset demo --split holdout --unit clip --features paper",
        ),
        ({"dataset": "arrays", "features": "given"}, "--dataset arrays --split holdout --unit clip --data PATH"),
    ],
)
def test_rows_without_a_number_are_to_be_run_with_all_options_of_the_others(here, show, changes, flags):
    write_stored(here / "results", run_of(setting=SETTING.replace(**changes)))
    _, said = show("--table", "5.1")
    command = next(line for line in said if NOT_RUN in line)
    assert command.endswith(f" {flags}")
    assert f"--row se-0,se-5,se-45,se-345,se-2345 {flags}" in command


def test_own_results_come_first_with_the_committed_numbers_beside_them(here, show):
    write_stored(here / "results", run_of(correct=203), run_of(0))
    demo = SETTING.replace(dataset="demo", scale="smoke")
    own = [run_of(correct=145, setting=demo)]
    mine = ResultPaths.of(here / "results" / "local", "se_cnn", "demo")
    table = results_table(PAPER, TABLE_5_1, demo, own, committed=CommittedTables(PAPER, here / "results", mine))
    write_table(mine.folder, "table_5.1", table)
    out, said = show("--table", "5.1", "--row", "1,2,3,4,5")
    assert "50.0" in out
    assert "70.0" in out
    assert said == [
        "table 5.1 is from results/local/se_cnn/demo/table_5.1.md",
        "table 5.1 is also there with:",
        "  --dataset gtzan   (comes with Encore, GTZAN)",
    ]
    # Where there are no own ones, the committed ones are shown.
    assert [one["dataset"] for one in shown(show, "--dataset", "gtzan")] == ["gtzan"]
    assert [one["dataset"] for one in shown(show, "--out", "results")] == ["gtzan"]


def test_of_several_tables_the_least_reduced_of_the_papers_split_is_shown_and_the_others_are_named(here, show):
    out = here / "results"
    write_stored(out, run_of(setting=SETTING.replace(split="artist")))
    write_stored(out, run_of(setting=SETTING.replace(epochs=1)))
    write_stored(out, run_of(setting=SETTING.replace(epochs=5)))
    changed = SETTING.replace(epochs=5, changes=('protocol.duplicates="drop"',))
    write_stored(out, run_of(setting=changed))
    _, said = show("--table", "5.1")
    assert said[0] == "table 5.1 is from results/se_cnn/gtzan/table_5.1_5_epochs.md"
    assert said[1].endswith("--dataset gtzan --split holdout --unit clip --data PATH --epochs 5")
    assert said[2:] == [
        "table 5.1 is also there with:",
        "  --epochs 1",
        "  --set protocol.duplicates=drop",
        "  --split artist",
    ]
    (artist,) = shown(show, "--table", "5.1", "--split", "artist")
    assert artist["setting"]["split"] == "artist"


def test_a_committed_table_on_the_same_data_as_an_own_one_is_shown_with_its_folder(here, show):
    write_stored(here / "results", run_of(correct=203))
    write_stored(here / "results" / "local", run_of(correct=145))
    _, said = show("--table", "5.1", "--row", "se-12345")
    assert said[1:] == ["table 5.1 is also there with:", "  --out results   (comes with Encore, GTZAN)"]
    out, _ = show("--table", "5.1", "--row", "se-12345", "--out", "results")
    assert "70.0" in out
    assert len(show("--table", "5.1", "--row", "se-12345", "--out", "results")[1]) == 1


def test_the_same_options_of_two_tables_are_said_of_each(here, show):
    for table in ("5.1", "5.2"):
        write_stored(here / "results", run_of(), table=table)
        write_stored(here / "results", run_of(setting=WINDOWS), table=table)
    _, said = show("--table", "5.1", "--table", "5.2")
    assert said.count("  --unit window") == 2
    assert said[said.index("table 5.1 is also there with:") + 1] == "  --unit window"


def test_options_that_choose_another_table_are_those_that_show_takes(here, show):
    write_stored(here / "results", run_of())
    write_stored(here / "results", run_of(setting=WINDOWS.replace(split="artist")))
    _, said = show("--table", "5.1")
    assert said[2:] == ["table 5.1 is also there with:", "  --split artist --unit window"]
    (other,) = shown(show, "--table", "5.1", *said[3].split())
    assert (other["setting"]["split"], other["setting"]["unit"]) == ("artist", "segment")


def test_epochs_and_precision_choose_between_tables_that_differ_in_nothing_else(here, show):
    settings = {
        ("3", "paper"): SETTING.replace(epochs=3),
        ("5", "paper"): SETTING.replace(epochs=5),
        ("5", "mixed_bfloat16"): SETTING.replace(epochs=5, precision="mixed_bfloat16"),
    }
    for setting in settings.values():
        write_stored(here / "results", run_of(setting=setting))
    for (epochs, precision), setting in settings.items():
        (table,) = shown(show, "--table", "5.1", "--epochs", epochs, "--precision", precision)
        assert (table["setting"]["epochs"], table["setting"]["precision"]) == (setting.epochs, setting.precision)
    _, said = show("--table", "5.1")
    assert said[2] == "table 5.1 is also there with:"
    assert sorted(said[3:]) == ["  --epochs 3", "  --precision mixed_bfloat16"]
    # What has no numbers yet is named with the options that make them.
    _, said = show("--table", "5.1", "--epochs", "7", code=1)
    assert said[-1].endswith("encore run se_cnn --table 5.1 --epochs 7")
    assert not any("--epochs" in line for line in show("--table", "5.1", "--epochs", "paper", code=1)[1])
    for refused in (("--epochs", "0"), ("--epochs", "x"), ("--precision", "float16")):
        _, (line,) = show(*refused, code=2)
        assert line.startswith(f"error: {' '.join(refused)}: expected ")


def test_changed_values_choose_between_tables_that_differ_in_nothing_else(here, show):
    batch, rate = "training.batch_windows=16", "training.learning_rate=0.01"
    for changes in ((), (batch,), (batch, rate)):
        write_stored(here / "results", run_of(setting=SETTING.replace(changes=changes)))
    for arguments, changes in (
        (("--set", "paper"), []),
        (("--set", batch), [batch]),
        (("--batch-size", "16"), [batch]),
        (("--learning-rate", "0.01"), [batch, rate]),
        (("--set", rate, "--batch-size", "16"), [batch, rate]),
        ((), []),
    ):
        (table,) = shown(show, "--table", "5.1", *arguments)
        assert table["setting"].get("changes", []) == changes
    _, said = show("--table", "5.1")
    assert said[2] == "table 5.1 is also there with:"
    assert sorted(said[3:]) == [f"  --set {batch}", f"  --set {batch} --set {rate}"]
    # What has no numbers yet is named with the options that make them.
    _, said = show("--table", "5.1", "--patience", "none", code=1)
    assert said[-1].endswith("encore run se_cnn --table 5.1 --set training.patience_epochs=null")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "training.batch_windos=16"], "did you mean training.batch_windows?"),
        (["--set", "16"], "expected PATH=VALUE"),
        (["--set", "paper", "--batch-size", "16"], "give no other value with it"),
        (["--set", "training.epochs=3"], "has an option of its own, --epochs"),
        (["--patience", "0"], "expected a number of epochs"),
    ],
)
def test_changed_values_that_no_run_can_have_are_refused(here, show, arguments, words):
    write_stored(here / "results", run_of())
    _, (line,) = show(*arguments, code=2)
    assert line.startswith("error: ")
    assert words in line


def test_tables_of_one_data_set_are_named_with_it_where_another_has_such_tables(here, show):
    """So that each can be shown, and none is left as a file to open."""
    out = here / "results"
    for dataset in ("gtzan", "fma_small"):
        for setting in (SETTING, SETTING.replace(epochs=1), WINDOWS.replace(epochs=1)):
            write_stored(out, run_of(setting=setting.replace(dataset=dataset)))
    _, said = show("--table", "5.1")
    (first,) = shown(show, "--table", "5.1")
    options = said[said.index("table 5.1 is also there with:") + 1 :]
    seen = {json.dumps(first["setting"])}
    for line in options:
        assert "open the file" not in line
        (table,) = shown(show, "--table", "5.1", *line.partition("(")[0].split())
        seen.add(json.dumps(table["setting"]))
    assert len(seen) == len(options) + 1 == 6


def test_the_file_of_a_table_is_named_once_and_from_the_working_folder(here, show, monkeypatch):
    write_stored(here / "results", run_of())
    (here / "results").rename(here / "checkout")
    monkeypatch.setattr("common.encore.show.results_of_checkout", lambda: here / "checkout")
    out, said = show("--table", "5.1")
    assert [line for line in said if NOT_RUN not in line] == ["table 5.1 is from checkout/se_cnn/gtzan/table_5.1.md"]
    assert "table_5.1.md" not in out
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert show("--table", "5.1")[1][0] == f"table 5.1 is from {here}/checkout/se_cnn/gtzan/table_5.1.md"


def test_titles_say_whose_runs_they_are_of_where_both_follow_each_other(here, show):
    write_stored(here / "results", run_of(), table="5.2")
    write_stored(here / "results" / "local", run_of(0))
    out, _ = show("--table", "5.1", "--table", "5.2")
    titles = " ".join(out.split()).split("se_cnn, Table ")[1:]
    assert [(title[:3], "(your own runs)" in title, "(comes with Encore)" in title) for title in titles] == [
        ("5.1", True, False),
        ("5.2", False, True),
    ]
    for table in ("5.1", "5.2"):
        out, _ = show("--table", table)
        assert "runs)" not in out
        assert "(comes with Encore)" not in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "se_cnn yet; this makes them: encore run se_cnn"),
        (("--table", "5.2"), "table 5.2 yet; this makes them: encore run se_cnn --table 5.2"),
        (("--table", "audit"), "table audit yet; this makes them: encore audit se_cnn"),
        (
            ("--dataset", "gtzan", "--unit", "window"),
            "se_cnn yet; this makes them: encore run se_cnn --dataset gtzan --unit window --data PATH",
        ),
    ],
)
def test_where_there_are_no_numbers_one_line_says_which_command_makes_them(show, arguments, line):
    out, said = show(*arguments, code=1)
    # Without a table, all of its numbers are missing: perhaps because the folder is another one.
    places = [] if "--table" in arguments else ["looked in results/local, results; --out DIR for another folder"]
    assert (out, said) == ("", [f"{COMMAND}{line}", *places])


@pytest.mark.parametrize("asked", ["--epochs 7", "--precision float32", "--set training.l2=0.1"])
def test_layers_are_not_shown_instead_of_runs_of_a_setting(here, show, asked):
    write_table(
        here / "results" / "se_cnn" / "gtzan", "table_4.1", architecture_table(PAPER, PAPER.table("4.1"), "gtzan")
    )
    out, said = show(*asked.split(), code=1)
    assert out == ""
    assert said[0].endswith(f"this makes them: encore run se_cnn {asked}")


@pytest.mark.parametrize("flags", [(), ("--wide",)])
def test_layers_are_shown_with_their_total_and_without_one_where_an_earlier_version_wrote_them(here, show, flags):
    layers = architecture_table(PAPER, PAPER.table("4.1"), "gtzan")
    write_table(here / "results" / "se_cnn" / "gtzan", "table_4.1", layers)
    file = here / "results" / "se_cnn" / "gtzan" / "table_4.1.json"

    def last_lines() -> list[list[str]]:
        out, _ = show("--table", "4.1", *flags)
        lines = [line.split() for line in out.splitlines()]
        place = next(place for place, words in enumerate(lines) if words[:2] == ["Dense", "softmax"])
        return lines[place : lines.index([], place) + 1]

    assert last_lines()[-2] == ["Total", "778,384"]
    old = {name: value for name, value in json.loads(file.read_text()).items() if name not in ("total", "headings")}
    file.write_text(json.dumps(old))
    dense, *below = last_lines()
    assert "81,930" in dense
    assert ["Total"] not in [words[:1] for words in below]


def test_only_asked_rows_are_shown_and_one_that_was_not_run_is_named(here, show):
    write_stored(here / "results", run_of(), run_of(0))
    (table,) = shown(show, "--table", "5.1", "--row", "0", "--row", "1,2,3,4,5")
    assert labels(table) == ["0", "1,2,3,4,5"]
    _, said = show("--table", "5.1", "--row", "5", code=1)
    command = "encore run se_cnn --table 5.1 --row 5 --dataset gtzan --split holdout --unit clip --data PATH"
    assert said[-1] == f"{COMMAND}table 5.1 [5] yet; this makes them: {command}"
    # What was asked for, and the folder, are in the commands, too.
    _, said = show("--row", "5", "--split", "artist", "--out", "results", code=1)
    assert said == [f"{COMMAND}se_cnn [5] yet; this makes them: encore run se_cnn --row 5 --split artist --out results"]
    units = ("--unit", "clip", "--unit", "window")
    _, said = show("--table", "5.1", "--row", "5", *units, "--out", "results", code=1)
    assert said[-2:] == [
        f"{COMMAND}table 5.1 [5] yet; this makes them: encore run se_cnn --table 5.1 --row 5 --unit window "
        "--out results",
        f"{COMMAND}table 5.1 [5] yet; this makes them: {command} --out results",
    ]


def test_a_row_that_own_results_lack_is_shown_from_the_committed_ones(here, show):
    write_stored(here / "results", run_of(4, correct=145), run_of())
    write_stored(here / "results" / "local", run_of(0, correct=203), run_of(correct=261))
    (table,) = shown(show, "--row", "2,3,4,5")
    assert [row["measured"]["accuracy"]["mean"] for row in table["rows"]] == [50]
    # Each row from the first folder that has a number of it.
    own, committed = shown(show, "--table", "5.1", "--row", "0", "--row", "2,3,4,5", "--row", "1,2,3,4,5")
    assert (labels(own), labels(committed)) == (["0", "1,2,3,4,5"], ["2,3,4,5"])
    # One that neither has is named once.
    both = shown(show, "--row", "2,3,4,5", "--row", "5", code=1)
    assert [labels(one) for one in both] == [["5", "2,3,4,5"]]
    write_stored(here / "results", run_of(4, setting=WINDOWS))
    (table,) = shown(show, "--row", "2,3,4,5", "--unit", "clip", "--unit", "window")
    assert [bool(measured) for measured in table["rows"][0]["measured"]] == [True, True]


def test_rows_that_a_table_does_not_have_are_named(here, show):
    runs = [run_of(), run_of(1, correct=200)]
    table = results_table(PAPER, TABLE_5_1, SETTING, runs)
    pairs = paired_table(PAPER, TABLE_5_1, SETTING, runs)
    write_table(here / "results" / "se_cnn" / "gtzan", "table_5.1", table, {"table_5.1_pairs": pairs})
    # The row that the others are compared with has no line of its own.
    out, said = show("--table", "5.1_pairs", "--row", "se-12345", code=1)
    assert out == ""
    assert said == [
        "warning: table 5.1_pairs has none of the rows that were asked for [1,2,3,4,5]; "
        "results/se_cnn/gtzan/table_5.1.md has: 5"
    ]
    # A row of another table is a mistake, as it is of table 5.1 itself.
    _, said = show("--table", "5.1_pairs", "--row", "r8", code=2)
    assert said[0].startswith("error: --row r8: no such row in table 5.1. Rows: table 5.1: se-0 (0),")
    # A row of a table below another one, beside a row of a table of its own.
    tables = ("--table", "5.1_pairs", "--table", "5.2")
    assert [one["table"] for one in shown(show, *tables, "--row", "se-5", "--row", "r16")] == ["5.1_pairs", "5.2"]
    assert [one["table"] for one in shown(show, *tables, "--row", "se-5")] == ["5.1_pairs"]
    _, said = show(*tables, "--row", "se-5")
    assert said[-1] == "table 5.2 is not shown: the rows that were asked for are of other tables"


def test_own_numbers_that_another_own_table_holds_come_before_a_committed_table(here, show):
    write_stored(here / "results", run_of(correct=203), table="5.2")
    write_stored(here / "results" / "local", run_of(correct=145), run_of(0))
    (table,) = shown(show, "--table", "5.2", "--row", "r16")
    assert [row["measured"]["accuracy"]["mean"] for row in table["rows"]] == [50]
    # As in a file of its own.
    stored = json.loads(write_stored(here / "results", run_of(correct=145), table="5.2").read_text())
    assert table["recommended"] == stored["recommended"] == "16"
    assert table["rows"][0] == stored["rows"][1]


def test_a_table_whose_rows_are_all_in_another_one_is_shown_with_its_own_rows_and_published_numbers(here, show):
    path = write_stored(here / "results", run_of(), run_of(0))
    (table,) = shown(show, "--table", "5.2")
    assert (table["table"], labels(table)) == ("5.2", ["8", "16", "32"])
    own = next(row for row in json.loads(path.read_text())["rows"] if row["label"] == "1,2,3,4,5")
    measured = {row["label"]: row["measured"] for row in table["rows"]}
    assert measured == {"8": {}, "16": own["measured"], "32": {}}
    assert table["rows"][1]["difference"] == own["difference"]
    _, said = show("--table", "5.2")
    assert said[0] == "table 5.2 is from results/se_cnn/gtzan/table_5.1.md"
    assert said[1].startswith(f"table 5.2{NOT_RUN}encore run se_cnn --table 5.2 --row r8,r32 ")
    write_stored(here / "results", run_of(correct=261, setting=WINDOWS))
    (both,) = shown(show, "--table", "5.2", "--row", "16", "--unit", "window", "--unit", "clip")
    assert [one["accuracy"]["mean"] for one in both["rows"][0]["measured"]] == [90, 80]
    # A row that is asked for by name is looked for in all tables.
    (table,) = shown(show, "--row", "16")
    assert (table["table"], labels(table)) == ("5.2", ["16"])
    # Without a name, only tables with files are shown.
    assert [one["table"] for one in shown(show)] == ["5.1"]


def test_a_table_below_another_one_is_shown_by_its_own_id(here, show):
    runs = [run_of(), run_of(0, correct=200)]
    table = results_table(PAPER, TABLE_5_1, SETTING, runs)
    pairs = paired_table(PAPER, TABLE_5_1, SETTING, runs)
    write_table(here / "results" / "se_cnn" / "gtzan", "table_5.1", table, {"table_5.1_pairs": pairs})
    (found,) = shown(show, "--table", "5.1_pairs")
    assert found == pairs.as_json()
    out, _ = show("--table", "5.1_pairs")
    assert "Table 5.1, each row compared with se-12345 (recommended)" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--table", "9.9"), "--table 9.9: se_cnn has no such table. It has: 4.1, 5.1"),
        (("--row", "nosuch"), "--row nosuch: no such row. Rows: encore list se_cnn"),
        (("--unit", "windows"), "--unit windows: expected one of: clip, window"),
        (("--split", "holdouts"), "--split holdouts: expected one of: holdout"),
        (
            ("--dataset", "demo,arrays"),
            "--dataset demo,arrays: expected one name each: --dataset demo --dataset arrays.",
        ),
        (("--dataset", "gtzen"), "--dataset gtzen: expected one of: demo, folder, gtzan"),
        (("--out", "nowhere"), "nowhere: no such folder; expected a folder of results"),
    ],
)
def test_unusable_input_ends_with_2(show, arguments, words):
    out, said = show(*arguments, code=2)
    assert out == ""
    assert f"error: {words}" in " ".join(said)


def test_a_table_of_another_version_of_the_paper_is_named_with_what_to_do(here, show):
    path = write_stored(here / "results", run_of())
    path.write_text(path.read_text().replace('"accuracy"', '"top_accuracy"'))
    _, said = show("--table", "5.1", code=2)
    words = "table_5.1.json: a table with top_accuracy, expected accuracy"
    assert words in " ".join(said)
    _, said = show("--table", "5.1", "--unit", "clip", "--unit", "window", code=2)
    assert words in " ".join(said)


def test_a_table_of_an_earlier_version_without_kinds_of_notes_keeps_its_flags_and_warnings(here, show):
    path = write_stored(here / "results", run_of(shared_clips=3))
    values = json.loads(path.read_text())
    assert {"other_classes", "contaminated", "one_seed"} <= set(values["flags"])
    out, _ = show("--table", "5.1")
    del values["caption_kinds"], values["warning_kinds"]
    path.write_text(json.dumps(values))
    (table,) = shown(show, "--table", "5.1")
    assert (table["flags"], table["caption"]) == (values["flags"], values["caption"])
    old, _ = show("--table", "5.1")
    (line,) = re.findall(r"educed or different: ([^.]*)\.", " ".join(old.split()))
    assert {"other genres", "one seed", "contaminated"} <= set(line.split(", "))
    assert [one for one in old.splitlines() if one.startswith("warning")] == [
        one for one in out.splitlines() if one.startswith("warning")
    ]
    assert any(one.startswith("warning") for one in old.splitlines())


@pytest.mark.parametrize(
    ("values", "damage"),
    [
        ({"my": "own"}, "paper: missing"),
        ({**MINIMAL, "dataset": None}, "dataset: unexpected None"),
        (MINIMAL, "row_header: missing"),
        ({**MINIMAL, "compared_with": {}}, "data: missing"),
        ({**FOLDS, "caption": ["note"], "caption_kinds": ["data", "runs"]}, "2 kinds of 1 notes"),
        ({**MINIMAL, "kind": "fold", "setting": {}}, "setting.dataset: missing"),
        ({**MINIMAL, "kind": "pairs"}, "setting: missing"),
        ({**FOLDS, "companions": [MINIMAL]}, "row_header: missing"),
        ([], "file: unexpected []"),
    ],
)
def test_a_file_that_is_no_table_is_named_and_the_others_are_shown(here, show, values, damage):
    write_stored(here / "results", run_of())
    (here / "results" / "se_cnn" / "gtzan" / "table_mine.json").write_text(json.dumps(values))
    out, said = show("--table", "5.1")
    assert "Table 5.1" in out
    assert said[0].startswith(
        "warning: not used: results/se_cnn/gtzan/table_mine.json is not a table of this version ("
    )
    assert damage in said[0]
