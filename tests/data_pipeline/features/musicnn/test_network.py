"""musicnn: its graph against one written with TensorFlow's own functions, and the patches that it reads."""

import numpy as np
import tensorflow as tf

from data_pipeline.features.musicnn.config import LAYERS
from data_pipeline.features.musicnn.network import build_musicnn, patches_of
from data_pipeline.features.musicnn.weights import load_checkpoint
from tests.helpers.musicnn import write_checkpoint


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
    # Variables of the optimiser in a checkpoint are ignored.
    write_checkpoint(tmp_path / "model", {**values, "dense/kernel/Adam": np.zeros((1506, 200), np.float32)})
    load_checkpoint(network, tmp_path / "model")
    x = np.random.default_rng(1).uniform(0, 4, (3, 187, 96)).astype(np.float32)
    ours, theirs = network(x, training=False), original(values, x)
    for layer, size in LAYERS.items():
        assert ours[layer].shape == (3, size)
        np.testing.assert_allclose(ours[layer], theirs[layer], atol=2e-4, rtol=1e-4)


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
