"""Everything that is written once the records are there: tables, figures, and the paper's generated page."""

from pathlib import Path
from typing import Any

import numpy as np

from common import figures, rendering, tables
from common.console import say
from common.files import read_json, write_text
from common.paper import ArchitectureTable, Figure, Paper, leaf_paths
from common.records import Record, Setting, read_all, runs_folder
from common.spec import Table
from data_pipeline.features import StftDb
from data_pipeline.reader import WindowReader
from data_pipeline.shards import read_track


def write_tables(
    paper: Paper, wanted: list[Table | ArchitectureTable], setting: Setting, records: list[Record], out: Path
) -> tuple[list[dict[str, Any]], list[Path]]:
    """Write the tables of one setting in all forms, with a bar chart each.

    Returns:
        The tables as JSON values, and the paths written.
    """
    folder = tables.result_folder(out, paper, setting.dataset)
    made, paths = [], []
    for table in wanted:
        if isinstance(table, ArchitectureTable):
            values = tables.of_architecture(paper, table, setting.dataset)
            stem = f"table_{table.id}"
        else:
            values = tables.of_results(paper, table, setting, records)
            stem = tables.file_stem("table", table.id, setting, paper)
            chart = figures.published_and_measured(values, subtitle=_subtitle(values))
            paths += figures.write(chart, folder / "figures" / stem)
        paths += rendering.write_all(folder, stem, values)
        made.append(values)
    return made, paths


def write_curves(paper: Paper, setting: Setting, records: list[Record], out: Path) -> list[Path]:
    """Draw the paper's learning curves from the records of its default row; nothing where there is none."""
    default = paper.default_experiment.digest
    mine = [record for record in records if record.setting == setting and record.row_experiment == default]
    if not mine:
        return []
    folder = tables.result_folder(out, paper, setting.dataset) / "figures"
    paths = []
    for figure in paper.figures:
        if figure.kind not in ("accuracy", "loss"):
            continue
        runs = f"{len(mine)} run{'s' if len(mine) > 1 else ''}"
        heading = (
            f"{_figure_title(paper, figure)}\n{mine[0].data.title}, {mine[0].protocol}, {setting.scale} scale, {runs}"
        )
        drawn = figures.curves(mine, figure.kind, title=heading)
        paths += figures.write(drawn, folder / tables.file_stem("figure", figure.id, setting, paper))
    return paths


def write_examples(paper: Paper, setting: Setting, reader: WindowReader, out: Path) -> list[Path]:
    """Draw the paper's pictures of the data from the first track."""
    index = reader.index
    track = index.tracks[0]
    feature = index.feature
    values = feature.storage.decode(read_track(index, track))
    seconds = track.frames / feature.frames_per_second
    folder = tables.result_folder(out, paper, setting.dataset) / "figures"
    paths = []
    for figure in paper.figures:
        stem = folder / tables.file_stem("figure", figure.id, setting, paper)
        heading = f"{_figure_title(paper, figure)}\n{track.id}"
        if figure.kind == "spectrogram":
            kind = "STFT bin" if isinstance(feature, StftDb) else "mel band"
            drawn = figures.spectrogram(
                values, seconds, title=heading, bins_label=kind, top_db=getattr(feature, "top_db", None)
            )
        elif figure.kind == "windows":
            starts = reader.windows.starts[np.asarray(reader.windows.tracks) == 0]
            size = f"{len(starts)} windows of {reader.windows.frames} frames"
            drawn = figures.windows(values, starts, reader.windows.frames, seconds, title=f"{heading}: {size}")
        else:
            continue
        paths += figures.write(drawn, stem)
    return paths


def regenerate(
    paper: Paper, out: Path, wanted: list[Table | ArchitectureTable]
) -> list[tuple[dict[str, Any], list[Path]]]:
    """Make all tables and curves again from the records alone, without data and without training.

    Where two settings share a file name (they differ in epochs or precision only), the one with the newest record is
    shown, and the others are named.
    """
    made = []
    for folder in sorted(path for path in (Path(out) / paper.key).glob("*") if path.is_dir()):
        records = read_all(runs_folder(out, paper.key, folder.name))
        newest: dict[str, Record] = {}
        for record in sorted(records, key=lambda record: (record.finished_at, record.run_id)):
            newest[tables.file_stem("", "", record.setting, paper)] = record
        shown = [record.setting for record in newest.values()]
        others = {record.run_id for record in records if record.setting not in shown}
        if others:
            say(f"{folder.name}: {len(others)} records of older settings with the same file names are not shown")
        for setting in shown:
            values, paths = write_tables(paper, wanted, setting, records, out)
            paths += write_curves(paper, setting, records, out)
            made += [(table, paths) for table in values]
    return made


def write_page(paper: Paper, out: Path) -> Path:
    """Generate `<out>/<paper>/README.md`: what is assumed, what is measured.

    Tables at smoke scale are left out: they measure nothing, and trying the demo should not change this page.
    """
    lines = [
        f"# {paper.title}: what is assumed, what is measured",
        "",
        f"Generated by `python reproductions/{paper.key}/run.py`; do not edit.",
        "",
        paper.citation,
        "",
        "## Assumed",
        "Values that the source does not state, and what we chose.",
        "",
        "| value | chosen | why |",
        "|---|---|---|",
    ]
    experiment = paper.default_experiment
    rest = []
    for path in leaf_paths(experiment):
        source = paper.sources[path]
        row = f"| `{path}` | {_value(experiment, path)} | {source.reason} |"
        (lines if source.status == "assumed" else rest).append(row)
    lines += ["", "## Stated", "", "| value | used | where |", "|---|---|---|", *rest, ""]
    if paper.notes:
        lines += ["## Notes", "", *[f"- {note}" for note in paper.notes], ""]
    lines += ["## Measured", ""]
    found = [
        path
        for path in sorted((Path(out) / paper.key).glob("*/table_*.md"))
        if read_json(path.with_suffix(".json"), what="a table")["scale"] == "paper" and path.parent.name != "demo"
    ]
    for path in found:
        text = path.read_text(encoding="utf-8").strip().splitlines()
        where = path.relative_to(Path(out) / paper.key)
        lines += [f"### {text[0].removeprefix('# ')} ([{where.as_posix()}]({where.as_posix()}))", *text[1:], ""]
    if not found:
        lines += ["Nothing yet."]
    page = Path(out) / paper.key / "README.md"
    write_text(page, "\n".join(lines).rstrip() + "\n")
    return page


def _value(experiment: Any, path: str) -> str:
    value = experiment
    for part in path.split("."):
        value = getattr(value, part)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _figure_title(paper: Paper, figure: Figure) -> str:
    return f"{paper.key}, Figure {figure.id}: {figure.title}"


def _subtitle(table: dict[str, Any]) -> str:
    marks = [f"{table['data']}, {table['protocol']}", f"{table['scale']} scale"]
    text = " ".join(table["caption"])
    for mark in ("INCOMPLETE", "REDUCED FEATURES", "ONE SEED"):
        if mark in text:
            marks.append(mark.lower())
    if "synthetic" in text:
        marks.append("synthetic audio")
    if any(warning.startswith("CONTAMINATED") for warning in table["warnings"]):
        marks.append("contaminated")
    return ", ".join(marks)
