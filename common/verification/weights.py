"""Weights against checksums: those that runs kept, those that were downloaded, and the clips of the demo corpus."""

import importlib
from collections import Counter
from pathlib import Path
from typing import Any

from common.core.console import progress
from common.core.errors import DataError, SpecError
from common.core.extras import require_backend
from common.core.files import sha256_of_file
from common.core.tf_logging import quiet_start
from common.core.words import counted
from common.launch import is_paper
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.records.paths import RunPaths
from common.records.record import Record, read_record
from common.records.rows import experiment_of_row
from common.training.hdf5 import require_readable_hdf5
from common.verification.faults import Fault, Verified
from common.verification.papers import Papers

_WEIGHTS = "work/*/best.weights.h5"
_TRAIN_AGAIN = "Remove it, or train the run again with --fresh."
_SHOWN_DIGITS = 12


def verify_weights(results: Path, cache: Path | None) -> Verified:
    """Check the weights that runs kept against the SHA-256 in their records, and downloaded weights and the clips of
    the demo corpus against theirs. What is not there is not missed: weights may be removed, and are got again.

    Args:
        cache: folder of the cache; None for none.
    """
    counts: Counter = Counter()
    kept, downloaded = _kept(results), {} if cache is None else _downloaded(cache)
    faults: list[Fault] = []
    clips: dict[Path, str] = {}
    if cache is not None:
        clips, faults = _demo_clips(cache, counts)
    networks = _Networks(results)
    if kept:
        # Not while a bar is drawn, whose output would be held back, too.
        with quiet_start(announced=True):
            importlib.import_module("common.training.model_cache")
    if total := len(kept) + len(downloaded) + len(clips):
        with progress("checking weights", total, unit="files", transient=True) as advance:
            for path in kept:
                faults += _check_kept(path, networks, counts)
                advance(1)
            for path, digest in downloaded.items():
                faults += _check_file(path, f"{digest[:_SHOWN_DIGITS]}..., as published", digest)
                advance(1)
            for path, digest in clips.items():
                faults += _check_file(path, f"{digest[:_SHOWN_DIGITS]}..., as corpus.json says", digest)
                advance(1)
    counts |= {"downloaded": len(downloaded), "demo_clips": len(clips)}
    summary = f"{counts['kept']} kept by runs, {len(downloaded)} downloaded, {len(clips)} demo clips compared"
    if not faults and counts["kept"] + len(downloaded) + len(clips):
        summary += ": all right"
    return Verified("weights", summary, dict(counts), tuple(faults), tuple(_unchecked(cache, counts)))


class _Networks:
    """Reads weights into the networks that they are of; the last network is used again."""

    def __init__(self, results: Path):
        self.papers = Papers(results)
        self._key: Any = None
        self._network: Any = None

    def digest(self, file: Path, record: Record, paper: Paper, experiment: Experiment) -> str:
        """Digest of the weights in a file, in the order of the record's network.

        Raises:
            DataError: the file does not hold weights of that network.
        """
        with quiet_start():
            from common.training.model_cache import build_network, graph_digest
            from common.training.weights import copy_weights, digest_of_weights, read_weights

        second = record.second_input
        shape = record.input_shape if second is None else (record.input_shape, second.shape)
        key = graph_digest(experiment), shape, len(record.data.genres)
        if key != self._key:

            def build(shape: tuple, classes: int):
                return paper.build(experiment.model, shape, classes)

            self._network = build_network(experiment, build, shape, len(record.data.genres))
            self._key = key
        read_weights(file, self._network)
        return digest_of_weights(copy_weights(self._network))


