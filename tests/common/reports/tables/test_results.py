"""Tables of results: means, intervals and differences from the published numbers."""

import math
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from common.metrics.intervals import wilson_interval
from common.paper import Reference
from common.records.record import PartCounts, Record
from common.reports.figures.tables import draw_results
from common.reports.formats import as_latex, as_markdown
from common.reports.plain import plain_table
from common.reports.screen.results import results_on_screen
from common.reports.screen.show import screen_lines
from common.reports.stored import StoredTable
from common.reports.stored_form import damage_of
from common.reports.tables.results import result_cells, results_table
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.se_cnn.paper import TABLE_5_1, TABLE_5_2
from tests.helpers import soundfusion_records as soundfusion
from tests.helpers.se_cnn_records import SETTING, clips, record, table_of
from tests.helpers.tables import caption_of, cells_of, row_of


def test_clips_of_one_artist_widen_the_interval_of_a_row():
    # The first 232 clips are correct: of 58 artists with five clips each, all but one have all clips correct or none.
    named = tuple(clip.replace(artist=f"artist {number // 5}") for number, clip in enumerate(clips(232, 290)))
    table = table_of(record(clips=named))
    low, high = table.values["rows"][-1]["measured"]["clip_accuracy_mean_softmax"]["ci95"]
    assert (low, high) == pytest.approx([100 * end for end in wilson_interval(0.8, 58)], abs=0.6)
    assert "290 test clips by 58 artists" in caption_of(table)


def test_a_row_has_mean_interval_and_difference_in_percent():
    row = table_of(record()).values["rows"][-1]
    assert (row["name"], row["label"]) == ("se-12345", "1,2,3,4,5")
    assert row["measured"]["accuracy"] == {
        "metric": "window accuracy", "mean": 80.0, "ci95": [75.017487, 84.198118],
        "ci95_clips": [75.017487, 84.198118], "runs": 1, "clips": 290,
    }  # fmt: skip
    assert row["difference"] == {"accuracy": -13.6}
    assert row["records"] == ["run50"]


def test_rows_without_a_record_are_empty_and_seeds_are_averaged():
    table = table_of(record(correct=203), record(correct=232, seed=1))
    rows = table.values["rows"]
    assert rows[0]["measured"] == {}
    assert rows[-1]["measured"]["accuracy"]["mean"] == 75.0
    assert rows[-1]["measured"]["accuracy"]["runs"] == 2
    assert "not run" in as_markdown(table)


def test_records_of_other_settings_stay_out():
    other = SETTING.replace(unit="segment")
    table = table_of(record(), record(0, setting=other))
    assert table.values["rows"][0]["measured"] == {}
    assert caption_of(table_of(record(), setting=other)) == "No run is recorded yet."


@pytest.mark.parametrize(("metric", "mean"), [("validation", 25.0), ("test", 50.0)])
def test_published_validation_is_compared_with_validation(metric, mean):
    runs = [soundfusion.record("regularisation", "ResNet2D: dropout", [(0, 0), (1, 2), (2, 2), (3, 3)])]
    table = results_table(soundfusion.PAPER, soundfusion.PAPER.table("regularisation"), soundfusion.SETTING, runs)
    row = next(row for row in table.values["rows"] if row["measured"])
    assert row["measured"][metric]["mean"] == mean
    assert row["measured"]["validation"]["clips"] == 50
    assert cells_of(table, "ResNet2D: dropout")["Test clips"] == "4"
    assert "in training and validation, clips count as independent" in table.notes[-1].text
    assert row["measured"]["test"]["clips"] == 4


def test_a_row_says_whether_the_published_number_lies_inside_and_how_far_runs_spread():
    label = soundfusion.OTHER_ROWS[0]
    published = next(row for row in soundfusion.PERFORMANCE.rows if row.label == label).published
    metric = soundfusion.PERFORMANCE.metrics[0]
    runs = [
        soundfusion.record("performance", label, soundfusion.decisions(correct), seed=n)
        for n, correct in enumerate((soundfusion.FIRST, soundfusion.SECOND))
    ]
    table = results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, runs)
    row = row_of(table, label)
    low, high = row["measured"][metric]["ci95"]
    assert row["published_inside"][metric] == (low <= published[metric] <= high)
    assert row["measured"][metric]["ci95_runs"][0] <= row["measured"][metric]["mean"]
    header = list(table.header)
    place = header.index("95 % interval")
    assert header[place : place + 5] == [
        "95 % interval",
        "interval, clips only",
        "interval, seeds only",
        "Published inside interval",
        "Ours - published (points)",
    ]
    assert {len(row) for row in table.rows} == {len(table.header)}
    assert (
        "interval, clips only"
        not in results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, runs[:1]).header
    )


def of_seeds(*correct: int):
    """The table of a row of Table 5.1, and its values: 290 test clips, of which each seed decides so many correctly."""
    table = table_of(*(record(correct=number, clips=clips(number, 290), seed=n) for n, number in enumerate(correct)))
    return table, table.values["rows"][-1]


