"""From a row to its runs: shards, windows, folds and seeds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.core.console import say, warn
from common.core.files import sha256_of_json
from common.paper.experiment import Experiment
from common.paper.overrides import Setting, resolve
from common.paper.paper import Paper
from common.paper.protocol import Protocol
from common.paper.tables import Row
from common.runs.selection import weights_name
from common.splits.windows import Fold, folds_of_windows, missing_genres, uneven_parts
from common.training.fit import Run
from data_pipeline.audio.decode import Decoder
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache.extraction import ParallelMap, prepare
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.duplicates.scan import first_of_source
from data_pipeline.features import Feature
from data_pipeline.windows.index import index_windows
from data_pipeline.windows.layout import Reader
from data_pipeline.windows.paired import PairedReader, pair_windows
from data_pipeline.windows.reader import WindowReader


@dataclass(frozen=True)
class PlannedRun:
    """A run with all that it needs.

    Args:
        labels: the rows that it serves, e.g. `5.1 [16]`.
        previous: id of the run whose best weights it starts from; None for fresh weights.
        weights: file of trained weights that it starts from, as `name=SHA-256`; may be empty.
    """

    run: Run
    row_experiment: str
    labels: tuple[str, ...]
    folds: int
    reader: Reader
    previous: str | None = None
    weights: str = ""

    @property
    def name(self) -> str:
        """How progress and failures call it, e.g. `5.1 [16], seed 0, fold 2/10`."""
        kind = "round" if self.run.experiment.protocol.split == "rotating" else "fold"
        place = f", {kind} {self.run.fold.number + 1}/{self.folds}" if self.folds > 1 else ""
        return f"{', '.join(self.labels)}, seed {self.run.seed}{place}"


class RunBuilder:
    """Makes shards, folds and readers once each, whichever rows need them.

    Args:
        given: feature of the arrays that the dataset consists of; None where there is audio.
        cache, decoder, skip_bad, parallel_map: see `data_pipeline.cache.extraction.prepare`.
        seeds: runs of each row; None for the paper's or the scale's own number.
        weights: name -> SHA-256 of files of trained weights.
    """

    def __init__(
        self,
        paper: Paper,
        catalog: Catalog,
        given: Feature | None,
        *,
        cache: Path,
        decoder: Decoder,
        skip_bad: bool,
        seeds: int | None,
        weights: dict[str, str],
        parallel_map: ParallelMap | None = None,
    ):
        self._paper = paper
        self._cache, self._decoder, self._skip_bad, self._seeds = cache, decoder, skip_bad, seeds
        self._weights = weights
        self._parallel_map = parallel_map
        self._catalog = catalog
        self._given = given
        self._indices: dict[tuple[str, str | None], ShardIndex] = {}
        self._readers: dict[str, tuple[Reader, list[Fold]]] = {}
        self._warned: set[str] = set()
        self.short_tracks: set[str] = set()

    def runs_of(self, row: Row, setting: Setting) -> list[PlannedRun]:
        experiment = resolve(self._paper, row.experiment, setting, self._given)
        reader, folds = self._reader(experiment)
        seeds = self._seeds or (1 if setting.scale == "smoke" else self._paper.paper_seeds)
        variant = self._variant(row, experiment, setting)
        name = weights_name(experiment)
        weights = f"{name}={self._weights[name]}" if name in self._weights else ""
        planned = []
        for seed in range(seeds):
            runs = [Run(experiment, reader.index.data_digest, fold, seed, variant) for fold in folds]
            carried = (
                [None, *(run.id for run in runs[:-1])] if experiment.protocol.carry_weights else [None] * len(runs)
            )
            planned += [
                PlannedRun(run, row.experiment.digest, (), len(folds), reader, previous, weights)
                for run, previous in zip(runs, carried, strict=True)
            ]
        return planned

    def _variant(self, row: Row, experiment: Experiment, setting: Setting) -> str:
        """What a change or a scale makes of two rows may be one and the same; each still needs its own record."""
        weights = self._weights.get(weights_name(experiment) or "", "")
        if setting.changes or weights or setting.genres:
            # Two choices of genres may hold the same clips, where some genres have none, and still be other classes.
            others = [other for other in (weights, setting.genres) if other]
            return sha256_of_json([row.experiment.digest, setting.changes, *others])
        plain = setting.replace(epochs=None, precision=None)
        if setting != plain and resolve(self._paper, row.experiment, plain, self._given) == experiment:
            # A flag that this row has anyway: its run without the flag stands in another table.
            return sha256_of_json([row.experiment.digest, setting.epochs, setting.precision])
        # Rows that a search found count for themselves alone: they shall not rename the runs of the paper's.
        others = {other.digest: other for other in (*self._paper.experiments, row.experiment)}
        twins = [
            digest
            for digest, other in others.items()
            if resolve(self._paper, other, setting, self._given).digest == experiment.digest
        ]
        return sha256_of_json(row.experiment.digest) if len(twins) > 1 else ""

    def _index(self, feature: Feature, copies: OfflineAugmentation | None) -> ShardIndex:
        key = feature.digest, copies and copies.digest
        if key not in self._indices:
            self._indices[key] = prepare(
                self._catalog if copies is None else self._catalog.with_copies(copies),
                feature,
                self._cache,
                skip_bad=self._skip_bad,
                decoder=self._decoder,
                parallel_map=self._parallel_map,
            )
        return self._indices[key]

    def _reader(self, experiment: Experiment) -> tuple[Reader, list[Fold]]:
        default = self._paper.default_experiment
        key = experiment.replace(model=default.model, training=default.training).digest
        if key not in self._readers:
            reader = self._open(experiment)
            tracks, windows = reader.index.tracks, reader.windows
            used = set(windows.tracks.tolist())
            self.short_tracks |= {track.id for number, track in enumerate(tracks) if number not in used}
            folds = folds_of_windows(
                experiment.protocol,
                track_ids=[track.id for track in tracks],
                track_labels=[track.label for track in tracks],
                window_tracks=windows.tracks,
                window_starts=windows.starts,
                predefined=self._catalog.splits,
                track_artists=[track.artist for track in tracks],
                copies_of=[track.copy_of for track in tracks],
                first_of_source=first_of_source(reader.index.clips),
            )
            self._warn_of_parts(experiment.protocol, folds, reader)
            per_track = np.bincount(windows.tracks)[sorted(used)]
            spread = (
                f"{per_track.min()}" if per_track.min() == per_track.max() else f"{per_track.min()}-{per_track.max()}"
            )
            shown = " and ".join(f"{part.index.feature.bins} x {part.windows.frames}" for part in reader.parts)
            what = "clips" if experiment.copies is None else "clips and copies"
            say(
                f"{len(used)} {what}, {len(windows)} windows of {shown} ({spread} per clip), "
                f"split: {experiment.protocol.name}"
            )
            self._readers[key] = reader, folds
        return self._readers[key]

    def _warn_of_parts(self, protocol: Protocol, folds: list[Fold], reader: Reader) -> None:
        if protocol.split == "artist":
            is_copy = np.array([track.copy_of is not None for track in reader.index.tracks])
            uneven = uneven_parts(protocol, folds[0], reader.windows.tracks, is_copy)
            for part, (share, asked) in uneven.items():
                self._warn_once(
                    f"part {part} has {100 * share:.0f} % of the clips instead of {100 * asked:g} %: some artists have "
                    "very many"
                )
        for fold in folds:
            for part, genres in missing_genres(fold, reader.labels, reader.index.genres).items():
                where = f" of fold {fold.number + 1}" if len(folds) > 1 else ""
                effect = {
                    "train": "they cannot be learned",
                    "valid": "weights are chosen without them",
                    "test": "their recall is unknown, and F1 macro is a mean over the other genres",
                }[part]
                warning = f"part {part}{where} has no window of {', '.join(genres)}: {effect}"
                self._warn_once(warning)

    def _warn_once(self, warning: str) -> None:
        """Rows with other features have the same split."""
        if warning not in self._warned:
            self._warned.add(warning)
            warn(warning)

    def _open(self, experiment: Experiment) -> Reader:
        """The windows of an experiment's one or two inputs."""
        opened = []
        for given in experiment.inputs:
            index = self._index(given.feature, experiment.copies)
            windows = index_windows(
                given.windows,
                [track.frames for track in index.tracks],
                [track.id for track in index.tracks],
                given.feature.frames_per_second,
                skip_short=self._skip_bad,
            )
            opened.append((index, windows))
        if len(opened) == 1:
            return WindowReader(*opened[0])
        first, second = pair_windows(*opened)
        return PairedReader(WindowReader(opened[0][0], first), WindowReader(opened[1][0], second))
