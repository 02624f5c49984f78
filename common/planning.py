"""From options to runs: which data, which experiments, which folds and seeds."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from common.console import say, warn
from common.errors import DataError, SpecError
from common.groups import conditions_of
from common.paper import ArchitectureTable, Paper
from common.protocol import Fold, folds_of_windows, split_ids
from common.records import DataFacts, Setting
from common.spec import Experiment, Precision, Row, Scale, SplitName, Table, Unit
from common.training import Run
from data_pipeline.audio import Decoder
from data_pipeline.catalog import Catalog
from data_pipeline.datasets import registry
from data_pipeline.features import Feature
from data_pipeline.prepare import prepare
from data_pipeline.reader import WindowReader
from data_pipeline.shards import ShardIndex
from data_pipeline.windows import index_windows

_NAMED_TRACKS = 20


@dataclass(frozen=True)
class Options:
    """What a command asks for; None where the paper, the scale or the dataset decides."""

    dataset: str = "demo"
    data: Path | None = None
    tables: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    scale: Scale | None = None
    features: str | None = None
    epochs: int | None = None
    seeds: int | None = None
    split: SplitName | None = None
    unit: Unit | None = None
    precision: Precision | None = None
    memory_limit_bytes: int | None = None
    cache: Path = Path("~/.cache/encore")
    out: Path = Path("results")
    fresh: bool = False
    skip_bad: bool = False
    allow_incomplete: bool = False
    decoder: Decoder = "soundfile"
    seconds_per_column: float | None = None

    @property
    def effective_scale(self) -> Scale:
        return self.scale or ("smoke" if self.dataset == "demo" else "paper")


@dataclass(frozen=True)
class PlannedRun:
    """A run with all that it needs.

    Args:
        labels: the rows that it serves, e.g. `5.1 [16]`.
    """

    run: Run
    row_experiment: str
    labels: tuple[str, ...]
    folds: int
    reader: WindowReader


@dataclass
class Plan:
    """All runs of one command, and what their records say of the data.

    Args:
    """

    paper: Paper
    setting: Setting
    facts: DataFacts
    tables: list[Table | ArchitectureTable]
    runs: list[PlannedRun] = field(default_factory=list)

    @property
    def reader(self) -> WindowReader:
        """Of the first run, for pictures of the data."""
        return self.runs[0].reader

    @property
    def conditions(self) -> str:
        """What replaced the rows' own features and windows."""
        rows = {row.experiment.digest: row.experiment for table in self.paper.tables for row in table.rows}
        first = self.runs[0]
        return conditions_of(rows[first.row_experiment], first.run.experiment)

    def close(self) -> None:
        """Close the shards that the runs read from."""
        for planned in self.runs:
            planned.reader.close()


def selected(paper: Paper, options: Options) -> list[tuple[Table | ArchitectureTable, list[Row]]]:
    """The tables that are asked for, with their rows that are asked for.

    Raises:
        SpecError: a table or row does not exist.
    """
    tables = [paper.table(name) for name in dict.fromkeys(options.tables or paper.table_ids)]
    of_results = [table for table in tables if isinstance(table, Table)]
    known = {row.label for table in of_results for row in table.rows}
    for label in options.rows:
        if label not in known:
            listed = "; ".join(f"table {t.id}: {' | '.join(row.label for row in t.rows)}" for t in of_results) or "none"
            raise SpecError(f"--row {label}: no such row in the tables asked for. Rows: {listed}.")
    wanted = set(options.rows or known)
    return [
        (table, [row for row in table.rows if row.label in wanted] if isinstance(table, Table) else [])
        for table in tables
    ]


