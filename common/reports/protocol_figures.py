"""The paper's figures of its protocol and of its updates, drawn from what it declares."""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure as Drawing

from common.core.errors import SpecError
from common.paper.experiment import Experiment
from common.paper.figures import Figure
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.reports.figures.files import save_figure
from common.reports.figures.protocol import draw_accumulation, draw_rotation
from common.reports.run_figures import figure_title
from common.splits.clips import PARTS, rotation


def write_protocol_figures(
    paper: Paper, results: ResultPaths, ids: Collection[str] | None = None
) -> dict[str, list[Path]]:
    """Draw the paper's figures of its protocol and of its updates; they need neither data nor runs.

    Args:
        ids: of the figures that are wanted, of any kind; those of other kinds are ignored. None for all.

    Returns:
        Id of each figure -> its files.

    Raises:
        SpecError: the row that a figure names does not have what it shows.
    """
    return {
        figure.id: save_figure(_MAKERS[figure.kind](paper, figure), results.figures / f"figure_{figure.id}")
        for figure in paper.figures
        if figure.kind in _MAKERS and (ids is None or figure.id in ids)
    }


def rotation_as_text(rounds: list[tuple[int, ...]]) -> str:
    """Rounds in the notation of the report of ResNet1D, `[0 train - 1 valid - 2 test] -> ...`: the first two and the
    last of more than three."""

    def of_round(used: tuple[int, ...]) -> str:
        return f"[{' - '.join(f'{partition} {part}' for partition, part in zip(used, PARTS, strict=True))}]"

    shown = list(map(of_round, rounds))
    return " -> ".join(shown if len(shown) <= 3 else [*shown[:2], "...", shown[-1]])


def _experiment(paper: Paper, figure: Figure) -> Experiment:
    return paper.row(*(figure.rows[0] if figure.rows else paper.default_row)).experiment


def _rotation(paper: Paper, figure: Figure) -> partial[Drawing]:
    protocol = _experiment(paper, figure).protocol
    if protocol.split != "rotating":
        raise SpecError(f"figure {figure.id}: the split of its row is {protocol.split}, expected rotating.")
    rounds = rotation(protocol.partitions)
    used: set[int] = set()
    seen = []
    for train, valid, test in rounds:
        seen.append(protocol.carry_weights and test in used)
        used |= {train, valid}
    ours = rotation_as_text(rounds)
    below = [f"ours: {ours}"]
    if figure.stated:
        same = "the same" if figure.stated == ours else "different"
        below = [f"published: {figure.stated}", f"{below[0]} ({same})"]
    share = f"at the paper's scale, each partition has 1/{protocol.partitions} of the clips"
    title = f"{figure_title(paper, figure)}\n{protocol.name}: {share}"
    return partial(draw_rotation, rounds, title=title, seen=seen, below=below)


def _accumulation(paper: Paper, figure: Figure) -> partial[Drawing]:
    training = _experiment(paper, figure).training
    if training.accumulate_batches == 1:
        raise SpecError(f"figure {figure.id}: its row makes an update after every batch, expected accumulation.")
    batches, windows = training.accumulate_batches, training.batch_windows
    below = [f"ours: {batches} batches of {windows} windows, {batches * windows} windows in one update"]
    if figure.stated:
        below = [f"published: {figure.stated}", *below]
    return partial(
        draw_accumulation,
        batches,
        windows,
        training.accumulate_reduce,
        title=figure_title(paper, figure),
        below=below,
    )


# Kind -> what says how a figure is drawn that needs only what the paper declares about its training.
_MAKERS: dict[str, Callable[[Paper, Figure], partial[Drawing]]] = {"protocol": _rotation, "accumulation": _accumulation}
