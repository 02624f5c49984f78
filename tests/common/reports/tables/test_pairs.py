"""Rows against each other on the same clips, runs against runs, and the list of all tables."""

import json

import pytest

from common.metrics.clips import accuracies
from common.records.paths import runs_folder
from common.records.record import write_record
from common.reports.formats import cells, write_table
from common.reports.pages import write_overview, write_page
from common.reports.tables.pairs import paired_table, variance_lines
from common.reports.tables.results import results_table
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import SETTING, record

TABLE = PAPER.table("performance")
REFERENCE = next(row.label for row in TABLE.rows if row.experiment.digest == PAPER.default_experiment.digest)
OTHERS = [row.label for row in TABLE.rows if row.label != REFERENCE]


def decided(right: list[bool]) -> list[tuple[int, int]]:
    """Clips of genre 1 whose mean softmax is right or wrong; it decides for the genre after that of the windows."""
    return [(1, 0 if is_right else 3) for is_right in right]


FIRST = [True] * 30 + [True] * 2 + [False] * 8 + [False] * 4
SECOND = [True] * 30 + [False] * 2 + [True] * 8 + [False] * 4


def pairs(records) -> dict:
    return paired_table(PAPER, TABLE, SETTING, records)


def test_rows_are_compared_on_the_same_clips_with_the_recommended_one():
    found = pairs([record("performance", OTHERS[0], decided(FIRST)), record("performance", REFERENCE, decided(SECOND))])
    (row,) = found["rows"]
    assert (row["label"], found["reference"]) == (OTHERS[0], REFERENCE)
    # 2 and 8 of 44 clips.
    assert (row["only_this"], row["only_reference"], row["p_value"]) == (2, 8, 0.1094)
    difference = row["difference"]["clip_accuracy_mean_softmax"]
    assert difference["mean"] == pytest.approx(-100 * 6 / 44, abs=0.01)
    assert difference["ci95"][0] < difference["mean"] < difference["ci95"][1]
    header, shown = cells(found)
    assert len(header) == len(shown[0])
    assert f"{REFERENCE} right alone" in header


def test_what_seeds_add_is_told_beside_intervals_over_clips():
    references = [
        record("performance", REFERENCE, decided([True] * right + [False] * 4), seed=right) for right in (4, 6)
    ]
    other = record("performance", OTHERS[0], decided(FIRST[:8]), seed=4)
    told = " ".join(pairs([*references, other])["caption"])
    assert f"comes on top (window accuracy of each seed of {REFERENCE}: " in told
    shown = [100 * one.metrics["test"]["window_accuracy"] for one in references]
    assert f"{shown[0]:.1f}, {shown[1]:.1f} %)" in told
    one = " ".join(pairs([references[0], other])["caption"])
    assert "what other seeds would give comes on top." in one


def test_rows_on_other_clips_are_not_compared():
    one = record("performance", OTHERS[0], decided(FIRST))
    other = record("performance", REFERENCE, decided(SECOND))
    assert pairs([one]) is None
    assert pairs([one, other.replace(split_digest="another")]) is None
    assert pairs([one, record("performance", REFERENCE, decided(SECOND[1:]))]) is None
    assert pairs([one, record("performance", REFERENCE, decided(SECOND), seed=1)]) is None


def test_seeds_that_both_rows_have_are_averaged():
    records = [
        record("performance", OTHERS[0], decided(FIRST)),
        record("performance", OTHERS[0], decided([False] * 44), seed=1),
        record("performance", REFERENCE, decided(FIRST)),
        record("performance", REFERENCE, decided([True] * 44), seed=1),
        record("performance", REFERENCE, decided([True] * 44), seed=2),
    ]
    (row,) = pairs(records)["rows"]
    assert row["runs"] == 2
    assert row["difference"]["clip_accuracy_mean_softmax"]["mean"] == -50
    # The test is of the first seed alone, in which both decide alike.
    assert (row["only_this"], row["only_reference"], row["p_value"]) == (0, 0, 1.0)


