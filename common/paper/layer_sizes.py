"""Sizes of layers, read from a built network: what tables of layers compare with published ones.

A row of such a table may stand for several layers. A size that all of them have is given once; different sizes are
given as words, e.g. `3 and 5`, which no published number equals. The projection of a shortcut, a layer whose name ends
in `projection`, is left out: documents state the sizes of a block's main path.
"""

from collections.abc import Callable

import keras

from common.layers.pytorch import PaddedMaxPooling

Size = int | list[int] | str | None
_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D)
_POOLINGS = (
    keras.layers.MaxPooling1D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling1D,
    keras.layers.AveragePooling2D,
)
_GLOBAL_POOLINGS = (
    keras.layers.GlobalMaxPooling1D,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalAveragePooling2D,
)


def filters(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Channels that the convolutions among the layers give; None where there are none."""
    return size_of(model, names, lambda layer: layer.filters if isinstance(layer, _CONVOLUTIONS) else None)


def kernel_size(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Kernel of the convolutions among the layers: one number for sequences, height and width for maps."""
    return size_of(model, names, lambda layer: plain(layer.kernel_size) if isinstance(layer, _CONVOLUTIONS) else None)


def pool_size(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Size of the pieces that the poolings among the layers take; that of a global pooling is its whole input."""
    return size_of(model, names, _pool)


def stride(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Distance between the starts of neighbouring kernels or pooled pieces; global poolings have none."""
    return size_of(model, names, _stride)


def padding(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Zeros on each side of each axis before the convolutions among the layers; `same` where Keras pads."""
    padded = size_of(model, names, _zeros)
    return padded if padded is not None else size_of(model, names, _padding_of_convolution)


def channels_and_length(model: keras.Model, names: tuple[str, ...]) -> list[int]:
    """Output of the last of the layers as channels x length; the channels of an input of samples are left out."""
    layer = model.get_layer(names[-1])
    shape = list(layer.output.shape[1:])
    return shape[:1] if isinstance(layer, keras.layers.InputLayer) else shape[::-1]


def size_of(model: keras.Model, names: tuple[str, ...], read: Callable[[keras.Layer], Size]) -> Size:
    """What the layers have in common.

    Args:
        read: a layer -> its size; None for a layer that has none.

    Returns:
        The size of all layers that have one; several sizes as words; None where no layer has one.
    """
    found: list[Size] = []
    for name in names:
        size = None if name.endswith("projection") else read(model.get_layer(name))
        if size is not None and size not in found:
            found.append(size)
    if len(found) > 1:
        return " and ".join(" x ".join(map(str, size)) if isinstance(size, list) else str(size) for size in found)
    return found[0] if found else None


def plain(sizes: tuple[int, ...]) -> int | list[int]:
    """A size of each axis as one number where there is one axis."""
    return int(sizes[0]) if len(sizes) == 1 else [int(size) for size in sizes]


def _axes(layer: keras.Layer) -> int:
    """Axes of a map or sequence, without batch and channels."""
    return len(layer.input.shape) - 2


def _pool(layer: keras.Layer) -> Size:
    if isinstance(layer, _GLOBAL_POOLINGS):
        return plain(layer.input.shape[1:-1])
    if isinstance(layer, PaddedMaxPooling):
        return plain((layer.pool,) * _axes(layer))
    return plain(layer.pool_size) if isinstance(layer, _POOLINGS) else None


def _stride(layer: keras.Layer) -> Size:
    if isinstance(layer, PaddedMaxPooling):
        return plain((layer.stride,) * _axes(layer))
    return plain(layer.strides) if isinstance(layer, (*_CONVOLUTIONS, *_POOLINGS)) else None


def _zeros(layer: keras.Layer) -> Size:
    if isinstance(layer, keras.layers.ZeroPadding1D):
        sides = (layer.padding,)
    elif isinstance(layer, keras.layers.ZeroPadding2D):
        sides = layer.padding
    else:
        return None
    if any(before != after for before, after in sides):
        return " x ".join(f"{before}+{after}" for before, after in sides)
    return plain(tuple(before for before, _ in sides))


def _padding_of_convolution(layer: keras.Layer) -> Size:
    if not isinstance(layer, _CONVOLUTIONS):
        return None
    return plain((0,) * _axes(layer)) if layer.padding == "valid" else layer.padding
