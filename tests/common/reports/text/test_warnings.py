"""Warnings above a table: leakage, divergence, other test clips, implausible accuracies."""

from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import FACTS, SETTING, divergence_note, record, table_of


def losses(*values: float) -> tuple[dict, ...]:
    return tuple({"epoch": number, "loss": value} for number, value in enumerate(values, start=1))


def test_contamination_and_implausible_accuracy_are_warned_of():
    assert not table_of(record()).warnings
    (shared,) = table_of(record(shared_clips=998)).warnings
    assert "CONTAMINATED" in shared.text
    assert "998" in shared.text
    (above,) = table_of(record(correct=276)).warnings
    assert "94.5" in above.text
    assert "1,2,3,4,5" in above.text
    assert not table_of(record(correct=276, data=FACTS.replace(clip_accuracy_ceiling_percent=None))).warnings


def test_rows_on_different_splits_are_warned_of():
    one, other = record(0), record(split_digest="another assignment", finished_at="2025-01-01T00:00:00+00:00")
    (warning,) = table_of(one, other).warnings
    assert "other test clips" in warning.text
    assert "1,2,3,4,5" in warning.text
    assert not table_of(one, record()).warnings


def test_a_table_names_the_rows_that_diverged_and_the_runs_without_a_result():
    risen = record(0, history=losses(1.6, 0.4, 3.9, 14.5), best_epoch=2)
    calm = record(-1, history=losses(1.6, 0.9, 0.8))
    table = results_table(PAPER, TABLE_5_1, SETTING, [risen, calm], [divergence_note()])
    assert [warning.text for warning in table.warnings if warning.kind == "diverged"] == [
        "DIVERGED: the training loss rose above its minimum by more than a quarter of the loss of random guessing "
        "(0: seed 0 in epoch 3, kept 2). As in every run, the weights of the kept epoch are evaluated.",
        "DIVERGED without a result: 0, seed 1 (the loss is not finite in epoch 17 (nan; validation nan); "
        "NVIDIA H100, jax 0.11.2).",
    ]
    assert flag_summary(table).endswith("some runs diverged")
    assert not table_of(calm).warnings


def test_a_run_that_was_measured_since_says_so():
    table = results_table(PAPER, TABLE_5_1, SETTING, [record(0)], [divergence_note(run_id="run00")])
    assert table.warnings[-1].text.endswith("NVIDIA H100, jax 0.11.2; measured since).")
