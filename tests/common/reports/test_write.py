"""Tables and figures that are written from records."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports import write as reporting
from common.reports.write import regenerate_tables
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import FIRST, OTHER_ROWS, RECOMMENDED, as_row_of, decisions, record

PUBLISHED = PAPER.confusions[0]


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """Names of the figures that were drawn; they are not saved, which takes most of the time."""
    names: list[str] = []

    def keep(drawing, stem: Path) -> list[Path]:
        plt.close(drawing())
        names.append(stem.name)
        return []

    monkeypatch.setattr(reporting, "save_figure", keep)
    return names


def recorded(out, *rows: tuple[str, str]) -> ResultPaths:
    results = ResultPaths.of(out, "soundfusion", "fma_small")
    for table, label in rows:
        write_record(results, record(table, label, decisions(FIRST)))
    return results


def tables_in(results: ResultPaths) -> set[str]:
    """Tables of results; those that need no runs are always there."""
    without_runs = {f"table_{table.id}" for table in PAPER.tables_without_runs}
    there = {path.stem for path in results.folder.glob("table_*.json")}
    assert without_runs <= there
    return there - without_runs


def test_a_group_writes_confusions_curves_and_whole_tables(tmp_path):
    results = ResultPaths.of(tmp_path, "soundfusion", "fma_small")
    rows = (PUBLISHED.row, ("specaugment1", "p 0.7, 10 %, 1 mask"), ("nnet2", "without regularisation"))
    for table, label in rows:
        write_record(results, record(table, label, [(0, 0), (1, 2)]))
    (report,) = regenerate_tables(PAPER, tmp_path)
    assert {"performance", "specaugment1", "nnet2", "confusion_1"} <= set(report.tables)
    assert report.held_by == {"1": ["performance"]}
    for name in ("figure_specaugment1", "figure_nnet2_loss", "table_confusion_1"):
        assert (results.figures / f"{name}.png").stat().st_size > 10_000
    (written,) = json.loads((results.folder / "table_performance.json").read_text())["companions"]
    assert written["table"] == "confusion_1"
    assert not any("intervals" in line for line in written["caption"])
    assert "Data: FMA-small, 100 clips." in written["caption"]
    assert "alphabetical order" in " ".join(written["caption"])


def test_a_table_whose_measured_rows_are_in_another_table_is_not_written(tmp_path, drawn):
    results = recorded(tmp_path, ("performance", RECOMMENDED), ("performance", "SimpleCNN"))
    (report,) = regenerate_tables(PAPER, tmp_path)
    assert tables_in(results) == {"table_performance"}
    # It can be shown on screen, with the name of the table that holds its row.
    held_by = {name: holders for name, holders in report.held_by.items() if name in report.tables}
    assert held_by == {name: ["performance"] for name in ("regularisation", "width", "specaugment1")}
    assert "figure_specaugment1" not in drawn
    # One more row of its own, and the table and the figure of the whole table are there.
    write_record(results, record("specaugment1", "p 0.7, 10 %, 1 mask", decisions(FIRST)))
    (report,) = regenerate_tables(PAPER, tmp_path)
    assert tables_in(results) == {"table_performance", "table_specaugment1"}
    assert "figure_specaugment1" in drawn
    rows = json.loads((results.folder / "table_specaugment1.json").read_text())["rows"]
    assert sum(bool(row["measured"]) for row in rows) == 2


def test_the_table_of_the_recommended_row_is_written_before_those_that_come_first_in_the_paper(tmp_path, drawn):
    results = recorded(tmp_path, ("performance", RECOMMENDED))
    (report,) = regenerate_tables(replace(PAPER, default_row=("width", "ResNet2D-s")), tmp_path)
    assert tables_in(results) == {"table_width"}
    assert report.held_by["performance"] == ["width"]


def test_a_confusion_matrix_is_below_the_table_that_holds_its_row(tmp_path, drawn):
    moved = replace(PUBLISHED, row=("width", "ResNet2D-s"))
    results = recorded(tmp_path, ("performance", RECOMMENDED))
    regenerate_tables(replace(PAPER, confusions=(moved, *PAPER.confusions[1:])), tmp_path)
    values = json.loads((results.folder / "table_performance.json").read_text())
    assert [one["table"] for one in values["companions"]] == ["confusion_1"]
    assert (results.folder / "table_confusion_1.csv").exists()


def test_a_confusion_matrix_that_the_paper_counts_among_its_tables_has_files_of_its_own(tmp_path, drawn):
    (matrix,) = EMBEDDINGS.confusions
    results = ResultPaths.of(tmp_path, "embeddings", "fma_small")
    run = record(*PUBLISHED.row, [(0, 0), (1, 6)], genres=matrix.genres)
    run = run.replace(setting=run.setting.replace(split="course"))
    write_record(results, as_row_of(EMBEDDINGS, *matrix.row, run))
    (report,) = regenerate_tables(EMBEDDINGS, tmp_path)
    files = {f"table_3.{suffix}" for suffix in ("md", "csv", "tex", "json")}
    assert {path.name for path in report.paths["3"]} == files == {path.name for path in results.folder.glob("table_3*")}
    assert "table_3" in drawn
    text = (results.folder / "table_3.md").read_text()
    assert text.startswith("# embeddings, Table 3: Confusion matrix of ResNet34+MSD\n")
    # It stands alone, so that it has all notes, and the table of its row does not repeat it.
    assert "- Data: FMA-small" in text
    assert "Confusion matrix" not in (results.folder / "table_1.md").read_text()
    assert "3" not in report.held_by


def test_comparisons_of_rows_are_a_section_of_their_table_with_the_notes_that_it_does_not_have(tmp_path, drawn):
    results = recorded(tmp_path, ("performance", RECOMMENDED), ("performance", OTHER_ROWS[0]))
    regenerate_tables(PAPER, tmp_path)
    assert {path.name for path in results.folder.glob("table_performance*")} == {
        *(f"table_performance.{suffix}" for suffix in ("md", "csv", "tex", "json")),
        "table_performance_pairs.csv",
    }
    table, pairs = (results.folder / "table_performance.md").read_text().split("\n## Table ")[:2]
    assert pairs.startswith("performance_pairs: ")
    assert "McNemar" not in table
    assert "McNemar" in pairs
    assert "- Data: FMA-small" in table
    assert "- Data: FMA-small" not in pairs
    values = json.loads((results.folder / "table_performance.json").read_text())["companions"][0]
    assert [row["label"] for row in values["rows"]] == [OTHER_ROWS[0]]


def test_charts_of_a_single_row_and_of_few_differences_are_not_drawn(tmp_path, drawn):
    results = recorded(tmp_path, ("performance", RECOMMENDED))
    regenerate_tables(PAPER, tmp_path)
    assert not [name for name in drawn if name.startswith("table_")]
    for label in OTHER_ROWS[:4]:
        write_record(results, record("performance", label, decisions(FIRST)))
        drawn.clear()
        regenerate_tables(PAPER, tmp_path)
        assert "table_performance" in drawn
        assert ("table_performance_pairs" in drawn) == (label == OTHER_ROWS[3])
