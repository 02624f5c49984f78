"""The boxes of single layers: what they say, and what their colour stands for."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from common.paper.network_graph import INPUT, OUTSIDE, NetworkLayer
from common.reports.networks.boxes import Box, Kind

_CONVOLUTION = re.compile(r"(Depthwise|Separable)?Conv[123]D(Transpose)?")
_LOCAL_POOLING = re.compile(r"(Max|Average)Pooling[123]D|PaddedMaxPooling")
_POOLING = re.compile(rf"(Global|Adaptive)(Max|Average)Pooling[123]D|{_LOCAL_POOLING.pattern}")
_PADDING = re.compile(r"ZeroPadding[123]D")
_NORMALISATION = re.compile(r"(Batch|Layer|Group)Normalization")
_DROPOUT = re.compile(r"(Spatial)?Dropout(1D|2D|3D)?")
_RECURRENT = ("Bidirectional", "GRU", "LSTM", "SimpleRNN")
_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
# Change the form of what passes, not its values.
_FORMS = {"Flatten": "flatten", "Reshape": "reshape", "Permute": "swap axes", "UpSampling2D": "repeat values"}
_NAMES_OF_ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "LeakyReLU"}


def box_of(layer: NetworkLayer, padding: Sequence[NetworkLayer] = ()) -> Box:
    """The box of a layer.

    Args:
        padding: layers before it that add zeros, which its box includes.
    """
    inside = layer.settings.get("padding")
    sides = [_padding(pad.settings["padding"]) for pad in padding]
    # Convolutions have `same` or `valid` there, which the shapes show.
    sides += [_padding(inside)] if isinstance(inside, int) and inside else []
    own = "" if kind_of(layer) in (Kind.ACTIVATION, Kind.OTHER) else activation_of(layer)
    parts = [*(f"padding {side}" for side in sides), _weights(layer), own]
    return Box(
        kind=kind_of(layer),
        name=layer.name,
        text=_text_of(layer),
        detail=", ".join(filter(None, parts)),
        layers=(*(pad.name for pad in padding), layer.name),
        shapes=(layer.shape,),
        parameters=layer.parameters,
        fixed=layer.fixed,
    )


def with_layer(box: Box, layer: NetworkLayer) -> Box:
    """A box, which has no repetitions yet, with a further layer."""
    return replace(
        box,
        detail=", ".join(filter(None, [box.detail, _short(layer)])),
        layers=(*box.layers, layer.name),
        shapes=(layer.shape,),
        parameters=box.parameters + layer.parameters,
        fixed=box.fixed + layer.fixed,
    )


def gate_box(layers: Sequence[NetworkLayer]) -> Box:
    """The box of a squeeze-and-excitation block.

    Args:
        layers: all of the block; the last one multiplies.
    """
    dense = [layer for layer in layers if layer.type == "Dense"]
    steps = [f"dense {layer.settings['units']:,} {activation_of(layer)}".rstrip() for layer in dense]
    return Box(
        kind=Kind.GATE,
        name=layers[-1].name,
        text="Squeeze and excitation",
        detail=" \N{RIGHTWARDS ARROW} ".join(["average", *steps, "scale"]),
        layers=tuple(layer.name for layer in layers),
        shapes=(layers[-1].shape,),
        parameters=sum(layer.parameters for layer in layers),
        fixed=sum(layer.fixed for layer in layers),
    )


def is_squeezing(layer: NetworkLayer) -> bool:
    """Whether it can begin a squeeze-and-excitation block."""
    return layer.type.startswith("GlobalAveragePooling")


def is_padding(layer: NetworkLayer) -> bool:
    """Whether it adds zeros for the layer behind it."""
    return bool(_PADDING.fullmatch(layer.type))


def is_local_pooling(layer: NetworkLayer) -> bool:
    """Whether it is a pooling whose output still has places."""
    return bool(_LOCAL_POOLING.fullmatch(layer.type)) and kind_of(layer) == Kind.POOLING


def changes_form_only(layer: NetworkLayer) -> bool:
    """Whether its output has the values of its input, in another shape or number."""
    linear = layer.type == "Activation" and activation_of(layer) == ""
    return layer.type in _FORMS or linear or _repeats_its_input(layer)


def kind_of(layer: NetworkLayer) -> Kind:
    """The kind of a layer's box."""
    if layer.type in (INPUT, OUTSIDE):
        return Kind.INPUT
    if len(set(layer.inputs)) > 1:
        return Kind.JOINING
    names = {Kind.ACTIVATION: _ACTIVATIONS, Kind.RECURRENT: _RECURRENT, Kind.DENSE: ("Dense",)}
    patterns = {
        Kind.CONVOLUTION: _CONVOLUTION,
        Kind.POOLING: _POOLING,
        Kind.NORMALISATION: _NORMALISATION,
        Kind.DROPOUT: _DROPOUT,
    }
    found = [kind for kind, known in names.items() if layer.type in known]
    found += [kind for kind, pattern in patterns.items() if pattern.fullmatch(layer.type)]
    return next(iter(found), Kind.OTHER)


