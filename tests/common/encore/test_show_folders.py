"""`encore show`: tables of several folders of results, and rows that searches found."""

import json
import os

import pytest

from common.core.files import write_json
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.records.tuned_rows import with_tuned_rows
from common.reports.formats import write_table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING
from tests.helpers.shown_tables import labels, settings, shown
from tests.helpers.stored_tables import run_of, write_stored

pytestmark = pytest.mark.usefixtures("here")

UNITS = ("--unit", "window", "--unit", "clip")


def write_search(out, dataset: str, name: str, *ratios: float) -> Paper:
    """A search whose best trials vary the ratio of squeezing, each labelled `first`, `second`, ...; returns the paper
    with these rows."""
    search = ResultPaths.of(out, "se_cnn", dataset).search(name)
    search.folder.mkdir(parents=True)
    search.identity.write_text("{}")
    rows = [
        {"label": label, "values": {"model.ratio": ratio}}
        for label, ratio in zip(("first", "second"), ratios, strict=False)
    ]
    values = {"format": 1, "title": f"Best of {name}", "row": ["5.1", "1,2,3,4,5"], "rows": rows, "notes": []}
    search.rows.write_text(json.dumps(values))
    return with_tuned_rows(PAPER, out, dataset)


def write_top(out, paper: Paper, name: str, correct: int) -> None:
    """The table of the first row that a search on GTZAN found."""
    table = paper.table(f"top_{name}")
    experiment = table.rows[0].experiment
    own = run_of(correct=correct, row_experiment=experiment.digest, experiment=experiment.as_json())
    made = results_table(paper, table, SETTING, [own])
    write_table(ResultPaths.of(out, "se_cnn", "gtzan").folder, f"table_top_{name}", made)


def test_rows_of_searches_are_found_in_every_folder(here, show):
    committed = here / "results"
    write_top(committed, write_search(committed, "gtzan", "ratio", 3), "ratio", correct=145)
    (table,) = shown(show, "--table", "top_ratio", "--row", "top-ratio-1")
    assert (table["title"], labels(table)) == ("Best of ratio", ["first"])
    # A search of the same name on other data, and in another folder, has other rows.
    write_search(here / "results" / "local", "arrays", "ratio", 5, 7)
    (table,) = shown(show, "--row", "top-ratio-1", "--dataset", "gtzan")
    assert table["rows"][0]["measured"]["accuracy"]["mean"] == 50
    _, said = show("--row", "top-ratio-2", "--dataset", "gtzan", code=2)
    assert said[0].startswith("error: --row top-ratio-2: no such row")
    both = ("--unit", "clip", "--unit", "window")
    (table,) = shown(show, "--table", "top_ratio", *both, code=1)
    assert labels(table) == ["first"]
    # The table stays readable where the rows that it was made from are gone.
    ResultPaths.of(committed, "se_cnn", "gtzan").search("ratio").rows.unlink()
    (table,) = shown(show, "--table", "top_ratio")
    assert labels(table) == ["first"]


def test_rows_of_two_searches_with_the_same_label_are_not_mixed(here, show):
    out = here / "results" / "local"
    write_search(out, "gtzan", "wide", 3)
    paper = write_search(out, "gtzan", "narrow", 5)
    write_top(out, paper, "wide", correct=145)
    write_top(out, paper, "narrow", correct=203)
    assert [one["table"] for one in shown(show, "--row", "top-wide-1")] == ["top_wide"]
    assert [one["table"] for one in shown(show, "--row", "first")] == ["top_narrow", "top_wide"]
    found = shown(show, "--table", "top_wide", "--table", "top_narrow", "--row", "top-wide-1")
    assert [one["table"] for one in found] == ["top_wide"]


def test_tables_on_data_sets_of_mirdata_are_found_by_either_name(here, show):
    write_stored(here / "results" / "local", run_of(setting=SETTING.replace(dataset="mirdata_ballroom")))
    for name in ("mirdata:ballroom", "mirdata_ballroom"):
        (table,) = shown(show, "--table", "5.1", "--dataset", name)
        assert table["dataset"] == "mirdata_ballroom"
    _, said = show("--table", "5.1", "--dataset", "mirdata:irmas", code=1)
    assert "--dataset mirdata_irmas --data PATH" in " ".join(said)


MUSIC, OTHER = SETTING.replace(dataset="folder_music"), SETTING.replace(dataset="folder_other")
# Data of another folder of the same name.
MOVED = MUSIC.replace(data_digest="m" * 64)


