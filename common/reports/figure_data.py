"""What figures of the data are drawn from, and what it takes to draw one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Drawing

from common.core.errors import SpecError
from common.paper.experiment import Experiment, Input
from common.paper.figures import Figure
from common.paper.overrides import Resolver
from common.paper.paper import Paper
from common.reports.genre_counts import GenreCounts
from data_pipeline.cache.examples import ExampleClip, ExampleReader
from data_pipeline.datasets.catalog import Catalog


@dataclass(frozen=True)
class DataForFigures:
    """What figures of the data are drawn from. No run is needed, and no shard.

    Args:
        catalog: the clips that a command uses: after the choice of genres, and after those that its scale leaves out.
        reader: of single clips of that catalog.
        experiments: digest of a row's experiment, as the paper declares it -> experiment as the command runs it, see
            `experiments_of`. The first comes first where a figure names no row.
        clips_of_genres: genre -> clips found in the data set, also of genres that are left out, and before a scale
            leaves out clips.
    """

    catalog: Catalog
    reader: ExampleReader
    experiments: Mapping[str, Experiment]
    clips_of_genres: Mapping[str, int]


def experiments_of(resolver: Resolver) -> dict[str, Experiment]:
    """Digest of each row's experiment -> experiment as a command runs it, of all rows of the paper, the default row
    first. Rows without a value that the command replaces cannot be part of it and are left out."""
    found = {}
    for declared in resolver.paper.experiments:
        try:
            found[declared.digest] = resolver.experiment(declared)
        except SpecError:
            continue
    return found


class NotPossibleError(Exception):
    """A figure cannot be made of these data; says why."""


@dataclass(frozen=True)
class Drawable:
    """A figure that can be drawn.

    Args:
        draw: draws it.
        made_from: what tells it from others: plain values, specs and dataclasses.
        clips: that it shows.
        counts: numbers that are written beside it; None for none.
        of_run: whether it shows a run, so that its file has the name of the run's setting.
    """

    draw: Callable[[], Drawing]
    made_from: list
    clips: Sequence[ExampleClip] = ()
    counts: GenreCounts | None = None
    of_run: bool = False


def experiments_shown(paper: Paper, figure: Figure, data: DataForFigures) -> list[Experiment]:
    """Those of the rows that the figure names, or of all rows in their order."""
    if not figure.rows:
        return list(data.experiments.values())
    digests = [paper.row(*row).experiment.digest for row in figure.rows]
    found = [data.experiments[digest] for digest in digests if digest in data.experiments]
    if not found:
        named = ", ".join(f"{label} of table {table}" for table, label in figure.rows)
        raise NotPossibleError(f"it shows the input of {named}, which lacks a value that the command replaces")
    return found


def inputs_shown(paper: Paper, figure: Figure, data: DataForFigures) -> list[Input]:
    """The inputs of their networks."""
    return [given for experiment in experiments_shown(paper, figure, data) for given in experiment.inputs]
