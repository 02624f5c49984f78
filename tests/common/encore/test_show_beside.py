"""`encore show` of two settings: tables beside each other."""

import re

import pytest

from common.reports.formats import write_table
from common.reports.tables.architecture import architecture_table
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING
from tests.helpers.shown_tables import settings, shown
from tests.helpers.stored_tables import run_of, write_stored

pytestmark = pytest.mark.usefixtures("here")

WINDOWS = SETTING.replace(unit="segment")
COMMAND = "warning: no numbers of "
UNITS = ("--unit", "window", "--unit", "clip")


def test_two_units_stand_beside_each_other_in_one_table(here, show):
    write_stored(here / "results", run_of(correct=145), run_of(0, correct=203))
    write_stored(here / "results", run_of(correct=261, setting=WINDOWS))
    (table,) = shown(show, "--table", "5.1", "--unit", "window", "--unit", "clip")
    assert table["kind"] == "settings"
    assert [one["name"] for one in table["settings"]] == ["holdout, by window", "holdout, by clip"]
    last, first = table["rows"][-1], table["rows"][0]
    assert (last["published"], [one["accuracy"]["mean"] for one in last["measured"]]) == ({"accuracy": 93.6}, [90, 50])
    assert [one.get("accuracy", {}).get("mean") for one in first["measured"]] == [None, 70]
    out, said = show("--table", "5.1", "--unit", "window", "--unit", "clip", "--row", "1,2,3,4,5")
    (header,) = [line for line in out.splitlines() if "by window (%)" in line]
    assert header.rstrip().endswith("by clip (%)")
    (line,) = [line for line in out.splitlines() if line.startswith("se-")]
    assert line.split()[:4] == ["se-12345", "*", "1,2,3,4,5", "93.6"]
    assert [found.split()[0] for found in re.findall(r"[\d.]+ \([^)]*\)", line)] == ["90.0", "50.0"]
    assert said == [
        "table 5.1, holdout, by window, is from results/se_cnn/gtzan/table_5.1_by_window.md",
        "table 5.1, holdout, by clip, is from results/se_cnn/gtzan/table_5.1.md",
    ]


def test_two_data_sets_and_an_own_result_beside_a_committed_one_are_told_apart(here, show):
    write_stored(here / "results", run_of(setting=SETTING.replace(dataset="arrays", features="given")))
    write_stored(here / "results" / "local", run_of())
    (table,) = shown(show, "--table", "5.1", "--dataset", "gtzan", "--dataset", "arrays")
    names = [one["name"] for one in table["settings"]]
    assert names == ["gtzan: holdout, by clip", "arrays: holdout, by clip"]
    assert [one["is_own"] for one in table["settings"]] == [True, False]
    out, _ = show("--table", "5.1", "--dataset", "gtzan", "--dataset", "arrays")
    assert ["yours: gtzan: holdout," in out, "ours: arrays: holdout," in out] == [True, True]


DEMO = SETTING.replace(dataset="demo", scale="smoke", epochs=1)


def test_settings_beside_each_other_are_of_one_place_and_data_set(here, show):
    write_stored(here / "results", run_of(correct=145))
    write_stored(here / "results", run_of(correct=261, setting=WINDOWS))
    write_stored(here / "results" / "local", run_of(correct=29, setting=DEMO))
    committed = [["holdout, by window", False, 90], ["holdout, by clip", False, 50]]
    assert settings(shown(show, "--table", "5.1", *UNITS)) == committed
    _, said = show("--table", "5.1", *UNITS)
    assert said[0] == (
        "your own runs on demo have holdout, by clip only; shown: the results on GTZAN that come with Encore. For "
        "yours: --dataset demo"
    )
    # Those of the user where these are there for all settings.
    write_stored(here / "results" / "local", run_of(correct=87, setting=DEMO.replace(unit="segment")))
    own = [["holdout, by window", True, 30], ["holdout, by clip", True, 10]]
    assert settings(shown(show, "--table", "5.1", *UNITS)) == own
    out, said = show("--table", "5.1", *UNITS)
    assert "your own runs" not in " ".join(said)
    assert "smoke scale, 1 epoch" in " ".join(out.split())


def test_settings_beside_each_other_have_one_unit_and_one_number_of_epochs(here, show):
    out = here / "results" / "local"
    splits = ("--split", "artist", "--split", "holdout")
    write_stored(out, run_of(setting=DEMO.replace(split="artist", unit="clip"), correct=29))
    write_stored(out, run_of(setting=DEMO.replace(unit="segment"), correct=58))
    (table,) = shown(show, "--table", "5.1", *splits, code=1)
    assert [one["name"] for one in table["settings"]] == ["artist, by clip"]
    write_stored(out, run_of(setting=DEMO.replace(epochs=2), correct=87))
    (table,) = shown(show, "--table", "5.1", *splits, code=1)
    assert len(table["settings"]) == 1
    write_stored(out, run_of(setting=DEMO.replace(split="artist", epochs=2), correct=145))
    found = [["artist, by clip", True, 50], ["holdout, by clip", True, 30]]
    assert settings(shown(show, "--table", "5.1", *splits)) == found


def test_a_setting_without_numbers_is_named_with_its_command_and_the_other_is_shown(here, show):
    write_stored(here / "results", run_of())
    out, said = show("--table", "5.1", "--split", "holdout", "--split", "artist", code=1)
    assert "ours: holdout,\n" in re.sub(" +\n", "\n", out)
    assert f"{COMMAND}table 5.1 yet; this makes them: encore run se_cnn --table 5.1 --split artist" in said


def test_without_a_table_two_units_are_shown_of_the_tables_that_have_numbers(here, show):
    write_stored(here / "results", run_of())
    out, said = show("--unit", "window", "--unit", "clip", code=1)
    assert "Table 5.1" in out
    assert said[1:] == [f"{COMMAND}table 5.1 yet; this makes them: encore run se_cnn --table 5.1 --unit window"]


def test_a_table_of_layers_is_shown_once_for_two_units_and_one_that_is_not_there_is_named(here, show):
    layers = architecture_table(PAPER, PAPER.table("4.1"), "gtzan")
    write_table(here / "results" / "se_cnn" / "gtzan", "table_4.1", layers)
    units = ("--unit", "window", "--unit", "clip")
    assert [one["table"] for one in shown(show, "--table", "4.1", *units)] == ["4.1"]
    _, said = show("--table", "audit", *units, code=1)
    assert said == [f"{COMMAND}table audit yet; this makes them: encore audit se_cnn"]


def test_settings_beside_each_other_are_of_one_data_set_of_a_place(here, show):
    write_stored(here / "results", run_of())
    write_stored(here / "results", run_of(setting=WINDOWS.replace(dataset="arrays", features="given")))
    (table,) = shown(show, "--table", "5.1", *UNITS, code=1)
    assert len(table["settings"]) == 1
