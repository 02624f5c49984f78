"""musicnn: its graph against one written with TensorFlow's own functions, its files, and embeddings as features."""

import hashlib
import subprocess
import zipfile
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.embeddings import compare, measure
from common.core.errors import DataError
from common.core.spec import build as spec_of
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.features.musicnn import weights as musicnn_files
from data_pipeline.features.musicnn.config import LAYERS
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.musicnn.network import build_musicnn, patches_of
from data_pipeline.features.musicnn.weights import SUFFIXES, WHEEL, checkpoint_of, load_checkpoint

KERNELS = {
    "conv2d": (7, 38, 1, 204),
    "conv2d_1": (7, 67, 1, 204),
    "conv2d_2": (128, 1, 1, 51),
    "conv2d_3": (64, 1, 1, 51),
    "conv2d_4": (32, 1, 1, 51),
    "conv2d_5": (7, 561, 1, 64),
    "conv2d_6": (7, 64, 1, 64),
    "conv2d_7": (7, 64, 1, 64),
    "dense": (1506, 200),
    "dense_1": (200, 50),
}
NORMS = {
    "batch_normalization": 1,
    **{
        f"batch_normalization_{number}": size
        for number, size in enumerate((204, 204, 51, 51, 51, 64, 64, 64, 1506, 200), 1)
    },
}


@pytest.fixture(scope="module")
def values() -> dict[str, np.ndarray]:
    """Random values of a checkpoint, by name and in the shapes of the original."""
    rng = np.random.default_rng(0)
    found = {}
    for name, shape in KERNELS.items():
        found[f"{name}/kernel"] = rng.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape)
        found[f"{name}/bias"] = rng.normal(0, 0.1, shape[-1])
    for name, size in NORMS.items():
        found[f"{name}/gamma"] = rng.uniform(0.5, 1.5, size)
        found[f"{name}/beta"] = rng.normal(0, 0.1, size)
        found[f"{name}/moving_mean"] = rng.normal(0, 0.1, size)
        found[f"{name}/moving_variance"] = rng.uniform(0.5, 1.5, size)
    return {name: value.astype(np.float32) for name, value in found.items()}


def write_checkpoint(prefix, values: dict[str, np.ndarray]) -> None:
    names = sorted(values)
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=[values[n] for n in names]
    )


