"""Everything of a folder of results from its records, and what else lies in the folder."""

import json
import os
import threading

import pytest
from filelock import FileLock

from common.cli import regenerate as regenerating
from common.cli.app import run_app
from common.cli.regenerate import regenerate
from common.cli.run import make_app
from common.core.console import set_verbosity
from common.core.leftovers import temporary_path
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports import write as reporting
from common.reports.figures.files import digest_file
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING, record


@pytest.fixture
def results(tmp_path, monkeypatch) -> ResultPaths:
    """A folder with one record; figures are written as empty files, because drawing takes most of the time."""

    def save(drawing, stem):
        paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg")]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return paths

    monkeypatch.setattr(reporting, "save_figure", save)
    found = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    write_record(found, record())
    return found


def below(results: ResultPaths) -> set[str]:
    return {path.relative_to(results.folder).as_posix() for path in results.folder.rglob("*") if path.is_file()}


def test_the_way_from_records_to_tables_is_announced(results, tmp_path, capsys):
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said == [f"reading the records of se_cnn below {tmp_path} ...", "making tables and figures ..."]
    try:
        assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path), "--quiet"]) == 0
    finally:
        set_verbosity("normal")
    assert capsys.readouterr().err == ""


def test_the_table_and_figure_that_are_being_made_are_named(results, tmp_path, monkeypatch):
    steps = []
    for module in (regenerating, reporting):
        monkeypatch.setattr(module, "show_step", steps.append)
    regenerate(PAPER, tmp_path)
    assert steps[0] == "reading records on gtzan"
    assert {"gtzan: table_5.1", "gtzan: figure_5.1"} <= set(steps)
    assert steps[-1] == "page of the paper"


def test_tables_and_figures_that_no_record_supports_are_removed_and_named(results, tmp_path, capsys):
    regenerate(PAPER, tmp_path)
    assert "removed" not in capsys.readouterr().err
    made = below(results)
    old = [f"table_5.2_5f84eb66.{suffix}" for suffix in ("md", "csv", "tex")]
    old += ["table_5.2_5f84eb66.json", "table_5.2_pairs_5f84eb66.csv"]
    old += [f"figures/{name}_5f84eb66.{suffix}" for name in ("table_5.2", "figure_5.1") for suffix in ("png", "svg")]
    table = {"paper": "se_cnn", "table": "5.2", "companions": [{"table": "5.2_pairs"}]}
    kept = [
        # A user's own copies and pictures, also under names like those of Encore.
        *("table_5.1_mine.tex", "table_notes.md", "table_other.json", "figures/table_5.1_slide.png"),
        *(
            "table_mine.xlsx",
            "notes.md",
            "figures/mine.png",
            "runs/note.txt",
            "diverged/note.txt",
            "work/run/history.csv",
        ),
        *("searches/tiny/rows.json", "figures/table_notes.txt", "table_4.1.md"),
        # A figure of the data, which is drawn only where the data are at hand.
        *("figures/figure_2.1.png", "figures/figure_2.1.svg", "figures/figure_2.1_5f84eb66.png"),
    ]
    for name in (*old, *kept):
        (results.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (results.folder / name).write_text(json.dumps(table) if name in old and name.endswith(".json") else "")
    regenerate(PAPER, tmp_path)
    assert below(results) == made | set(kept)
    said = " ".join(capsys.readouterr().err.split())
    assert f"{results.folder}: removed 9 files of tables and figures that no record supports: " in said
    assert said.count("table_5.2_5f84eb66") == 1
    assert "table_5.2_5f84eb66.md" not in (tmp_path / "se_cnn" / "README.md").read_text()


@pytest.mark.parametrize(
    "companions",
    [[{"table": "x/../../../mine"}], [{"table": 3}], [{}], ["x"], "x", {"table": "x"}, None],
    ids=str,
)
def test_a_table_with_other_tables_below_it_than_commands_write_removes_nothing_else(results, tmp_path, companions):
    regenerate(PAPER, tmp_path)
    mine = results.folder.parent / "mine_5f84eb66.csv"
    mine.write_text("mine")
    (results.folder / "table_x").mkdir()
    old = results.folder / "table_5.2_5f84eb66.json"
    old.write_text(json.dumps({"paper": "se_cnn", "table": "5.2", "companions": companions}))
    regenerate(PAPER, tmp_path)
    assert not old.exists()
    assert mine.read_text() == "mine"


def test_without_figures_their_digests_are_written_and_the_tables_are_the_same(results, tmp_path):
    drawn = regenerate(PAPER, tmp_path)
    tables = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "figures" not in path.parts}
    figures = below(results) - {
        path.relative_to(results.folder).as_posix() for path in tables if path.is_relative_to(results.folder)
    }
    assert len(figures) >= 4
    digests = {digest_file(path.with_suffix("")) for path in results.figures.iterdir()}
    for path in [*(path for path in tables if path.parent == results.folder), *results.figures.iterdir()]:
        path.unlink()
    named = regenerate(PAPER, tmp_path, draw_figures=False)
    assert [report.files for report in named.groups] == [report.files for report in drawn.groups]
    assert set(results.figures.iterdir()) == digests
    assert len({path.read_text() for path in digests}) == len(digests)
    for path in digests:
        path.unlink()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == tables


