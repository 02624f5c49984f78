"""From options to runs: settings, folds and seeds of every row that is asked for."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver, Setting, read_changes
from common.paper.paper import Paper
from common.paper.protocol import GENERAL_SPLITS, PREDEFINED, Protocol
from common.paper.tables import ArchitectureTable, Confusion, ResultTable
from common.paper.value_tables import ValueTable
from common.records.paths import ResultPaths
from common.records.record import DataFacts
from common.runs.builder import PlannedRun, RunBuilder
from common.runs.data import OpenedData, open_data
from common.runs.options import Options
from common.runs.selection import (
    ChosenRows,
    choose_rows,
    keep_runnable_rows,
    needed_weights,
    require_weight_files,
    weights_of_rows,
)
from common.splits.clips import split_ids
from data_pipeline.cache.extraction import ParallelMap
from data_pipeline.datasets.catalog import COPY_SUFFIX, Catalog
from data_pipeline.features import Feature
from data_pipeline.windows.reader import WindowReader

_FEW_CLIPS = 2_000
_NAMED_TRACKS = 20


@dataclass(frozen=True)
class ResolvedRows:
    """The rows of a command, and how its options apply to them.

    Args:
        chosen: tables with the rows that can be run on the data.
        weights: name -> SHA-256 of files of trained weights.
    """

    chosen: ChosenRows
    resolver: Resolver
    weights: dict[str, str]


@dataclass
class Plan:
    """All runs of one command, with the facts about the data that go into their records.

    Args:
        catalog: the tracks that are left after choosing genres and scale.
        given: feature of the arrays that the data set consists of; None where there is audio.
        clips_of_genres: see `common.runs.data.OpenedData`.
    """

    paper: Paper
    setting: Setting
    facts: DataFacts
    tables: list[ResultTable | ArchitectureTable | ValueTable | Confusion]
    catalog: Catalog
    given: Feature | None
    clips_of_genres: dict[str, int]
    runs: list[PlannedRun] = field(default_factory=list)

    def results(self, out: Path) -> ResultPaths:
        """Where the results of the runs are kept."""
        return ResultPaths.of(out, self.paper.key, self.setting.dataset)

    @property
    def readers(self) -> list[WindowReader]:
        """Readers of all inputs, each once, for figures of the data."""
        parts = [part for planned in self.runs for part in planned.reader.parts]
        return list({id(part): part for part in parts}.values())

    def close(self) -> None:
        """Close the shards that the runs read from."""
        for planned in self.runs:
            planned.reader.close()


def plan(paper: Paper, options: Options, *, parallel_map: ParallelMap | None = None) -> Plan:
    """All steps from options to planned runs. The options must ask for at least one row.

    Args:
        parallel_map: see `data_pipeline.cache.extraction.prepare`.

    Raises:
        EncoreError: options or data cannot be used.
    """
    chosen = choose_rows(paper, options.tables, options.rows)
    data = open_data(paper, options)
    rows = resolve_rows(paper, options, chosen, data)
    builder = prepare_features(rows, options, data, parallel_map=parallel_map)
    return plan_runs(rows, data, builder)


def require_known_changes(options: Options, paper: Paper, experiments: dict[str, Experiment]) -> None:
    """Check the values that a command replaces before any data are read, so that a mistake in them is reported at once.
    Those of arrays have to wait, because arrays bring features of their own.

    Args:
        experiments: row name -> experiment, of the rows that are asked for.

    Raises:
        SpecError: a value does not exist or does not fit.
    """
    if options.dataset == "arrays" or not (options.all_changes and experiments):
        return
    protocol = next(iter(experiments.values())).protocol
    setting = Setting(
        dataset=options.dataset,
        data_digest="",
        scale=options.effective_scale,
        features=_features(options, None),
        split=options.split or protocol.split,
        unit=options.unit or protocol.unit,
        epochs=options.epochs,
        precision=options.precision,
        changes=read_changes(options.all_changes),
    )
    Resolver(paper, setting).with_canonical_changes(experiments)


def resolve_rows(
    paper: Paper, options: Options, chosen: ChosenRows, data: OpenedData, *, are_trained: bool = True
) -> ResolvedRows:
    """Apply the options to the chosen rows.

    Args:
        are_trained: whether the data have to be divided as the rows say.

    Raises:
        SpecError: an option does not fit the rows or the data.
        DataError: the split that is asked for does not fit the data.
    """
    chosen = keep_runnable_rows(chosen, data.given, by_name=bool(options.rows))
    asked = {row.name: row.experiment for _, rows in chosen for row in rows}
    protocol = _protocol_of(paper, options, data.catalog)
    setting = Setting(
        dataset=data.catalog.dataset,
        data_digest="",
        scale=options.effective_scale,
        features=_features(options, data.given),
        split=protocol.split,
        unit=protocol.unit,
        epochs=options.epochs,
        precision=options.precision,
        changes=read_changes(options.all_changes),
        genres=data.genres,
        # Arrays are read as they are, whatever decodes audio files.
        decoder=options.decoder if data.given is None else "soundfile",
    )
    experiments = [row.experiment for _, rows in chosen for row in rows]
    resolver = Resolver(paper, setting, data.given).with_canonical_changes(asked).without_idle_overrides(experiments)
    resolved = list(map(resolver.experiment, experiments))
    names = needed_weights(paper, resolved)
    files = options.weight_files_of(paper, names)
    if options.weights_dir is not None:
        require_weight_files(paper, options.weights_dir, names, files)
    weights = weights_of_rows(paper, resolved, files)
    protocol = resolver.experiment(experiments[0]).protocol
    if options.allow_incomplete and not _can_stratify(protocol, data.catalog):
        resolver = resolver.with_setting(stratified=False)
        warn("too few clips of some genres for a stratified split: genres are ignored, and the table says so")
        protocol = resolver.experiment(experiments[0]).protocol
    if are_trained:
        _require_split(protocol, data.catalog)
    return ResolvedRows(chosen, resolver, weights)


def prepare_features(
    rows: ResolvedRows, options: Options, data: OpenedData, *, parallel_map: ParallelMap | None = None
) -> RunBuilder:
    """Extract the features of all rows that the cache does not hold yet.

    Raises:
        DataError: a track or the cache cannot be used.
        BudgetError: loading or extraction exceeded the memory limit.
    """
    options.memory_limit.require(
        "loading the program and the data set", remedy="Raise the limit: TensorFlow alone takes about 600 MB."
    )
    builder = RunBuilder(
        rows.resolver,
        data.catalog,
        cache=options.cache,
        decoder=options.decoder,
        skip_bad=options.skip_bad,
        seeds=options.all_seeds,
        weights=rows.weights,
        parallel_map=parallel_map,
        memory_left_bytes=options.memory_limit.left_bytes(),
    )
    builder.prepare([row for _, of_table in rows.chosen for row in of_table])
    options.memory_limit.require(
        "feature extraction",
        remedy="Raise the limit, or give the same command again: features in the cache are not extracted again.",
    )
    return builder


def plan_runs(rows: ResolvedRows, data: OpenedData, builder: RunBuilder) -> Plan:
    """List every run that the rows need; rows with the same experiment share their runs.

    Raises:
        DataError, SpecError: the data cannot be cut into windows or split as the rows ask.
    """
    runs: dict[str, PlannedRun] = {}
    for table, of_table in rows.chosen:
        for row in of_table:
            for planned in builder.runs_of(row):
                earlier = runs.get(planned.run.id)
                if earlier and earlier.row_experiment != planned.row_experiment:
                    raise AssertionError(f"{earlier.labels} and {table.id} [{row.name}] would share one record")
                labels = (*(earlier.labels if earlier else ()), f"table {table.id}, {row.name}")
                runs[planned.run.id] = replace(earlier or planned, labels=labels)
    catalog = data.catalog
    index = next(iter(runs.values())).reader.index
    unusable = [bad.id for bad in (*catalog.known_bad, *catalog.bad, *sorted(index.skipped, key=lambda bad: bad.id))]
    skipped = [clip for clip in unusable if not clip.endswith(COPY_SUFFIX)]
    facts = DataFacts(
        title=catalog.title,
        caption=catalog.caption,
        genres=catalog.genres,
        clips=len(index.clips),
        expected=catalog.expected,
        skipped=len(skipped),
        skipped_clips=tuple(skipped[:_NAMED_TRACKS]),
        missing=len(catalog.missing),
        clip_accuracy_ceiling_percent=catalog.clip_accuracy_ceiling_percent,
    )
    resolver = rows.resolver.with_setting(data_digest=index.data_digest)
    tables = [table for table, _ in rows.chosen]
    return Plan(
        resolver.paper,
        resolver.setting,
        facts,
        tables,
        catalog,
        data.given,
        data.clips_of_genres,
        list(runs.values()),
    )


def say_splits(plan: Plan) -> None:
    """Name the splits of a plan's runs, each once."""
    for name in dict.fromkeys(planned.run.experiment.protocol.name for planned in plan.runs):
        say(f"split: {name}")


