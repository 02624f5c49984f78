"""What figures of the data are drawn from, of a catalog and without a training."""

from pathlib import Path

from common.paper.figures import Figure
from common.paper.overrides import Resolver, Setting
from common.paper.paper import Paper
from common.reports.figure_data import DataForFigures, experiments_of
from common.reports.groups import Group
from data_pipeline.cache.examples import ExampleReader
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features import Feature


def data_for(
    paper: Paper,
    catalog: Catalog,
    cache: Path,
    *,
    given: Feature | None = None,
    clips_of_genres: dict[str, int] | None = None,
    stored=(),
    skip_bad: bool = False,
    **setting,
) -> tuple[DataForFigures, Group]:
    """The data of a catalog, and a group without records."""
    values = {"dataset": catalog.dataset, "data_digest": "", "scale": "smoke", "split": "holdout", "unit": "clip"}
    values |= {"features": "given" if given else "small"}
    resolver = Resolver(paper, Setting(**values | setting), given)
    found = {genre: sum(track.label == genre for track in catalog.tracks) for genre in catalog.genres}
    reader = ExampleReader(catalog, cache=cache, skip_bad=skip_bad, stored=stored)
    data = DataForFigures(catalog, reader, experiments_of(resolver), clips_of_genres or found)
    return data, Group(resolver.setting, "", ())


def figure_of(paper: Paper, name: str) -> Figure:
    """The paper's figure of that id."""
    return next(figure for figure in paper.figures if figure.id == name)
