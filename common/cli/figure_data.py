"""From a command's options to what figures of the data are drawn from."""

from collections.abc import Mapping, Sequence

from common.paper.overrides import Resolver
from common.reports.figure_data import DataForFigures, experiments_of
from common.runs.options import Options
from common.runs.plan import Plan
from data_pipeline.cache.examples import ExampleReader
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.datasets.catalog import Catalog


def data_of_plan(plan: Plan, options: Options) -> DataForFigures:
    """For figures beside a training: what the runs' shards hold is not extracted again."""
    return data_for_figures(
        Resolver(plan.paper, plan.setting, plan.given),
        plan.catalog,
        plan.clips_of_genres,
        options,
        stored=[reader.index for reader in plan.readers],
    )


def data_for_figures(
    resolver: Resolver,
    catalog: Catalog,
    clips_of_genres: Mapping[str, int],
    options: Options,
    *,
    stored: Sequence[ShardIndex] = (),
) -> DataForFigures:
    """For figures without a training: features are extracted of the clips that they show, and of no others.

    Args:
        resolver: of the paper and the command's setting, see `common.runs.plan.resolve_rows`.
        catalog, clips_of_genres: see `common.runs.data.open_data`.
        stored: shards that are there already.
    """
    reader = ExampleReader(
        catalog,
        cache=options.cache,
        decoder=options.decoder,
        skip_bad=options.skip_bad,
        memory_left_bytes=options.memory_limit.left_bytes(),
        stored=stored,
    )
    return DataForFigures(catalog, reader, experiments_of(resolver), clips_of_genres)