def test_the_interval_of_seeds_accounts_for_seeds_and_test_clips():
    table, row = of_seeds(203, 232, 261)
    found = row["measured"]["accuracy"]
    # Seeds at 70, 80 and 90 %: t of two degrees of freedom, 4.3027, times 10 / sqrt(3).
    assert found["ci95_runs"] == pytest.approx([80 - 24.84, 100], abs=0.01)
    low, high = (100 * end for end in wilson_interval(0.8, 290))
    assert found["ci95_clips"] == pytest.approx([low, high], abs=0.01)
    assert found["ci95"] == pytest.approx([80 - math.hypot(80 - low, 24.84), 100], abs=0.01)
    assert found["runs_vary_in"] == "seeds"
    caption = caption_of(table)
    assert "95 % intervals account for test clips and seeds together" in caption
    assert "because one seed" not in caption


def test_the_published_number_is_judged_by_the_interval_with_both_sources():
    # Published are 93.6 %: outside the intervals for either source alone, inside the one for both.
    _, row = of_seeds(256, 260, 264)
    found = row["measured"]["accuracy"]
    assert max(found["ci95_clips"][1], found["ci95_runs"][1]) < 93.6 < found["ci95"][1]
    assert row["published_inside"]["accuracy"] is True
    table, row = of_seeds(203, 204, 205)
    assert row["published_inside"]["accuracy"] is False
    assert cells_of(table, "1,2,3,4,5")["Published inside interval"] == "no"


def test_one_seed_never_says_that_the_published_number_is_outside():
    table, row = of_seeds(203)
    assert row["published_inside"]["accuracy"] is None
    assert cells_of(table, "1,2,3,4,5")["Published inside interval"] == "not known (one seed)"
    assert "account for test clips only, because one seed does not show the spread over seeds" in caption_of(table)
    table, row = of_seeds(271)
    assert row["published_inside"]["accuracy"] is True
    assert cells_of(table, "1,2,3,4,5")["Published inside interval"] == "yes"


def test_rows_with_one_seed_are_named_beside_rows_with_several():
    table = table_of(record(), record(seed=1), record(0))
    assert f"The intervals of {TABLE_5_1.rows[0].name} account for test clips only" in caption_of(table)
    of_one = cells_of(table, TABLE_5_1.rows[0].label)
    assert (of_one["interval, clips only"], of_one["interval, seeds only"]) == (of_one["95 % interval"], "")


def test_folds_of_several_seeds_are_no_further_repetitions():
    def spread(runs):
        table = results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, runs)
        return row_of(table, soundfusion.RECOMMENDED)["measured"]["window_accuracy"], caption_of(table)

    runs = [soundfusion.run_of_fold(fold, seed, 20 + 5 * fold + 2 * seed) for fold in range(3) for seed in range(2)]
    found, caption = spread(runs)
    # Seeds have 62.5 and 67.5 %: t of one degree of freedom, 12.706, times 2.5.
    assert found["ci95_runs"] == pytest.approx([65 - 31.77, 65 + 31.77], abs=0.01)
    assert "each the mean of its folds" in caption
    # Folds of one seed have 50, 62.5 and 75 %: 4.3027 times 12.5 times sqrt(1/3 + 50/50).
    found, caption = spread([run for run in runs if run.seed == 0])
    assert found["ci95_runs"][0] == pytest.approx(62.5 - 62.10, abs=0.01)
    assert found["ci95_runs"][1] == 100
    assert found["ci95"] == found["ci95_runs"]  # wider than that over test clips on both sides
    assert found["runs_vary_in"] == "folds"
    assert "Nadeau and Bengio" in caption


def test_training_accuracy_counts_the_clips_of_all_folds_once():
    label = "ResNet2D: dropout"
    (base,) = [soundfusion.record("regularisation", label, [(0, 0), (1, 2)])]
    parts = {"train": 8, "valid": 1, "test": 1}
    folds = [
        base.replace(
            run_id=f"fold{fold}",
            fold=fold,
            folds=10,
            setting=base.setting.replace(split="kfold"),
            parts={part: PartCounts(clips=10 * tenths, windows=10) for part, tenths in parts.items()},
        )
        for fold in range(10)
    ]
    table = soundfusion.PAPER.table("regularisation")
    table = table.replace(compared_with=table.compared_with | {"validation": "train_window_accuracy"})
    shown = results_table(soundfusion.PAPER, table, folds[0].setting, folds)
    found = row_of(shown, label)["measured"]["validation"]
    assert (found["metric"], found["clips"]) == ("window accuracy while training", 100)


def test_an_interval_that_contains_most_numbers_is_marked_as_wide():
    def cell(*found: Record) -> str:
        table = table_of(*found)
        line = next(line for line in table.rows if line[0] == TABLE_5_1.rows[-1].name)
        return line[table.header.index("Published inside interval")]

    # 93.6 % was published.
    assert cell(record(correct=272), record(correct=270, seed=1)) == "yes"
    assert cell(record(correct=272), record(correct=240, seed=1)) == "yes (wide)"