def test_a_table_says_whether_the_published_value_lies_inside_and_how_far_runs_spread():
    label = OTHERS[0]
    published = next(row for row in TABLE.rows if row.label == label).published
    metric = TABLE.metrics[0]
    runs = [record("performance", label, decided(right), seed=n) for n, right in enumerate((FIRST, SECOND))]
    values = results_table(PAPER, TABLE, SETTING, runs)
    row = next(row for row in values["rows"] if row["label"] == label)
    low, high = row["measured"][metric]["ci95"]
    assert row["published_inside"][metric] == (low <= published[metric] <= high)
    assert row["measured"][metric]["ci95_runs"][0] <= row["measured"][metric]["mean"]
    header, shown = cells(values)
    assert "95 % interval over runs" in header
    assert "Published inside" in header
    assert {len(line) for line in shown} == {len(header)}
    assert "95 % interval over runs" not in cells(results_table(PAPER, TABLE, SETTING, runs[:1]))[0]


def in_fold(fold: int, seed: int, share: int):
    """A run of which so many of 40 clips, with all their windows, are right."""
    right = [number < share for number in range(40)]
    one = record("performance", REFERENCE, decided(right), seed=seed)
    clips = tuple(
        clip.replace(windows_correct=clip.windows if is_right else 0)
        for clip, is_right in zip(one.clips, right, strict=True)
    )
    name = f"fold{fold}seed{seed}"
    return one.replace(run_id=name, fold=fold, folds=3, clips=clips, metrics={**one.metrics, "test": accuracies(clips)})


def test_folds_of_several_seeds_are_no_further_repetitions():
    def spread(runs):
        values = results_table(PAPER, TABLE, SETTING, runs)
        row = next(row for row in values["rows"] if row["label"] == REFERENCE)
        return row["measured"]["window_accuracy"]["ci95_runs"], " ".join(values["caption"])

    runs = [in_fold(fold, seed, 20 + 5 * fold + 2 * seed) for fold in range(3) for seed in range(2)]
    found, caption = spread(runs)
    # Seeds have 62.5 and 67.5 %: t of one degree of freedom, 12.706, times 2.5.
    assert found == pytest.approx([65 - 31.77, 65 + 31.77], abs=0.01)
    assert "each the mean of its folds" in caption
    # Folds of one seed have 50, 62.5 and 75 %: 4.3027 times 12.5 / sqrt(3).
    assert spread([run for run in runs if run.seed == 0])[0] == pytest.approx([62.5 - 31.05, 62.5 + 31.05], abs=0.01)


def test_folds_and_seeds_are_told_apart():
    runs = [in_fold(fold, seed, 20 + 5 * fold + seed) for fold in range(3) for seed in range(2)]
    (line,) = variance_lines({"x": runs})
    # Seeds are 1 of 40 apart: 2.5 / sqrt(2) points. Folds 12.5 apart, less what seeds add to a mean of two.
    assert "12.4 points from fold to fold" in line
    assert "1.8 from seed to seed" in line
    assert variance_lines({"x": runs[:1]}) == []


def test_the_list_of_tables_names_what_each_rests_on(tmp_path, capsys):
    machines = {"processor": "One", "threads": 1, "backend": "tensorflow"}, {"processor": "Two", "threads": 2}
    mine = [
        record("performance", REFERENCE, decided(FIRST), seed=seed).replace(wall_seconds=90.0, machine=machine)
        for seed, machine in enumerate(machines)
    ]
    for one in mine:
        write_record(runs_folder(tmp_path, PAPER.key, "fma_small"), one)
    values = results_table(PAPER, TABLE, SETTING, mine)
    write_table(tmp_path / PAPER.key / "fma_small", "table_performance", values)
    text = write_overview(tmp_path).read_text()
    line = next(line for line in text.splitlines() if "table_performance.md" in line)
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    assert cells[1:7] == ["FMA-small", "80/10/10 over clips", f"1 of {len(TABLE.rows)}", "2", "44 test", "3.0 min"]
    assert cells[7] == "One, 1 thread, tensorflow; Two, 2 threads, unknown backend"
    assumed = json.loads((tmp_path / PAPER.key / "fma_small" / "table_performance.json").read_text())["assumed"]
    assert assumed
    assert all(f"`{path}`" in text for path in assumed)
    (tmp_path / PAPER.key / "fma_small" / "table_mine.json").write_text('{"my": "own"}')
    assert write_overview(tmp_path).read_text() == text
    assert "table_mine.json is not a table that run.py wrote" in capsys.readouterr().err.replace("\n", " ")
    assert "Nothing yet" not in write_page(PAPER, tmp_path).read_text()
    assert "No table yet." in write_overview(tmp_path / "empty").read_text()
