"""The networks of E. Choi's study: small convolutional networks, image networks, and two on embeddings.

Spectrograms are (frames, bands), embeddings (patches, values); shapes in comments are for 936 frames of 96 bands.
"""

import keras

from common.layers.pytorch import batch_norm, conv1d, conv2d, dense
from common.paper import Spec, SpecError
from reproductions.embeddings.imagenet import logits_of_picture
from reproductions.embeddings.specs import ConvolutionalSpec, EmbeddingSpec, SpecAndEmbedSpec


def build(spec: Spec, input_shape: tuple, classes: int) -> keras.Model:
    """Build the network of a spec.

    Args:
        spec: one of `specs.py`.
        input_shape: (frames, bands) of a spectrogram, (patches, values) of embeddings, or both, in this order.
        classes: number of genres.

    Returns:
        A model that gives (batch, classes) logits in float32.

    Raises:
        SpecError: the input does not fit the network.
    """
    shapes = input_shape if isinstance(input_shape[0], tuple) else (input_shape,)
    names = ("spectrogram", "embedding") if len(shapes) == 2 else (spec.kind,)
    inputs = [keras.Input(shape, name=f"{name}_input") for shape, name in zip(shapes, names, strict=True)]
    if (len(inputs) == 2) != isinstance(spec, SpecAndEmbedSpec):
        raise SpecError(
            f"{spec.kind}: takes {2 if isinstance(spec, SpecAndEmbedSpec) else 1} inputs, not {len(inputs)}."
        )
    logits = _joined(spec, *inputs, classes) if isinstance(spec, SpecAndEmbedSpec) else _logits(spec, *inputs, classes)
    # Logits stay in float32 even under mixed precision: bfloat16 has only about two significant digits.
    outputs = keras.layers.Activation("linear", dtype="float32", name="output")(logits)
    return keras.Model(inputs if len(inputs) == 2 else inputs[0], outputs, name=spec.kind)


def _joined(spec: SpecAndEmbedSpec, spectrogram, embedding, classes: int):
    spectral = _logits(spec.spectral, spectrogram, classes)
    spectral = keras.layers.ReLU(name="spectral_relu")(batch_norm(spectral, name="spectral_norm"))  # (8,)
    embedded = keras.layers.ReLU(name="embedding_relu")(_embedding(spec.embedding, embedding, classes))  # (8,)
    both = keras.layers.Concatenate(name="both")([spectral, embedded])  # (16,)
    return dense(both, classes, name="joined")


def _logits(spec: Spec, x, classes: int):
    if isinstance(spec, EmbeddingSpec):
        return _embedding(spec, x, classes)
    if isinstance(spec, ConvolutionalSpec):
        return _convolutional(spec, x, classes)
    return logits_of_picture(spec, _image(x), classes)


def _embedding(spec: EmbeddingSpec, x, classes: int):
    x = keras.layers.GlobalAveragePooling1D(name="clip")(x)  # (753,), the mean over the patches
    x = batch_norm(dense(x, spec.units, name="hidden"), name="hidden_norm")
    x = keras.layers.ReLU(name="hidden_relu")(x)  # (32,)
    return dense(x, classes, name="embedding_logits")


def _convolutional(spec: ConvolutionalSpec, x, classes: int):
    shape = x.shape[1:]
    is_2d = spec.dimensions == 2
    x = _image(x) if is_2d else x
    for number, (filters, kernel, pool) in enumerate(zip(spec.filters, spec.kernels, spec.pools, strict=True), start=1):
        if min(x.shape[1 : 1 + spec.dimensions]) < pool:
            raise SpecError(
                f"convolutional: from an input of {' x '.join(map(str, shape))} too little is left for pooling "
                f"{number} of {pool}. Give it longer windows, or more bands."
            )
        convolve, pooling = (conv2d, keras.layers.MaxPooling2D) if is_2d else (conv1d, keras.layers.MaxPooling1D)
        x = convolve(x, filters, kernel, padding=kernel // 2, name=f"conv{number}")
        x = keras.layers.ReLU(name=f"relu{number}")(batch_norm(x, name=f"norm{number}"))
        x = pooling(pool, name=f"pool{number}")(x)  # 133, 26, 8, 2 frames; or (19, 187), (6, 62), (2, 20), (1, 10)
    average = keras.layers.GlobalAveragePooling2D if is_2d else keras.layers.GlobalAveragePooling1D
    return dense(average(name="average")(x), classes, name="logits")


def _image(x):
    """(frames, bands) -> (bands, frames, 1)."""
    return keras.layers.Reshape((*x.shape[:0:-1], 1), name="picture")(
        keras.layers.Permute((2, 1), name="bands_first")(x)
    )
