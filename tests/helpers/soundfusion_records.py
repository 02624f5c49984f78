"""Records of SoundFusion, made by hand from clip decisions."""

import numpy as np

from common.metrics.clips import ClipResult, accuracies
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.records.record import DataFacts, PartCounts, Record
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER

# The paper's table of networks, its recommended row, and the other rows.
PERFORMANCE = PAPER.table("performance")
RECOMMENDED = next(row.label for row in PERFORMANCE.rows if row.experiment.digest == PAPER.default_experiment.digest)
OTHER_ROWS = [row.label for row in PERFORMANCE.rows if row.label != RECOMMENDED]
# Which of 44 clips two rows decide correctly: 30 both, 2 only the first, 8 only the second, 4 neither.
FIRST = [True] * 30 + [True] * 2 + [False] * 8 + [False] * 4
SECOND = [True] * 30 + [False] * 2 + [True] * 8 + [False] * 4
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
        protocol="holdout 80/10/10, by clip",
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


def decisions(correct: list[bool]) -> list[tuple[int, int]]:
    """Clips of genre 1 whose mean softmax is correct or not; it decides for the genre after that of the windows."""
    return [(1, 0 if is_correct else 3) for is_correct in correct]


def run_of_fold(fold: int, seed: int, correct: int) -> Record:
    """A run of the recommended row, one of three folds, that decides `correct` of 40 clips correctly, with all their
    windows."""
    are_correct = [number < correct for number in range(40)]
    one = record("performance", RECOMMENDED, decisions(are_correct), seed=seed)
    clips = tuple(
        clip.replace(windows_correct=clip.windows if is_correct else 0)
        for clip, is_correct in zip(one.clips, are_correct, strict=True)
    )
    name = f"fold{fold}seed{seed}"
    return one.replace(run_id=name, fold=fold, folds=3, clips=clips, metrics={**one.metrics, "test": accuracies(clips)})


def as_row_of(paper: Paper, table: str, label: str, one: Record) -> Record:
    """The same decisions as those of a run of another paper's row."""
    experiment = paper.row(table, label).experiment
    return one.replace(
        paper=paper.key,
        row_experiment=experiment.digest,
        experiment_digest=experiment.digest,
        experiment=experiment.as_json(),
    )
