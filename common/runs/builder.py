"""From a row to its runs: shards, windows, folds and seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.core.console import say, warn
from common.core.errors import DataError
from common.core.words import counted
from common.paper.experiment import Experiment, Input
from common.paper.overrides import Resolver
from common.paper.protocol import Protocol, by_unit, fold_name
from common.paper.tables import Row
from common.records.identity import variant_of
from common.runs.selection import weights_name
from common.splits.clips import PART_NAMES
from common.splits.windows import Fold, folds_of_windows, missing_genres, uneven_parts
from common.training.run import Run
from data_pipeline.audio.decode import Decoder
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache.extraction import ParallelMap, prepare
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.datasets.catalog import BadTrack, Catalog
from data_pipeline.duplicates.scan import first_of_source
from data_pipeline.features import Feature
from data_pipeline.windows.layout import Reader
from data_pipeline.windows.opening import open_windows
from data_pipeline.windows.reader import WindowReader


@dataclass(frozen=True)
class PlannedRun:
    """A run with everything that it needs.

    Args:
        labels: the rows that it belongs to, e.g. `table 5.2, r16`.
        previous: id of the run whose best weights it starts from; None for fresh weights.
        row_name: of the first of its rows, e.g. `r16`.
    """

    run: Run
    row_experiment: str
    labels: tuple[str, ...]
    folds: int
    reader: Reader
    previous: str | None = None
    row_name: str = ""

    @property
    def name(self) -> str:
        """Its name in printed lines and error messages, e.g. `table 5.2, r16, seed 0, fold 2/10`."""
        return f"{'; '.join(self.labels)}, {self.place}"

    @property
    def place(self) -> str:
        """Its seed and fold, e.g. `seed 0, fold 2/10`."""
        kind = fold_name(self.run.experiment.protocol.split)
        fold = f", {kind} {self.run.fold.number + 1}/{self.folds}" if self.folds > 1 else ""
        return f"seed {self.run.seed}{fold}"


def _size_of_windows(part: WindowReader) -> str:
    """The axes of the windows of one input: `32 bands x 32 frames`."""
    feature = part.index.feature
    if feature.kind == "waveform":
        return f"{part.windows.frames:,} samples" + (f" x {feature.bins}" if feature.bins > 1 else "")
    name = "bands" if "mel" in feature.kind else "coefficients" if feature.kind == "mfcc" else "bins"
    return f"{feature.bins} {name} x {part.windows.frames:,} frames"


class RunBuilder:
    """Makes the shards, folds and readers of all rows; rows that need the same ones share them.

    Args:
        cache, decoder, skip_bad, parallel_map, memory_left_bytes: see `data_pipeline.cache.extraction.prepare`.
        seeds: of each row; None for the paper's or the scale's own number of them, from 0 on.
        weights: name -> SHA-256 of files of trained weights.
    """

    def __init__(
        self,
        resolver: Resolver,
        catalog: Catalog,
        *,
        cache: Path,
        decoder: Decoder,
        skip_bad: bool,
        seeds: Sequence[int] | None,
        weights: dict[str, str],
        parallel_map: ParallelMap | None = None,
        memory_left_bytes: int | None = None,
    ):
        self._resolver = resolver
        self._cache, self._decoder, self._skip_bad, self._seeds = cache, decoder, skip_bad, seeds
        self._weights = weights
        self._parallel_map, self._memory_left_bytes = parallel_map, memory_left_bytes
        self._catalog = catalog
        self._indices: dict[tuple[str, str | None], ShardIndex] = {}
        self._readers: dict[str, tuple[Reader, list[Fold]]] = {}
        self._warned: set[str] = set()

    def prepare(self, rows: Sequence[Row]) -> None:
        """Extract the features of all rows of a command, where that has not been done, and skip the same clips for
        all of them: with `skip_bad`, a clip that one row cannot use is skipped for the others as well, because rows
        on different clips cannot be compared.

        Raises:
            DataError: a track or the cache cannot be used, or no clip remains.
        """
        experiments = [self._resolver.experiment(row.experiment) for row in rows]
        inputs = {
            self._key(given.feature, experiment.copies): (given, experiment)
            for experiment in experiments
            for given in experiment.inputs
        }
        for given, experiment in inputs.values():
            self._warn_of_length(given.feature)
            self._index(given.feature, experiment.copies)
        if not self._skip_bad:
            return
        skipped = {bad.id: bad for index in self._indices.values() for bad in index.skipped}
        for experiment in experiments:
            for given in experiment.inputs:
                skipped |= self._too_short(given, experiment)
        self._indices = {key: index.without(skipped) for key, index in self._indices.items()}
        empty = next((index for index in self._indices.values() if not index.tracks), None)
        if empty is not None:
            raise DataError(
                f"{self._catalog.title}: no clip can be used by all rows asked for; first: "
                f"{next(iter(skipped.values())).reason}. Ask for fewer rows with --row, or use longer clips."
            )
        used = {track.id for index in self._indices.values() for track in index.clips}
        self._catalog.of_clips(used).require_two_genres()

    def _warn_of_length(self, feature: Feature) -> None:
        """Features with a length of their own are extracted from what `--clip-seconds` leaves."""
        asked, own = self._catalog.clip_seconds, getattr(feature, "clip_seconds", None)
        if asked is not None and own is not None:
            self._warn_once(
                f"--clip-seconds {asked:g}: the features of {self._resolver.paper.key} cut what is left of each clip, "
                f"or fill it up, to {own:g} s"
            )

    def _too_short(self, given: Input, experiment: Experiment) -> dict[str, BadTrack]:
        """Id -> clip that is shorter than one window of an input."""
        path_of = {track.id: track.path for track in self._catalog.tracks}
        frames = given.windows.window_frames(given.feature.frames_per_second)
        return {
            track.id: BadTrack(
                id=track.id,
                path=path_of[track.copy_of or track.id],
                reason=f"{track.id}: shorter than a window of {given.windows.seconds:g} s",
            )
            for track in self._index(given.feature, experiment.copies).tracks
            if track.frames < frames
        }

    def runs_of(self, row: Row) -> list[PlannedRun]:
        """The runs of a row: every seed in every fold."""
        paper, setting = self._resolver.paper, self._resolver.setting
        experiment = self._resolver.experiment(row.experiment)
        reader, folds = self._reader(experiment)
        seeds = range(1 if setting.scale == "smoke" else paper.paper_seeds) if self._seeds is None else self._seeds
        name = weights_name(experiment) or ""
        variant = variant_of(self._resolver, row.experiment, experiment, self._weights.get(name, ""))
        weights = f"{name}={self._weights[name]}" if name in self._weights else ""
        indices = [part.index for part in reader.parts]
        versions = tuple(
            version
            for index in indices
            for version in (index.extraction_version, index.copies_version)
            if version is not None
        )
        planned = []
        for seed in seeds:
            runs = [
                Run(
                    experiment,
                    reader.index.data_digest,
                    fold,
                    seed,
                    variant,
                    setting.decoder,
                    versions,
                    weights,
                )
                for fold in folds
            ]
            carried = (
                [None, *(run.id for run in runs[:-1])] if experiment.protocol.carry_weights else [None] * len(runs)
            )
            planned += [
                PlannedRun(run, row.experiment.digest, (), len(folds), reader, previous, row.name)
                for run, previous in zip(runs, carried, strict=True)
            ]
        return planned

    @staticmethod
    def _key(feature: Feature, copies: OfflineAugmentation | None) -> tuple[str, str | None]:
        return feature.digest, copies and copies.digest

    def _index(self, feature: Feature, copies: OfflineAugmentation | None) -> ShardIndex:
        key = self._key(feature, copies)
        if key not in self._indices:
            self._indices[key] = prepare(
                self._catalog if copies is None else self._catalog.with_copies(copies),
                feature,
                self._cache,
                skip_bad=self._skip_bad,
                decoder=self._decoder,
                parallel_map=self._parallel_map,
                memory_left_bytes=self._memory_left_bytes,
            )
        return self._indices[key]

    def _reader(self, experiment: Experiment) -> tuple[Reader, list[Fold]]:
        default = self._resolver.paper.default_experiment
        key = experiment.replace(model=default.model, training=default.training).digest
        if key not in self._readers:
            reader = self._open(experiment)
            tracks, windows = reader.index.tracks, reader.windows
            used = set(windows.tracks.tolist())
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
            windows_per_track = (
                f"{per_track.min()}" if per_track.min() == per_track.max() else f"{per_track.min()}-{per_track.max()}"
            )
            shown = " and ".join(map(_size_of_windows, reader.parts))
            what = "clips" if experiment.copies is None else "clips and copies"
            say(f"{len(used)} {what}, {counted(len(windows), 'window')} of {shown} ({windows_per_track} per clip)")
            self._readers[key] = reader, folds
        return self._readers[key]

    def _warn_of_parts(self, protocol: Protocol, folds: list[Fold], reader: Reader) -> None:
        if protocol.split == "artist":
            is_copy = np.array([track.copy_of is not None for track in reader.index.tracks])
            uneven = uneven_parts(protocol, folds[0], reader.windows.tracks, is_copy)
            for part, (share, asked) in uneven.items():
                self._warn_once(
                    f"split artist: the {PART_NAMES[part]} part has {100 * share:.0f} % of the clips instead of "
                    f"{100 * asked:g} %: some artists have very many clips"
                )
        for fold in folds:
            for part, genres in missing_genres(fold, reader.labels, reader.index.genres).items():
                where = f" of {fold_name(protocol.split)} {fold.number + 1}" if len(folds) > 1 else ""
                they, them, their = ("it", "it", "its") if len(genres) == 1 else ("they", "them", "their")
                effect = {
                    "train": f"{they} cannot be learned",
                    "valid": f"the best epoch is chosen without {them}",
                    "test": f"{their} recall is unknown, and F1 macro is a mean over the other genres",
                }[part]
                lacks = f"the {PART_NAMES[part]} part{where} has no window of {', '.join(genres)}"
                self._warn_once(f"split {protocol.split}, {by_unit(protocol.unit)}: {lacks}: {effect}")

    def _warn_once(self, warning: str) -> None:
        """Rows with different features share a split, and so its warnings."""
        if warning not in self._warned:
            self._warned.add(warning)
            warn(warning)

    def _open(self, experiment: Experiment) -> Reader:
        """The windows of an experiment's one or two inputs."""
        return open_windows(
            [(self._index(given.feature, experiment.copies), given.windows) for given in experiment.inputs]
        )