def test_own_folders_of_different_names_are_chosen_between_with_their_keys(here, show):
    write_stored(here / "results" / "local", run_of(setting=MUSIC))
    write_stored(here / "results" / "local", run_of(setting=OTHER))
    write_stored(here / "results" / "local", run_of())
    for key in ("folder_music", "folder_other"):
        (table,) = shown(show, "--table", "5.1", "--dataset", key)
        assert table["dataset"] == key
    _, said = show("--table", "5.1", "--dataset", "folder")
    assert said[0] == "table 5.1 is from results/local/se_cnn/folder_music/table_5.1.md"
    assert said[1].endswith(" --dataset folder --split holdout --unit clip --data PATH")
    assert said[2:] == ["table 5.1 is also there with:", "  --dataset folder_other"]
    _, said = show("--table", "5.1", "--dataset", "folder_third", code=1)
    assert said[-1].endswith("this makes them: encore run se_cnn --table 5.1 --dataset folder --data PATH")


def test_settings_beside_each_other_are_of_one_own_folder(here, show):
    write_stored(here / "results" / "local", run_of(setting=MUSIC, correct=29))
    write_stored(here / "results" / "local", run_of(setting=OTHER.replace(unit="segment"), correct=58))
    (table,) = shown(show, "--table", "5.1", "--dataset", "folder", *UNITS, code=1)
    assert len(table["settings"]) == 1
    write_stored(here / "results" / "local", run_of(setting=OTHER, correct=87))
    found = [["holdout, by window", True, 20], ["holdout, by clip", True, 30]]
    assert settings(shown(show, "--table", "5.1", "--dataset", "folder", *UNITS)) == found


def write_other(out, setting, name: str, **changes):
    """The table of a setting under a file name of its own, as that of other data with the same options has."""
    kept = out / "se_cnn" / setting.dataset / "table_5.1.json"
    held = kept.read_text() if kept.exists() else None
    path = write_stored(out, run_of(setting=setting, **changes))
    other = path.rename(path.with_name(f"{name}.json"))
    if held is not None:
        kept.write_text(held)
    return other


def test_settings_beside_each_other_are_of_the_same_data_in_folders_of_one_name(here, show):
    out = here / "results" / "local"
    write_stored(out, run_of(setting=MUSIC, correct=29))
    write_other(out, MOVED.replace(unit="segment"), "table_5.1_moved_window", correct=58)
    (table,) = shown(show, "--table", "5.1", *UNITS, code=1)
    assert len(table["settings"]) == 1
    write_other(out, MOVED, "table_5.1_moved", correct=87)
    found = [["holdout, by window", True, 20], ["holdout, by clip", True, 30]]
    assert settings(shown(show, "--table", "5.1", *UNITS)) == found


@pytest.mark.parametrize("last", ["plain", "moved"])
@pytest.mark.parametrize("by", ["records", "files"])
def test_of_different_data_in_folders_of_one_name_the_last_run_is_shown_and_the_other_named(here, show, last, by):
    out = here / "results" / "local"
    paths = {
        "plain": write_stored(out, run_of(setting=MUSIC, correct=29)),
        "moved": write_other(out, MOVED, "table_5.1_moved", correct=87),
    }
    for name, setting in (("plain", MUSIC), ("moved", MOVED)):
        # Where records say it, the order in which files were written does not count.
        os.utime(paths[name], (1, 1) if (name == last) == (by == "records") else (2, 2))
        if by == "records":
            run = run_of(setting=setting, finished_at=f"2026-01-0{2 if name == last else 1}T00:00:00+00:00")
            write_json(ResultPaths.of(out, "se_cnn", setting.dataset).record(run.run_id), run.as_json())
    _, said = show("--table", "5.1")
    folder = "results/local/se_cnn/folder_music"
    files = {"plain": f"{folder}/table_5.1.md", "moved": f"{folder}/table_5.1_moved.md"}
    (other,) = files.keys() - {last}
    assert said[0] == f"table 5.1 is from {files[last]}"
    assert said[2:] == ["table 5.1 is also there with:", f"  open the file: other data  ({files[other]})"]


def test_other_data_in_a_folder_of_one_name_are_named_as_such_beside_other_options(here, show):
    out = here / "results" / "local"
    write_stored(out, run_of(setting=MUSIC))
    other = write_stored(out, run_of(setting=MOVED.replace(epochs=3)))
    _, said = show("--table", "5.1")
    assert said[2:] == [
        "table 5.1 is also there with:",
        f"  open the file: 3 epochs, other data  ({other.with_suffix('.md').relative_to(here)})",
    ]
