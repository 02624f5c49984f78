"""Figures of what a paper declares about its training: which partition is used for what, and how updates are made."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes

_COLOURS = {"train": OURS, "valid": "#e9a23b", "test": ACCENT}
_UNUSED = "#f0f0f0"
# Small batches that are drawn one by one; of more, the middle ones are left out.
_MOST_BATCHES = 10


def draw_rotation(rounds: Sequence[Sequence[int]], *, title: str, seen: Sequence[bool], below: Sequence[str]) -> Figure:
    """What each partition is used for in each round.

    Args:
        rounds: number of the partition for training, validation and test, of each round.
        seen: for each round, whether the weights that it starts from were trained or chosen on its test partition.
        below: lines of text below the grid.
    """
    count = len(rounds)
    figure, axes = new_axes(1.6 + 1.15 * count, 1.5 + 0.55 * count + 0.3 * len(below))
    for number, used in enumerate(rounds):
        part_of = dict(zip(used, _COLOURS, strict=True))
        for partition in range(count):
            part = part_of.get(partition)
            warned = part == "test" and seen[number]
            axes.add_patch(
                Rectangle(
                    (partition + 0.04, number + 0.06),
                    0.92,
                    0.88,
                    facecolor=_COLOURS[part] if part else _UNUSED,
                    edgecolor="black" if warned else "none",
                    linewidth=2,
                )
            )
            if part:
                text = f"{part}, seen" if warned else part
                axes.text(partition + 0.5, number + 0.5, text, ha="center", va="center", color="white", fontsize=10)
    axes.set(xlim=(0, count), ylim=(count, 0), title=title)
    axes.set_xticks([place + 0.5 for place in range(count)], [f"partition {place}" for place in range(count)])
    axes.set_yticks([place + 0.5 for place in range(count)], [f"round {place + 1}" for place in range(count)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("\n".join(below), loc="left", fontsize=9)
    axes.xaxis.set_label_position("bottom")
    return figure


def draw_accumulation(batches: int, windows: int, reduce: str, *, title: str, below: Sequence[str]) -> Figure:
    """How the gradients of several small batches make one update of the weights.

    Args:
        batches: small batches of one update.
        windows: windows of a small batch.
        reduce: `mean` over all windows, or `sum` of the batches' gradients.
        below: lines of text below the drawing.
    """
    numbers: list[int | None] = list(range(1, batches + 1))
    if batches > _MOST_BATCHES:
        numbers = [1, 2, 3, None, batches - 1, batches]
    width = 1.2 * len(numbers)
    figure, axes = new_axes(max(8.0, width), 3.1 + 0.3 * len(below))
    middle = 0.5 * len(numbers)
    for place, number in enumerate(numbers):
        if number is None:
            axes.text(place + 0.5, 2.45, "...", ha="center", va="center")
            continue
        _box(axes, place + 0.06, 2.0, 0.88, 0.9, PUBLISHED)
        axes.text(place + 0.5, 2.45, f"batch {number}\n{windows} windows", ha="center", va="center", fontsize=9)
        axes.annotate("", (middle, 1.42), (place + 0.5, 1.96), arrowprops={"arrowstyle": "->", "color": "#666666"})
    meaning = "mean over all their windows" if reduce == "mean" else "sum of their gradients"
    _box(axes, middle - 1.9, 0.75, 3.8, 0.65, OURS)
    axes.text(middle, 1.07, f"{batches} gradients: {meaning}", ha="center", va="center", color="white")
    axes.annotate("", (middle, 0.42), (middle, 0.73), arrowprops={"arrowstyle": "->", "color": "#666666"})
    axes.text(middle, 0.22, f"one update of the weights: {batches * windows} windows", ha="center", va="center")
    axes.set(xlim=(0, len(numbers)), ylim=(0, 3), title=title, xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("\n".join(below), loc="left", fontsize=9)
    return figure


def _box(axes, left: float, bottom: float, width: float, height: float, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0.02", facecolor=colour, edgecolor="none")
    )