def _check_kept(path: Path, networks: _Networks, counts: Counter) -> list[Fault]:
    """Compare the weights of one run with the SHA-256 at the end of their file, and with its record."""
    try:
        if not require_readable_hdf5(path):
            counts["without_own_digest"] += 1
    except DataError as error:
        return [Fault(path, _said(path, error), "the bytes that were written", _TRAIN_AGAIN)]
    record_path = RunPaths(path.parents[2]).record(path.parent.name)
    if not record_path.exists():
        counts["without_record"] += 1
        return []
    try:
        record = read_record(record_path)
    except DataError:
        counts["record_unusable"] += 1  # named where the records are checked
        return []
    if not record.kept_weights:
        counts["digest_not_recorded"] += 1
        return []
    paper = networks.papers.of(record.paper, record.setting.dataset)
    if paper is None:
        counts["record_unusable"] += 1  # it is in the folder of another paper, which is named there, too
        return []
    row = experiment_of_row(paper, record.row_experiment)
    if row is None:
        counts["row_unknown"] += 1
        return []
    counts["kept"] += 1
    require_backend()
    expected = f"{record.kept_weights[:_SHOWN_DIGITS]}..., the SHA-256 in {record_path}"
    try:
        found = networks.digest(path, record, paper, row.read_like(record.experiment))
    except (DataError, SpecError) as error:
        reason = f"a file that is not weights of its network ({_said(path, error)})"
        return [Fault(path, reason, expected, _TRAIN_AGAIN)]
    if found == record.kept_weights:
        return []
    return [Fault(path, f"weights with the SHA-256 {found[:_SHOWN_DIGITS]}...", expected, _TRAIN_AGAIN)]


def _said(path: Path, error: Exception) -> str:
    """The message of an error without the path and the full stop."""
    return str(error).removeprefix(f"{path}: ").rstrip(".")


def _kept(results: Path) -> list[Path]:
    """Files of the weights that runs of papers and of their searches kept."""
    patterns = (f"*/*/{_WEIGHTS}", f"*/*/searches/*/{_WEIGHTS}")
    found = (path for pattern in patterns for path in results.glob(pattern))
    return sorted(path for path in found if is_paper(path.relative_to(results).parts[0]))


def _check_file(path: Path, wanted: str, digest: str) -> list[Fault]:
    """Compare a file of the cache with its SHA-256."""
    remedy = "Delete it; the next command that needs it gets it again."
    try:
        found = sha256_of_file(path)
    except FileNotFoundError:
        return [Fault(path, "no such file", wanted, "The next command with --dataset demo writes it again.")]
    except OSError as error:
        return [Fault(path, f"a file that cannot be read ({error.strerror})", wanted, "Make it readable.")]
    return [] if found == digest else [Fault(path, f"the SHA-256 {found[:_SHOWN_DIGITS]}...", wanted, remedy)]


def _downloaded(cache: Path) -> dict[Path, str]:
    """Path -> published SHA-256 of the files of pretrained weights that a cache holds."""
    if not (cache / "musicnn").is_dir():
        return {}
    from data_pipeline.features.musicnn.weights import FILES_SHA256, WHEEL, WHEEL_SHA256

    published = {**FILES_SHA256, WHEEL: WHEEL_SHA256}
    return {path: digest for name, digest in published.items() if (path := cache / "musicnn" / name).exists()}


def _demo_clips(cache: Path, counts: Counter) -> tuple[dict[Path, str], list[Fault]]:
    """Path -> SHA-256 of the clips of the demo corpus, as its marker names them, and what is wrong with the marker."""
    from data_pipeline.datasets.demo.corpus import MARKER_NAME, read_marker

    marker = cache / "demo" / MARKER_NAME
    try:
        if not marker.exists():
            return {}, []
    except OSError as error:
        said = f"a folder that cannot be read ({error.strerror or error})"
        return {}, [Fault(marker.parent, said, "a readable one", "Check it as its owner.")]
    try:
        found = read_marker(marker.parent)
        counts["demo_markers_without_digest"] += not found.has_digest
        return found.digests, []
    except DataError as error:
        said = _said(marker, error)
        remedy = "Delete it; the next command with --dataset demo checks the clips and writes it again."
        return {}, [Fault(marker, said, "the SHA-256 of every clip", remedy)]


def _unchecked(cache: Path | None, counts: Counter) -> list[str]:
    files = {
        "without_record": "without a record, as while a run is not finished",
        "record_unusable": "whose record cannot be used",
        "digest_not_recorded": "whose record is from before it named their SHA-256",
        "row_unknown": "of rows that are not in this version",
    }
    found = [f"{counted(counts[name], 'file')} of kept weights {why}" for name, why in files.items() if counts[name]]
    if counts["demo_markers_without_digest"]:
        found.append("corpus.json of the demo corpus against a digest of its own (an earlier version wrote it)")
    if cache is None:
        found.append("downloaded weights and demo clips (there is no cache folder)")
    return found
