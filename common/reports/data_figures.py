"""The paper's figures of the data: examples of clips, their windows, and how many clips there are of each genre."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.core.console import say, warn
from common.core.errors import BudgetError, DataError, SpecError
from common.core.shell import shell_word
from common.core.words import counted
from common.paper.experiment import Experiment, Input
from common.paper.figures import Figure, Needs
from common.paper.overrides import Resolver
from common.paper.paper import Paper
from common.paper.protocol import by_unit, fold_name
from common.records.paths import ResultPaths
from common.records.record import Record
from common.reports.figures.data import (
    Answers,
    Picture,
    Sound,
    draw_approach,
    draw_feature_extraction,
    draw_spectrogram,
    draw_spectrograms,
    draw_waveform_windows,
    draw_waveforms,
    draw_windows,
)
from common.reports.figures.distribution import MOST_GENRES, draw_distribution, draw_genre_sizes
from common.reports.figures.files import save_unless_drawn
from common.reports.genre_counts import GenreCounts, clips_in_parts, sizes_of_genres, write_counts
from common.reports.groups import Group
from common.reports.run_figures import figure_title
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache.examples import ExampleClip, ExampleReader
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features import Feature
from data_pipeline.features.names import feature_name
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.waveform import Waveform

# The kind of figures that show a run where there is one.
_WITH_A_RUN = "approach"


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


@dataclass
class DrawnFigures:
    """What was drawn, and what could not be.

    Args:
        paths: id of each figure that was drawn -> its files.
        missing: id of each figure that was not -> why, in words.
        clips: id of each figure of clips -> name of each clip that it shows -> its audio file, or the file with its
            array.
    """

    paths: dict[str, list[Path]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    clips: dict[str, dict[str, Path]] = field(default_factory=dict)


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


def write_data_figures(
    paper: Paper, group: Group, data: DataForFigures, results: ResultPaths, ids: Collection[str] | None = None
) -> DrawnFigures:
    """Draw the paper's figures of the data.

    Args:
        group: its setting and tag give the names of the files; `approach` takes a run of the default row from its
            records. Where there are no records: `Group(setting, conditions="", records=())`.
        ids: of the figures that are wanted, of any kind; those that need no data are ignored. None for all.

    Returns:
        The files, and why a figure cannot be made of these data. A clip or a file that cannot be read leaves out its
        figure, with a warning.
    """
    drawn = DrawnFigures()
    for figure in paper.figures:
        if figure.needs != Needs.DATA or (ids is not None and figure.id not in ids):
            continue
        try:
            made = _MAKERS[figure.kind](paper, figure, data, group)
            stem = results.figures / (
                group.stem("figure", figure.id, paper) if made.of_run else group.data_figure_stem(figure.id, paper)
            )
            drawn.paths[figure.id] = save_unless_drawn(made.draw, made.made_from, stem, __name__)
            if made.counts is not None:
                drawn.paths[figure.id] += write_counts(made.counts, stem, figure_title(paper, figure))
        except _NotPossibleError as reason:
            drawn.missing[figure.id] = str(reason)
            continue
        except (DataError, BudgetError) as error:
            drawn.missing[figure.id] = str(error)
            warn(f"figure {figure.id} is not drawn: {error}")
            continue
        drawn.clips[figure.id] = {clip.track.id: clip.track.path for clip in made.clips}
        if figure.listen:
            say(f"clips of figure {figure.id}:")
            for clip in made.clips:
                say(f"  {clip.track.label}: {shell_word(str(clip.track.path))}")
    return drawn


class _NotPossibleError(Exception):
    """A figure cannot be made of these data; says why."""


@dataclass(frozen=True)
class _Made:
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


def _experiments(paper: Paper, figure: Figure, data: DataForFigures) -> list[Experiment]:
    """Those of the rows that the figure names, or of all rows in their order."""
    if not figure.rows:
        return list(data.experiments.values())
    digests = [paper.row(*row).experiment.digest for row in figure.rows]
    found = [data.experiments[digest] for digest in digests if digest in data.experiments]
    if not found:
        named = ", ".join(f"{label} of table {table}" for table, label in figure.rows)
        raise _NotPossibleError(f"it shows the input of {named}, which lacks a value that the command replaces")
    return found


def _inputs(paper: Paper, figure: Figure, data: DataForFigures) -> list[Input]:
    return [given for experiment in _experiments(paper, figure, data) for given in experiment.inputs]


def _is_picture(feature: Feature) -> bool:
    """Whether a feature has several bins in an order that can be shown, as embeddings have not."""
    return feature.kind not in ("musicnn", "waveform") and feature.bins > 1


def _picture_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    found = next((given for given in _inputs(paper, figure, data) if _is_picture(given.feature)), None)
    if found is None:
        raise _NotPossibleError(f"it shows spectrograms, and no network of {paper.key} takes any of these data")
    return found


def _samples_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    inputs = _inputs(paper, figure, data)
    found = next((given for given in inputs if given.feature.bins == 1), None)
    if found is None:
        of_arrays = any(isinstance(given.feature, Precomputed) for given in inputs)
        why = "the arrays are spectrograms" if of_arrays else f"no network of {paper.key} takes any"
        raise _NotPossibleError(f"it shows windows of samples, and {why}")
    return found


def _samples_feature(paper: Paper, figure: Figure, data: DataForFigures) -> Feature:
    """Samples as a network takes them, or at the sample rate of what the networks take."""
    features = [given.feature for given in _inputs(paper, figure, data)]
    found = next((feature for feature in features if feature.bins == 1), None)
    if found is not None:
        return found
    audio = next((feature for feature in features if not isinstance(feature, Precomputed)), None)
    if audio is None:
        raise _NotPossibleError("it shows samples, and the arrays are spectrograms")
    return Waveform(sample_rate=audio.sample_rate)


def _first_clip(data: DataForFigures, given: Input) -> ExampleClip:
    """The first clip that has a window."""
    frames = given.windows.window_frames(given.feature.frames_per_second)
    clip = next(data.reader.clips(data.reader.usable, given.feature, least_frames=frames), None)
    if clip is None:
        raise _NotPossibleError(f"no clip is as long as a window of {given.windows.seconds:g} s")
    return clip


def _clips_of_genres(figure: Figure, data: DataForFigures, feature: Feature) -> list[list[ExampleClip]]:
    """The first clips of each of the figure's genres; genres that the data lack are replaced by others."""
    of_genre: dict[str, list[Track]] = {}
    for track in data.reader.usable:
        of_genre.setdefault(track.label, []).append(track)
    wanted = {genre.casefold(): place for place, genre in enumerate(figure.genres)}
    in_order = sorted(of_genre, key=lambda genre: (wanted.get(genre.casefold(), len(wanted)), genre))
    found = []
    for genre in in_order[: len(wanted)]:
        clips = data.reader.clips(of_genre[genre], feature)
        found += [[clip for _, clip in zip(range(figure.clips), clips, strict=False)]]
    found = [clips for clips in found if clips]
    if not found:
        raise _NotPossibleError("no clip can be used")
    return found


