"""Weights against checksums: kept by runs, downloaded, and the clips of the demo corpus."""

import hashlib
import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from common.core.errors import ExtraError
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.training.model_cache import build_network
from common.training.weights import copy_weights, digest_of_weights, save_weights
from common.verification.weights import verify_weights
from data_pipeline.datasets.demo import corpus
from data_pipeline.features.musicnn import weights as musicnn
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.small_results import identified_record

SHAPE, GENRES = (513, 129, 1), 2


@pytest.fixture(scope="module")
def network() -> keras.Model:
    experiment = TABLE_5_1.rows[-1].experiment
    return build_network(experiment, lambda *given: PAPER.build(experiment.model, *given), SHAPE, GENRES)


@pytest.fixture
def results(tmp_path, network) -> ResultPaths:
    """One run with its weights."""
    found = ResultPaths.of(tmp_path / "results", "se_cnn", "gtzan")
    one = identified_record(kept_weights=digest_of_weights(copy_weights(network)))
    write_record(found, one)
    save_weights(found.work(one.run_id).best_weights, network)
    return found


def weights_of(results: ResultPaths) -> Path:
    return results.work(identified_record().run_id).best_weights


def verified(results: ResultPaths, cache: Path | None = None):
    return verify_weights(results.folder.parents[1], cache)


def test_kept_weights_are_those_of_the_record(results):
    found = verified(results)
    assert found.faults == ()
    assert found.counts["kept"] == 1
    assert found.unchecked == ("downloaded weights and demo clips (there is no cache folder)",)


def test_other_kept_weights_are_named(results, network):
    before = network.get_weights()
    changed = [weight.copy() for weight in before]
    changed[-1].flat[0] += np.float32(1e-3)
    network.set_weights(changed)
    save_weights(weights_of(results), network)
    network.set_weights(before)
    (fault,) = verified(results).faults
    assert fault.path == weights_of(results)
    assert fault.found == f"weights with the SHA-256 {digest_of_weights(changed)[:12]}..."
    assert fault.expected.startswith(digest_of_weights(before)[:12])


def test_a_damaged_file_of_kept_weights_is_named(results):
    weights_of(results).write_bytes(weights_of(results).read_bytes()[:5000])
    (fault,) = verified(results).faults
    assert fault.path == weights_of(results)
    assert fault.found.startswith("was changed or cut off: it has 5,000 bytes, expected ")
    weights_of(results).write_bytes(b"no weights")
    (fault,) = verified(results).faults
    assert fault.found.startswith("a file that is not weights of its network (")


@pytest.mark.parametrize(
    ("values", "counted", "said"),
    [
        ({"kept_weights": ""}, "digest_not_recorded", "whose record is from before it named their SHA-256"),
        ({"row_experiment": "gone"}, "row_unknown", "of rows that are not in this version"),
        ({"paper": "later"}, "record_unusable", "whose record cannot be used"),
        ({"seed": "none"}, "record_unusable", "whose record cannot be used"),
        (None, "without_record", "without a record, as while a run is not finished"),
    ],
)
def test_weights_that_cannot_be_compared_are_counted(results, values, counted, said):
    path = results.record(identified_record().run_id)
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    if values is not None:
        del stored["sha256"]
        path.write_text(json.dumps(stored | values), encoding="utf-8")
    found = verified(results)
    assert found.faults == ()
    assert (found.counts.get("kept", 0), found.counts[counted]) == (0, 1)
    assert f"1 file of kept weights {said}" in found.unchecked


def test_a_backend_that_is_not_installed_is_named_before_a_network_is_built(results, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "torch" else find_spec(name))
    with pytest.raises(ExtraError, match="KERAS_BACKEND=torch: PyTorch cannot be found"):
        verified(results)
    weights_of(results).unlink()
    assert verified(results).counts.get("kept", 0) == 0


def test_downloaded_weights_are_compared_with_the_published_digests(tmp_path, monkeypatch):
    folder = tmp_path / "cache" / "musicnn"
    folder.mkdir(parents=True)
    for name in ("MSD.index", "MTT.index"):
        (folder / name).write_bytes(name.encode())
        monkeypatch.setitem(musicnn.FILES_SHA256, name, hashlib.sha256(name.encode()).hexdigest())
    found = verify_weights(tmp_path, tmp_path / "cache")
    assert found.faults == ()
    assert found.summary == "0 kept by runs, 2 downloaded, 0 demo clips compared: all right"
    (folder / "MTT.index").write_bytes(b"MTT.inded")
    (folder / musicnn.WHEEL).write_bytes(b"no wheel")
    faults = {fault.path.name: fault for fault in verify_weights(tmp_path, tmp_path / "cache").faults}
    assert faults.keys() == {"MTT.index", musicnn.WHEEL}
    assert faults[musicnn.WHEEL].expected == f"{musicnn.WHEEL_SHA256[:12]}..., as published"


def test_demo_clips_are_compared_with_their_marker(tmp_path):
    root = tmp_path / "cache" / "demo"
    digests = {}
    for index in range(3):
        path = corpus.clip_path(root, "jazz", index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([index]))
        digests[path.stem] = hashlib.sha256(bytes([index])).hexdigest()
    (root / corpus.MARKER_NAME).write_text(json.dumps({"sha256": digests}))
    found = verify_weights(tmp_path, tmp_path / "cache")
    assert (found.faults, found.counts["demo_clips"]) == ((), 3)
    corpus.clip_path(root, "jazz", 1).write_bytes(b"other")
    corpus.clip_path(root, "jazz", 2).unlink()
    changed, missing = verify_weights(tmp_path, tmp_path / "cache").faults
    assert (changed.path, missing.path) == (corpus.clip_path(root, "jazz", 1), corpus.clip_path(root, "jazz", 2))
    assert missing.found == "no such file"
    (root / corpus.MARKER_NAME).write_text("{}")
    (fault,) = verify_weights(tmp_path, tmp_path / "cache").faults
    assert fault.path == root / corpus.MARKER_NAME
