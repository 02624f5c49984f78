"""Tables of results: means, intervals and differences from the published numbers."""

import pytest

from common.metrics.intervals import wilson_interval
from common.reports.formats import as_markdown
from common.reports.tables.results import results_table
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
    assert row["label"] == "1,2,3,4,5"
    assert row["measured"]["accuracy"] == {
        "metric": "window accuracy", "mean": 80.0, "ci95": [75.02, 84.2], "runs": 1, "clips": 290,
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
    assert "95 % interval over runs" in table.header
    assert "Published inside" in table.header
    assert {len(row) for row in table.rows} == {len(table.header)}
    assert (
        "95 % interval over runs"
        not in results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, runs[:1]).header
    )


def test_folds_of_several_seeds_are_no_further_repetitions():
    def spread(runs):
        table = results_table(soundfusion.PAPER, soundfusion.PERFORMANCE, soundfusion.SETTING, runs)
        return row_of(table, soundfusion.RECOMMENDED)["measured"]["window_accuracy"]["ci95_runs"], caption_of(table)

    runs = [soundfusion.run_of_fold(fold, seed, 20 + 5 * fold + 2 * seed) for fold in range(3) for seed in range(2)]
    found, caption = spread(runs)
    # Seeds have 62.5 and 67.5 %: t of one degree of freedom, 12.706, times 2.5.
    assert found == pytest.approx([65 - 31.77, 65 + 31.77], abs=0.01)
    assert "each the mean of its folds" in caption
    # Folds of one seed have 50, 62.5 and 75 %: 4.3027 times 12.5 / sqrt(3).
    assert spread([run for run in runs if run.seed == 0])[0] == pytest.approx([62.5 - 31.05, 62.5 + 31.05], abs=0.01)
