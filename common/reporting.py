"""Everything that is written once the records are there: tables, figures, and the paper's generated page."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Drawing

from common import charts, confusion, figures, rendering, rounds, tables
from common.figurestyle import write
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
        paths[table.id] = rendering.write_all(folder, stem, values) + write(chart, folder / "figures" / stem)
        broken_down = rounds.of_rounds(paper, table, group.setting, list(group.records))
        if broken_down:
            broken_down |= {name: values[name] for name in ("caption", "warnings")}
            stem = group.stem("table", broken_down["table"], paper)
            chart = figures.rounds(broken_down, subtitle=_subtitle(values))
            made[broken_down["table"]] = broken_down
            paths[table.id] += rendering.write_all(folder, stem, broken_down)
            paths[table.id] += write(chart, folder / "figures" / stem)
    for published in paper.confusions:
        values = confusion.of_confusion(paper, published, group.setting, list(group.records))
        if values:
            whole = made[published.row[0]]
            values["caption"] += whole["caption"]
            values["warnings"] = whole["warnings"]
            stem = group.stem("table", values["table"], paper)
            chart = charts.confusion(values, subtitle=_subtitle(whole))
            made[values["table"]] = values
            paths[published.row[0]] += rendering.write_all(folder, stem, values) + write(
                chart, folder / "figures" / stem
            )
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
        drawn = charts.heat_maps(table, figure.places, subtitle=_subtitle(table))
    else:
        drawn = charts.scaling(table, figure.places, figure.sizes, subtitle=_subtitle(table))
    return write(drawn, folder / group.stem("figure", figure.id, paper))


def _write_curves(paper: Paper, group: Group, made: dict[str, dict[str, Any]], folder: Path) -> list[Path]:
    """Draw the paper's learning curves from the records of their rows; nothing where there are none."""
    paths = []
    for figure in paper.figures:
        if figure.kind not in ("accuracy", "loss"):
            continue
        rows = []
        for table, label in figure.rows or (paper.default_row,):
            digest = paper.row(table, label).experiment.digest
            mine = [record for record in group.records if record.row_experiment == digest]
            rows += [(label, mine)] if mine else []
        if not rows:
            continue
        subtitle = _subtitle(made[(figure.rows or (paper.default_row,))[0][0]])
        lacking = len(figure.rows or (paper.default_row,)) - len(rows)
        marks = f"{subtitle}; {lacking} rows not run" if lacking else subtitle
        drawn = figures.curves(rows, figure.kind, title=f"{_figure_title(paper, figure)}\n{marks}")
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


# A value may differ in dozens of rows; their tables list it.
_MOST_OTHER_VALUES = 5
_EXAMPLES = ("spectrogram", "windows", "waveform_windows")


def _can_show(figure: Figure, reader: WindowReader) -> bool:
    feature = reader.index.feature
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
    stated, unused = [], []
    for path, values in _every_value(paper).items():
        source = paper.sources[path]
        if source.status == "unused":
            unused.append(f"`{path}`")
            continue
        row = f"| `{path}` | {_listed(values)} | {source.reason} |"
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


def _every_value(paper: Paper) -> dict[str, list[Any]]:
    """Every value that a row of the paper has -> what it is, each once; the recommended row's first, if it has it."""
    found: dict[str, list[Any]] = {}
    for experiment in paper.experiments:
        for path in leaf_paths(experiment):
            value = experiment
            for part in path.split("."):
                value = getattr(value, part)
            seen = found.setdefault(path, [])
            if value not in seen:
                seen.append(value)
    return found


def _listed(values: list[Any]) -> str:
    shown = [", ".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
    if len(shown) == 1:
        return shown[0]
    others = "; ".join(shown[1:_MOST_OTHER_VALUES]) + ("; ..." if len(shown) > _MOST_OTHER_VALUES else "")
    return f"{shown[0]} (other rows: {others})"


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
