"""The paper's figures of the data: examples of clips and of their windows."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.reports.figures.data import draw_spectrogram, draw_spectrograms, draw_waveform_windows, draw_windows
from common.reports.figures.files import save_unless_drawn
from common.reports.groups import Group
from common.reports.run_figures import figure_title
from data_pipeline.cache.shards import read_track
from data_pipeline.windows.reader import WindowReader


def write_data_figures(paper: Paper, group: Group, readers: list[WindowReader], results: ResultPaths) -> list[Path]:
    """Draw the paper's figures of the data from the first track that has windows.

    Args:
        readers: of all inputs that the command's networks saw; each figure takes the first that it can show.
    """
    paths = []
    for figure in paper.figures:
        if figure.needs != Needs.DATA:
            continue
        fitting = [reader for reader in readers if _can_show(figure, reader)]
        if fitting:
            stem = results.figures / group.data_figure_stem(figure.id, paper)
            draw = partial(_draw_example, paper, figure, fitting[0])
            paths += save_unless_drawn(draw, _example(paper, figure, fitting[0]), stem, __name__)
    return paths


def _example(paper: Paper, figure: Figure, reader: WindowReader) -> list[Any]:
    """What tells a figure of the data from others."""
    windows = reader.windows
    first = int(windows.tracks[0])
    places = [windows.frames, first, windows.starts[windows.tracks == first].tolist()]
    return [figure_title(paper, figure), figure, reader.index.data_digest, reader.index.feature, places]


def data_figure_stems(paper: Paper, group: Group) -> set[str]:
    """File names, without suffix, of the figures of the data that a command with this group's data may have drawn."""
    return {group.data_figure_stem(figure.id, paper) for figure in paper.figures if figure.needs == Needs.DATA}


def _can_show(figure: Figure, reader: WindowReader) -> bool:
    feature = reader.index.feature
    if feature.kind == "musicnn":
        return False
    is_waveform = feature.kind == "waveform" or feature.bins == 1
    return (figure.kind == "waveform_windows") == is_waveform and feature.channels == 1


def _draw_example(paper: Paper, figure: Figure, reader: WindowReader) -> Drawing:
    index = reader.index
    number = int(reader.windows.tracks[0])
    track = index.tracks[number]
    feature = index.feature
    values = feature.storage.decode(read_track(index, track))
    seconds = track.frames / feature.frames_per_second
    heading = f"{figure_title(paper, figure)}\n{track.id}"
    if figure.kind == "spectrograms":
        return _draw_genres(paper, figure, reader)
    if figure.kind == "spectrogram":
        kind = {"stft_db": "STFT bin", "log_mel": "mel band", "torch_mel": "mel band"}.get(feature.kind, "bin")
        # Decibels relative to 1 are shown as they are.
        top_db = None if feature.kind == "torch_mel" else getattr(feature, "top_db", None)
        return draw_spectrogram(values, seconds, title=heading, bins_label=kind, top_db=top_db)
    starts = reader.windows.starts[reader.windows.tracks == number]
    frames = reader.windows.frames
    unit = "samples" if figure.kind == "waveform_windows" else "frames"
    title = f"{heading}: {len(starts)} windows of {frames} {unit}"
    if figure.kind == "waveform_windows":
        return draw_waveform_windows(values[:, 0], starts, frames, seconds, title=title)
    return draw_windows(values, starts, frames, seconds, title=title)


def _draw_genres(paper: Paper, figure: Figure, reader: WindowReader) -> Drawing:
    """The first clip of each of the figure's genres; genres that the data lack are replaced by others."""
    index = reader.index
    wanted = {genre.casefold() for genre in figure.genres}
    first, tracks = {}, index.tracks
    for number in np.unique(reader.windows.tracks):
        first.setdefault(tracks[number].label, tracks[number])
    in_order = sorted(first, key=lambda genre: (genre.casefold() not in wanted, genre))
    chosen = in_order[: len(wanted)]
    feature = index.feature
    shown = [
        (f"{genre}: {first[genre].id}", feature.storage.decode(read_track(index, first[genre]))) for genre in chosen
    ]
    return draw_spectrograms(shown, 1 / feature.frames_per_second, title=figure_title(paper, figure))
