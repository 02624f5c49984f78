"""Figures of how many clips a data set has of each genre.

Each function says how a figure of its kind is drawn, or raises `NotPossibleError`: (paper, figure, data, group).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from common.paper.figures import Figure
from common.paper.paper import Paper
from common.paper.protocol import by_unit
from common.reports.figure_data import DataForFigures, Drawable, NotPossibleError, experiments_shown
from common.reports.figures.distribution import MOST_GENRES, draw_distribution, draw_genre_sizes
from common.reports.genre_counts import GenreCounts, clips_in_parts, sizes_of_genres
from common.reports.groups import Group
from common.reports.run_figures import figure_title
from data_pipeline.datasets.catalog import Track


def distribution_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """Clips of each genre in the data set and in the parts of the split."""
    protocol = experiments_shown(paper, figure, data)[0].protocol
    if protocol.unit == "segment":
        raise NotPossibleError(f"a split {by_unit(protocol.unit)} has windows of a clip in several parts")
    tracks = data.reader.usable
    if protocol.duplicates == "drop":
        sources = data.reader.sources
        if sources is None:
            raise NotPossibleError(
                "which clips are exact duplicates, and so in no part, is known after their features were extracted: "
                "train a row first"
            )
        tracks = _without_duplicates(tracks, sources)
    counts = clips_in_parts(data.clips_of_genres, data.catalog, tracks, protocol, figure.counts)
    if data.reader.may_lack_some:
        note = "Clips that cannot be used are counted, too: which these are is known after features were extracted."
        counts = replace(counts, notes=(*counts.notes, note))
    title = f"{figure_title(paper, figure)}\n{data.catalog.title}; split: {counts.split}{_not_shown(counts)}"
    return Drawable(partial(draw_distribution, counts.genres, title=title), [title, figure, counts], counts=counts)


def _without_duplicates(tracks: Sequence[Track], sources: Mapping[str, str]) -> list[Track]:
    """The first clip, by id, of those with the same bytes."""
    first: dict[str, str] = {}
    for track in sorted(tracks, key=lambda track: track.id):
        first.setdefault(sources[track.id], track.id)
    return [track for track in tracks if first[sources[track.id]] == track.id]


def genre_sizes_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """Clips of each genre in the data set."""
    counts = sizes_of_genres(data.clips_of_genres, data.catalog.genres, figure.counts)
    title = f"{figure_title(paper, figure)}\n{data.catalog.title}{_not_shown(counts)}"
    return Drawable(partial(draw_genre_sizes, counts.genres, title=title), [title, figure, counts], counts=counts)


def _not_shown(counts: GenreCounts) -> str:
    """For the title: genres beyond those that are drawn."""
    lacking = len(counts.genres) - MOST_GENRES
    return f"\nthe {MOST_GENRES} largest genres; {lacking} more are in the table beside it" if lacking > 0 else ""
