"""Everything that is written once the records are there: tables, figures, and the paper's generated page."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import figures, rendering, rounds, tables
from common.files import read_json, write_text
from common.groups import Group, groups_of
from common.paper import ArchitectureTable, Figure, Paper, leaf_paths
from common.records import read_all, runs_folder
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
    return [
        _write_group(paper, group, out)
        for folder in folders
        if dataset in (None, folder.name)
        for group in groups_of(paper, read_all(runs_folder(out, paper.key, folder.name)))
    ]


def _write_group(paper: Paper, group: Group, out: Path) -> Report:
    folder = tables.result_folder(out, paper, group.setting.dataset)
    made, paths = {}, {}
    for table in paper.tables:
        values = tables.of_results(paper, table, group.setting, list(group.records))
        if not any(row["measured"] for row in values["rows"]):
            continue
        stem = group.stem("table", table.id, paper)
        chart = figures.published_and_measured(values, subtitle=_subtitle(values))
        made[table.id] = values
        paths[table.id] = rendering.write_all(folder, stem, values) + figures.write(chart, folder / "figures" / stem)
        broken_down = rounds.of_rounds(paper, table, group.setting, list(group.records))
        if broken_down:
            broken_down |= {name: values[name] for name in ("caption", "warnings")}
            stem = group.stem("table", broken_down["table"], paper)
            chart = figures.rounds(broken_down, subtitle=_subtitle(values))
            made[broken_down["table"]] = broken_down
            paths[table.id] += rendering.write_all(folder, stem, broken_down)
            paths[table.id] += figures.write(chart, folder / "figures" / stem)
    if paper.default_row[0] in made:
        subtitle = _subtitle(made[paper.default_row[0]])
        paths["curves"] = _write_curves(paper, group, folder / "figures", subtitle)
    for table in paper.architecture:
        made[table.id], paths[table.id] = write_architecture(paper, table, group.setting.dataset, out)
    return Report(group, made, paths)


def write_architecture(
    paper: Paper, table: ArchitectureTable, dataset: str, out: Path
) -> tuple[dict[str, Any], list[Path]]:
    """Write a table of layers; it needs no records."""
    values = tables.of_architecture(paper, table, dataset)
    return values, rendering.write_all(tables.result_folder(out, paper, dataset), f"table_{table.id}", values)


def _write_curves(paper: Paper, group: Group, folder: Path, subtitle: str) -> list[Path]:
    """Draw the paper's learning curves from the records of its default row; nothing where there is none."""
    default = paper.default_experiment.digest
    mine = [record for record in group.records if record.row_experiment == default]
    if not mine:
        return []
    paths = []
    for figure in paper.figures:
        if figure.kind not in ("accuracy", "loss"):
            continue
        heading = f"{_figure_title(paper, figure)}\n{subtitle}"
        drawn = figures.curves(mine, figure.kind, title=heading)
        paths += figures.write(drawn, folder / group.stem("figure", figure.id, paper))
    return paths


def write_examples(paper: Paper, group: Group, reader: WindowReader, out: Path) -> list[Path]:
    """Draw the paper's pictures of the data from the first track that has windows."""
    index = reader.index
    number = int(reader.windows.tracks[0])
    track = index.tracks[number]
    feature = index.feature
    values = feature.storage.decode(read_track(index, track))
    seconds = track.frames / feature.frames_per_second
    folder = tables.result_folder(out, paper, group.setting.dataset) / "figures"
    paths = []
    for figure in paper.figures:
        stem = folder / group.stem("figure", figure.id, paper)
        heading = f"{_figure_title(paper, figure)}\n{track.id}"
        if figure.kind == "spectrogram":
            kind = {"stft_db": "STFT bin", "log_mel": "mel band"}.get(feature.kind, "bin")
            drawn = figures.spectrogram(
                values, seconds, title=heading, bins_label=kind, top_db=getattr(feature, "top_db", None)
            )
        elif figure.kind == "windows":
            starts = reader.windows.starts[reader.windows.tracks == number]
            size = f"{len(starts)} windows of {reader.windows.frames} frames"
            drawn = figures.windows(values, starts, reader.windows.frames, seconds, title=f"{heading}: {size}")
        elif figure.kind == "waveform_windows":
            starts = reader.windows.starts[reader.windows.tracks == number]
            size = f"{len(starts)} windows of {reader.windows.frames} samples"
            drawn = figures.waveform_windows(
                values[:, 0], starts, reader.windows.frames, seconds, title=f"{heading}: {size}"
            )
        else:
            continue
        paths += figures.write(drawn, stem)
    return paths


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
    stated, unused = [], []
    for path in leaf_paths(experiment):
        source = paper.sources[path]
        if source.status == "unused":
            unused.append(f"`{path}`")
            continue
        row = f"| `{path}` | {_value(experiment, path)} | {source.reason} |"
        (lines if source.status == "assumed" else stated).append(row)
    lines += ["", "## Stated", "", "| value | used | where |", "|---|---|---|", *stated, ""]
    if unused:
        lines += ["## Not called for", f"Abilities that the source does not use: {', '.join(unused)}.", ""]
    if paper.notes:
        lines += ["## Notes", "", *[f"- {note}" for note in paper.notes], ""]
    lines += ["## Measured", ""]
    found = [
        path.with_suffix(".md")
        for path in sorted((Path(out) / paper.key).glob("*/table_*.json"))
        if read_json(path, what="a table")["scale"] == "paper" and path.parent.name != "demo"
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
    marks = [f"{table['data']}, {table['protocol']}"] + (["smoke scale"] if table["scale"] == "smoke" else [])
    text = " ".join(table["caption"])
    for mark in ("INCOMPLETE", "REDUCED NETWORK", "REDUCED WINDOWS", "REDUCED FEATURES", "ONE SEED"):
        if mark in text:
            marks.append(mark.lower())
    marks += [f"changed: {change}" for change in table["setting"]["changes"]]
    if "synthetic" in text:
        marks.append("synthetic audio")
    if any(warning.startswith("CONTAMINATED") for warning in table["warnings"]):
        marks.append("contaminated")
    return "\n".join(textwrap.wrap(", ".join(marks), 80))
