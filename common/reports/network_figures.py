"""The paper's figures of networks, which are drawn from the built models."""

from collections.abc import Callable, Collection
from functools import cache, partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Drawing

from common.core.errors import SpecError
from common.core.words import counted
from common.paper import network_graph
from common.paper.experiment import Experiment
from common.paper.figures import Figure
from common.paper.network_graph import NetworkLayer, part_of, row_layers
from common.paper.paper import Paper
from common.paper.parameters import code_digest
from common.records.paths import ResultPaths
from common.reports.figures.files import save_unless_drawn
from common.reports.figures.networks import draw_network
from common.reports.networks import boxes, grouping, texts, ways
from common.reports.networks.boxes import Series
from common.reports.networks.grouping import grouped, separate
from common.reports.run_figures import figure_title

_KINDS = ("network", "block")
# Modules whose code decides on what a picture shows.
_DRAWN_BY = (__name__, *(module.__name__ for module in (network_graph, boxes, grouping, texts, ways)))

_ABOUT_SHAPES = "Shapes are without the batch, with channels last."
_ABOUT_1D = "A kernel of Conv1D goes along the first axis and covers all of the second."


def write_network_figures(paper: Paper, results: ResultPaths, ids: Collection[str]) -> dict[str, list[Path]]:
    """Draw figures of networks, unless their files show the same already; only then networks are built, with Keras.

    Args:
        ids: of figures; those of other kinds are left out.

    Returns:
        Figure id -> its files.

    Raises:
        SpecError: a network has connections that cannot be drawn, or none of the layers that a figure shows.
    """
    layers_of = cache(partial(row_layers, paper))
    code = code_digest(paper)
    written = {}
    for figure in paper.figures:
        if figure.kind in _KINDS and figure.id in ids:
            experiment = _experiment(paper, figure)
            made_from = [figure_title(paper, figure), figure, _row(paper, figure), *_network(paper, experiment), code]
            stem = results.figures / f"figure_{figure.id}"
            draw = partial(_draw, paper, figure, layers_of)
            written[figure.id] = save_unless_drawn(draw, made_from, stem, *_DRAWN_BY)
    return written


def network_series(figure: Figure, layers: tuple[NetworkLayer, ...]) -> Series:
    """The blocks that a figure shows.

    Args:
        layers: of the whole network.

    Raises:
        SpecError: the network has connections that cannot be drawn, or none of the layers that the figure shows.
    """
    try:
        return grouped(layers) if figure.kind == "network" else separate(part_of(layers, figure.layers))
    except SpecError as error:
        raise SpecError(f"figure {figure.id}: {error}") from error


def _network(paper: Paper, experiment: Experiment) -> list[Any]:
    """What tells a row's network from others of the paper."""
    return [experiment.model, paper.input_shape(experiment)]


def _row(paper: Paper, figure: Figure) -> tuple[str, str]:
    return figure.rows[0] if figure.rows else paper.default_row


def _experiment(paper: Paper, figure: Figure) -> Experiment:
    return paper.row(*_row(paper, figure)).experiment


def _draw(paper: Paper, figure: Figure, layers_of: Callable[[Experiment], tuple[NetworkLayer, ...]]) -> Drawing:
    layers = layers_of(_experiment(paper, figure))
    series = network_series(figure, layers)
    total, fixed = sum(layer.parameters for layer in layers), sum(layer.fixed for layer in layers)
    shown = sum(block.parameters for block in boxes.blocks_of(series))
    table, label = _row(paper, figure)
    of_all = f"{total:,} of its {counted(total + fixed, 'parameters')} trained" if fixed else _trainable(total)
    whole = figure.kind == "network"
    size = of_all if whole else f"{shown:,} of {_trainable(total)}"
    last = layers[-1]
    return draw_network(
        series,
        title=f"{figure_title(paper, figure)}\nTable {table}, row {label}: {size}",
        notes=[_ABOUT_SHAPES, *([_ABOUT_1D] if any(layer.type == "Conv1D" for layer in layers) else [])],
        spread=not whole,
        ends_in="logits" if whole and last.shape == (paper.published_classes,) else "",
    )


def _trainable(number: int) -> str:
    return f"{number:,} trainable parameters"
