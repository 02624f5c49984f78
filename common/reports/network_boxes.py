"""Layers of a network grouped into the boxes of its picture: what belongs together is one box, equal blocks that follow
each other are one block, and shortcuts and branches are found from the connections."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any, Self

from common.core.errors import SpecError
from common.core.words import listed
from common.paper.network_graph import INPUT, OUTSIDE, NetworkLayer

Shape = tuple[int | None, ...]
# Colours of the picture go by these kinds of boxes.
INPUTS, CONVOLUTION, POOLING, DENSE, RECURRENT = "input", "convolution", "pooling", "dense", "recurrent"
JOINING, GATE, NORMALISATION, ACTIVATION = "joining", "squeeze and excitation", "normalisation", "activation"
DROPOUT, OTHER = "dropout", "other"
_CONVOLUTION = re.compile(r"(Depthwise|Separable)?Conv[123]D(Transpose)?")
_LOCAL_POOLING = re.compile(r"(Max|Average)Pooling[123]D|PaddedMaxPooling")
_GLOBAL_POOLING = re.compile(r"Global(Max|Average)Pooling[123]D|Adaptive(Max|Average)Pooling[123]D")
_PADDING = re.compile(r"ZeroPadding[123]D")
_NORMALISATION = re.compile(r"(Batch|Layer|Group)Normalization")
_DROPOUT = re.compile(r"(Spatial)?Dropout(1D|2D|3D)?")
_RECURRENT = ("Bidirectional", "GRU", "LSTM", "SimpleRNN")
_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
# Change the form of what passes, not its values.
_FORMS = {"Flatten": "flatten", "Reshape": "reshape", "Permute": "swap axes", "UpSampling2D": "repeat values"}
_NAMES_OF_ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "LeakyReLU"}
# Layers of one block in the boxes on its shortcut, in a whole network.
_LONGEST_SHORTCUT = 1


@dataclass(frozen=True)
class Box:
    """One or several layers that are shown as one box.

    Args:
        kind: what its colour says.
        text: its main layer, with settings.
        detail: the further layers, in order.
        layers: names of all of them, of all repetitions.
        shapes: of the output, of each repetition.
        parameters: trainable ones, of all repetitions.
        fixed: parameters that are not trained.
        times: how often it follows itself within its block.
    """

    kind: str
    text: str
    detail: str
    layers: tuple[str, ...]
    shapes: tuple[Shape, ...]
    parameters: int
    fixed: int = 0
    times: int = 1

    @property
    def look(self) -> tuple[str, str, str, int, bool]:
        """What is drawn of it: equal for boxes that differ in names, shapes and numbers of parameters only."""
        return self.kind, self.text, self.detail, self.times, self.fixed > 0

    def followed_by(self, other: Self) -> Self:
        """Both in one: this box, and one behind it that looks the same."""
        return replace(
            self,
            layers=self.layers + other.layers,
            shapes=self.shapes + other.shapes,
            parameters=self.parameters + other.parameters,
            fixed=self.fixed + other.fixed,
        )


@dataclass(frozen=True)
class Block:
    """Boxes below each other that belong together.

    Args:
        name: how the names of its layers begin, or the name of its only layer; of the first and the last repetition.
        lines: one box, or several side by side that take the same input.
        shortcut: boxes on a connection from the block's input to line `joins`; None without such a connection.
        joins: number of the line that the shortcut leads to.
        times: how often the block follows itself.
    """

    name: str
    lines: tuple[tuple[Box, ...], ...]
    shortcut: tuple[Box, ...] | None = None
    joins: int = 0
    times: int = 1

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All boxes of the block."""
        return (*(box for line in self.lines for box in line), *(self.shortcut or ()))

    @property
    def parameters(self) -> int:
        """Trainable ones, of all repetitions."""
        return sum(box.parameters for box in self.boxes)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Of its output, of each repetition."""
        (last,) = self.lines[-1]
        return last.shapes[last.times - 1 :: last.times]

    @property
    def look(self) -> tuple:
        """What is drawn of it, as `Box.look`."""
        shortcut = None if self.shortcut is None else tuple(box.look for box in self.shortcut)
        return tuple(tuple(box.look for box in line) for line in self.lines), shortcut, self.joins

    def followed_by(self, other: Self) -> Self:
        """Both in one: this block, and one behind it that looks the same."""
        lines = tuple(
            tuple(box.followed_by(more) for box, more in zip(mine, theirs, strict=True))
            for mine, theirs in zip(self.lines, other.lines, strict=True)
        )
        shortcut = self.shortcut
        if shortcut is not None:
            shortcut = tuple(box.followed_by(more) for box, more in zip(shortcut, other.shortcut, strict=True))
        name = f"{self.name.partition(' to ')[0]} to {other.name}"
        return replace(self, name=name, lines=lines, shortcut=shortcut, times=self.times + 1)


@dataclass(frozen=True)
class Branches:
    """Parts side by side, which the block behind them joins; a part without blocks passes its input on."""

    columns: "tuple[tuple[Block | Branches, ...], ...]"


Series = tuple[Block | Branches, ...]


def grouped(layers: Sequence[NetworkLayer]) -> Series:
    """The blocks of a whole network, from input to output. Convolutional, dense and recurrent layers begin a block with
    the padding before them, and what follows (normalisation, activation, pooling, dropout) belongs to it; a shortcut
    and the layers that it passes are one block; so is a squeeze-and-excitation block, as one box.

    Raises:
        SpecError: the network's connections cannot be drawn.
    """
    return _Grouping(layers, each_layer=False).series()


def separate(layers: Sequence[NetworkLayer]) -> Series:
    """The layers of a part of a network, each with a box of its own, except for those without parameters that only
    change the form of what passes.

    Raises:
        SpecError: the part's connections cannot be drawn.
    """
    return _Grouping(layers, each_layer=True).series()


def blocks_of(series: Series) -> Iterator[Block]:
    """All blocks of a picture."""
    for element in series:
        if isinstance(element, Block):
            yield element
        else:
            for column in element.columns:
                yield from blocks_of(column)


@dataclass(frozen=True)
class _Fork:
    """Several ways from one layer, or from the inputs, to the next layer of a series."""

    ways: "tuple[list[str | _Fork], ...]"


def _ways_of(layers: Sequence[NetworkLayer]) -> list[str | _Fork]:
    """The names of layers, in order, where the connections divide into forks.

    Raises:
        SpecError: the connections are not of this form.
    """
    following: dict[str, list[str]] = {layer.name: [] for layer in layers}
    for layer in layers:
        for name in dict.fromkeys(layer.inputs):
            following[name].append(layer.name)
    start = ""  # no layer has this name
    following[start] = [layer.name for layer in layers if not layer.inputs]
    coming = {layer.name: len(set(layer.inputs)) for layer in layers}
    # Layer -> all that every way from it to an output passes.
    passed: dict[str, set[str]] = {}
    for name in [*(layer.name for layer in reversed(layers)), start]:
        beyond = [passed[one] for one in following[name]]
        passed[name] = {name} | (set.intersection(*beyond) if beyond else set())

    def walked(name: str, end: str | None) -> list[str | _Fork]:
        found: list[str | _Fork] = []
        while name != end:
            found += [name] if name else []
            nexts = following[name]
            if len(nexts) == 1:
                (name,) = nexts
                if coming[name] > 1 and name != end:
                    raise SpecError(_CROSSING.format(name))
                continue
            if not nexts:
                break
            meeting = max(passed[name] - {name}, key=lambda one: len(passed[one]), default=None)
            if meeting is None or meeting == end:
                raise SpecError(_CROSSING.format(name or listed(nexts)))
            for one in nexts:
                if one != meeting and coming[one] > 1:
                    raise SpecError(_CROSSING.format(one))
            found.append(_Fork(tuple(walked(one, meeting) for one in nexts)))
            name = meeting
        return found

    return walked(start, None)


_CROSSING = (
    "layer {}: its connections cannot be drawn: branches have to begin at one layer and to be joined, all of them, by "
    "one later layer."
)


@dataclass
class _Draft:
    """A block that is being put together."""

    lines: list[list[Box]]
    shortcut: list[Box] | None = None
    joins: int = 0


class _Grouping:
    """Turns the layers of a network into blocks.

    Args:
        layers: of the network, in order.
        each_layer: whether normalisation, activation and dropout have boxes of their own.
    """

    def __init__(self, layers: Sequence[NetworkLayer], *, each_layer: bool):
        self._layers = {layer.name: layer for layer in layers}
        self._ways = _ways_of(layers)
        self._each_layer = each_layer

    def series(self) -> Series:
        return self._series(self._ways)

    def _series(self, way: list[str | _Fork]) -> Series:
        drafts = self._drafts(way)
        if self._each_layer:
            return tuple(draft if isinstance(draft, Branches) else self._block(draft) for draft in drafts)
        blocks = [draft if isinstance(draft, Branches) else self._block(draft) for draft in _united(drafts)]
        return tuple(_folded(blocks))

    def _drafts(self, way: list[str | _Fork]) -> list[_Draft | Branches]:
        drafts: list[_Draft | Branches] = []
        padding: list[NetworkLayer] = []
        for before, element in pairwise([None, *way]):
            if isinstance(element, _Fork):
                continue  # handled with the layer that joins it
            layer = self._layers[element]
            if isinstance(before, _Fork):
                self._join(drafts, before, layer)
            elif _PADDING.fullmatch(layer.type):
                padding.append(layer)
                continue
            elif self._belongs_to_box(layer) and drafts and isinstance(drafts[-1], _Draft):
                line = drafts[-1].lines[-1]
                line[-1] = _with_layer(line[-1], layer)
            elif self._belongs_to_block(layer) and drafts and isinstance(drafts[-1], _Draft):
                drafts[-1].lines.append([_box_of(layer, padding)])
            else:
                drafts.append(_Draft([[_box_of(layer, padding)]]))
            padding = []
        drafts += [_Draft([[_box_of(layer, [])]]) for layer in padding]
        return drafts

    def _belongs_to_box(self, layer: NetworkLayer) -> bool:
        if layer.type in _FORMS or _is_linear(layer) or _repeats_its_input(layer):
            return True
        return not self._each_layer and _kind_of(layer) in (NORMALISATION, ACTIVATION, DROPOUT)

    def _belongs_to_block(self, layer: NetworkLayer) -> bool:
        return not self._each_layer and bool(_LOCAL_POOLING.fullmatch(layer.type))

    def _join(self, drafts: list[_Draft | Branches], fork: _Fork, layer: NetworkLayer) -> None:
        """Add the ways of a fork and the layer that joins them."""
        joined = [[_box_of(layer, [])]]
        in_order = sorted(fork.ways, key=lambda way: layer.inputs.index(way[-1]) if way else -1)
        ways = [self._boxes(way) for way in in_order]
        if all(way is not None for way in ways):
            longer, shorter = max(ways, key=len), min(ways, key=len)
            if len(ways) == 2 and not self._each_layer and layer.type == "Multiply" and _is_squeezing(longer, shorter):
                gate = _gate(longer, joined[0][0])
                if drafts and isinstance(drafts[-1], _Draft):
                    drafts[-1].lines.append([gate])
                else:
                    drafts.append(_Draft([[gate]]))
                return
            if all(len(way) == 1 for way in ways):
                drafts.append(_Draft([[way[0] for way in ways], *joined]))
                return
            longest = _LONGEST_SHORTCUT * (2 if self._each_layer else 1)
            if len(ways) == 2 and len(shorter) <= longest and len(shorter) < len(longer):
                lines = [[box] for box in longer]
                drafts.append(_Draft(lines + joined, shortcut=shorter, joins=len(lines)))
                return
        drafts.append(Branches(tuple(self._series(way) for way in in_order)))
        drafts.append(_Draft(joined))

    def _boxes(self, way: list[str | _Fork]) -> list[Box] | None:
        """The boxes of a way, where it has no forks and does not begin at an input."""
        drafts = self._drafts(way)
        if any(isinstance(draft, Branches) or draft.shortcut is not None for draft in drafts):
            return None
        lines = [line for draft in drafts for line in draft.lines]
        if any(len(line) > 1 or line[0].kind == INPUTS for line in lines):
            return None
        return [box for (box,) in lines]

    def _block(self, draft: _Draft) -> Block:
        lines = tuple(map(tuple, draft.lines))
        shortcut = None if draft.shortcut is None else tuple(draft.shortcut)
        return Block(_name_of(draft), lines, shortcut, draft.joins)


def _united(drafts: list[_Draft | Branches]) -> list[_Draft | Branches]:
    """Convolutions in sequence whose names begin with that of one block (`block1_conv1`, `block1_conv2`) as one block;
    equal lines as one with their number."""
    found: list[_Draft | Branches] = []
    for draft in drafts:
        last = found[-1] if found else None
        if (
            isinstance(draft, _Draft)
            and isinstance(last, _Draft)
            and _prefix(draft)
            and _prefix(draft) == _prefix(last)
        ):
            last.lines += draft.lines
        else:
            found.append(draft)
    for draft in found:
        if isinstance(draft, _Draft) and draft.shortcut is None:
            draft.lines = _folded_lines(draft.lines)
    return found


def _folded_lines(lines: list[list[Box]]) -> list[list[Box]]:
    found = []
    for _, equal in groupby(lines, key=lambda line: [box.look for box in line]):
        first, *others = equal
        for line in others:
            first = [box.followed_by(more) for box, more in zip(first, line, strict=True)]
        found.append([replace(box, times=1 + len(others)) for box in first])
    return found


def _folded(blocks: list[Block | Branches]) -> list[Block | Branches]:
    """Equal blocks in sequence as one with their number."""
    found: list[Block | Branches] = []
    for block in blocks:
        last = found[-1] if found else None
        if isinstance(block, Block) and isinstance(last, Block) and block.look == last.look:
            found[-1] = last.followed_by(block)
        else:
            found.append(block)
    return found


def _prefix(draft: _Draft) -> str:
    """How the names of a draft's layers begin, before the last `_`, where it is one of convolutions without shortcut."""
    if draft.shortcut is not None or draft.lines[0][0].kind != CONVOLUTION:
        return ""
    return _core_name(draft.lines[0][0]).rpartition("_")[0]