def _repeats_its_input(layer: NetworkLayer) -> bool:
    return len(layer.inputs) > len(set(layer.inputs)) == 1


def activation_of(layer: NetworkLayer) -> str:
    """Name of a layer's activation; empty where it has none, or where it is part of what the layer is."""
    name = layer.settings.get("activation", "linear")
    return "" if name == "linear" or layer.type in _RECURRENT else _NAMES_OF_ACTIVATIONS.get(name, name)


def _text_of(layer: NetworkLayer) -> str:
    """The main line of a layer's box."""
    given, kind = layer.settings, kind_of(layer)
    if kind == Kind.INPUT:
        return layer.name if layer.type == INPUT else f"output of {layer.name}"
    if kind == Kind.CONVOLUTION:
        stride = f", stride {_shortest(given['strides'])}" if max(given["strides"]) > 1 else ""
        return f"{layer.type} {_size(given['kernel_size'])}, {given['filters']:,} filters{stride}"
    if kind == Kind.POOLING:
        return _pooling(layer)
    if kind == Kind.DENSE:
        return f"Dense, {given['units']:,} units"
    if kind == Kind.RECURRENT:
        once = f"{given['units']:,} units"
        return f"Bidirectional {given['cell']}, 2 × {once}" if "cell" in given else f"{layer.type}, {once}"
    if kind in (Kind.JOINING, Kind.OTHER):
        return _words(layer.type)
    text = _short(layer)
    return text[0].upper() + text[1:]


def _weights(layer: NetworkLayer) -> str:
    weight = layer.settings.get("weight") if len(layer.inputs) == 2 else None
    return "" if weight is None else f"weights {weight:g} and {1 - weight:g}"


def _pooling(layer: NetworkLayer) -> str:
    given = layer.settings
    kind = "average" if "Average" in layer.type else "max"
    if layer.type.startswith("Global"):
        return f"Global {kind} pooling"
    if layer.type.startswith("Adaptive"):
        return f"Adaptive {kind} pooling to {_size(_per_axis(given['output_size'], layer))}"
    size = _per_axis(given.get("pool_size", given.get("pool")), layer)
    steps = _per_axis(given.get("strides", given.get("stride")), layer)
    return f"{kind.title()} pooling {_size(size)}{'' if steps == size else f', stride {_shortest(steps)}'}"


def _per_axis(value: Any, layer: NetworkLayer) -> tuple[int, ...]:
    """A size along each axis."""
    return value if isinstance(value, tuple) else (value,) * (len(layer.shape) - 1)


def _short(layer: NetworkLayer) -> str:
    """A layer as part of another one's box."""
    given = layer.settings
    if _repeats_its_input(layer):
        return f"repeat in {len(layer.inputs)} channels"
    if layer.type in _FORMS:
        return _FORMS[layer.type]
    if layer.type == "Activation":
        return activation_of(layer)
    if _DROPOUT.fullmatch(layer.type):
        return f"{'spatial ' if layer.type.startswith('Spatial') else ''}dropout {given['rate']:g}"
    if layer.type == "BatchNormalization":
        return "batch norm"
    if layer.type == "LeakyReLU":
        return f"LeakyReLU {given['negative_slope']:g}"
    return layer.type


def _padding(given: Any) -> str:
    """Values added on each side of each axis, from Keras' ways to say it: a number, (before, after), or one of these
    for each axis."""
    axes = [given] if isinstance(given, int) or all(isinstance(one, int) for one in given) else list(given)
    sides = [(one, one) if isinstance(one, int) else tuple(one) for one in axes]
    texts = [str(before) if before == after else f"{before} + {after}" for before, after in sides]
    return texts[0] if len(set(texts)) == 1 else " × ".join(texts)


def _size(values: Sequence[int]) -> str:
    return " × ".join(map(str, values))


def _shortest(values: Sequence[int]) -> str:
    """As `_size`, with one number for axes that are alike."""
    return str(values[0]) if len(set(values)) == 1 else _size(values)


def _words(name: str) -> str:
    """`LogOfMeanSoftmax` -> `Log of mean softmax`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+", name)
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])]) if words else name
