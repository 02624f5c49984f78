"""Everything that is written once the records are there: tables and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Drawing

from common import (
    captions,
    charts,
    comparing,
    comparisons,
    confusion,
    divergence,
    figures,
    genres,
    rendering,
    rounds,
    tables,
)
from common.divergence import Divergence
from common.figurestyle import write
from common.groups import Group, groups_of
from common.paper import ArchitectureTable, Figure, Paper
from common.records import of_one_start, read_all, runs_folder
from common.searchrows import with_searched
from data_pipeline.reader import WindowReader
from data_pipeline.shards import read_track


@dataclass(frozen=True)
class Report:
    """What was written of one group: its tables as JSON values, by table id, and the paths of each."""

    group: Group
    tables: dict[str, dict[str, Any]]
    paths: dict[str, list[Path]]


def regenerate(paper: Paper, out: Path, dataset: str | None = None) -> list[Report]:
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
            whole = with_searched(paper, out, folder.name)
            groups = groups_of(whole, read_all(runs_folder(out, paper.key, folder.name)))
            notes = divergence.read_all(folder / "diverged")
            reports += [_write_group(whole, group, out, group.diverged(whole, notes)) for group in groups]
    return reports


def _write_group(paper: Paper, group: Group, out: Path, diverged: Sequence[Divergence]) -> Report:
    folder = tables.result_folder(out, paper, group.setting.dataset)
    records = list(group.records)
    made: dict[str, dict[str, Any]] = {}
    paths: dict[str, list[Path]] = {}

    def keep(values: dict[str, Any], chart: Drawing, beside: str) -> None:
        """Write a table and its picture; `beside` is the id of the table of results that it belongs to."""
        stem = group.stem("table", values["table"], paper)
        made[values["table"]] = values
        paths.setdefault(beside, []).extend(rendering.write_all(folder, stem, values))
        paths[beside] += write(chart, folder / "figures" / stem)

    for table in paper.tables:
        values = tables.of_results(paper, table, group.setting, records, diverged)
        if not any(row["measured"] for row in values["rows"]):
            continue
        subtitle = captions.marks(values)
        keep(values, figures.published_and_measured(values, subtitle=subtitle), table.id)
        twins = (
            (rounds.of_rounds, figures.rounds),
            (genres.of_genres, comparisons.genres),
            (tables.of_legacy, figures.published_and_measured),
            (comparing.of_pairs, comparisons.pairs),
        )
        for break_down, draw in twins:
            broken_down = break_down(paper, table, group.setting, records)
            if broken_down:
                own = broken_down.get("kind") == "pairs"
                shared = captions.without_intervals(values["caption"]) if own else values["caption"]
                broken_down["caption"] = broken_down.get("caption", []) + shared
                broken_down["warnings"] = values["warnings"]
                keep(broken_down, draw(broken_down, subtitle=subtitle), table.id)
    for published in paper.confusions:
        values = confusion.of_confusion(paper, published, group.setting, records)
        if values:
            whole = made[published.row[0]]
            values["caption"] += whole["caption"]
            values["warnings"] = whole["warnings"]
            keep(values, charts.confusion(values, subtitle=captions.marks(whole)), published.row[0])
    paths["curves"] = _write_curves(paper, group, made, folder / "figures")
    for figure in paper.figures:
        if figure.table in made:
            paths[figure.table] += _write_whole(paper, group, figure, made[figure.table], folder / "figures")
    for table in paper.architecture:
        made[table.id], paths[table.id] = write_architecture(paper, table, group.setting.dataset, out)
    return Report(group, made, paths)


def write_architecture(
    paper: Paper, table: ArchitectureTable, dataset: str, out: Path
) -> tuple[dict[str, Any], list[Path]]:
    """Write a table of layers; it needs no records."""
    values = tables.of_architecture(paper, table, dataset)
    return values, rendering.write_all(tables.result_folder(out, paper, dataset), f"table_{table.id}", values)


def _write_whole(paper: Paper, group: Group, figure: Figure, table: dict[str, Any], folder: Path) -> list[Path]:
    """Draw a whole table in one picture."""
    if figure.kind == "heat_maps":
        drawn = charts.heat_maps(table, figure.places, subtitle=captions.marks(table))
    else:
        drawn = charts.scaling(table, figure.places, figure.sizes, subtitle=captions.marks(table))
    return write(drawn, folder / group.stem("figure", figure.id, paper))


def _write_curves(paper: Paper, group: Group, made: dict[str, dict[str, Any]], folder: Path) -> list[Path]:
    """Draw the paper's learning curves from the records of their rows; nothing where there are none."""
    paths = []
    for figure in paper.figures:
        if figure.kind not in _CURVES:
            continue
        rows = []
        for table, label in figure.rows or (paper.default_row,):
            digest = paper.row(table, label).experiment.digest
            mine = of_one_start([record for record in group.records if record.row_experiment == digest])
            rows += [(label, mine)] if mine else []
        if not rows:
            continue
        subtitle = captions.marks(made[(figure.rows or (paper.default_row,))[0][0]])
        lacking = len(figure.rows or (paper.default_row,)) - len(rows)
        marks = f"{subtitle}; {lacking} rows not run" if lacking else subtitle
        title = f"{_figure_title(paper, figure)}\n{marks}"
        if figure.kind == "comparison":
            drawn = comparisons.curves(rows, title=title)
        elif figure.kind == "tsne":
            shown = [record for _, mine in rows for record in mine if record.projection]
            if not shown:
                continue
            one = min(shown, key=lambda record: (record.seed, record.fold))
            drawn = comparisons.projection(one, title=title)
        else:
            drawn = figures.curves(rows, figure.kind, title=title)
        paths += write(drawn, folder / group.stem("figure", figure.id, paper))
    return paths


def write_examples(paper: Paper, group: Group, readers: list[WindowReader], out: Path) -> list[Path]:
    """Draw the paper's pictures of the data from the first track that has windows.

    Args:
        readers: of all inputs that the command's networks saw; each picture takes the first that it can show.
    """
    folder = tables.result_folder(out, paper, group.setting.dataset) / "figures"
    paths = []
    for figure in paper.figures:
        if figure.kind not in _EXAMPLES:
            continue
        fitting = [reader for reader in readers if _can_show(figure, reader)]
        if fitting:
            stem = folder / group.stem("figure", figure.id, paper)
            paths += write(_draw_example(paper, figure, fitting[0]), stem)
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
        return figures.spectrogram(values, seconds, title=heading, bins_label=kind, top_db=top_db)
    starts = reader.windows.starts[reader.windows.tracks == number]
    frames = reader.windows.frames
    unit = "samples" if figure.kind == "waveform_windows" else "frames"
    title = f"{heading}: {len(starts)} windows of {frames} {unit}"
    if figure.kind == "waveform_windows":
        return figures.waveform_windows(values[:, 0], starts, frames, seconds, title=title)
    return figures.windows(values, starts, frames, seconds, title=title)


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
    return figures.spectrograms(shown, 1 / feature.frames_per_second, title=_figure_title(paper, figure))


def _figure_title(paper: Paper, figure: Figure) -> str:
    return f"{paper.key}, Figure {figure.id}: {figure.title}"
