"""From options to runs: which data, which experiments, which folds and seeds."""

from dataclasses import dataclass, field, replace

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.paper.overrides import (
    Setting,
    canonical_changes,
    conditions_of,
    read_changes,
    resolve,
    without_idle_overrides,
)
from common.paper.paper import Paper
from common.paper.protocol import PREDEFINED, Protocol, SplitName
from common.paper.tables import ArchitectureTable, ResultTable
from common.records.record import DataFacts
from common.runs.builder import PlannedRun, RunBuilder
from common.runs.options import Options
from common.runs.selection import choose_genres, choose_rows, keep_runnable_rows, weights_of_rows
from common.splits.clips import split_ids
from data_pipeline.cache.extraction import ParallelMap
from data_pipeline.datasets import registry
from data_pipeline.datasets.catalog import COPY_SUFFIX, Catalog
from data_pipeline.features import Feature
from data_pipeline.windows.reader import WindowReader

_NAMED_TRACKS = 20
_NAMED_BAD = 5
# Splits that any dataset can be dealt out by; the others need what only some datasets tell.
_DEALT_SPLITS = ("holdout", "per_genre", "kfold", "rotating")


@dataclass
class Plan:
    """All runs of one command, and what their records say of the data.

    Args:
        catalog: the tracks, as far as genres and scale leave them in.
        given: feature of the arrays that the dataset consists of; None where there is audio.
    """

    paper: Paper
    setting: Setting
    facts: DataFacts
    tables: list[ResultTable | ArchitectureTable]
    catalog: Catalog
    given: Feature | None
    runs: list[PlannedRun] = field(default_factory=list)

    @property
    def readers(self) -> list[WindowReader]:
        """Of all inputs, each once, for pictures of the data."""
        parts = [part for planned in self.runs for part in planned.reader.parts]
        return list({id(part): part for part in parts}.values())

    @property
    def conditions(self) -> str:
        """What replaced the rows' own features and windows."""
        rows = {row.experiment.digest: row.experiment for table in self.paper.tables for row in table.rows}
        first = self.runs[0]
        return conditions_of(self.paper, rows[first.row_experiment], self.setting, first.run.experiment)

    def close(self) -> None:
        """Close the shards that the runs read from."""
        for planned in self.runs:
            planned.reader.close()


