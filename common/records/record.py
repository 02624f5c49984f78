"""One immutable record per run: written once, found by the run's id, never edited."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from common.core.errors import DataError
from common.core.files import read_json, write_text
from common.core.spec import Spec
from common.metrics.clips import ClipResult, accuracies
from common.paper.overrides import Setting
from common.records.paths import RunPaths

FORMAT_VERSION = 1


class DataFacts(Spec):
    """The data of a run, as described in tables.

    Args:
        title: the dataset's name.
        caption: necessary remarks on the data (synthetic, precomputed); may be empty.
        genres: class names in label order.
        clips: number of clips used.
        expected: number of clips of the complete dataset; None where that is not known.
        missing: number of clips of the complete dataset that were not found.
        skipped: number of clips left out because they cannot be used.
        skipped_clips: ids of the first twenty of those.
    """

    title: str
    caption: str
    genres: tuple[str, ...]
    clips: int
    expected: int | None
    skipped: int
    skipped_clips: tuple[str, ...]
    missing: int = 0
    clip_accuracy_ceiling_percent: float | None = None


class PartCounts(Spec):
    """Numbers of clips, of altered copies of clips, and of the windows of both in one part of a split."""

    clips: int
    windows: int
    copies: int = 0


class SecondInput(Spec):
    """Shape of the second input's windows, and the mean and standard deviation that it was standardised with."""

    shape: tuple[int, ...]
    mean: float
    deviation: float


class Projection(Spec):
    """A two-dimensional projection of the test clips, in the order of the record's clips, see `common.runs.tsne`.

    Args:
        layer: whose outputs were projected, averaged over the windows of each clip.
        dimensions: number of those outputs.
        perplexity: 30, or less for few clips.
        points: (x, y) of each clip.
    """

    layer: str
    dimensions: int
    perplexity: float
    points: tuple[tuple[float, float], ...]


class Record(Spec):
    """Everything about one finished run.

    Args:
        run_id: digest of experiment, data, split, fold and seed.
        row_experiment: digest of the paper's row, as `--list` shows it.
        experiment_digest, experiment: as it was run (scale and flags applied).
        shared_clips: clips with windows both in training or validation and in test.
        input_mean, input_deviation: mean and standard deviation that the input was standardised with (0 and 1: it was
            not standardised).
        peak_resident_bytes: of the process that trained it, from its start to the end of this run.
        metrics: part -> metric -> fraction between 0 and 1.
        history: one entry per epoch.
        clips: the network's predictions for each test clip.
        second_input: None where the network has one input.
        weights: file of trained weights that the network started from, as `name=SHA-256`; empty for none.
        projection: of the test clips, for rows whose paper shows such a figure.
        test_withheld: whether the run belongs to a search, which never reads test clips; there are then no clips and no
            test metrics.
    """

    format_version: int = FORMAT_VERSION
    run_id: str
    paper: str
    row_experiment: str
    experiment_digest: str
    experiment: dict[str, Any]
    setting: Setting
    data: DataFacts
    protocol: str
    split_digest: str
    fold: int
    folds: int
    seed: int
    parts: dict[str, PartCounts]
    shared_clips: int
    trainable_parameters: int
    input_shape: tuple[int, ...]
    input_mean: float
    input_deviation: float
    best_epoch: int
    metrics: dict[str, dict[str, float]]
    wall_seconds: float
    peak_resident_bytes: int
    machine: dict[str, str | int]
    versions: dict[str, str]
    finished_at: str
    history: tuple[dict[str, int | float], ...]
    clips: tuple[ClipResult, ...]
    second_input: SecondInput | None = None
    weights: str = ""
    projection: Projection | None = None
    test_withheld: bool = False


def write_record(paths: RunPaths, record: Record) -> Path:
    """Write a record, which must not exist yet.

    Raises:
        DataError: a record of this run exists already, or the folder cannot be written.
    """
    path = paths.record(record.run_id)
    if path.exists():
        raise DataError(f"{path}: a record is never overwritten. Give --fresh to train the run again.")
    write_text(path, record_as_text(record.as_json()))
    return path


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        DataError: the file is not a record, or was edited so that its run id or metrics no longer match.
    """
    try:
        record = Record.model_validate(read_json(path, what="a run's record"))
    except ValidationError as error:
        raise DataError(f"{path}: not a record of format {FORMAT_VERSION} ({error.error_count()} problems).") from error
    if path.stem != record.run_id:
        raise DataError(f"{path}: holds run {record.run_id}; the file's name must be the run's id. Rename the file.")
    if record.format_version != FORMAT_VERSION:
        raise DataError(f"{path}: is of format {record.format_version}, expected {FORMAT_VERSION}.")
    tested = None if record.test_withheld else accuracies(record.clips)
    if record.metrics.get("test") != tested:
        raise DataError(
            f"{path}: its metrics do not match its clips; records must not be edited. Delete it and run it again."
        )
    return record


def read_records(folder: Path) -> list[Record]:
    """All records of a folder, in order of run id."""
    return [read_record(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


def with_same_initial_weights(records: list[Record]) -> list[Record]:
    """The records that start from the same trained weights as the newest one; others are not repetitions of it."""
    if not records:
        return []
    newest = max(records, key=lambda record: (record.finished_at, record.run_id))
    return [record for record in records if record.weights == newest.weights]


def utc_now() -> str:
    """The current time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def record_as_text(values: dict[str, Any]) -> str:
    """A record's JSON with one field, clip or epoch per line: readable, and small in a diff."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def field(value: Any) -> str:
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return "[\n" + ",\n".join(f"    {text(entry)}" for entry in value) + "\n  ]"
        return text(value)

    return "{\n" + ",\n".join(f"  {text(name)}: {field(value)}" for name, value in values.items()) + "\n}\n"