def plan(paper: Paper, options: Options) -> Plan:
    """Open and prepare the data, and list every run that the asked rows need (shared rows once).

    The options must ask for at least one row.

    Raises:
        EncoreError: options or data cannot be used.
    """
    chosen = selected(paper, options)
    if options.seconds_per_column is not None and options.dataset != "arrays":
        raise SpecError(f"--seconds-per-column: goes with --dataset arrays, received --dataset {options.dataset}.")
    catalog, given = registry.load(
        options.dataset, options.data, options.cache.expanduser(), seconds_per_column=options.seconds_per_column
    )
    _report(catalog, options)
    scale = options.effective_scale
    if scale == "smoke":
        catalog = catalog.first_of_each_genre(paper.smoke_tracks_per_genre)
    protocol = paper.default_experiment.protocol
    features = _features(options, given)
    setting = Setting(
        dataset=catalog.dataset,
        data_digest="",
        scale=scale,
        features=features,
        split=options.split or protocol.split,
        unit=options.unit or protocol.unit,
        epochs=options.epochs,
        precision=options.precision,
    )
    _require_predefined(paper, catalog, setting, given)
    if options.allow_incomplete and not _can_stratify(paper, catalog, setting, given):
        setting = setting.but(stratified=False)
        warn("too few clips of some genres to stratify: they are dealt without regard to genre, and the table says so")
    workshop = _Workshop(paper, options, catalog, given)
    runs: dict[str, PlannedRun] = {}
    for table, rows in chosen:
        for row in rows:
            for planned in workshop.runs_of(row, setting):
                earlier = runs.get(planned.run.id)
                labels = (*(earlier.labels if earlier else ()), f"{table.id} [{row.label}]")
                runs[planned.run.id] = PlannedRun(
                    planned.run, planned.row_experiment, labels, planned.folds, planned.reader
                )
    index = next(iter(runs.values())).reader.index
    setting = _without_idle_overrides(paper, setting, given).but(data_digest=index.data_digest)
    skipped = [*(bad.id for bad in (*catalog.known_bad, *index.skipped)), *sorted(workshop.short_tracks)]
    facts = DataFacts(
        title=catalog.title,
        caption=catalog.caption,
        genres=catalog.genres,
        clips=len(index.tracks) - len(workshop.short_tracks),
        expected=catalog.expected,
        skipped=len(skipped),
        skipped_clips=tuple(skipped[:_NAMED_TRACKS]),
        missing=len(catalog.missing),
        clip_accuracy_ceiling_percent=catalog.clip_accuracy_ceiling_percent,
    )
    return Plan(paper, setting, facts, [table for table, _ in chosen], list(runs.values()))


def resolve(paper: Paper, experiment: Experiment, setting: Setting, given: Feature | None) -> Experiment:
    """A row's experiment as a command runs it: scale, features and flags applied."""
    training = experiment.training
    if setting.scale == "smoke":
        training = training.but(**(paper.smoke_paper_features if setting.features == "paper" else paper.smoke))
    if setting.epochs is not None:
        training = training.but(epochs=setting.epochs)
    if setting.precision is not None:
        training = training.but(precision=setting.precision)
    feature = {"paper": experiment.feature, "small": paper.small_feature, "given": given}[setting.features]
    protocol = experiment.protocol.but(split=setting.split, unit=setting.unit, stratified=setting.stratified)
    return experiment.but(feature=feature, protocol=protocol, training=training)


class _Workshop:
    """Makes shards, folds and readers once each, whichever rows need them."""

    def __init__(self, paper: Paper, options: Options, catalog: Catalog, given: Feature | None):
        self._paper = paper
        self._options = options
        self._catalog = catalog
        self._given = given
        self._indices: dict[str, ShardIndex] = {}
        self._readers: dict[str, tuple[WindowReader, list[Fold]]] = {}
        self.short_tracks: set[str] = set()

    def runs_of(self, row: Row, setting: Setting) -> list[PlannedRun]:
        experiment = resolve(self._paper, row.experiment, setting, self._given)
        reader, folds = self._reader(experiment)
        seeds = self._options.seeds or (1 if setting.scale == "smoke" else self._paper.paper_seeds)
        return [
            PlannedRun(
                Run(experiment, reader.index.data_digest, fold, seed), row.experiment.digest, (), len(folds), reader
            )
            for seed in range(seeds)
            for fold in folds
        ]

    def _index(self, feature: Feature) -> ShardIndex:
        if feature.digest not in self._indices:
            self._indices[feature.digest] = prepare(
                self._catalog,
                feature,
                self._options.cache,
                skip_bad=self._options.skip_bad,
                decoder=self._options.decoder,
            )
        return self._indices[feature.digest]

    def _reader(self, experiment: Experiment) -> tuple[WindowReader, list[Fold]]:
        key = experiment.but(model=self._paper.default_experiment.model).digest
        if key not in self._readers:
            index = self._index(experiment.feature)
            tracks = index.tracks
            windows = index_windows(
                experiment.windows,
                [track.frames for track in tracks],
                [track.id for track in tracks],
                experiment.feature.frames_per_second,
                skip_short=self._options.skip_bad,
            )
            used = set(windows.tracks.tolist())
            self.short_tracks |= {track.id for number, track in enumerate(tracks) if number not in used}
            folds = folds_of_windows(
                experiment.protocol,
                track_ids=[track.id for track in tracks],
                track_labels=[track.label for track in tracks],
                window_tracks=windows.tracks,
                window_starts=windows.starts,
                predefined=self._catalog.splits,
            )
            per_track = np.bincount(windows.tracks)[sorted(used)]
            spread = (
                f"{per_track.min()}" if per_track.min() == per_track.max() else f"{per_track.min()}-{per_track.max()}"
            )
            say(
                f"{len(used)} clips, {len(windows)} windows of {experiment.feature.bins} x {windows.frames} "
                f"({spread} per clip), split: {experiment.protocol.name}"
            )
            self._readers[key] = WindowReader(index, windows), folds
        return self._readers[key]