def _lacking(figure: Figure, data: DataForFigures) -> str:
    """The figure's genres that the data lack, for its title."""
    there = {track.label.casefold() for track in data.reader.usable}
    lacking = [genre for genre in figure.genres if genre.casefold() not in there]
    return f"\nnot in these data, and replaced by others: {', '.join(lacking)}" if lacking else ""


def _source(clip: ExampleClip) -> list:
    return [clip.track.id, clip.track.label, clip.source_sha256, clip.feature]


def _bins_label(feature: Feature) -> str:
    if hasattr(feature, "n_mels"):
        return "coefficient" if feature.kind == "mfcc" else "mel band"
    return "STFT bin" if feature.kind == "stft_db" else "bin"


def _values_label(feature: Feature) -> str:
    return {
        "stft_db": "dB below the clip's maximum",
        "log_mel": "dB below the clip's maximum",
        "torch_mel": "dB",
        "decibel_mel": "dB",
        "min_max_mel": "dB, scaled to 0 to 1",
        "mfcc": "coefficient, scaled to 0 to 1",
    }.get(feature.kind, "value")


def _shown_values(clip: ExampleClip) -> np.ndarray:
    """The values of the first channel, (frames, bins); in dB where the stored ones stand for a known range of them."""
    feature = clip.feature
    values = clip.values[:, : feature.bins // feature.channels]
    return (values - 1) * feature.top_db if feature.kind in ("stft_db", "log_mel") else values


def _picture(clip: ExampleClip, title: str) -> Picture:
    return Picture(title, _shown_values(clip), clip.seconds)


def _sound(clip: ExampleClip, title: str) -> Sound:
    return Sound(title, clip.values[:, 0], clip.seconds)


def _channel(feature: Feature) -> str:
    """For the title of a figure that shows one channel of several."""
    return f", the first of {feature.channels} channels" if feature.channels > 1 else ""


def _name(clip: ExampleClip) -> str:
    return f"{clip.track.label}: {clip.track.id}"


def _spectrogram(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    clip = _first_clip(data, _picture_input(paper, figure, data))
    feature = clip.feature
    title = f"{figure_title(paper, figure)}{_channel(feature)}\n{clip.track.id}"

    def draw() -> Drawing:
        return draw_spectrogram(
            _picture(clip, title),
            bins_label=_bins_label(feature),
            values_label=_values_label(feature),
            bin_hz=feature.sample_rate / feature.n_fft if feature.kind == "stft_db" else None,
        )

    return _Made(draw, [title, figure, _source(clip)], [clip])


def _spectrograms(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    feature = _picture_input(paper, figure, data).feature
    lines = _clips_of_genres(figure, data, feature)
    title = f"{figure_title(paper, figure)}{_channel(feature)}{_lacking(figure, data)}"
    clips = [clip for line in lines for clip in line]

    def draw() -> Drawing:
        pictures = [[_picture(clip, _name(clip)) for clip in line] for line in lines]
        return draw_spectrograms(
            pictures, title=title, bins_label=_bins_label(feature), values_label=_values_label(feature)
        )

    return _Made(draw, [title, figure, [_source(clip) for clip in clips]], clips)


def _waveforms(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    lines = _clips_of_genres(figure, data, _samples_feature(paper, figure, data))
    title = f"{figure_title(paper, figure)}{_lacking(figure, data)}"
    clips = [clip for line in lines for clip in line]

    def draw() -> Drawing:
        return draw_waveforms([_sound(clip, _name(clip)) for clip in clips], title=title)

    return _Made(draw, [title, figure, [_source(clip) for clip in clips]], clips)


def _windows(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    of_samples = figure.kind == "waveform_windows"
    given = (_samples_input if of_samples else _picture_input)(paper, figure, data)
    clip = _first_clip(data, given)
    fps = given.feature.frames_per_second
    starts, frames = given.windows.starts(len(clip.values), fps), given.windows.window_frames(fps)
    unit = "samples" if of_samples else "frames"
    title = f"{figure_title(paper, figure)}{_channel(given.feature)}\n"
    title += f"{clip.track.id}: {counted(len(starts), 'window')} of {frames:,} {unit}"

    def draw() -> Drawing:
        if of_samples:
            return draw_waveform_windows(_sound(clip, title), starts, frames)
        return draw_windows(_picture(clip, title), starts, frames)

    return _Made(draw, [title, figure, frames, starts.tolist(), _source(clip)], [clip])


def _feature_extraction(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    feature = _picture_input(paper, figure, data).feature
    if isinstance(feature, Precomputed):
        raise _NotPossibleError("it shows samples and what is made of them, and the arrays are spectrograms")
    clip = next(data.reader.clips(data.reader.usable, feature), None)
    samples = clip and next(data.reader.clips([clip.track], Waveform(sample_rate=feature.sample_rate)), None)
    if not samples:
        raise _NotPossibleError("no clip can be used")
    title = figure_title(paper, figure)

    def draw() -> Drawing:
        return draw_feature_extraction(
            _sound(samples, f"{_name(clip)}, {feature.sample_rate:,} samples per second"),
            _picture(clip, f"{feature_name(feature)}{_channel(feature)}"),
            title=title,
            bins_label=_bins_label(feature),
            values_label=_values_label(feature),
        )

    return _Made(draw, [title, figure, _source(clip), _source(samples)], [clip])


def _copies(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    found = (
        (given.feature, experiment.copies)
        for experiment in _experiments(paper, figure, data)
        for given in experiment.inputs
        if experiment.copies is not None and _is_picture(given.feature)
    )
    feature, copies = next(found, (None, None))
    if feature is None:
        raise _NotPossibleError(f"no network of {paper.key} trains on spectrograms of altered copies")
    if isinstance(feature, Precomputed):
        raise _NotPossibleError("altered copies are made of audio, and these are arrays")
    clips = [clip for line in _clips_of_genres(figure, data, feature) for clip in line]
    altered = list(data.reader.clips([clip.track for clip in clips], feature, copies=copies))
    title = f"{figure_title(paper, figure)}{_lacking(figure, data)}"

    def draw() -> Drawing:
        pairs = [
            [_picture(clip, _name(clip)), _picture(copy, _of_copy(copies, clip))]
            for clip, copy in zip(clips, altered, strict=True)
        ]
        return draw_spectrograms(
            pairs, title=title, bins_label=_bins_label(feature), values_label=_values_label(feature)
        )

    return _Made(draw, [title, figure, copies, [_source(clip) for clip in (*clips, *altered)]], clips)


def _of_copy(copies: OfflineAugmentation, clip: ExampleClip) -> str:
    """Title of an altered copy."""
    shift, tempo = copies.drawn(clip.track.id)
    return f"copy: noise, {shift:.2f} s later, tempo {tempo:g}"


def _approach(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    given = _samples_input(paper, figure, data)
    fps = given.feature.frames_per_second
    frames = given.windows.window_frames(fps)
    record = _record_of(paper, figure, group)
    clip = tested = None
    if record is not None:
        of_id = {track.id: track for track in data.reader.usable}
        tested = next((result for result in record.clips if result.id in of_id), None)
        if tested is not None:
            clip = next(data.reader.clips([of_id[tested.id]], given.feature, least_frames=frames), None)
    if clip is None:
        tested, clip = None, _first_clip(data, given)
    starts = given.windows.starts(len(clip.values), fps)
    title = figure_title(paper, figure)
    answers = None
    if tested is None:
        title += "\nwithout a run: the samples and the windows that a network is given"
    else:
        place = f", {fold_name(record.setting.split)} {record.fold + 1} of {record.folds}" if record.folds > 1 else ""
        run = f"{_label(paper, figure)}, seed {record.seed}{place}, {counted(len(record.history), 'epoch')}"
        title += f"\n{run}; {record.setting.scale} scale"
        answers = Answers(record.data.genres, tested.votes, tested.mean_softmax, tested.label)
    name = f"{_name(clip)}{' (of the test part)' if tested else ''}"

    def draw() -> Drawing:
        return draw_approach(_sound(clip, name), starts, frames, answers, title=title)

    made_from = [title, figure, frames, starts.tolist(), _source(clip), answers]
    return _Made(draw, made_from, [clip], of_run=tested is not None)


def _label(paper: Paper, figure: Figure) -> str:
    return (figure.rows[0] if figure.rows else paper.default_row)[1]


def _record_of(paper: Paper, figure: Figure, group: Group) -> Record | None:
    """The first run of the figure's row that tested clips: of the first seed, the first fold."""
    digest = paper.row(*(figure.rows[0] if figure.rows else paper.default_row)).experiment.digest
    runs = [record for record in group.records if record.row_experiment == digest and record.clips]
    return min(runs, key=lambda record: (record.seed, record.fold), default=None)


def _distribution(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    protocol = _experiments(paper, figure, data)[0].protocol
    if protocol.unit == "segment":
        raise _NotPossibleError(f"a split {by_unit(protocol.unit)} has windows of a clip in several parts")
    tracks = data.reader.usable
    if protocol.duplicates == "drop":
        sources = data.reader.sources
        if sources is None:
            raise _NotPossibleError(
                "which clips are exact duplicates, and so in no part, is known after their features were extracted: "
                "train a row first"
            )
        tracks = _without_duplicates(tracks, sources)
    counts = clips_in_parts(data.clips_of_genres, data.catalog, tracks, protocol, figure.counts)
    title = f"{figure_title(paper, figure)}: {data.catalog.title}\nsplit: {counts.split}{_not_shown(counts)}"
    return _Made(partial(draw_distribution, counts.genres, title=title), [title, figure, counts], counts=counts)


def _without_duplicates(tracks: Sequence[Track], sources: Mapping[str, str]) -> list[Track]:
    """The first clip, by id, of those with the same bytes."""
    first: dict[str, str] = {}
    for track in sorted(tracks, key=lambda track: track.id):
        first.setdefault(sources[track.id], track.id)
    return [track for track in tracks if first[sources[track.id]] == track.id]


def _genre_sizes(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> _Made:
    counts = sizes_of_genres(data.clips_of_genres, data.catalog.genres, figure.counts)
    title = f"{figure_title(paper, figure)}: {data.catalog.title}{_not_shown(counts)}"
    return _Made(partial(draw_genre_sizes, counts.genres, title=title), [title, figure, counts], counts=counts)


def _not_shown(counts: GenreCounts) -> str:
    """For the title: genres beyond those that are drawn."""
    lacking = len(counts.genres) - MOST_GENRES
    return f"\nthe {MOST_GENRES} largest genres; {lacking} more are in the table beside it" if lacking > 0 else ""


# Kind -> what says how a figure of the data is drawn.
_MAKERS: dict[str, Callable[[Paper, Figure, DataForFigures, Group], _Made]] = {
    "spectrogram": _spectrogram,
    "spectrograms": _spectrograms,
    "waveforms": _waveforms,
    "windows": _windows,
    "waveform_windows": _windows,
    "feature_extraction": _feature_extraction,
    "copies": _copies,
    _WITH_A_RUN: _approach,
    "distribution": _distribution,
    "genre_sizes": _genre_sizes,
}
