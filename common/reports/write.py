"""Writes all tables and figures that can be made from records."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable, Figure
from common.records.divergence import Divergence, read_divergences
from common.records.paths import ResultPaths
from common.records.record import with_same_initial_weights
from common.records.rows import usable_row_records
from common.records.tuned_rows import with_tuned_rows
from common.reports.figures.curves import draw_compared_curves, draw_curves, draw_projection
from common.reports.figures.data import draw_spectrogram, draw_spectrograms, draw_waveform_windows, draw_windows
from common.reports.figures.style import save_figure
from common.reports.figures.tables import (
    draw_confusion,
    draw_folds,
    draw_heat_maps,
    draw_pairs,
    draw_per_genre,
    draw_results,
    draw_scaling,
)
from common.reports.formats import write_table
from common.reports.groups import Group, groups_of
from common.reports.table import Table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.confusion import confusion_table
from common.reports.tables.folds import fold_table
from common.reports.tables.genres import per_genre_table
from common.reports.tables.legacy import legacy_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary
from data_pipeline.cache.shards import read_track
from data_pipeline.windows.reader import WindowReader

_CURVES = ("accuracy", "loss", "comparison", "tsne")
_EXAMPLES = ("spectrogram", "spectrograms", "windows", "waveform_windows")


@dataclass(frozen=True)
class GroupReport:
    """The tables and files that were written for one group of records.

    Args:
        tables: table id -> table.
        paths: id of a table of results or of a confusion matrix's table, or `curves` -> files.
    """

    group: Group
    tables: dict[str, Table]
    paths: dict[str, list[Path]]


def regenerate_tables(paper: Paper, out: Path, dataset: str | None = None) -> list[GroupReport]:
    """Write all tables and learning curves that the records of a paper support.

    Needs neither data nor training, and is the only way in which tables are written: a command that trained and
    `--from-records` end with the same bytes.

    Args:
        dataset: key of the data set whose records are used; None for all.
    """
    reports = []
    for results in ResultPaths.with_records(out, paper.key):
        if dataset in (None, results.dataset):
            whole = with_tuned_rows(paper, out, results.dataset)
            groups = groups_of(whole, [one.record for one in usable_row_records(whole, results)])
            notes = read_divergences(results.diverged)
            reports += [_write_group(whole, group, results, group.diverged(whole, notes)) for group in groups]
    return reports


def _write_group(paper: Paper, group: Group, results: ResultPaths, diverged: Sequence[Divergence]) -> GroupReport:
    records = list(group.records)
    made: dict[str, Table] = {}
    paths: dict[str, list[Path]] = {}

    def keep(table: Table, chart: Drawing, beside: str) -> None:
        """Write a table and its figure; `beside` is the id of the table that its files are listed with."""
        stem = group.stem("table", table.id, paper)
        made[table.id] = table
        paths.setdefault(beside, []).extend(write_table(results.folder, stem, table))
        paths[beside] += save_figure(chart, results.figures / stem)

    for published in paper.tables:
        table = results_table(paper, published, group.setting, records, diverged)
        if not any(row["measured"] for row in table.values["rows"]):
            continue
        subtitle = flag_summary(table)
        keep(table, draw_results(table.values, subtitle=subtitle), published.id)
        companions = (
            (fold_table, draw_folds, ()),
            (per_genre_table, draw_per_genre, ()),
            (legacy_table, draw_results, ()),
            # Differences of rows have intervals of their own.
            (paired_table, draw_pairs, ("intervals", "spread")),
        )
        for build, draw, without in companions:
            own = build(paper, published, group.setting, records)
            if own:
                keep(own.with_notes_of(table, without=without), draw(own.values, subtitle=subtitle), published.id)
    for published in paper.confusions:
        own = confusion_table(paper, published, group.setting, records)
        if own:
            whole = made[published.row[0]]
            chart = draw_confusion(own.values, subtitle=flag_summary(whole))
            # A matrix has neither means nor intervals.
            keep(own.with_notes_of(whole, without=("intervals", "spread")), chart, published.table_id)
    paths["curves"] = _write_curves(paper, group, made, results.figures)
    for figure in paper.figures:
        if figure.table in made:
            paths[figure.table] += _write_whole(paper, group, figure, made[figure.table], results.figures)
    for table in paper.architecture:
        made[table.id], paths[table.id] = write_architecture(paper, table, results)
    return GroupReport(group, made, paths)


def write_architecture(paper: Paper, table: ArchitectureTable, results: ResultPaths) -> tuple[Table, list[Path]]:
    """Write a table of layers; it needs no records."""
    built = architecture_table(paper, table, results.dataset)
    return built, write_table(results.folder, f"table_{table.id}", built)


def _write_whole(paper: Paper, group: Group, figure: Figure, table: Table, folder: Path) -> list[Path]:
    """Draw a whole table in one figure."""
    if figure.kind == "heat_maps":
        drawn = draw_heat_maps(table.values, figure.places, subtitle=flag_summary(table))
    else:
        drawn = draw_scaling(table.values, figure.places, figure.sizes, subtitle=flag_summary(table))
    return save_figure(drawn, folder / group.stem("figure", figure.id, paper))


def _write_curves(paper: Paper, group: Group, made: dict[str, Table], folder: Path) -> list[Path]:
    """Draw the paper's learning curves from the records of their rows; nothing where there are none."""
    paths = []
    for figure in paper.figures:
        if figure.kind not in _CURVES:
            continue
        rows = []
        for table, label in figure.rows or (paper.default_row,):
            digest = paper.row(table, label).experiment.digest
            mine = with_same_initial_weights([record for record in group.records if record.row_experiment == digest])
            rows += [(label, mine)] if mine else []
        if not rows:
            continue
        subtitle = flag_summary(made[(figure.rows or (paper.default_row,))[0][0]])
        lacking = len(figure.rows or (paper.default_row,)) - len(rows)
        marks = f"{subtitle}; {lacking} rows not run" if lacking else subtitle
        title = f"{_figure_title(paper, figure)}\n{marks}"
        if figure.kind == "comparison":
            drawn = draw_compared_curves(rows, title=title)
        elif figure.kind == "tsne":
            shown = [record for _, mine in rows for record in mine if record.projection]
            if not shown:
                continue
            one = min(shown, key=lambda record: (record.seed, record.fold))
            drawn = draw_projection(one, title=title)
        else:
            drawn = draw_curves(rows, figure.kind, title=title)
        paths += save_figure(drawn, folder / group.stem("figure", figure.id, paper))
    return paths


def write_data_figures(paper: Paper, group: Group, readers: list[WindowReader], results: ResultPaths) -> list[Path]:
    """Draw the paper's figures of the data from the first track that has windows.

    Args:
        readers: of all inputs that the command's networks saw; each figure takes the first that it can show.
    """
    paths = []
    for figure in paper.figures:
        if figure.kind not in _EXAMPLES:
            continue
        fitting = [reader for reader in readers if _can_show(figure, reader)]
        if fitting:
            stem = results.figures / group.stem("figure", figure.id, paper)
            paths += save_figure(_draw_example(paper, figure, fitting[0]), stem)
    return paths


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
    heading = f"{_figure_title(paper, figure)}\n{track.id}"
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
    return draw_spectrograms(shown, 1 / feature.frames_per_second, title=_figure_title(paper, figure))


def _figure_title(paper: Paper, figure: Figure) -> str:
    return f"{paper.key}, Figure {figure.id}: {figure.title}"