def test_published_numbers_have_the_decimals_of_the_paper_and_ours_one():
    table = results_table(CRNN, CRNN.table("final"), SETTING, [])
    assert cells_of(table, "CNN 1D + LSTM")["Published accuracy (%)"] == "69.69"
    assert cells_of(table, "CNN 1D + LSTM")["Published f1 macro (%)"] == "59.8"
    assert "| 69.69 |" in as_markdown(table)
    assert " & 69.69 & " in as_latex(table, "table_final")
    assert "69.69" in "\n".join(line.text for line in screen_lines(table, 120))


def test_what_is_known_of_another_study_is_in_the_caption_with_or_without_a_number():
    table = results_table(SE_CNN, TABLE_5_2, SETTING, [record()])
    known = "Xu and Zhou, r = 31.43, the optimum of 50 evaluations (here the network of r = 32)"
    assert f"For comparison: {known}: no accuracy given." in caption_of(table)
    assert f"For comparison: {known}: no accuracy given." in results_on_screen(table).keys
    assert table.values["reference"]["percent"] is None
    figure = draw_results(table.values, subtitle="")
    assert not any("Xu" in str(line.get_label()) for line in figure.axes[0].lines)
    plt.close(figure)
    with_number = TABLE_5_2.replace(reference=Reference(label="Others", percent=80.93))
    table = results_table(SE_CNN, with_number, SETTING, [record()])
    assert "For comparison: Others: 80.93 %." in caption_of(table)


def epochs(*seconds: float) -> tuple[dict, ...]:
    one = {"loss": 1.5, "accuracy": 0.5, "val_loss": 1.4, "val_accuracy": 0.4}
    return tuple({"epoch": number, **one, "seconds": took} for number, took in enumerate(seconds, 1))


def test_seconds_per_epoch_are_the_mean_after_the_first_epoch_beside_the_published_ones():
    machine = {"processor": "One", "threads": 2, "backend": "tensorflow"}

    def run(label: str, seed: int, *seconds: float) -> Record:
        one = soundfusion.record("width", label, soundfusion.decisions(soundfusion.FIRST), seed=seed)
        return one.replace(history=epochs(*seconds), machine=machine)

    runs = [
        run("ResNet1D-s", 0, 90.0, 10.0, 20.0),
        run("ResNet1D-s", 1, 90.0, 16.0, 16.0),
        run("ResNet2D-s", 0, 7.5),
        soundfusion.record("width", "ResNet2D-l", [(0, 0)]),  # of a version that did not note seconds
    ]
    table = results_table(soundfusion.PAPER, soundfusion.PAPER.table("width"), soundfusion.SETTING, runs)
    seconds = {row["label"]: row["seconds_per_epoch"] for row in table.values["rows"]}
    assert seconds["ResNet1D-s"] == {"published": 121.0, "measured": 15.5}
    assert seconds["ResNet2D-s"] == {"published": 79.0, "measured": 7.5}
    assert seconds["ResNet2D-l"] == {"published": 208.0, "measured": None}
    assert seconds["ResNet1D-l"] == {"published": 390.0, "measured": None}
    cells = cells_of(table, "ResNet1D-s")
    assert (cells["Published seconds per epoch"], cells["Our seconds per epoch"]) == ("121", "15.5")
    assert cells_of(table, "ResNet2D-l")["Our seconds per epoch"] == ""
    assert "so no difference is shown. Ours are of: One, tensorflow, 2 threads." in caption_of(table)
    # In every form, and read from the file as it was written.
    plain = plain_table(table.values)
    first = dict(zip(plain.columns, plain.rows[0], strict=True))
    assert (first["published_seconds_per_epoch"], first["seconds_per_epoch"]) == (121.0, 15.5)
    assert " & 121 & 15.5 & " in as_latex(table, "table_width")
    shown = {column.head: column.cells[0] for column in results_on_screen(table).columns}
    assert (shown["published\ns/epoch"], shown["ours\ns/epoch"]) == ("121", "15.5")
    assert not damage_of(table.as_json())
    assert StoredTable(Path("table_width.json"), table.as_json()).as_table(soundfusion.PAPER) == table
    old = [{name: value for name, value in row.items() if name != "seconds_per_epoch"} for row in table.values["rows"]]
    assert not [head for head in result_cells(soundfusion.PAPER.table("width"), old)[0] if "seconds" in head]


def test_seconds_per_epoch_without_published_ones_have_one_column_and_other_tables_none():
    label = "p 1, 30 %, 2 masks"
    one = soundfusion.record("specaugment1", label, [(0, 0)]).replace(history=epochs(9.0, 3.0))
    table = results_table(soundfusion.PAPER, soundfusion.PAPER.table("specaugment1"), soundfusion.SETTING, [one])
    assert [head for head in table.header if "seconds" in head] == ["Our seconds per epoch"]
    assert cells_of(table, label)["Our seconds per epoch"] == "3.0"
    table = results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, [one])
    assert not [head for head in table.header if "seconds" in head]
    assert "seconds_per_epoch" not in row_of(table, "SimpleCNN")
