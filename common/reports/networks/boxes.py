"""What the picture of a network consists of: boxes, blocks of boxes, and branches of blocks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

Shape = tuple[int | None, ...]


class Kind(StrEnum):
    """What the colour of a box says, in the order of the legend."""

    INPUT = "input"
    CONVOLUTION = "convolution"
    POOLING = "pooling"
    NORMALISATION = "normalisation"
    ACTIVATION = "activation"
    DENSE = "dense"
    RECURRENT = "recurrent"
    GATE = "squeeze and excitation"
    JOINING = "joining"
    DROPOUT = "dropout"
    OTHER = "other"


@dataclass(frozen=True)
class Box:
    """One or several layers that are shown as one box.

    Args:
        kind: its colour.
        name: of its main layer.
        text: its main layer, with settings.
        detail: the further layers, in order.
        layers: names of all of them, of all repetitions.
        shapes: of the output, of each repetition.
        parameters: trainable ones, of all repetitions.
        fixed: parameters that are not trained.
        times: how often it follows itself within its block.
    """

    kind: Kind
    name: str
    text: str
    detail: str
    layers: tuple[str, ...]
    shapes: tuple[Shape, ...]
    parameters: int
    fixed: int = 0
    times: int = 1

    @property
    def look(self) -> tuple[Kind, str, str, int, bool]:
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


def blocks_of(series: Series) -> Iterator[Block]:
    """All blocks of a picture."""
    for element in series:
        if isinstance(element, Block):
            yield element
        else:
            for column in element.columns:
                yield from blocks_of(column)
