"""Records of SoundFusion, made by hand from clip decisions."""

import numpy as np

from common.metrics.clips import ClipResult, accuracies
from common.paper.overrides import Setting
from common.records.record import DataFacts, PartCounts, Record
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER

SETTING = Setting(dataset="fma_small", data_digest="d", scale="paper", features="paper", split="holdout", unit="clip")


def facts(genres: tuple[str, ...]) -> DataFacts:
    return DataFacts(
        title="FMA-small", caption="", genres=genres, clips=100, expected=None, skipped=0, skipped_clips=()
    )


def clip(number: int, label: int, decided: int, classes: int = 8) -> ClipResult:
    """Two of three windows decide; the mean softmax decides for the next class."""
    votes = np.bincount([decided, decided, (decided + 1) % classes], minlength=classes)
    mean = np.full(classes, 0.01)
    mean[(decided + 1) % classes] = 0.9
    return ClipResult(
        id=f"clip{number}",
        label=label,
        windows=3,
        windows_correct=2 if decided == label else 0,
        votes=tuple(votes.tolist()),
        mean_softmax=tuple(mean.tolist()),
    )


def record(table: str, label: str, decisions: list[tuple[int, int]], *, seed: int = 0, genres=p.GENRES) -> Record:
    """A run of a row whose clips are (true genre, decided genre)."""
    experiment = PAPER.row(table, label).experiment
    clips = tuple(clip(number, *decision, len(genres)) for number, decision in enumerate(decisions))
    return Record(
        run_id=f"{label.replace(' ', '')}{seed}",
        paper="soundfusion",
        row_experiment=experiment.digest,
        experiment_digest=experiment.digest,
        experiment=experiment.as_json(),
        setting=SETTING,
        data=facts(genres),
        protocol="80/10/10 over clips",
        split_digest="s",
        fold=0,
        folds=1,
        seed=seed,
        parts={part: PartCounts(clips=50, windows=350) for part in ("train", "valid", "test")},
        shared_clips=0,
        trainable_parameters=1,
        input_shape=(128, 216, 1),
        input_mean=0.0,
        input_deviation=1.0,
        best_epoch=1,
        metrics={"test": accuracies(clips), "valid": {"window_accuracy": 0.25}},
        wall_seconds=1.0,
        peak_resident_bytes=1,
        machine={},
        versions={},
        finished_at="2026-01-01T00:00:00+00:00",
        history=(
            {"epoch": 1, "loss": 1.5, "accuracy": 0.5, "val_loss": 1.4, "val_accuracy": 0.4},
            {"epoch": 2, "loss": 1.4, "accuracy": 0.6, "val_loss": 1.5, "val_accuracy": 0.3},
        ),
        clips=clips,
    )