def _core_name(box: Box) -> str:
    """Name of the layer that a box is named after: the first one that is no padding."""
    return next((name for name in box.layers if not name.endswith("_pad")), box.layers[0])


def _name_of(draft: _Draft) -> str:
    """How the names of the block's layers begin; where they have no common beginning, the name of its first layer, or of
    the one that joins the block's input."""
    named = [box for line in draft.lines for box in line if box.kind != POOLING] or [draft.lines[0][0]]
    names = [_core_name(named[0]), *(name for box in named for name in box.layers)]
    beginning = names[0].rpartition("_")[0]
    if beginning and len(set(names)) > 1 and all(name.startswith(f"{beginning}_") for name in names):
        return beginning
    return names[0]


def _box_of(layer: NetworkLayer, padding: Sequence[NetworkLayer]) -> Box:
    parts = [_activation(layer)] if _kind_of(layer) not in (ACTIVATION, OTHER) else []
    sides = [_shortest(_sides(pad.settings["padding"])) for pad in padding]
    if not sides and isinstance(layer.settings.get("padding"), int) and layer.settings["padding"]:
        sides = [str(layer.settings["padding"])]
    parts = [*(f"padding {side}" for side in sides), *_further(layer), *filter(None, parts)]
    return Box(
        _kind_of(layer),
        _text_of(layer),
        ", ".join(parts),
        (*(pad.name for pad in padding), layer.name),
        (layer.shape,),
        layer.parameters,
        layer.fixed,
    )


