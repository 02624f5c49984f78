"""Layers of a network grouped into the blocks of its picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from common.paper.network_graph import NetworkLayer
from common.reports.networks.boxes import Block, Box, Branches, Kind, Series
from common.reports.networks.texts import (
    box_of,
    changes_form_only,
    gate_box,
    is_local_pooling,
    is_padding,
    is_squeezing,
    kind_of,
    with_layer,
)
from common.reports.networks.ways import Fork, ways_of

# A longer branch is no shortcut: boxes on it where each layer has one, and where it has one with what follows.
_LONGEST_SEPARATE, _LONGEST_GROUPED = 2, 1


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
        self._ways = ways_of(layers)
        self._each_layer = each_layer

    def series(self) -> Series:
        return self._series(self._ways)

    def _series(self, way: list[str | Fork]) -> Series:
        drafts = self._drafts(way)
        if self._each_layer:
            return tuple(draft if isinstance(draft, Branches) else self._block(draft) for draft in drafts)
        blocks = [draft if isinstance(draft, Branches) else self._block(draft) for draft in _united(drafts)]
        return tuple(_folded(blocks))

    def _drafts(self, way: list[str | Fork]) -> list[_Draft | Branches]:
        drafts: list[_Draft | Branches] = []
        padding: list[NetworkLayer] = []
        for before, element in pairwise([None, *way]):
            layer = None if isinstance(element, Fork) else self._layers[element]
            if layer is None or (padding and self._joins_box(layer)):
                # Padding that no layer takes in.
                drafts += [_Draft([[box_of(pad)]]) for pad in padding]
                padding = []
            if layer is None:
                continue
            last = drafts[-1] if drafts and isinstance(drafts[-1], _Draft) else None
            if isinstance(before, Fork):
                drafts += self._of_fork(before, layer, last)
            elif is_padding(layer):
                padding.append(layer)
                continue
            elif last is not None and self._joins_box(layer):
                last.lines[-1][-1] = with_layer(last.lines[-1][-1], layer)
            elif last is not None and self._joins_block(layer):
                last.lines.append([box_of(layer, padding)])
            else:
                drafts.append(_Draft([[box_of(layer, padding)]]))
            padding = []
        return [*drafts, *(_Draft([[box_of(pad)]]) for pad in padding)]

    def _joins_box(self, layer: NetworkLayer) -> bool:
        """Whether a layer is in the box of the layer before it."""
        further = not self._each_layer and kind_of(layer) in (Kind.NORMALISATION, Kind.ACTIVATION, Kind.DROPOUT)
        return further or changes_form_only(layer)

    def _joins_block(self, layer: NetworkLayer) -> bool:
        """Whether a layer has a box in the block of the layer before it."""
        return not self._each_layer and is_local_pooling(layer)

    def _of_fork(self, fork: Fork, layer: NetworkLayer, before: _Draft | None) -> list[_Draft | Branches]:
        """The ways of a fork and the layer that joins them.

        Args:
            before: the block before the fork, which a squeeze-and-excitation block is added to.

        Returns:
            What follows that block.
        """
        # From left to right as the layer takes them.
        ways = sorted(fork.ways, key=lambda way: layer.inputs.index(way[-1]) if way else -1)
        if gate := self._gate(ways, layer):
            if before is None:
                return [_Draft([[gate]])]
            before.lines.append([gate])
            return []
        joined = [box_of(layer)]
        boxes = [self._boxes(way) for way in ways]
        if any(way is None for way in boxes):
            return [Branches(tuple(self._series(way) for way in ways)), _Draft([joined])]
        longer, shorter = max(boxes, key=len), min(boxes, key=len)
        if len(shorter) == len(longer) == 1:
            return [_Draft([[box for (box,) in boxes], joined])]
        longest = _LONGEST_SEPARATE if self._each_layer else _LONGEST_GROUPED
        if len(boxes) == 2 and len(shorter) <= longest and len(shorter) < len(longer):
            lines = [[box] for box in longer]
            return [_Draft([*lines, joined], shortcut=shorter, joins=len(lines))]
        return [Branches(tuple(self._series(way) for way in ways)), _Draft([joined])]

    def _gate(self, ways: list[list[str | Fork]], layer: NetworkLayer) -> Box | None:
        """The box of a squeeze-and-excitation block, where the ways and the layer that joins them are one."""
        names = [name for way in ways for name in way]
        if self._each_layer or layer.type != "Multiply" or len(ways) != 2 or all(ways):
            return None
        if any(isinstance(name, Fork) for name in names) or not is_squeezing(self._layers[names[0]]):
            return None
        return gate_box([*(self._layers[name] for name in names), layer])

    def _boxes(self, way: list[str | Fork]) -> list[Box] | None:
        """The boxes of a way, where it has no forks and does not begin at an input."""
        drafts = self._drafts(way)
        if any(isinstance(draft, Branches) or draft.shortcut is not None for draft in drafts):
            return None
        lines = [line for draft in drafts for line in draft.lines]
        if any(len(line) > 1 or line[0].kind == Kind.INPUT for line in lines):
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
    """How the name of a convolution without shortcut begins, before the last `_`; empty for other drafts."""
    first = draft.lines[0][0]
    return first.name.rpartition("_")[0] if draft.shortcut is None and first.kind == Kind.CONVOLUTION else ""


def _name_of(draft: _Draft) -> str:
    """How the names of the block's layers begin, before the last `_`, except for those of poolings; where they have no
    common beginning, the name of the first of them."""
    boxes = [box for line in draft.lines for box in line if box.kind != Kind.POOLING] or draft.lines[0]
    beginning = boxes[0].name.rpartition("_")[0]
    several = sum(len(box.layers) for box in boxes) > 1
    if several and beginning and all(name.startswith(f"{beginning}_") for box in boxes for name in box.layers):
        return beginning
    return boxes[0].name
