"""Warnings above a table: leakage, divergence, a clipped loss, other test clips, implausible accuracies."""

import pytest

from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import FACTS, GPU, MACHINE, SETTING, divergence_note, record, table_of


def losses(*values: float) -> tuple[dict, ...]:
    return tuple({"epoch": number, "loss": value} for number, value in enumerate(values, start=1))


def test_contamination_and_implausible_accuracy_are_warned_of():
    assert not table_of(record()).warnings
    (shared,) = table_of(record(shared_clips=998)).warnings
    assert "CONTAMINATED" in shared.text
    assert "998" in shared.text
    (above,) = table_of(record(correct=276)).warnings
    assert "94.5" in above.text
    assert "in row se-12345: " in above.text
    assert not table_of(record(correct=276, data=FACTS.replace(clip_accuracy_ceiling_percent=None))).warnings


def test_rows_on_different_splits_are_warned_of():
    one, other = record(0), record(split_digest="another assignment", finished_at="2025-01-01T00:00:00+00:00")
    (warning,) = table_of(one, other).warnings
    assert "other test clips" in warning.text
    assert warning.text.startswith("Row se-12345 was run on an earlier version")
    assert not table_of(one, record()).warnings


def test_a_table_names_the_rows_that_diverged_and_the_runs_without_a_result():
    risen = record(0, history=losses(1.6, 0.4, 3.9, 14.5), best_epoch=2)
    calm = record(-1, history=losses(1.6, 0.9, 0.8))
    table = results_table(PAPER, TABLE_5_1, SETTING, [risen, calm], [divergence_note()])
    assert [warning.text for warning in table.warnings if warning.kind == "diverged"] == [
        "DIVERGED: the training loss rose above its minimum by more than a quarter of the loss of random guessing "
        "(se-0: seed 0 in epoch 3, kept 2). As in every run, the weights of the kept epoch are evaluated.",
        "DIVERGED without a result: se-0, seed 1 (the loss is not finite in epoch 17 (nan; validation nan); "
        "NVIDIA H100, jax 0.11.2).",
    ]
    assert flag_summary(table).endswith("some runs diverged")
    assert not table_of(calm).warnings


def test_a_run_that_was_measured_since_says_so():
    table = results_table(PAPER, TABLE_5_1, SETTING, [record(0)], [divergence_note(run_id="run00")])
    (warning,) = [warning for warning in table.warnings if warning.kind == "diverged"]
    assert warning.text.endswith("NVIDIA H100, jax 0.11.2; measured since).")


TORCH, MIRRORED = MACHINE | {"backend": "torch"}, MACHINE | {"devices": 2, "kind_of_devices": "GPU"}
CLIPPED = (
    "CLIPPED LOSS in {}. These runs were trained with a loss of clipped probabilities, whose gradient is zero for "
    "windows whose wrong class leads the right one by more than about 16 in logits, so a network that has collapsed to "
    "one class cannot recover."
)


def clipped(table) -> list[str]:
    return [warning.text for warning in table.warnings if warning.kind == "clipped_loss"]


@pytest.mark.parametrize("machine", [GPU, TORCH, MIRRORED])
def test_rows_that_were_trained_with_a_clipped_loss_are_named(machine):
    """On JAX and PyTorch, and on several devices, in programs that recorded no version."""
    old, new = record(0, machine=machine), record(0, machine=machine, encore_version="0.1.0")
    assert clipped(table_of(old, record(1))) == [CLIPPED.format("row se-0")]
    assert clipped(table_of(new, record(1))) == []
    assert clipped(table_of(old, record(-1, machine=machine))) == [CLIPPED.format("rows se-0, se-12345")]


def test_seeds_are_named_where_only_some_of_a_row_have_a_clipped_loss():
    mixed = [record(0), record(0, seed=1, machine=GPU), record(0, seed=2, machine=GPU), record(-1)]
    (text,) = clipped(table_of(*mixed))
    assert text.startswith("CLIPPED LOSS in row se-0 (seeds 1 and 2). These runs ")
    assert text.endswith("its spread over seeds and its differences from other rows are also due to the loss.")


def test_a_row_whose_only_old_run_has_no_result_is_named():
    def warned(note) -> list[str]:
        return clipped(results_table(PAPER, TABLE_5_1, SETTING, [record(-1)], [note]))

    assert warned(divergence_note()) == [CLIPPED.format("row se-0")]
    assert warned(divergence_note(encore_version="0.1.0")) == warned(divergence_note(machine=MACHINE)) == []


def shorts(*found, diverged=()) -> list[str]:
    return [note.short for note in results_table(PAPER, TABLE_5_1, SETTING, list(found), diverged).warnings]


def test_every_warning_has_a_short_sentence_with_the_names_of_rows():
    old = record(
        0, machine=GPU, split_digest="another", finished_at="2025-01-01T00:00:00+00:00", encore_version="0.1.0"
    )
    assert shorts(old, record()) == ["OTHER TEST CLIPS in se-0: run them again to compare them."]
    clipped = [record(row, seed=seed, machine=GPU) for row in (0, 1) for seed in (1, 2)]
    what = (
        "trained with a loss that has no gradient for very wrong windows, so a run that collapsed to one class could "
        "not recover."
    )
    assert shorts(*clipped) == [f"seeds 1 and 2 of se-0 and se-5 were {what}"]
    assert shorts(*clipped[:1]) == [f"seed 1 of se-0 was {what}"]
    # Of rows with other seeds, and of many, only the number of runs is said.
    assert shorts(*clipped[:3]) == [f"3 runs of se-0 and se-5 were {what}"]
    many = [record(0, seed=seed, machine=GPU) for seed in range(5)]
    assert shorts(*many) == [f"5 runs of se-0 were {what}"]
    notes = [divergence_note(seed=seed, encore_version="0.1.0") for seed in (1, 2)]
    assert shorts(record(), diverged=notes) == ["DIVERGED without a result: 2 runs, in se-0."]

    def rose(runs: str, tested: str = "the epoch kept from before") -> str:
        return f"the training loss rose again in {runs} (DIVERGED); {tested} is tested."

    risen = [record(row, history=losses(1.6, 0.4, 9.0), best_epoch=2) for row in range(6)]
    every = "se-0, se-5, se-45, se-345, se-2345 and se-12345"
    assert shorts(*risen) == [f"{every}: {rose('all 6 runs')}"]
    assert shorts(risen[0], record(0, seed=1), record(1)) == [f"se-0: {rose('1 of 2 runs')}"]
    assert shorts(record(0, history=losses(1.6, 0.4, 9.0, 0.3), best_epoch=4)) == [
        f"se-0: {rose('the only run', 'the kept epoch')}"
    ]
    (genres,) = shorts(record(data=FACTS.replace(genres=tuple("abcd"))))
    assert genres == "No test clip of c and d."
    many = shorts(record(data=FACTS.replace(genres=tuple(f"a genre {number}" for number in range(12)))))
    assert many == ["No test clip of 10 genres."]