def _with_layer(box: Box, layer: NetworkLayer) -> Box:
    text = (
        ""
        if _is_linear(layer)
        else f"repeat in {len(layer.inputs)} channels"
        if _repeats_its_input(layer)
        else _short(layer)
    )
    return replace(
        box,
        detail=", ".join(filter(None, [box.detail, text])),
        layers=(*box.layers, layer.name),
        shapes=(layer.shape,),
        parameters=box.parameters + layer.parameters,
        fixed=box.fixed + layer.fixed,
    )


def _is_squeezing(longer: list[Box], shorter: list[Box]) -> bool:
    return not shorter and longer[0].text.startswith("Global average")


def _gate(boxes: list[Box], joined: Box) -> Box:
    dense = [box for box in boxes if box.kind == DENSE]
    parts = [
        f"{box.text.replace('Dense, ', 'dense ').replace(' units', '')} {box.detail.split(', ')[0]}" for box in dense
    ]
    everything = [*boxes, joined]
    return Box(
        GATE,
        "Squeeze and excitation",
        " \N{RIGHTWARDS ARROW} ".join(["average", *parts, "scale"]),
        tuple(name for box in everything for name in box.layers),
        joined.shapes,
        sum(box.parameters for box in everything),
        sum(box.fixed for box in everything),
    )


