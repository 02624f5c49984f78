"""The page of a paper that commands end with: it is there, and a page that fails takes nothing from a run."""

import json
from pathlib import Path

import pytest

from common.cli.app import run_app
from common.cli.paper_page import print_where_page_is, write_paper_page
from common.cli.run import make_app
from common.core.errors import DataError
from common.records.paths import report_file
from reproductions.se_cnn.paper import PAPER
from tests.helpers.small_results import write_small_results


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


def test_a_page_that_cannot_be_written_is_said_and_the_tables_are_shown(out, capsys):
    # A folder of that name.
    report_file(out, "se_cnn").mkdir()
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(out)]) == 0
    printed, said = capsys.readouterr()
    assert "se_cnn, Table 5.1" in printed
    assert "for a browser" not in printed
    assert "no page of all results: " in said
    assert "report.html: cannot be written" in said


def test_without_results_there_is_no_page_and_nothing_is_said(tmp_path, capsys):
    assert write_paper_page(PAPER, tmp_path) is None
    print_where_page_is(None, as_json=False)
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_a_user_can_mend_is_a_warning(out, monkeypatch, capsys):
    def fail(*_, **__):
        raise DataError("report.html: cannot be written. Make room.")

    monkeypatch.setattr("common.cli.paper_page.write_page", fail)
    assert write_paper_page(PAPER, out) is None
    assert "no page of all results: report.html: cannot be written. Make room." in capsys.readouterr().err
