"""`encore report`: where it looks, what it prints, and what it refuses."""

import json

import pytest

from common.cli.app import run_app
from common.encore.report import make_app
from common.records.paths import OWN_RESULTS, ResultPaths
from common.records.record import write_record
from tests.helpers.imports import modules_after
from tests.helpers.other_user import only_readable, run_bound
from tests.helpers.small_results import identified_record, write_small_results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "made"
    write_small_results(folder)
    return folder


def refused(capsys, *arguments) -> str:
    """The one line that a command which cannot be carried out ends with."""
    assert run_app(make_app(), list(map(str, arguments))) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    return said[0]


def test_it_writes_a_page_and_says_what_is_on_it(results, tmp_path, capsys, snapshot):
    before = snapshot(results)
    page = tmp_path / "new" / "page.html"
    assert run_app(make_app(), [str(results), "--out", str(page)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"written to: {page} (2 measured rows, 3 runs, ")
    assert out.strip().endswith("open it in a browser")
    assert f"reading the results in {results} ..." in err
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert snapshot(results) == before


def test_json_is_all_that_is_printed(results, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run_app(make_app(), [str(results), "--out", str(page), "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "page": str(page),
        "bytes": page.stat().st_size,
        "papers": ["se_cnn"],
        "rows": 2,
        "runs": 3,
        "left_out": "",
    }
    assert err == ""


def test_without_a_folder_own_results_come_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("common.encore.report.results_of_checkout", lambda: None)
    said = refused(capsys)
    assert "no results of any paper there" in said
    for folder, rows in (("results", "1 measured row,"), (OWN_RESULTS, "2 measured rows,")):
        write_record(ResultPaths.of(folder, "se_cnn", "gtzan"), identified_record())
        write_small_results_beside(folder, rows)
        assert run_app(make_app(), []) == 0
        out, err = capsys.readouterr()
        assert f"reading the results in {folder} ..." in err
        assert rows in out


def write_small_results_beside(folder, rows: str) -> None:
    """Tables of the record that is there, and another row where two are expected."""
    from common.cli.regenerate import regenerate
    from reproductions.se_cnn.paper import PAPER

    if rows.startswith("2"):
        write_record(ResultPaths.of(folder, "se_cnn", "gtzan"), identified_record(0, correct=200))
    regenerate(PAPER, folder, draw_figures=False)


def test_a_limit_of_clip_data_is_said_on_the_screen(results, tmp_path, capsys):
    page = tmp_path / "page.html"
    command = [str(results), "--paper", "se_cnn", "--out", str(page)]
    assert run_app(make_app(), [*command, "--clip-data-mb", "0.0001"]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "are left out" in line]
    assert len(said) == 1
    assert said[0].endswith(f"Another limit of these decisions: encore report {' '.join(command)} --clip-data-mb N")


@pytest.mark.parametrize("limit", ["inf", "1e308"])
def test_a_limit_can_be_none(results, tmp_path, capsys, limit):
    page = tmp_path / "page.html"
    assert run_app(make_app(), [str(results), "--out", str(page), "--clip-data-mb", limit]) == 0
    assert "left out" not in capsys.readouterr().err
    assert page.exists()


def test_a_limit_that_is_no_number_is_refused(results, tmp_path, capsys):
    said = refused(capsys, results, "--out", tmp_path / "page.html", "--clip-data-mb", "nan")
    assert said.startswith("error: --clip-data-mb nan: ")


def test_papers_without_results_are_named_and_not_listed(results, tmp_path, capsys):
    command = [str(results), "--paper", "nnet", "--paper", "se_cnn", "--out", str(tmp_path / "page.html"), "--json"]
    assert run_app(make_app(), command) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["papers"] == ["se_cnn"]
    assert f"warning: nnet: no results in {results}, so that it is not on the page\n" in err


def test_folders_without_results_are_refused_with_what_was_expected(results, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    page = ("--out", tmp_path / "page.html")
    assert "no such folder; expected a folder of results" in refused(capsys, tmp_path / "nosuch", *page)
    assert "is a file; expected a folder of results" in refused(capsys, tmp_path / "file", *page)
    assert "holds no results of a paper; expected PAPER/DATASET/runs" in refused(capsys, tmp_path / "empty", *page)
    said = refused(capsys, results / "se_cnn", *page)
    assert f"{results / 'se_cnn'}: is a folder of se_cnn alone" in said
    command = f"Name {results} and the paper instead: encore report {results} --paper se_cnn"
    assert said.endswith(command)
    assert refused(capsys, results / "se_cnn" / "gtzan", *page).endswith(command)
    assert not (tmp_path / "page.html").exists()


def test_names_of_papers_and_files_are_checked_before_anything_is_read(results, tmp_path, capsys):
    assert "nosuch: no such paper" in refused(capsys, results, "--paper", "nosuch", "--out", tmp_path / "page.html")
    assert "--out table.json: expected a file that ends in .html" in refused(capsys, results, "--out", "table.json")
    (tmp_path / "folder.html").mkdir()
    assert "folder.html: is a folder; expected a file" in refused(capsys, results, "--out", tmp_path / "folder.html")
    assert "--out page.htm: expected a file that ends in .html" in refused(capsys, results, "--out", "page.htm")
    (tmp_path / "file").write_text("x")
    target = tmp_path / "file" / "below" / "page.html"
    said = refused(capsys, results, "--out", target)
    assert said.startswith(f"error: {target}: cannot be written, because {tmp_path / 'file'} is a file; expected a f")


def test_a_paper_without_results_is_refused_with_the_folder_that_has_some(results, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("common.encore.report.results_of_checkout", lambda: None)
    said = refused(capsys, results, "--paper", "crnn")
    assert said.startswith(f"error: {results}: holds no table and no record of crnn that can be shown; ")
    assert said.endswith("Make some, e.g. encore run crnn")
    write_record(ResultPaths.of(tmp_path / "results", "se_cnn", "gtzan"), identified_record())
    (tmp_path / OWN_RESULTS / "nnet" / "gtzan" / "runs").mkdir(parents=True)
    said = refused(capsys, "--paper", "se_cnn")
    assert said.startswith(f"error: {OWN_RESULTS}: holds no table and no record of se_cnn that can be shown; ")
    assert said.endswith("There are some in results: encore report results --paper se_cnn")
    assert refused(capsys, "--paper", "nnet").endswith(f"encore run nnet --from-records --out {OWN_RESULTS}")


def test_several_papers_can_be_given_in_one(results, tmp_path, capsys):
    assert run_app(make_app(), [str(results), "--paper", "nnet, se_cnn", "--out", str(tmp_path / "page.html")]) == 0
    assert "warning: nnet: no results in" in capsys.readouterr().err


def test_it_starts_neither_keras_nor_what_draws(results, tmp_path):
    arguments = ["encore", "report", str(results), "--out", str(tmp_path / "page.html")]
    loaded = modules_after(
        f"import sys; from common.cli.app import run_app; from common.encore.main import make_command; "
        f"sys.argv = {arguments}; assert run_app(make_command()) == 0"
    )
    assert not loaded & {"keras", "tensorflow", "jax", "torch", "matplotlib", "sklearn", "librosa", "pandas"}


def test_a_folder_that_cannot_be_written_is_named(results, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    encore = ["-c", "from common.encore.main import main; main()", "report", str(results)]
    with only_readable(folder):
        ended = run_bound([*encore, "--out", str(folder / "page.html")], folder=folder)
    assert ended.returncode == 2
    assert "page.html: cannot be written" in ended.stderr