def _kind_of(layer: NetworkLayer) -> str:
    if layer.type in (INPUT, OUTSIDE):
        return INPUTS
    if len(set(layer.inputs)) > 1:
        return JOINING
    if layer.type in _ACTIVATIONS:
        return ACTIVATION
    if layer.type in _RECURRENT:
        return RECURRENT
    if layer.type == "Dense":
        return DENSE
    patterns = {
        CONVOLUTION: _CONVOLUTION,
        POOLING: re.compile(f"{_LOCAL_POOLING.pattern}|{_GLOBAL_POOLING.pattern}"),
        NORMALISATION: _NORMALISATION,
        DROPOUT: _DROPOUT,
    }
    return next((kind for kind, pattern in patterns.items() if pattern.fullmatch(layer.type)), OTHER)


def _is_linear(layer: NetworkLayer) -> bool:
    return layer.type == "Activation" and layer.settings.get("activation") == "linear"


def _repeats_its_input(layer: NetworkLayer) -> bool:
    return len(layer.inputs) > len(set(layer.inputs)) == 1


def _activation(layer: NetworkLayer) -> str:
    name = layer.settings.get("activation", "linear")
    inner = layer.type in _RECURRENT  # that of a recurrent layer is part of what it is
    return "" if name == "linear" or inner else _NAMES_OF_ACTIVATIONS.get(name, name)


