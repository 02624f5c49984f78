"""The paper's figures of the data: examples of clips, their windows, and how many clips there are of each genre."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.core.console import say, warn
from common.core.errors import BudgetError, DataError, SpecError
from common.core.shell import shell_word
from common.paper.experiment import Experiment, Input
from common.paper.figures import Figure, Needs
from common.paper.overrides import Resolver
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.reports.figures.data import draw_spectrogram, draw_spectrograms, draw_waveform_windows, draw_windows
from common.reports.figures.files import save_unless_drawn
from common.reports.groups import Group
from common.reports.run_figures import figure_title
from data_pipeline.cache.examples import ExampleClip, ExampleReader
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features import Feature
from data_pipeline.features.precomputed import Precomputed


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
            made = _MAKERS[figure.kind](paper, figure, data)
            stem = results.figures / group.data_figure_stem(figure.id, paper)
            drawn.paths[figure.id] = save_unless_drawn(made.draw, made.made_from, stem, __name__)
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
    """

    draw: Callable[[], Drawing]
    made_from: list
    clips: tuple[ExampleClip, ...] = ()


def _inputs(paper: Paper, figure: Figure, data: DataForFigures) -> list[Input]:
    """The inputs of the rows that the figure names, or of all rows in their order."""
    named = [paper.row(*row).experiment.digest for row in figure.rows]
    digests = [digest for digest in named if digest in data.experiments] if named else list(data.experiments)
    return [given for digest in digests for given in data.experiments[digest].inputs]


def _is_picture(feature: Feature) -> bool:
    """Whether a feature has several bins in an order that can be shown, as embeddings have not."""
    return feature.kind not in ("musicnn", "waveform") and feature.bins > 1


def _is_samples(feature: Feature) -> bool:
    return feature.bins == 1


def _picture_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    found = next((given for given in _inputs(paper, figure, data) if _is_picture(given.feature)), None)
    if found is None:
        raise _NotPossibleError(f"no network of {paper.key} takes spectrograms of these data")
    return found


def _samples_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    found = next((given for given in _inputs(paper, figure, data) if _is_samples(given.feature)), None)
    if found is None:
        of_arrays = any(isinstance(given.feature, Precomputed) for given in _inputs(paper, figure, data))
        why = "the arrays are spectrograms" if of_arrays else f"no network of {paper.key} takes samples"
        raise _NotPossibleError(f"it shows samples, and {why}")
    return found


def _first_clip(data: DataForFigures, given: Input) -> ExampleClip:
    frames = given.windows.window_frames(given.feature.frames_per_second)
    clip = next(data.reader.clips(data.reader.usable, given.feature, least_frames=frames), None)
    if clip is None:
        raise _NotPossibleError(f"no clip is as long as a window of {given.windows.seconds:g} s")
    return clip


def _source(clip: ExampleClip) -> list:
    return [clip.track.id, clip.track.label, clip.source_sha256, clip.feature]


def _spectrogram(paper: Paper, figure: Figure, data: DataForFigures) -> _Made:
    clip = _first_clip(data, _picture_input(paper, figure, data))
    feature = clip.feature
    kind = {"stft_db": "STFT bin", "log_mel": "mel band", "torch_mel": "mel band"}.get(feature.kind, "bin")
    # Decibels relative to 1 are shown as they are.
    top_db = None if feature.kind == "torch_mel" else getattr(feature, "top_db", None)
    title = f"{figure_title(paper, figure)}\n{clip.track.id}"

    def draw() -> Drawing:
        return draw_spectrogram(clip.values, clip.seconds, title=title, bins_label=kind, top_db=top_db)

    return _Made(draw, [title, figure, _source(clip)], (clip,))


def _windows(paper: Paper, figure: Figure, data: DataForFigures) -> _Made:
    of_samples = figure.kind == "waveform_windows"
    given = (_samples_input if of_samples else _picture_input)(paper, figure, data)
    clip = _first_clip(data, given)
    fps = given.feature.frames_per_second
    starts, frames = given.windows.starts(len(clip.values), fps), given.windows.window_frames(fps)
    unit = "samples" if of_samples else "frames"
    title = f"{figure_title(paper, figure)}\n{clip.track.id}: {len(starts)} windows of {frames} {unit}"

    def draw() -> Drawing:
        if of_samples:
            return draw_waveform_windows(clip.values[:, 0], starts, frames, clip.seconds, title=title)
        return draw_windows(clip.values, starts, frames, clip.seconds, title=title)

    return _Made(draw, [title, figure, frames, starts.tolist(), _source(clip)], (clip,))


def _of_genres(figure: Figure, data: DataForFigures, feature: Feature) -> list[ExampleClip]:
    """The first clips of each of the figure's genres; genres that the data lack are replaced by others."""
    of_genre: dict[str, list] = {}
    for track in data.reader.usable:
        of_genre.setdefault(track.label, []).append(track)
    wanted = {genre.casefold() for genre in figure.genres}
    in_order = sorted(of_genre, key=lambda genre: (genre.casefold() not in wanted, genre))
    found = []
    for genre in in_order[: len(wanted)]:
        clips = data.reader.clips(of_genre[genre], feature)
        found += [clip for _, clip in zip(range(figure.clips), clips, strict=False)]
    if not found:
        raise _NotPossibleError("no clip can be used")
    return found


def _spectrograms(paper: Paper, figure: Figure, data: DataForFigures) -> _Made:
    clips = _of_genres(figure, data, _picture_input(paper, figure, data).feature)
    title = figure_title(paper, figure)

    def draw() -> Drawing:
        shown: list[tuple[str, np.ndarray]] = [(f"{clip.track.label}: {clip.track.id}", clip.values) for clip in clips]
        return draw_spectrograms(shown, 1 / clips[0].feature.frames_per_second, title=title)

    return _Made(draw, [title, figure, [_source(clip) for clip in clips]], tuple(clips))


# Kind -> what says how a figure of the data is drawn.
_MAKERS: dict[str, Callable[[Paper, Figure, DataForFigures], _Made]] = {
    "spectrogram": _spectrogram,
    "spectrograms": _spectrograms,
    "windows": _windows,
    "waveform_windows": _windows,
}
