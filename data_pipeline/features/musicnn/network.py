"""musicnn in Keras: J. Pons, X. Serra, "musicnn: Pre-trained Convolutional Neural Networks for Music Audio Tagging",
2019.

Two networks of the same architecture that tag three seconds of music, trained on the Million Song Dataset (MSD) and on
MagnaTagATune (MTT). The values of their layers are used here as features of clips (see `embedding.py`).
"""

import keras
import numpy as np
from keras import ops

from data_pipeline.features.musicnn.config import HOP_SAMPLES, LAYERS, PATCH_FRAMES, SAMPLE_RATE

N_FFT, BANDS = 512, 96
_TIMBRE = ((38, 204), (67, 204))  # bands that a kernel covers, filters
_TEMPO = ((128, 51), (64, 51), (32, 51))  # frames that a kernel covers, filters
_MIDDLE_FILTERS, _UNITS, _TAGS = 64, 200, 50


def patches_of(samples: np.ndarray) -> np.ndarray:
    """Cut a track at 16 kHz into patches of 2.992 seconds; a remainder shorter than a patch is left out.

    Mel power is rounded to the eleven bits of float16, as it was when the networks were trained.

    Args:
        samples: (samples,).

    Returns:
        (patches, 187 frames, 96 bands) float32, log10(10,000 x power + 1).
    """
    # librosa itself: the sums in `dsp.py` differ in the seventh digit, which float16 rounds the other way for one value
    # in 3,000, and that changes the fourth digit of the network's output.
    from librosa.feature import melspectrogram

    power = melspectrogram(y=samples, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP_SAMPLES, n_mels=BANDS).T
    # Louder values are clipped to the largest float16.
    rounded = np.minimum(power, np.finfo(np.float16).max).astype(np.float16).astype(np.float32)
    values = np.log10(10000 * rounded + 1)
    count = len(values) // PATCH_FRAMES
    return values[: count * PATCH_FRAMES].reshape(count, PATCH_FRAMES, BANDS)


def build_musicnn() -> keras.Model:
    """Build the network: (batch, 187 frames, 96 bands) -> `max_pool` (batch, 753), `penultimate` (batch, 200),
    `taggram` (batch, 50); 792,079 weights, including the moving statistics of batch normalisation.

    Layers are named as in the original checkpoints.
    """
    inputs = keras.Input((PATCH_FRAMES, BANDS), name="log_mel")
    image = _batch_norm(ops.expand_dims(inputs, -1), 0)  # (187, 96, 1)
    padded = keras.layers.ZeroPadding2D(((3, 3), (0, 0)))(image)
    branches = []
    for number, (bands, filters) in enumerate(_TIMBRE):
        x = keras.layers.Conv2D(filters, (7, bands), activation="relu", name=_numbered("conv2d", number))(padded)
        branches.append(ops.max(_batch_norm(x, number + 1), axis=2))  # (187, 204)
    for number, (frames, filters) in enumerate(_TEMPO, start=len(_TIMBRE)):
        x = keras.layers.Conv2D(
            filters, (frames, 1), padding="same", activation="relu", name=_numbered("conv2d", number)
        )(image)
        branches.append(ops.max(_batch_norm(x, number + 1), axis=2))  # (187, 51)
    front = ops.concatenate(branches, axis=-1)  # (187, 561)
    levels, x = [front], front
    for number in range(5, 8):
        # A 2-D kernel over all columns of a one-channel image, as in the original, is a 1-D kernel along time.
        level = keras.layers.Conv1D(
            _MIDDLE_FILTERS, 7, padding="same", activation="relu", name=_numbered("conv2d", number)
        )(x)
        level = _batch_norm(level, number + 1)
        x = level if number == 5 else level + x
        levels.append(x)  # (187, 64)
    features = ops.concatenate(levels, axis=-1)  # (187, 753)
    highest, mean = ops.max(features, axis=1), ops.mean(features, axis=1)
    # Maximum and mean of each value are interleaved.
    x = ops.reshape(ops.stack([highest, mean], axis=-1), (-1, 2 * LAYERS["max_pool"]))
    x = keras.layers.Dense(_UNITS, activation="relu", name="dense")(_batch_norm(x, 9))
    hidden = _batch_norm(x, 10)
    tags = keras.layers.Dense(_TAGS, activation="sigmoid", name="dense_1")(hidden)
    return keras.Model(inputs, {"max_pool": highest, "penultimate": hidden, "taggram": tags}, name="musicnn")


def _batch_norm(x, number: int):
    return keras.layers.BatchNormalization(epsilon=1e-3, name=_numbered("batch_normalization", number))(x)


def _numbered(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind


def tensor_names(layer: keras.Layer) -> list[str]:
    """Names of a layer's variables in a checkpoint, in the order of `layer.weights`."""
    return [f"{layer.name}/{weight.name}" for weight in layer.weights]