def original(values: dict[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """The graph of the paper, on images of one channel throughout."""

    def norm(x, number: int):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        at = {role: values[f"{name}/{role}"] for role in ("gamma", "beta", "moving_mean", "moving_variance")}
        return (x - at["moving_mean"]) / np.sqrt(at["moving_variance"] + 0.001) * at["gamma"] + at["beta"]

    def convolved(x, number: int, padding: str):
        name = f"conv2d_{number}" if number else "conv2d"
        return norm(
            tf.nn.relu(tf.nn.conv2d(x, values[f"{name}/kernel"], 1, padding) + values[f"{name}/bias"]), number + 1
        )

    def padded(x):
        return tf.pad(x, [[0, 0], [3, 3], [0, 0], [0, 0]])

    image = norm(x[..., None], 0)
    front = [tf.reduce_max(convolved(padded(image), number, "VALID"), 2) for number in (0, 1)]
    front += [tf.reduce_max(convolved(image, number, "SAME"), 2) for number in (2, 3, 4)]
    front = tf.concat(front, 2)
    first = tf.transpose(convolved(padded(front[..., None]), 5, "VALID"), [0, 1, 3, 2])
    second = tf.transpose(convolved(padded(first), 6, "VALID"), [0, 1, 3, 2]) + first
    third = tf.transpose(convolved(padded(second), 7, "VALID"), [0, 1, 3, 2]) + second
    everything = tf.concat([front[..., None], first, second, third], 2)[..., 0]
    highest, mean = tf.reduce_max(everything, 1), tf.reduce_mean(everything, 1)
    flat = norm(tf.reshape(tf.stack([highest, mean], 2), [len(x), -1]), 9)
    hidden = norm(tf.nn.relu(flat @ values["dense/kernel"] + values["dense/bias"]), 10)
    tags = tf.nn.sigmoid(hidden @ values["dense_1/kernel"] + values["dense_1/bias"])
    return {"max_pool": highest.numpy(), "penultimate": np.asarray(hidden), "taggram": tags.numpy()}


def test_the_network_is_that_of_the_paper(values, tmp_path):
    network = build_musicnn()
    assert network.count_params() == sum(value.size for value in values.values()) == 792_079
    # What optimisers leave in a checkpoint is no matter.
    write_checkpoint(tmp_path / "model", {**values, "dense/kernel/Adam": np.zeros((1506, 200), np.float32)})
    load_checkpoint(network, tmp_path / "model")
    x = np.random.default_rng(1).uniform(0, 4, (3, 187, 96)).astype(np.float32)
    ours, theirs = network(x, training=False), original(values, x)
    for layer, size in LAYERS.items():
        assert ours[layer].shape == (3, size)
        np.testing.assert_allclose(ours[layer], theirs[layer], atol=2e-4, rtol=1e-4)


def test_a_checkpoint_with_a_value_missing_or_of_another_size_is_refused(values, tmp_path):
    network = build_musicnn()
    write_checkpoint(tmp_path / "a", {name: value for name, value in values.items() if name != "conv2d_6/bias"})
    with pytest.raises(DataError, match=r"a: lacks conv2d_6/bias"):
        load_checkpoint(network, tmp_path / "a")
    write_checkpoint(tmp_path / "b", {**values, "dense/kernel": np.zeros((1506, 100), np.float32)})
    with pytest.raises(DataError, match=r"dense/kernel has shape \[1506, 100\], expected \[1506, 200\]"):
        load_checkpoint(network, tmp_path / "b")
    for damage in ("absent", "c"):
        (tmp_path / "c.index").write_bytes(b"not a checkpoint")
        with pytest.raises(DataError, match="not a readable checkpoint") as caught:
            load_checkpoint(network, tmp_path / damage)
        assert "\n" not in str(caught.value)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with two small files of a model, known by their checksums; the package is not installed."""
    path = tmp_path / "elsewhere" / WHEEL
    path.parent.mkdir()
    contents = {suffix: f"MSD{suffix}".encode() for suffix in SUFFIXES}
    with zipfile.ZipFile(path, "w") as archive:
        for suffix, content in contents.items():
            archive.writestr(f"musicnn/MSD_musicnn/{suffix}", content)
    monkeypatch.setattr(musicnn_files, "WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    known = {f"MSD{suffix}": hashlib.sha256(content).hexdigest() for suffix, content in contents.items()}
    monkeypatch.setattr(musicnn_files, "FILES_SHA256", known)
    monkeypatch.setattr(musicnn_files, "_installed", lambda: None)
    return path


def pip_that(monkeypatch, *, copies=None, says: str = ""):
    """Stands for pip: it brings a wheel, or fails with what it says."""

    def run(command, **_):
        place = command[command.index("--dest") + 1]
        assert "--require-hashes" in command
        assert "--no-deps" in command
        if copies is not None:
            (musicnn_files.Path(place) / WHEEL).write_bytes(copies.read_bytes())
        return SimpleNamespace(returncode=0 if copies else 1, stderr=says)

    monkeypatch.setattr(subprocess, "run", run)


def test_files_are_fetched_once_and_then_taken_from_the_cache(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, copies=wheel)
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    assert prefix.with_name("MSD.index").read_bytes() == b"MSD.index"
    pip_that(monkeypatch, says="must not be asked again")
    assert checkpoint_of("MSD", tmp_path / "cache") == prefix


def test_a_wheel_that_somebody_put_there_is_used(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, says="must not be asked")
    folder = tmp_path / "cache" / "musicnn"
    folder.mkdir(parents=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    checkpoint_of("MSD", tmp_path / "cache")
    (folder / wheel.name).write_bytes(b"damaged")
    (folder / "MSD.index").unlink()
    with pytest.raises(DataError, match=rf"{wheel.name}: SHA-256 .* expected .* Delete it"):
        checkpoint_of("MSD", tmp_path / "cache")


def test_without_a_network_one_line_says_what_to_do(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, says="WARNING: retrying\nERROR: Could not find a version\nERROR: No matching distribution\n")
    with pytest.raises(DataError, match="could not be fetched: pip: ERROR: Could not find a version") as caught:
        checkpoint_of("MSD", tmp_path / "cache")
    assert "pip install --no-deps musicnn==0.1.0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "cache" / "musicnn").iterdir()] == []


def test_a_file_with_another_checksum_is_refused(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, copies=wheel)
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    damaged = prefix.with_name("MSD.data-00000-of-00001")
    damaged.write_bytes(b"other")
    with pytest.raises(DataError, match=rf"{damaged.name}: is not musicnn's file: SHA-256 .*Delete it"):
        checkpoint_of("MSD", tmp_path / "cache")


def test_an_installed_package_is_read_and_never_imported(tmp_path, monkeypatch):
    package = tmp_path / "site" / "musicnn"
    (package / "MSD_musicnn").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    found = SimpleNamespace(locate_file=lambda name: tmp_path / "site" / name)
    monkeypatch.setattr(metadata, "distribution", lambda name: found)
    with pytest.raises(DataError, match=r"\.index: is missing in the installed package musicnn"):
        checkpoint_of("MSD", tmp_path / "cache")
    contents = {suffix: suffix.encode() for suffix in SUFFIXES}
    for suffix, content in contents.items():
        (package / "MSD_musicnn" / suffix).write_bytes(content)
    with pytest.raises(DataError, match=r"MSD_musicnn/\.index: is not the file of musicnn==0\.1\.0"):
        checkpoint_of("MSD", tmp_path / "cache")
    known = {f"MSD{suffix}": hashlib.sha256(content).hexdigest() for suffix, content in contents.items()}
    monkeypatch.setattr(musicnn_files, "FILES_SHA256", known)
    assert checkpoint_of("MSD", tmp_path / "cache").with_name("MSD.index").read_bytes() == b".index"


def test_patches_are_whole_and_survive_what_float16_cannot_hold():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 16000 * 7).astype(np.float32)
    patches = patches_of(samples)
    assert patches.shape == (2, 187, 96)
    assert patches.dtype == np.float32
    from librosa.feature import melspectrogram

    power = melspectrogram(y=samples, sr=16000, n_fft=512, hop_length=256, n_mels=96).T[:374].reshape(2, 187, 96)
    np.testing.assert_allclose(patches, np.log10(10000 * power + 1), atol=3e-4)
    assert not np.array_equal(patches, np.log10(10000 * power + 1).astype(np.float32))
    loud = patches_of(samples * 1e4)
    assert np.isfinite(loud).all()


@pytest.fixture
def network(values, tmp_path, monkeypatch):
    """Random weights in place of the trained ones."""
    write_checkpoint(tmp_path / "MSD", values)
    built = build_musicnn()
    load_checkpoint(built, tmp_path / "MSD")
    monkeypatch.setattr(musicnn_files, "load_musicnn", lambda model, cache: built)
    return built


@pytest.mark.parametrize("layer", LAYERS)
def test_embeddings_of_a_track_are_those_of_its_patches(network, tmp_path, layer):
    feature = MusicnnEmbedding(layer=layer)
    feature.make_ready(tmp_path)
    samples = np.random.default_rng(0).normal(0, 0.1, 16000 * 7).astype(np.float32)
    found = feature.extract(samples)
    assert found.shape == (feature.frames(len(samples)), feature.bins) == (2, LAYERS[layer])
    np.testing.assert_allclose(found, network(patches_of(samples), training=False)[layer], atol=1e-6)
    assert feature.frames_per_second == pytest.approx(1 / 2.992)
    # Thirty seconds are ten patches.
    assert feature.frames(480_000) == round(30 * feature.frames_per_second) == 10


def test_a_track_shorter_than_a_patch_is_refused_or_repeated(network, tmp_path):
    samples = np.random.default_rng(0).normal(0, 0.1, 16000 * 2).astype(np.float32)
    feature = MusicnnEmbedding()
    feature.make_ready(tmp_path)
    with pytest.raises(DataError, match=r"lasts 2\.00 s, a patch of musicnn 2\.98 s"):
        feature.extract(samples)
    repeating = MusicnnEmbedding(repeat_short=True)
    found = repeating.extract(samples)
    assert found.shape == (repeating.frames(len(samples)), 753) == (1, 753)
    np.testing.assert_array_equal(found, feature.extract(np.concatenate([samples, samples])[: 186 * 256]))


def test_embeddings_are_cached_in_shards(network, tiny_corpus, tmp_path):
    feature = MusicnnEmbedding(layer="penultimate")
    index = prepare(tiny_corpus.catalog, feature, tmp_path)
    assert {track.frames for track in index.tracks} == {1}
    assert read_track(index, index.tracks[0]).shape == (1, 200)
    assert np.isfinite(read_track(index, index.tracks[0])).all()


def test_the_benchmark_of_speed_and_agreement(network, tiny_corpus, tmp_path):
    result = measure(tiny_corpus.catalog, tmp_path, tracks=2, rounds=2, differences={"MSD max_pool": 0.5}, seconds=5.0)
    assert len(result.ratios["music / extraction"]) == 2
    assert [requirement.holds for requirement in result.requirements][1:] == [False]
    samples = np.random.default_rng(0).normal(0, 0.1, (1, 10)).astype(np.float32)
    np.savez(tmp_path / "reference.npz", name=np.array(["nothing.wav"]), MSD_musicnn_taggram=samples)
    with pytest.raises(DataError, match=r"lacks nothing\.wav"):
        compare(tmp_path / "reference.npz", tiny_corpus.folder, tmp_path)


def test_other_layers_and_models_do_not_exist():
    for changes in ({"layer": "mean_pool"}, {"model": "VGG"}, {"sample_rate": 22050}):
        with pytest.raises(Exception, match="MusicnnEmbedding"):
            spec_of(MusicnnEmbedding, changes)