def _text_of(layer: NetworkLayer) -> str:
    """The main line of a layer that has a box of its own."""
    given, kind = layer.settings, _kind_of(layer)
    if kind == INPUTS:
        return layer.name if layer.type == INPUT else f"output of {layer.name}"
    if kind == CONVOLUTION:
        stride = f", stride {_shortest(given['strides'])}" if max(given["strides"]) > 1 else ""
        return f"{layer.type} {_size(given['kernel_size'])}, {given['filters']} filters{stride}"
    if kind == POOLING:
        return _pooling(layer)
    if kind == DENSE:
        return f"Dense, {given['units']} units"
    if kind == RECURRENT:
        both = layer.type == "Bidirectional"
        return (
            f"Bidirectional {given['cell']}, 2 × {given['units']} units" if both else f"{layer.type}, {given['units']}"
        )
    if kind in (JOINING, OTHER):
        return _words(layer.type)
    text = _short(layer)
    return text[0].upper() + text[1:]


def _further(layer: NetworkLayer) -> list[str]:
    weight = layer.settings.get("weight") if len(layer.inputs) == 2 else None
    return [] if weight is None else [f"weights {weight:g} and {1 - weight:g}"]


def _pooling(layer: NetworkLayer) -> str:
    given = layer.settings
    kind = "average" if "Average" in layer.type else "max"
    if layer.type.startswith("Global"):
        return f"Global {kind} pooling"
    if layer.type.startswith("Adaptive"):
        return f"Adaptive {kind} pooling to {_size(_pair(given['output_size'], layer))}"
    size = _pair(given.get("pool_size", given.get("pool")), layer)
    steps = _pair(given.get("strides", given.get("stride")), layer)
    return f"{kind.title()} pooling {_size(size)}{'' if steps == size else f', stride {_shortest(steps)}'}"


def _pair(value: Any, layer: NetworkLayer) -> tuple[int, ...]:
    """A size along each axis."""
    return value if isinstance(value, tuple) else (value,) * (len(layer.shape) - 1)


def _short(layer: NetworkLayer) -> str:
    """A layer as part of another one's box."""
    given = layer.settings
    if layer.type in _FORMS:
        return _FORMS[layer.type]
    if layer.type == "Activation":
        return _activation(layer)
    if _DROPOUT.fullmatch(layer.type):
        return f"{'spatial ' if layer.type.startswith('Spatial') else ''}dropout {given['rate']:g}"
    if layer.type == "BatchNormalization":
        return "batch norm"
    if layer.type == "LeakyReLU":
        return f"LeakyReLU {given['negative_slope']:g}"
    return layer.type


def _sides(padding: Any) -> tuple[int, ...]:
    """Values added on each side, along each axis; Keras can add others on the far side, which none of ours does."""
    if isinstance(padding, int):
        return (padding,)
    if all(isinstance(one, int) for one in padding):
        return padding[:1]
    return tuple(one[0] for one in padding)


def _size(values: Sequence[int]) -> str:
    return " × ".join(map(str, values))


def _shortest(values: Sequence[int]) -> str:
    """As `_size`, with one number for axes that are alike."""
    return str(values[0]) if len(set(values)) == 1 else _size(values)


def _words(name: str) -> str:
    """`LogOfMeanSoftmax` -> `Log of mean softmax`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+", name)
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])]) if words else name