def test_the_list_of_all_tables_can_be_left_as_it_is(results, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    regenerate(PAPER, tmp_path, list_tables=False)
    assert (tmp_path / "README.md").read_text() == "mine"
    regenerate(PAPER, tmp_path)
    assert "## se_cnn" in (tmp_path / "README.md").read_text()


def test_other_data_sets_are_not_touched_where_one_is_asked_for(results, tmp_path):
    other = ResultPaths.of(tmp_path, "se_cnn", "arrays")
    write_record(other, record(setting=SETTING.replace(dataset="arrays")))
    for place in (results, other):
        put_old_table(place)
    regenerate(PAPER, tmp_path, "gtzan")
    assert not (results.folder / "table_old.json").exists()
    assert below(other) == {"table_old.json", f"runs/{record().run_id}.json"}
    regenerate(PAPER, tmp_path)
    assert "table_5.1.md" in below(other)
    assert "table_old.json" not in below(other)


def put_old_table(place: ResultPaths) -> None:
    """A table that an earlier command wrote."""
    (place.folder / "table_old.json").write_text(json.dumps({"paper": "se_cnn", "table": "old"}))


@pytest.mark.parametrize("changes", [{"format_version": 2}, {"row_experiment": "gone"}])
def test_nothing_is_removed_where_a_record_is_in_no_table(results, tmp_path, capsys, changes):
    """It may be the only one of the old table."""
    other = record(0, run_id="unusable")
    results.record("unusable").write_text(json.dumps(other.as_json() | changes))
    put_old_table(results)
    regenerate(PAPER, tmp_path)
    assert (results.folder / "table_old.json").exists()
    said = " ".join(capsys.readouterr().err.split())
    assert "(first of 1 that are not: unusable.json), so older tables and figures are kept: table_old" in said
    results.record("unusable").unlink()
    regenerate(PAPER, tmp_path)
    assert not (results.folder / "table_old.json").exists()


@pytest.mark.parametrize(
    ("file", "said"),
    [("audits/audit.json", "not an audit"), ("searches/r/search.json", "not the description of a search")],
)
def test_where_an_audit_or_a_search_cannot_be_used_the_tables_are_made_and_nothing_is_removed(
    results, tmp_path, capsys, file, said
):
    unusable = results.folder / file
    unusable.parent.mkdir(parents=True)
    unusable.write_text("{}")
    put_old_table(results)
    made = regenerate(PAPER, tmp_path)
    assert said in " ".join(capsys.readouterr().err.split())
    assert (results.folder / "table_5.1.md").exists()
    assert (results.folder / "table_old.json").exists()
    assert made.others == []


def test_old_temporary_tables_and_figures_are_removed_and_new_ones_are_not(results, tmp_path):
    old = [temporary_path(results.folder / "table_5.1.md"), temporary_path(results.figures / "figure_5.1.svg")]
    new = temporary_path(results.folder / "table_5.2.md")
    for file in (*old, new):
        file.parent.mkdir(exist_ok=True)
        file.write_text("half")
    for file in old:
        os.utime(file, (1, 1))
    regenerate(PAPER, tmp_path)
    assert [file.exists() for file in (*old, new)] == [False, False, True]


def test_two_commands_do_not_make_the_same_folder_at_once(results, tmp_path):
    results.tables_lock.parent.mkdir()
    second = threading.Thread(target=regenerate, args=(PAPER, tmp_path))
    with FileLock(results.tables_lock):
        second.start()
        second.join(0.5)
        assert second.is_alive()
        assert not list(results.folder.glob("table_*"))
    second.join(60)
    assert (results.folder / "table_5.1.md").exists()


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ((), 0, ""),
        (("--table", "5.1", "--row", "1,2,3,4,5"), 0, ""),
        (("--table", "5.2", "--row", "16"), 0, "no file of its own: all its measured rows are in table_5.1.md"),
        (("--row", "32"), 1, "no record for: table 5.2 [r32 (32)]"),
        (("--table", "5.2"), 1, "no record for: table 5.2 [r8 (8), r32 (32)]"),
        (("--table", "5.2", "--table", "5.3"), 1, "table 5.2 [r8 (8), r32 (32)]; table 5.3 [width-0.5x (16,32,"),
        (("--table", "4.1"), 0, ""),
        (("--dataset", "arrays"), 2, "--from-records: no records of se_cnn on arrays below"),
    ],
)  # fmt: skip
def test_from_records_exits_with_0_only_where_every_row_asked_for_has_a_number(
    results, tmp_path, capsys, asked, code, said
):
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path), *asked]) == code
    printed = capsys.readouterr()
    assert said in " ".join(printed.err.split())
    if not said:
        assert "no record for" not in printed.err
    shown = "Effect of the squeeze ratio" in printed.out
    assert shown == ("5.2" in asked)


