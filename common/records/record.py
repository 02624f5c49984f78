"""One immutable record per run: written once, found by the run's id, never edited."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import has_digest, read_json, with_digest, write_json_text
from common.core.interrupts import stop_if_asked
from common.core.spec import Spec, stored_spec
from common.metrics.clips import ClipResult, accuracies
from common.paper.overrides import Setting
from common.records.paths import RunPaths

FORMAT_VERSION = 1
# Values of an epoch that tables and figures read.
_HISTORY = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
# Parts that every experiment has.
_EXPERIMENT = ("feature", "windows", "protocol", "model", "training")


class DataFacts(Spec):
    """The data of a run, as described in tables.

    Args:
        title: the dataset's name.
        caption: necessary remarks on the data (synthetic, precomputed); may be empty.
        genres: class names in label order.
        clips: number of clips used.
        expected: number of clips of the complete dataset; None where that is not known.
        missing: number of clips of the complete dataset that were not found.
        skipped: number of clips that cannot be used.
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
        history: one entry per epoch; those of earlier versions lack `learning_rate`, of the first ones `f1_macro` and
            `val_f1_macro`, too; with `training.gradient_norms` also the norms of each layer's gradients.
        clips: the network's predictions for each test clip.
        second_input: None where the network has one input.
        weights: file of trained weights that the network started from, as `name=SHA-256`; empty for none.
        projection: of the test clips, for rows whose paper shows such a figure.
        test_withheld: whether the run belongs to a search, which never reads test clips; there are then no clips and no
            test metrics.
        encore_version: of the program that made the record; empty where it was not recorded.
        source_digests: of all sources that took part, see `common.records.source`: one, or several where the run was
            continued after an update; empty where they were not recorded.
        extraction_versions: of each input's feature, see `data_pipeline.features`; empty where not recorded.
        environment: settings outside the command that can change a result, mostly in its last digits, see
            `common.records.environment.environment_settings`; None where not recorded.
        started_from: digest of the weights of the previous round that this round started from; empty for none.
        kept_weights: digest of the weights that were evaluated; empty where not recorded.
        machines: processors or accelerators that trained it, with settings of the environment, in order; empty where
            not recorded.
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
    encore_version: str = ""
    source_digests: tuple[str, ...] = ()
    extraction_versions: tuple[int, ...] = ()
    environment: dict[str, str] | None = None
    started_from: str = ""
    kept_weights: str = ""
    machines: tuple[str, ...] = ()
    # Not a value of the run: whether its file holds a digest, as every file does that this version writes.
    _has_digest: bool = PrivateAttr(default=True)

    @property
    def has_digest(self) -> bool:
        """Whether the file that it was read from holds a digest, so that any change of its values is found."""
        return self._has_digest


def write_record(paths: RunPaths, record: Record) -> Path:
    """Write a record, which must not exist yet.

    Raises:
        DataError: a record of this run exists already, or the folder cannot be written.
    """
    path = paths.record(record.run_id)
    if path.exists():
        raise DataError(f"{path}: a record is never overwritten. Give --fresh to train the run again.")
    write_json_text(path, record_as_text(with_digest(record.as_json())))
    return path


# Records read so far by their file as it was, within `reading_once`.
_kept: ContextVar[dict[tuple, "Record"] | None] = ContextVar("kept", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Keep the records that are read during the block, each of which many tables show, and read none of them twice
    unless its file changes."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        DataError: the file is not a record, or was edited: its digest (where it has one), run id or metrics no longer
            match.
        Interrupted: the command was asked to stop.
    """
    stop_if_asked()
    kept = _kept.get()
    if kept is None or not path.exists():
        return _read_record(path)
    state = path.stat()
    key = (path.absolute(), state.st_ino, state.st_mtime_ns, state.st_size)
    if key not in kept:
        kept[key] = _read_record(path)
    return kept[key]


def _read_record(path: Path) -> Record:
    return record_of(path, read_json(path, what="a run's record", remedy=""))


def record_of(path: Path, values: Any) -> Record:
    """The record that a file holds.

    Args:
        values: JSON values of the file.

    Raises:
        DataError: see `read_record`.
    """
    record = stored_spec(Record, path, values, what=f"a record of format {FORMAT_VERSION}")
    record._has_digest = has_digest(values)
    if path.stem != record.run_id:
        raise DataError(f"{path}: holds run {record.run_id}; the file's name must be the run's id. Rename the file.")
    if record.format_version != FORMAT_VERSION:
        raise DataError(f"{path}: is of format {record.format_version}, expected {FORMAT_VERSION}.")
    try:
        _require_consistent(record)
    except ValueError as error:
        raise DataError(f"{path}: its values contradict each other: {error}.") from error
    tested = None if record.test_withheld else accuracies(record.clips)
    if record.metrics.get("test") != tested:
        raise DataError(f"{path}: its metrics do not match its clips; records must not be edited.")
    return record


def _require_consistent(record: Record) -> None:
    """Refuse values that contradict each other, which only an edited file can hold: tables index by them.

    Raises:
        ValueError: naming the first contradiction.
    """
    genres = len(record.data.genres)
    if not genres:
        raise ValueError("data without a genre")
    if lacking := [name for name in _EXPERIMENT if not isinstance(record.experiment.get(name), dict)]:
        raise ValueError(f"an experiment without {', '.join(lacking)}")
    for clip in record.clips:
        if not (0 <= clip.label < genres and len(clip.votes) == len(clip.mean_softmax) == genres):
            raise ValueError(
                f"clip {clip.id}: expected a label below {genres}, {genres} votes and {genres} mean softmax values"
            )
        if not 0 <= clip.windows_correct <= clip.windows == sum(clip.votes) or not clip.windows:
            raise ValueError(f"clip {clip.id}: numbers of windows contradict each other")
    if len({clip.id for clip in record.clips}) < len(record.clips):
        raise ValueError("a clip is listed twice")
    if bool(record.clips) == record.test_withheld:
        raise ValueError("test clips are expected where the test part is not withheld, and only there")
    if not 1 <= record.best_epoch <= len(record.history):
        raise ValueError(f"best_epoch {record.best_epoch}: the history has {len(record.history)} epochs")
    for number, entry in enumerate(record.history, start=1):
        if not entry.keys() >= _HISTORY:
            raise ValueError(f"an epoch lacks {', '.join(sorted(_HISTORY - entry.keys()))}")
        if entry["epoch"] != number:
            raise ValueError(f"epoch {entry['epoch']} is in place {number} of the history")
    if record.parts.keys() != {"train", "valid", "test"}:
        raise ValueError(f"parts {', '.join(record.parts)}: expected train, valid and test")
    if not 0 <= record.fold < record.folds:
        raise ValueError(f"fold {record.fold}: expected 0 to {record.folds - 1}")


def read_records(folder: Path) -> list[Record]:
    """All usable records of a folder, in order of run id; the others are named in warnings and not used."""
    found = map(read_or_warn, sorted(folder.glob("*.json"))) if folder.is_dir() else ()
    return [record for record in found if record is not None]


def read_or_warn(path: Path) -> Record | None:
    """The record at a path; None, with a warning, where it cannot be used, so that one file never blocks all tables."""
    try:
        return read_record(path)
    except DataError as error:
        warn(f"not used: {error} Remove it, or repeat the command that made it.")
        return None


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
