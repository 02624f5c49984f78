"""The page of a paper that commands end with: it is there, and a page that fails takes nothing from a run."""

import json
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from common.cli import paper_page
from common.cli.app import run_app
from common.cli.paper_page import end_with_page
from common.cli.run import make_app
from common.records.paths import ResultPaths, report_file
from reproductions.se_cnn.paper import PAPER
from tests.helpers.small_results import write_small_results

FROM_RECORDS = ("--from-records", "--dataset", "gtzan")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write_small_results(tmp_path)
    return tmp_path


def test_from_records_ends_with_the_page_and_says_how_to_open_it(out, capsys):
    page = report_file(out, "se_cnn")
    assert not page.exists()
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"all results on one page, for a browser: {page}"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_with_json_nothing_else_is_printed(out, capsys):
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"]
    assert report_file(out, "se_cnn").exists()


def test_a_page_that_cannot_be_written_is_said_after_the_tables(out, capsys):
    # A folder of that name.
    report_file(out, "se_cnn").mkdir()
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(out)]) == 0
    printed, said = capsys.readouterr()
    assert "se_cnn, Table 5.1" in printed
    assert "for a browser" not in printed
    assert "no page of all results: " in said
    assert "report.html: cannot be written" in said


def test_without_results_there_is_no_page_and_nothing_is_said(tmp_path, capsys):
    end_with_page(PAPER, tmp_path, as_json=False)
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_tables_are_there_and_free_for_others_before_the_page_is_begun(out, monkeypatch, capsys):
    begun = []

    def write(*_, **__):
        begun.append(capsys.readouterr().out)
        with FileLock(ResultPaths.of(out, "se_cnn", "gtzan").tables_lock, timeout=0):
            pass

    monkeypatch.setattr(paper_page, "write_page", write)
    assert run_app(make_app(PAPER), [*FROM_RECORDS, "--out", str(out)]) == 0
    assert len(begun) == 1
    assert "se_cnn, Table 5.1" in begun[0]


@pytest.mark.parametrize(("row", "code"), [("1,2,3,4,5", 0), ("32", 1)])
def test_a_fault_of_the_page_changes_neither_tables_nor_exit_code(out, monkeypatch, capsys, row, code):
    command = [*FROM_RECORDS, "--out", str(out), "--row", row]
    assert run_app(make_app(PAPER), command) == code
    whole = capsys.readouterr().out.splitlines()[:-1]  # without the page

    def fail(*_, **__):
        raise KeyError("changes")

    monkeypatch.setattr(paper_page, "write_page", fail)
    assert run_app(make_app(PAPER), command) == code
    printed, said = capsys.readouterr()
    assert printed.splitlines() == whole
    (line,) = [line for line in said.splitlines() if "no page" in line]
    assert line == (
        "warning: no page of all results: KeyError, a fault of Encore. All tables are complete; the whole message: "
        f"encore report {out} --paper se_cnn --out {report_file(out, 'se_cnn')}"
    )


def test_who_stops_the_page_stops_the_command(out, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(paper_page, "write_page", stop)
    with pytest.raises(KeyboardInterrupt):
        end_with_page(PAPER, out, as_json=False)


def test_what_cannot_be_used_of_other_data_sets_is_one_line_with_the_first_file(out, capsys):
    mine = ResultPaths.of(out, "se_cnn", "gtzan")
    other = ResultPaths.of(out, "se_cnn", "arrays")
    shutil.copytree(mine.runs, other.runs)
    for record in other.runs.iterdir():
        record.write_text("{")
    first = min(other.runs.iterdir())
    assert run_app(make_app(PAPER), [*FROM_RECORDS, "--out", str(out)]) == 0
    said = capsys.readouterr().err
    (line,) = [line for line in said.splitlines() if str(other.folder) in line]
    assert line.startswith("not all of se_cnn is on its page: ")
    assert str(first) in line
    assert line.endswith(f"(2 more warnings: encore report {out} --paper se_cnn --out {report_file(out, 'se_cnn')})")
    assert "warning" not in line.partition("(")[0]
    # Said with the tables, and not again with the page.
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(out)]) == 0
    assert "not all of se_cnn" not in capsys.readouterr().err


@pytest.mark.parametrize("has_page", [False, True])
def test_of_more_records_than_are_read_in_seconds_there_is_a_command_and_no_page(out, monkeypatch, capsys, has_page):
    page = report_file(out, "se_cnn")
    if has_page:
        page.write_text("of last week")
    monkeypatch.setattr(paper_page, "_MOST_RECORD_BYTES", 1000)
    end_with_page(PAPER, out, as_json=False)
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.count("\n") == 1
    assert said.startswith(f"{page} is of earlier results: " if has_page else "there is no page of all results: ")
    assert said.endswith(f"Write it now: encore report {out} --paper se_cnn --out {page}\n")
    assert page.exists() == has_page
    sizes = [path.stat().st_size for path in out.glob("se_cnn/*/runs/*.json")]
    monkeypatch.setattr(paper_page, "_MOST_RECORD_BYTES", sum(sizes))
    end_with_page(PAPER, out, as_json=False)
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_clip_decisions_that_are_left_out_are_a_part_of_the_last_line(out, monkeypatch, capsys):
    write = paper_page.write_page
    monkeypatch.setattr(paper_page, "write_page", lambda *given: write(*given, clip_bytes=10))
    end_with_page(PAPER, out, as_json=False)
    printed, said = capsys.readouterr()
    page = report_file(out, "se_cnn")
    assert printed == (
        f"all results on one page, for a browser: {page} (without some decisions on single clips; with all: "
        f"encore report {out} --paper se_cnn --out {page} --clip-data-mb inf)\n"
    )
    assert said == ""
