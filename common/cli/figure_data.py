"""From a command's options to what figures of the data are drawn from."""

from collections.abc import Collection, Mapping, Sequence

from common.core.console import progress
from common.core.files import sha256_of_json
from common.paper.overrides import Resolver, Setting
from common.paper.paper import Paper
from common.paper.tables import Row
from common.records.paths import ResultPaths
from common.records.rows import usable_row_records
from common.reports.data_figures import DrawnFigures, write_data_figures
from common.reports.figure_data import DataForFigures, experiments_of
from common.reports.groups import Group, groups_of
from common.runs.data import OpenedData, open_data
from common.runs.options import Options
from common.runs.plan import Plan, resolve_rows
from common.runs.selection import ChosenRows, is_runnable
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


def draw_data(paper: Paper, options: Options, figures: Collection[str]) -> tuple[ResultPaths, DrawnFigures]:
    """Draw figures of the data without a training.

    Args:
        figures: ids.

    Returns:
        Where they are, and which could be drawn.

    Raises:
        EncoreError: options or data cannot be used.
    """
    data = open_data(paper, options)
    row = _runnable_row(paper, data)
    chosen: ChosenRows = [(paper.table(paper.default_row[0]), [row])]
    resolver = resolve_rows(paper, options, chosen, data, are_trained=False).resolver
    results = ResultPaths.of(options.out, paper.key, resolver.setting.dataset)
    group = _group_of(paper, resolver.setting, data.catalog, results)
    shown = data_for_figures(resolver, data.catalog, data.clips_of_genres, options)
    with progress("drawing figures of the data"):
        return results, write_data_figures(paper, group, shown, results, figures)


def _group_of(paper: Paper, setting: Setting, catalog: Catalog, results: ResultPaths) -> Group:
    """The records in a folder of results that are of the same setting and data, with the names of their figures; none
    where there are none. Where the folder has records of other data, the names of figures have a tag."""
    groups = groups_of(paper, [one.record for one in usable_row_records(paper, results)])
    of_these = [group for group in groups if group.records[0].data.title == catalog.title]
    for group in of_these:
        if group.setting.replace(data_digest="") == setting:
            return group
    tag = sha256_of_json(catalog.title)[:8] if groups and not of_these else ""
    return Group(setting, conditions="", records=(), data_tag=of_these[0].data_tag if of_these else tag)


def _runnable_row(paper: Paper, data: OpenedData) -> Row:
    """A row that the data have inputs for, the recommended one if it has; that one where none has."""
    rows = [paper.row(*paper.default_row), *(row for table in paper.tables for row in table.rows)]
    return next((row for row in rows if is_runnable(row, data.given)), rows[0])
