"""Everything that is written once the records are there: tables and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable, Figure
from common.records.divergence import Divergence, read_divergences
from common.records.paths import result_folder, runs_folder
from common.records.record import read_records, with_same_initial_weights
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
from common.reports.tables.architecture import architecture_table
from common.reports.tables.confusion import confusion_table
from common.reports.tables.folds import fold_table
from common.reports.tables.genres import per_genre_table
from common.reports.tables.legacy import legacy_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary, without_interval_lines
from data_pipeline.cache.shards import read_track
from data_pipeline.windows.reader import WindowReader


@dataclass(frozen=True)
class GroupReport:
    """What was written of one group: its tables as JSON values, by table id, and the paths of each."""

    group: Group
    tables: dict[str, dict[str, Any]]
    paths: dict[str, list[Path]]


def regenerate_tables(paper: Paper, out: Path, dataset: str | None = None) -> list[GroupReport]:
    """Write all tables and learning curves that the records of a paper support.

    Needs neither data nor training, and is the only way in which tables are written: a command that trained and
    `--from-records` end with the same bytes.

    Args:
        dataset: only of this one; None for all.
    """
    folders = sorted(path.parent for path in (Path(out) / paper.key).glob("*/runs") if path.is_dir())
    reports = []
    for folder in folders:
        if dataset in (None, folder.name):
            whole = with_tuned_rows(paper, out, folder.name)
            groups = groups_of(whole, read_records(runs_folder(out, paper.key, folder.name)))
            notes = read_divergences(folder / "diverged")
            reports += [_write_group(whole, group, out, group.diverged(whole, notes)) for group in groups]
    return reports


def _write_group(paper: Paper, group: Group, out: Path, diverged: Sequence[Divergence]) -> GroupReport:
    folder = result_folder(out, paper, group.setting.dataset)
    records = list(group.records)
    made: dict[str, dict[str, Any]] = {}
    paths: dict[str, list[Path]] = {}

    def keep(values: dict[str, Any], chart: Drawing, beside: str) -> None:
        """Write a table and its picture; `beside` is the id of the table of results that it belongs to."""
        stem = group.stem("table", values["table"], paper)
        made[values["table"]] = values
        paths.setdefault(beside, []).extend(write_table(folder, stem, values))
        paths[beside] += save_figure(chart, folder / "figures" / stem)

    for table in paper.tables:
        values = results_table(paper, table, group.setting, records, diverged)
        if not any(row["measured"] for row in values["rows"]):
            continue
        subtitle = flag_summary(values)
        keep(values, draw_results(values, subtitle=subtitle), table.id)
        twins = (
            (fold_table, draw_folds),
            (per_genre_table, draw_per_genre),
            (legacy_table, draw_results),
            (paired_table, draw_pairs),
        )
        for break_down, draw in twins:
            broken_down = break_down(paper, table, group.setting, records)
            if broken_down:
                own = broken_down.get("kind") == "pairs"
                shared = without_interval_lines(values["caption"]) if own else values["caption"]
                broken_down["caption"] = broken_down.get("caption", []) + shared
                broken_down["warnings"] = values["warnings"]
                keep(broken_down, draw(broken_down, subtitle=subtitle), table.id)
    for published in paper.confusions:
        values = confusion_table(paper, published, group.setting, records)
        if values:
            whole = made[published.row[0]]
            values["caption"] += whole["caption"]
            values["warnings"] = whole["warnings"]
            keep(values, draw_confusion(values, subtitle=flag_summary(whole)), published.row[0])
    paths["curves"] = _write_curves(paper, group, made, folder / "figures")
    for figure in paper.figures:
        if figure.table in made:
            paths[figure.table] += _write_whole(paper, group, figure, made[figure.table], folder / "figures")
    for table in paper.architecture:
        made[table.id], paths[table.id] = write_architecture(paper, table, group.setting.dataset, out)
    return GroupReport(group, made, paths)


def write_architecture(
    paper: Paper, table: ArchitectureTable, dataset: str, out: Path
) -> tuple[dict[str, Any], list[Path]]:
    """Write a table of layers; it needs no records."""
    values = architecture_table(paper, table, dataset)
    return values, write_table(result_folder(out, paper, dataset), f"table_{table.id}", values)


def _write_whole(paper: Paper, group: Group, figure: Figure, table: dict[str, Any], folder: Path) -> list[Path]:
    """Draw a whole table in one picture."""
    if figure.kind == "heat_maps":
        drawn = draw_heat_maps(table, figure.places, subtitle=flag_summary(table))
    else:
        drawn = draw_scaling(table, figure.places, figure.sizes, subtitle=flag_summary(table))
    return save_figure(drawn, folder / group.stem("figure", figure.id, paper))


def _write_curves(paper: Paper, group: Group, made: dict[str, dict[str, Any]], folder: Path) -> list[Path]:
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


def write_data_figures(paper: Paper, group: Group, readers: list[WindowReader], out: Path) -> list[Path]:
    """Draw the paper's pictures of the data from the first track that has windows.

    Args:
        readers: of all inputs that the command's networks saw; each picture takes the first that it can show.
    """
    folder = result_folder(out, paper, group.setting.dataset) / "figures"
    paths = []
    for figure in paper.figures:
        if figure.kind not in _EXAMPLES:
            continue
        fitting = [reader for reader in readers if _can_show(figure, reader)]
        if fitting:
            stem = folder / group.stem("figure", figure.id, paper)
            paths += save_figure(_draw_example(paper, figure, fitting[0]), stem)
    return paths


_CURVES = ("accuracy", "loss", "comparison", "tsne")
_EXAMPLES = ("spectrogram", "spectrograms", "windows", "waveform_windows")


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
        # Decibels over 1 are shown as they are.
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
    """The first clip of each of the figure's genres; other genres of the data stand in for those that it lacks."""
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
