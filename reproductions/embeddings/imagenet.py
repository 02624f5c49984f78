"""VGG and ResNet as built in torchvision: K. Simonyan, A. Zisserman, 2015; K. He, X. Zhang, S. Ren, J. Sun, 2016."""

import keras

from common.layers.pytorch import PaddedMaxPooling, adaptive_average, batch_norm, conv2d, dense
from common.paper import SpecError
from reproductions.embeddings.specs import ImageNetSpec

# Convolutions in each of VGG's five blocks, and their filters in multiples of the first block's.
VGG_CONVOLUTIONS = {"vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
VGG_WIDTHS = (1, 2, 4, 8, 8)
# Blocks in each of ResNet's four stages.
RESNET_BLOCKS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
}
BOTTLENECKS = ("resnet50", "resnet101")
RESNET_WIDTHS = (1, 2, 4, 8)
_VGG_SIDE, _VGG_DROPOUT, _SHORTEST_SIDE = 7, 0.5, 32


def logits_of_picture(spec: ImageNetSpec, x, classes: int):
    """Logits of an image network: (batch, bands, frames, 1) -> (batch, classes).

    Raises:
        SpecError: the spectrogram is too small for five halvings of its sides.
    """
    if min(x.shape[1:3]) < _SHORTEST_SIDE:
        raise SpecError(
            f"{spec.network}: a spectrogram of {x.shape[1]} x {x.shape[2]} is too small; both sides have to be at "
            f"least {_SHORTEST_SIDE}. Give it longer windows, or more bands."
        )
    x = keras.layers.Concatenate(name="three_channels")([x, x, x])
    return _vgg(spec, x, classes) if spec.network in VGG_CONVOLUTIONS else _resnet(spec, x, classes)


def _vgg(spec: ImageNetSpec, x, classes: int):
    for block, (count, width) in enumerate(zip(VGG_CONVOLUTIONS[spec.network], VGG_WIDTHS, strict=True), start=1):
        for number in range(1, _depth(count, spec) + 1):
            name = f"block{block}_conv{number}"
            x = keras.layers.ReLU(name=f"{name}_relu")(conv2d(x, width * spec.base_filters, 3, padding=1, name=name))
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)  # 96 x 125 -> 3 x 3 after five
    x = adaptive_average(x, _VGG_SIDE, name="adaptive")  # (7, 7, 512)
    x = keras.layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = keras.layers.ReLU(name=f"{name}_relu")(dense(x, spec.units, name=name))
        x = keras.layers.Dropout(_VGG_DROPOUT, name=f"{name}_dropout")(x)
    return dense(x, classes, name="logits")


def _resnet(spec: ImageNetSpec, x, classes: int):
    x = _normalise(conv2d(x, spec.base_filters, 7, stride=2, padding=3, bias=False, name="stem"), "stem", active=True)
    x = PaddedMaxPooling(3, padding=1, stride=2, name="stem_pool")(x)
    block = _bottleneck if spec.network in BOTTLENECKS else _basic
    for stage, (count, width) in enumerate(zip(RESNET_BLOCKS[spec.network], RESNET_WIDTHS, strict=True), start=1):
        for number in range(1, _depth(count, spec) + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            strides = (stride, 1) if spec.strides == "first" else (1, stride)
            x = block(x, width * spec.base_filters, strides, name=f"stage{stage}_block{number}")
    return dense(keras.layers.GlobalAveragePooling2D(name="average")(x), classes, name="logits")


def _depth(count: int, spec: ImageNetSpec) -> int:
    """Blocks or convolutions of a stage that has `count` in the whole network."""
    return count if spec.stage_depth is None else min(count, spec.stage_depth)


def _basic(x, filters: int, strides: tuple[int, int], *, name: str):
    stride = max(strides)
    y = conv2d(x, filters, 3, stride=stride, padding=1, bias=False, name=f"{name}_conv1")
    y = _normalise(y, f"{name}_1", active=True)
    y = _normalise(conv2d(y, filters, 3, padding=1, bias=False, name=f"{name}_conv2"), f"{name}_2")
    return _add_shortcut(x, y, stride, name)


def _bottleneck(x, filters: int, strides: tuple[int, int], *, name: str):
    first, middle = strides
    y = conv2d(x, filters, 1, stride=first, bias=False, name=f"{name}_conv1")
    y = _normalise(y, f"{name}_1", active=True)
    y = conv2d(y, filters, 3, stride=middle, padding=1, bias=False, name=f"{name}_conv2")
    y = _normalise(y, f"{name}_2", active=True)
    y = _normalise(conv2d(y, 4 * filters, 1, bias=False, name=f"{name}_conv3"), f"{name}_3")
    return _add_shortcut(x, y, max(strides), name)


def _add_shortcut(x, y, stride: int, name: str):
    if x.shape != y.shape:
        x = conv2d(x, y.shape[-1], 1, stride=stride, bias=False, name=f"{name}_projection")
        x = _normalise(x, f"{name}_projection")
    return keras.layers.ReLU(name=f"{name}_relu")(keras.layers.Add(name=f"{name}_add")([x, y]))


def _normalise(x, name: str, *, active: bool = False):
    x = batch_norm(x, name=f"{name}_norm")
    return keras.layers.ReLU(name=f"{name}_active")(x) if active else x
