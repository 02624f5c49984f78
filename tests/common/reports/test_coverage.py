"""The page that lists every item of the papers' documents."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from common.paper.items import DocumentItem
from common.reports import coverage
from common.reports.coverage import coverage_of, coverage_text
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER


def table(folder: Path, name: str, **values) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    given = {
        "paper": "se_cnn",
        "table": name,
        "title": "x",
        "dataset": "arrays",
        "protocol": "holdout",
        "scale": "paper",
    }
    given |= {"rows": [], "metrics": [], "caption": [], "warnings": [], "flags": []} | values
    (folder / f"table_{name}{values.get('suffix', '')}.json").write_text(json.dumps(given))


def lines(text: str) -> dict[str, list[str]]:
    """Title of each item -> its other cells."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0].partition("<br>")[0]: row[1:] for row in rows}


def test_every_item_has_its_commands_and_what_they_need(tmp_path):
    shown = lines(coverage_text([PAPER, CRNN], tmp_path))
    for paper in (PAPER, CRNN):
        for item in paper.items:
            cells = shown[item.title]
            assert cells[0] == "<br>".join(f"`{command}`" for command in item.commands(paper.key))
    assert shown["Figure 4.1: Network's model"][1] == "nothing"
    assert shown["Figure 2.1: Example of a spectrogram"][1] == "data"
    assert shown["Table 5.1: Accuracy obtained with different number of SE-Blocks"][1] == "runs"
    assert shown["Table 4.1: Tables of model's parameters"][1] == "nothing"


def test_what_is_there_is_linked_with_its_data_and_reductions(tmp_path):
    folder = tmp_path / "se_cnn" / "arrays"
    rows = [{"label": label, "measured": {"accuracy": {}}} for _, label in PAPER.figure("5.1").rows]
    table(folder, "5.1", data="mine.npz", flags=["bfloat16"], rows=rows)
    table(folder, "5.1", data="mine.npz", flags=["contaminated"], suffix="_a")
    table(tmp_path / "se_cnn" / "demo", "5.2")
    (folder / "figures").mkdir()
    for name in ("figure_5.1_8_epochs", "figure_4.1"):
        (folder / "figures" / f"{name}.png").touch()
    shown = lines(coverage_text([PAPER], tmp_path))
    first, second = shown["Table 5.1: Accuracy obtained with different number of SE-Blocks"][2].split("<br>")
    assert first == "[table_5.1](se_cnn/arrays/table_5.1.md): mine.npz, bfloat16"
    assert second == "[table_5.1_a](se_cnn/arrays/table_5.1_a.md): mine.npz, contaminated"
    figure = shown["Figure 5.1: Accuracy on training/validation set"][2]
    assert figure == "[figure_5.1_8_epochs](se_cnn/arrays/figures/figure_5.1_8_epochs.png): arrays"
    # The demo corpus is not committed.
    assert shown["Table 5.2: Accuracy obtained with different values of r"][2:] in ([], [""])


def test_more_than_three_lead_to_the_page_that_shows_all(tmp_path):
    for letter in "abcde":
        table(tmp_path / "se_cnn" / "arrays", "5.1", suffix=f"_{letter}")
    *named, last = lines(coverage_text([PAPER], tmp_path))[
        "Table 5.1: Accuracy obtained with different number of SE-Blocks"
    ][2].split("<br>")
    assert len(named) == 3
    assert last == "[and 2 more](se_cnn/README.md)"


def test_a_figure_without_some_of_its_rows_says_of_how_many_it_is(tmp_path):
    figure = next(one for one in CRNN.figures if len(one.rows) > 1)
    folder = tmp_path / "crnn" / "arrays"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures" / f"figure_{figure.id}.png").touch()
    (item,) = [item for item in CRNN.items if figure.id in item.figures][:1]
    rows = [{"label": label, "measured": {"accuracy": {}}} for _, label in figure.rows]
    for measured, said in ((rows[:1], f"arrays, 1 of {len(rows)} rows"), (rows, "arrays")):
        table(folder, figure.rows[0][0], paper="crnn", rows=measured)
        assert lines(coverage_text([CRNN], tmp_path))[item.title][2].rpartition(": ")[2] == said


def test_a_command_that_reads_data_needs_them(tmp_path):
    item = DocumentItem("x", other_commands=("encore duplicates --dataset gtzan --data DIR",))
    assert lines(coverage_text([replace(PAPER, items=(item,))], tmp_path))["x"][1] == "data"


def test_a_paper_or_table_that_cannot_be_read_is_named_and_left_out(tmp_path, monkeypatch, capsys):
    def load(key):
        if key == "mine":
            raise SyntaxError("invalid syntax")
        return PAPER

    monkeypatch.setattr(coverage, "paper_keys", lambda: ["mine", "se_cnn"])
    monkeypatch.setattr(coverage, "load_paper", load)
    folder = tmp_path / "se_cnn" / "arrays"
    folder.mkdir(parents=True)
    (folder / "table_zz.json").write_text("{")
    (folder / "table_5.1.json").write_text('{"table": "5.1"}')
    assert "## SE-CNN" in coverage_of(tmp_path)
    said = " ".join(capsys.readouterr().err.split())
    assert "not in COVERAGE.md: paper mine: invalid syntax" in said
    assert "table_zz.json" in said


def test_papers_without_items_are_left_out(tmp_path):
    assert "##" not in coverage_text([replace(PAPER, items=())], tmp_path)


@pytest.mark.parametrize(("stem", "is_of"), [("figure_1", "1"), ("figure_1_smoke", "1"), ("figure_1d", "")])
def test_the_name_of_a_figure_is_not_that_of_another_that_begins_so(tmp_path, stem, is_of):
    paper = replace(CRNN, figures=(replace(CRNN.figures[0], id="1"),), items=(DocumentItem("x", figures=("1",)),))
    folder = tmp_path / "crnn" / "arrays" / "figures"
    folder.mkdir(parents=True)
    (folder / f"{stem}.png").touch()
    assert (stem in coverage_text([paper], tmp_path)) == bool(is_of)
