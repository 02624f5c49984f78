"""Figures that are asked for by name, with and without a training."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import RunError
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from reproductions.nnet.paper import PAPER as NNET
from reproductions.resnet1d.paper import PAPER as RESNET1D
from reproductions.se_cnn.paper import PAPER

pytestmark = pytest.mark.usefixtures("kept_models")
BLOCK = next(figure for figure in PAPER.figures if figure.kind == "block")


@pytest.fixture
def run(tiny_arrays, tmp_path, capsys):
    """Run a paper's command on tiny arrays; returns exit code, output and messages."""

    def made(*arguments: str, paper: Paper = PAPER) -> tuple[int, str, str]:
        places = ("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"))
        given = ("--dataset", "arrays", "--data", str(tiny_arrays), *places, *arguments)
        code = run_app(make_app(paper), list(given))
        said = capsys.readouterr()
        return code, said.out, " ".join(said.err.split())

    return made


def files(tmp_path) -> set[str]:
    return {
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()
    } - {"README.md", "se_cnn/README.md"}


def drawn(*ids: str) -> set[str]:
    return {f"se_cnn/arrays/figures/figure_{name}.{form}" for name in ids for form in ("png", "svg")}


def test_figures_of_the_data_are_drawn_without_a_training(run, tmp_path):
    code, printed, _ = run("--figure", "2.1", "--figure", "2.2")
    assert (code, files(tmp_path)) == (0, drawn("2.1", "2.2"))
    assert re.search(r"^open first: \S+/figure_2\.1\.png$", printed, re.MULTILINE)


def test_a_figure_stays_when_later_commands_write_other_tables(run, tmp_path):
    run("--figure", "2.2")
    assert run("--table", "5.1", "--row", "0", "--seeds", "1", "--epochs", "1")[0] == 0
    assert drawn("2.2") <= files(tmp_path)


def test_a_figure_of_runs_trains_the_rows_that_it_is_drawn_from_and_no_others(run, tmp_path):
    code, printed, _ = run("--figure", "5.2", "--seeds", "1", "--epochs", "1")
    assert code == 0
    (record,) = (tmp_path / "out/se_cnn/arrays/runs").glob("*.json")
    assert json.loads(record.read_text())["row_experiment"] == PAPER.row(*PAPER.default_row).experiment.digest
    assert "figure_5.2_1_epoch.png" in " ".join(map(str, files(tmp_path)))
    assert re.search(r"^figure 5\.2: \S+/figure_5\.2_1_epoch\.png$", printed, re.MULTILINE)
    # The table of the row is shown, no other.
    assert re.findall(r"Table (\S+):", printed) == ["5.1"]


def test_a_table_of_layers_and_a_figure_of_the_data_are_made_together(run, tmp_path):
    assert run("--table", "4.1", "--figure", "2.2")[0] == 0
    forms = {f"se_cnn/arrays/table_4.1.{form}" for form in ("md", "csv", "tex", "json")}
    assert files(tmp_path) == drawn("2.2") | forms


def test_a_figure_that_the_data_do_not_allow_is_named_with_the_reason(run, tmp_path):
    windows = next(figure for figure in RESNET1D.figures if figure.needs == Needs.DATA)
    code, _, said = run("--figure", windows.id, paper=RESNET1D)
    assert code in (1, 2)
    assert "samples" in said
    assert files(tmp_path) <= {"resnet1d/README.md"}


def test_a_figure_that_does_not_exist_is_named_with_those_that_do(run):
    code, _, said = run("--figure", "2.3")
    assert code == 2
    assert "--figure 2.3: se_cnn has no such figure" in said
    assert "It has: 2.1, 2.2" in said
    _, _, said = run("--figure", "Figure 4.1")
    assert "has no such figure; did you mean 4.1?" in said


@pytest.mark.parametrize("flag", ["--table", "--row", "--figure"])
def test_all_takes_no_names_of_what_is_to_be_made(run, flag):
    code, _, said = run("--all", flag, "5.1")
    assert code == 2
    assert f"{flag}: not used by --all, which makes all tables and figures. Leave it out." in said


def test_records_give_figures_of_runs_again_and_no_others(run, tmp_path):
    run("--figure", "5.2", "--seeds", "1", "--epochs", "1")
    out = ("--from-records", "--out", str(tmp_path / "out"), "--figure")
    assert run_app(make_app(PAPER), [*out, "5.2"]) == 0
    assert run_app(make_app(PAPER), [*out, "2.1"]) == 1


def test_a_figure_that_cannot_be_drawn_is_named_and_the_others_are_drawn(run, tmp_path):
    broken = Figure("9", "block", "A part", layers=("nosuch",))
    code, _, said = run("--figure", "9", "--figure", "3.1", paper=replace(PAPER, figures=(*PAPER.figures, broken)))
    assert code == 1
    assert "figure 9: not made: " in said
    assert drawn("3.1") <= files(tmp_path)


@pytest.mark.parametrize(("layers", "expected"), [(("nosuch",), 1), (BLOCK.layers, 0)])
def test_all_fails_for_a_network_that_cannot_be_drawn_and_not_for_what_the_data_do_not_allow(run, layers, expected):
    table = PAPER.table(PAPER.default_row[0])
    one_row = table.replace(rows=tuple(row for row in table.rows if row.label == PAPER.default_row[1]))
    # Spectrograms have no waveform.
    figures = (Figure("8", "waveforms", "Waveforms"), replace(BLOCK, id="9", layers=layers))
    paper = replace(PAPER, tables=(one_row,), confusions=(), figures=figures)
    code, _, said = run("--all", "--seeds", "1", "--epochs", "1", paper=paper)
    assert code == expected
    assert "figure 8: not made: " in said
    assert ("figure 9: not made: " in said) == bool(expected)


def fail(*_):
    raise RunError("no memory")


def test_tables_of_layers_are_made_where_all_runs_fail(run, tmp_path, monkeypatch):
    monkeypatch.setattr("common.runs.runner.train_and_evaluate", fail)
    code, printed, said = run("--table", "4.1", "--table", "5.1", "--row", "0", "--seeds", "1", "--epochs", "1")
    assert code == 1
    assert re.findall(r"Table (\S+):", printed) == ["4.1"]
    assert "no record for: table 5.1 [" in said
    assert "table 4.1" not in said


def test_figures_of_clips_need_no_split(run, tmp_path, tiny_arrays):
    folds = ("--set", "protocol.folds=500")  # more than there are clips
    assert run("--table", "results", "--row", "nnet1", *folds, paper=NNET)[0] == 2
    assert run("--figure", "windows", *folds, paper=NNET)[0] == 0
    assert (tmp_path / "out/nnet/arrays/figures/figure_windows_folds_500.png").is_file()


def test_figures_of_other_data_do_not_replace_those_of_the_data_with_records(run, tmp_path, tiny_arrays):
    run("--figure", "2.2", "--table", "5.1", "--row", "0", "--seeds", "1", "--epochs", "1")
    first = (tmp_path / "out/se_cnn/arrays/figures/figure_2.2.png").read_bytes()
    other = tmp_path / "other.npz"
    with np.load(tiny_arrays) as arrays:
        np.savez(other, **{name: values[::-1] if values.ndim else values for name, values in arrays.items()})
    assert run("--data", str(other), "--figure", "2.2")[0] == 0
    assert (tmp_path / "out/se_cnn/arrays/figures/figure_2.2.png").read_bytes() == first
    assert len(list((tmp_path / "out/se_cnn/arrays/figures").glob("figure_2.2_*.png"))) == 1