def _protocol_of(paper: Paper, options: Options, catalog: Catalog) -> Protocol:
    """The paper's protocol with the split and unit that are asked for. Without `--split`, the split is that of the
    published numbers, or the rows' own where that cannot be used on the data."""
    own, published = paper.default_experiment.protocol, paper.published_protocol
    unit = options.unit or own.unit
    if options.split is not None:
        return own.replace(split=options.split, unit=unit)
    if published.split in PREDEFINED and published.split not in catalog.splits:
        instead = paper.protocol_on(catalog.splits)
        warn(
            f"{catalog.title} has no split {published.split}, which the paper uses: a {instead.split} split is used "
            "instead"
        )
        return instead.replace(unit=unit)
    if published.split != own.split and unit == "segment":
        # A predefined split divides whole clips.
        warn(
            f"the split {published.split}, which the paper uses, divides whole clips: with --unit window a "
            f"{own.split} split is used"
        )
        return own.replace(unit=unit)
    return published.replace(unit=unit)


def _features(options: Options, given: Feature | None) -> str:
    if given is not None:
        if options.features is not None:
            raise SpecError(
                f"--features {options.features}: the arrays of --dataset arrays are used as they are given."
            )
        return "given"
    # The demo should take minutes, not hours; every table made with small features says so.
    return options.features or (
        "small" if options.dataset == "demo" and options.effective_scale == "smoke" else "paper"
    )


def _require_split(protocol: Protocol, catalog: Catalog) -> None:
    """Refuse a split that does not exist or does not fit before features are computed. Where a large data set is too
    small for a split that takes a while, it is refused when it is split.

    Raises:
        DataError, SpecError: see `common.splits.clips.split_ids`.
    """
    tracks = catalog.tracks
    # Windows are always enough for a split of windows.
    if protocol.split in GENERAL_SPLITS and (protocol.unit == "segment" or len(tracks) > _FEW_CLIPS):
        return
    split_ids(protocol, [t.id for t in tracks], [t.label for t in tracks], catalog.splits, [t.artist for t in tracks])


def _can_stratify(protocol: Protocol, catalog: Catalog) -> bool:
    """Whether every genre has enough clips for the split (windows are always enough)."""
    if protocol.unit == "segment" or protocol.split not in (*GENERAL_SPLITS, "artist"):
        return True
    tracks = catalog.tracks
    try:
        split_ids(protocol, [t.id for t in tracks], [t.label for t in tracks], artists=[t.artist for t in tracks])
    except DataError:
        return False
    return True