def plan(paper: Paper, options: Options, *, parallel_map: ParallelMap | None = None) -> Plan:
    """Open and prepare the data, and list every run that the asked rows need (shared rows once).

    The options must ask for at least one row.

    Args:
        parallel_map: see `data_pipeline.cache.extraction.prepare`.

    Raises:
        EncoreError: options or data cannot be used.
    """
    chosen = choose_rows(paper, options.tables, options.rows)
    if options.seconds_per_column is not None and options.dataset != "arrays":
        raise SpecError(f"--seconds-per-column: goes with --dataset arrays, received --dataset {options.dataset}.")
    catalog, given = registry.load(
        options.dataset, options.data, options.cache.expanduser(), seconds_per_column=options.seconds_per_column
    )
    own = choose_genres(paper, catalog.genres, None)
    wanted = choose_genres(paper, catalog.genres, options.genres)
    if set(wanted) != set(catalog.genres):
        catalog = catalog.only(wanted)
    _report(catalog, options)
    chosen = keep_runnable_rows(chosen, given, by_name=bool(options.rows))
    asked = [row.experiment for _, rows in chosen for row in rows]
    scale = options.effective_scale
    if scale == "smoke":
        catalog = catalog.first_of_each_genre(paper.smoke_tracks_per_genre)
    published = _split_of(paper.default_experiment.protocol, options.split, catalog)
    features = _features(options, given)
    setting = Setting(
        dataset=catalog.dataset,
        data_digest="",
        scale=scale,
        features=features,
        split=published.split,
        unit=options.unit or published.unit,
        epochs=options.epochs,
        precision=options.precision,
        changes=read_changes(options.changes),
        genres=() if set(wanted) == set(own) else catalog.genres,
    )
    labelled = {row.label: row.experiment for _, rows in chosen for row in rows}
    setting = without_idle_overrides(paper, asked, canonical_changes(paper, labelled, setting, given), given)
    weights = weights_of_rows(
        paper, [resolve(paper, experiment, setting, given) for experiment in asked], options.weight_files
    )
    protocol = resolve(paper, asked[0], setting, given).protocol
    _require_predefined(protocol, catalog)
    if options.allow_incomplete and not _can_stratify(protocol, catalog):
        setting = setting.replace(stratified=False)
        warn("too few clips of some genres to stratify: they are dealt without regard to genre, and the table says so")
    workshop = RunBuilder(
        paper,
        catalog,
        given,
        cache=options.cache,
        decoder=options.decoder,
        skip_bad=options.skip_bad,
        seeds=options.seeds,
        weights=weights,
        parallel_map=parallel_map,
    )
    runs: dict[str, PlannedRun] = {}
    for table, rows in chosen:
        for row in rows:
            for planned in workshop.runs_of(row, setting):
                earlier = runs.get(planned.run.id)
                if earlier and earlier.row_experiment != planned.row_experiment:
                    raise AssertionError(f"{earlier.labels} and {table.id} [{row.label}] would share one record")
                labels = (*(earlier.labels if earlier else ()), f"{table.id} [{row.label}]")
                runs[planned.run.id] = replace(planned, labels=labels)
    index = next(iter(runs.values())).reader.index
    setting = setting.replace(data_digest=index.data_digest)
    left_out = [*(bad.id for bad in (*catalog.known_bad, *catalog.bad, *index.skipped)), *sorted(workshop.short_tracks)]
    skipped = [clip for clip in left_out if not clip.endswith(COPY_SUFFIX)]
    facts = DataFacts(
        title=catalog.title,
        caption=catalog.caption,
        genres=catalog.genres,
        clips=len(index.clips) - len(workshop.short_tracks & {track.id for track in index.clips}),
        expected=catalog.expected,
        skipped=len(skipped),
        skipped_clips=tuple(skipped[:_NAMED_TRACKS]),
        missing=len(catalog.missing),
        clip_accuracy_ceiling_percent=catalog.clip_accuracy_ceiling_percent,
    )
    return Plan(paper, setting, facts, [table for table, _ in chosen], catalog, given, list(runs.values()))


def _split_of(published: Protocol, asked: SplitName | None, catalog: Catalog) -> Protocol:
    """The paper's protocol with the split that is asked for, or a holdout where a dataset lacks the paper's own."""
    if asked is not None:
        return published.replace(split=asked)
    if published.split in PREDEFINED and published.split not in catalog.splits:
        warn(f"{catalog.title} has no split {published.split}, as the paper uses: clips are dealt out as a holdout")
        return published.replace(split="holdout")
    return published


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
    require_usable(catalog, skip_bad=options.skip_bad)
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


def require_usable(catalog: Catalog, *, skip_bad: bool) -> None:
    """Refuse tracks that the dataset's own tables make unusable, unless they are to be skipped.

    Raises:
        DataError: there are such tracks.
    """
    if not catalog.bad:
        return
    named = "; ".join(bad.reason for bad in catalog.bad[:_NAMED_BAD])
    more = f"; and {len(catalog.bad) - _NAMED_BAD} more" if len(catalog.bad) > _NAMED_BAD else ""
    found = f"{catalog.title}: {len(catalog.bad)} clips cannot be used: {named}{more}"
    if not skip_bad:
        raise DataError(f"{found}. Unpack the official metadata again, or go on without them: --skip-bad.")
    warn(f"{found}; going on without them")


def _require_predefined(protocol: Protocol, catalog: Catalog) -> None:
    """Refuse a predefined split, or one by artist, that does not exist or does not fit before anything is extracted."""
    if protocol.split not in _DEALT_SPLITS:
        tracks = catalog.tracks
        split_ids(
            protocol, [t.id for t in tracks], [t.label for t in tracks], catalog.splits, [t.artist for t in tracks]
        )


def _can_stratify(protocol: Protocol, catalog: Catalog) -> bool:
    """Whether the clips of every genre suffice for the split (windows always do)."""
    if protocol.unit == "segment" or protocol.split not in _DEALT_SPLITS:
        return True
    try:
        split_ids(protocol, [track.id for track in catalog.tracks], [track.label for track in catalog.tracks])
    except DataError:
        return False
    return True