def test_training_exits_with_1_where_a_row_has_no_record(tiny_arrays, tmp_path, monkeypatch, capsys):
    """Also where a row was not run because the data do not have what it takes."""
    from common.runs import runner
    from common.runs.runner import RunSummary
    from reproductions.soundfusion.paper import PAPER as MIXED

    monkeypatch.setattr(runner, "execute", lambda plan, *_: RunSummary(trained=0, finished_before=0, failed=[]))
    places = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"), "--seeds", "1"]
    data = ["--dataset", "arrays", "--data", str(tiny_arrays), "--table", "width"]
    assert run_app(make_app(MIXED), [*places, *data]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "rows not run, because they take samples" in said
    assert "no record for: table width [resnet1d-s, resnet1d-m, resnet1d-l, resnet2d-s," in said


def test_the_table_of_a_row_is_in_the_json_of_its_folder(results, tmp_path):
    regenerate(PAPER, tmp_path)
    values = json.loads((results.folder / "table_5.1.json").read_text())
    assert [row["records"] for row in values["rows"]][-1] == [record().run_id]


def test_tables_of_removed_records_go_and_tables_of_layers_stay(results, tmp_path):
    regenerate(PAPER, tmp_path)
    results.record(record().run_id).unlink()
    made = regenerate(PAPER, tmp_path)
    assert made.groups == []
    left = {path for path in below(results) if not path.startswith("work")}
    assert left == {f"table_4.1.{suffix}" for suffix in ("md", "csv", "tex", "json")}


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("folder", ["folder_music", "folder_other"]),
        ("folder_other", ["folder_other"]),
        ("gtzan", ["gtzan"]),
    ],
)
def test_tables_of_all_own_folders_or_of_one_are_made_again(results, tmp_path, asked, made):
    for key in ("folder_music", "folder_other"):
        run = record(setting=SETTING.replace(dataset=key))
        write_record(ResultPaths.of(tmp_path, "se_cnn", key), run)
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path), "--dataset", asked]) == 0
    assert sorted(path.parent.name for path in tmp_path.glob("se_cnn/*/table_5.1.md")) == made
