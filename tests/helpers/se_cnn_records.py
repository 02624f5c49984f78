"""Records and notes of divergence of SE-CNN, made by hand."""

from common.metrics.clips import ClipResult
from common.paper.overrides import Setting
from common.records.divergence import Divergence
from common.records.record import DataFacts, PartCounts, Record
from common.reports.table import Table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER, TABLE_5_1

SETTING = Setting(dataset="gtzan", data_digest="d", scale="paper", features="paper", split="holdout", unit="clip")
FACTS = DataFacts(
    title="GTZAN", caption="", genres=("a", "b"), clips=1000, expected=1000, skipped=0, skipped_clips=(),
    clip_accuracy_ceiling_percent=94.5,
)  # fmt: skip
MACHINE = {"processor": "One", "threads": 2, "backend": "tensorflow"}


def clips(correct: int, total: int) -> tuple[ClipResult, ...]:
    """Clips of two windows each, of two genres in turn; both windows of the first `correct` are decided correctly."""
    return tuple(
        ClipResult(
            id=f"clip{number}",
            label=number % 2,
            windows=2,
            windows_correct=2 if number < correct else 0,
            votes=(2, 0) if (number % 2 == 0) == (number < correct) else (0, 2),
            mean_softmax=(0.9, 0.1) if (number % 2 == 0) == (number < correct) else (0.1, 0.9),
        )
        for number in range(total)
    )


def record(row: int = -1, *, correct: int = 232, total: int = 290, seed: int = 0, **changes) -> Record:
    experiment = TABLE_5_1.rows[row].experiment
    share = correct / total
    values = {
        "run_id": f"run{row % 6}{seed}",
        "paper": "se_cnn",
        "row_experiment": experiment.digest,
        "experiment_digest": experiment.digest,
        "experiment": experiment.as_json(),
        "setting": SETTING,
        "data": FACTS,
        "protocol": "holdout 60/10/30, by clip",
        "split_digest": "s",
        "fold": 0,
        "folds": 1,
        "seed": seed,
        "parts": {part: PartCounts(clips=10, windows=190) for part in ("train", "valid", "test")},
        "shared_clips": 0,
        "trainable_parameters": 778_384,
        "input_shape": (513, 129, 1),
        "input_mean": 0.5,
        "input_deviation": 0.2,
        "best_epoch": 1,
        "metrics": {
            "test": {
                "window_accuracy": share,
                "clip_accuracy_mean_softmax": share,
                "clip_accuracy_majority_vote": share,
            }
        },
        "wall_seconds": 1.0,
        "peak_resident_bytes": 1,
        "machine": MACHINE,
        "versions": {},
        "finished_at": "2026-01-01T00:00:00+00:00",
        "history": ({"epoch": 1, "loss": 1.5, "accuracy": 0.5, "val_loss": 1.4, "val_accuracy": 0.6},),
        "clips": clips(correct, total),
    }
    return Record(**{**values, **changes})


def table_of(*found: Record, setting: Setting = SETTING) -> Table:
    return results_table(PAPER, TABLE_5_1, setting, list(found))


GPU = {"processor": "CPU", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}


def divergence_note(seed: int = 1, **changes) -> Divergence:
    values = {
        "run_id": f"lost{seed}",
        "paper": "se_cnn",
        "row_experiment": TABLE_5_1.rows[0].experiment.digest,
        "experiment": TABLE_5_1.rows[0].experiment.as_json(),
        "setting": SETTING,
        "split_digest": "s",
        "seed": seed,
        "fold": 0,
        "folds": 1,
        "reason": "the loss is not finite in epoch 17 (nan; validation nan)",
        "machine": GPU,
        "versions": {"jax": "0.11.2"},
        "finished_at": "2026-01-01T00:00:00+00:00",
    }
    return Divergence(**{**values, **changes})