def _features(options: Options, given: Feature | None) -> str:
    if given is not None:
        if options.features is not None:
            raise SpecError(
                f"--features {options.features}: the arrays of --dataset arrays are used as they are given."
            )
        return "given"
    # A demonstration has minutes, not hours; every table made with small features says so.
    return options.features or (
        "small" if options.dataset == "demo" and options.effective_scale == "smoke" else "paper"
    )


def _report(catalog: Catalog, options: Options) -> None:
    """Say what the folder holds and lacks; refuse an incomplete dataset unless it is allowed."""
    for bad in catalog.known_bad:
        warn(f"{bad.id} is known to be unusable and left out ({bad.reason})")
    if catalog.extra:
        shown = ", ".join(catalog.extra[:5]) + (", ..." if len(catalog.extra) > 5 else "")
        warn(f"{catalog.title}: {len(catalog.extra)} files are no clips of it and ignored: {shown}")
    if not catalog.missing:
        return
    found = (
        f"{catalog.title}: {len(catalog.tracks)} of {catalog.expected} clips found, {len(catalog.missing)} are missing"
    )
    first = f"first missing: {', '.join(catalog.missing[:3])}"
    if options.allow_incomplete:
        warn(f"{found} ({first}); going on with those found, and every table is marked incomplete")
        return
    raise DataError(
        f"{found} ({first}). What can be run anyway: the same command with --allow-incomplete (tables are then marked "
        f"incomplete; add --scale smoke for a quick look), or the generated corpus with --dataset demo."
    )


def _require_predefined(paper: Paper, catalog: Catalog, setting: Setting, given: Feature | None) -> None:
    """Refuse a predefined split that does not exist or does not fit before anything is extracted for it."""
    protocol = resolve(paper, paper.default_experiment, setting, given).protocol
    if protocol.split not in ("holdout", "kfold"):
        split_ids(protocol, [track.id for track in catalog.tracks], [t.label for t in catalog.tracks], catalog.splits)


def _can_stratify(paper: Paper, catalog: Catalog, setting: Setting, given: Feature | None) -> bool:
    """Whether the clips of every genre suffice for the split (windows always do)."""
    protocol = resolve(paper, paper.default_experiment, setting, given).protocol
    if protocol.unit == "segment" or protocol.split not in ("holdout", "kfold"):
        return True
    try:
        split_ids(protocol, [track.id for track in catalog.tracks], [track.label for track in catalog.tracks])
    except DataError:
        return False
    return True


def _without_idle_overrides(paper: Paper, setting: Setting, given: Feature | None) -> Setting:
    """`--epochs 50` where 50 is the paper's value is no other setting than none."""

    def outcome(candidate: Setting) -> list[str]:
        return [resolve(paper, row.experiment, candidate, given).digest for table in paper.tables for row in table.rows]

    for name in ("epochs", "precision"):
        without = setting.but(**{name: None})
        if outcome(without) == outcome(setting):
            setting = without
    return setting
