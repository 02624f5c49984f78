"""The page that lists every item of the papers' documents, with what makes it again."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from common.core.console import warn
from common.core.files import write_text
from common.core.interrupts import raise_if_interrupted
from common.core.words import counted, listed
from common.paper.by_name import load_paper, paper_keys
from common.paper.figures import Needs
from common.paper.items import DocumentItem
from common.paper.paper import Paper
from common.records.paths import table_files
from common.reports.committed import are_committed
from common.reports.escapes import markdown_cell, markdown_text
from common.reports.pages import read_table
from common.reports.text.reductions import reductions

_NEEDS = {Needs.RUNS: "runs", Needs.DATA: "data", Needs.NOTHING: "nothing"}
_MOST_LINKS = 3
COVERAGE_NAME = "COVERAGE.md"
_ABOUT = (
    "Generated from the papers' declarations and the files below this folder; do not edit. Each command makes one "
    "table or figure; `encore run PAPER --all` makes all of a paper that need no search. Data are given with "
    "`--dataset` and `--data`; without them the demo corpus is used, which is generated music. A command that needs "
    "runs trains them. "
    "The last column links what is committed here, and names the data that it is of; it is empty where nothing is."
)


def write_coverage(out: Path) -> list[Path]:
    """Write the page again where `out` holds the results of the checkout, which it is of; returns its path there."""
    if not are_committed(out):
        return []
    target = Path(out) / COVERAGE_NAME
    write_text(target, coverage_of(out))
    return [target]


def coverage_of(out: Path) -> str:
    """The page of all papers."""
    papers = []
    for key in paper_keys():
        try:
            papers.append(load_paper(key))
        # A paper that a user writes may raise anything.
        except Exception as error:
            raise_if_interrupted(error)
            warn(f"not in {COVERAGE_NAME}: paper {key}: {error}")
    return coverage_text(papers, out)


def coverage_text(papers: Sequence[Paper], out: Path) -> str:
    """The page as Markdown; papers without items, as a user's own, are left out.

    Args:
        out: folder of the results.
    """
    lines = ["# Every table and figure of the papers' documents", "", _ABOUT, ""]
    for paper in (one for one in papers if one.items):
        lines += [
            f"## {markdown_text(paper.title)}",
            "",
            f"{markdown_text(paper.citation)}",
            "",
            "| item | command | needs | committed |",
            "|---|---|---|---|",
        ]
        for item in paper.items:
            commands = "<br>".join(f"`{command}`" for command in item.commands(paper.key))
            title = markdown_cell(item.title) + (f"<br>*{markdown_cell(item.note)}*" if item.note else "")
            lines.append(f"| {title} | {commands} | {_needs(paper, item)} | {_committed(paper, item, Path(out))} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _needs(paper: Paper, item: DocumentItem) -> str:
    """What the commands of an item need, in words."""
    needs = {paper.figure(figure).needs for figure in item.figures}
    trained = [table for table in item.tables if table not in _made_without_runs(paper)]
    if trained or item.searches:
        needs.add(Needs.RUNS)
    if any("--data" in command for command in item.other_commands):
        needs.add(Needs.DATA)
    names = [name for need, name in _NEEDS.items() if need in needs]
    return listed(names) if names else _NEEDS[Needs.NOTHING]


def _made_without_runs(paper: Paper) -> set[str]:
    return {table.id for table in paper.tables_without_runs}


def _committed(paper: Paper, item: DocumentItem, out: Path) -> str:
    """Links to the files of an item that are there, with the data and in what they differ from the paper."""
    found = [link for table in item.tables for link in _tables(paper, table, out)]
    found += [link for figure in item.figures for link in _figures(paper, figure, out)]
    found += [link for space in item.searches for link in _tables(paper, f"search_{space}", out)]
    more = len(found) - _MOST_LINKS
    # The page of the paper's results shows all of them.
    return "<br>".join(found[:_MOST_LINKS]) + (f"<br>[and {more} more]({paper.key}/README.md)" if more > 0 else "")


def _tables(paper: Paper, table_id: str, out: Path) -> list[str]:
    confusion = paper.confusion(table_id)
    wanted = table_id if confusion is None else confusion.table_id
    links = []
    for path in table_files(out, paper.key):
        values = read_table(path)
        ids = [one.get("table") for one in (values, *values.get("companions", ()))]
        if wanted in ids:
            marks = reductions(values)
            data = values.get("data") or ""
            about = ", ".join(filter(None, [markdown_cell(data), *marks]))
            # Contaminated results come last.
            links.append(("contaminated" in marks, _link(path.with_suffix(".md"), out, about)))
    return [link for _, link in sorted(links, key=lambda one: one[0])]


def _figures(paper: Paper, figure_id: str, out: Path) -> list[str]:
    found = []
    for path in sorted(Path(out).glob(f"{paper.key}/*/figures/figure_*.png")):
        folder = path.parent.parent.name
        names = [figure.id for figure in paper.figures if _is_figure(path.stem, figure.id)]
        # The name of one figure may begin with that of another.
        if folder != "demo" and max(names, key=len, default="") == figure_id:
            found.append(_link(path, out, ", ".join([markdown_cell(folder), *_lacking(paper, figure_id, path, out)])))
    return found


def _lacking(paper: Paper, figure_id: str, path: Path, out: Path) -> list[str]:
    """That a figure of runs lacks some of its rows, because the folder has no numbers of them."""
    figure = paper.figure(figure_id)
    if figure.needs != Needs.RUNS or not figure.rows:
        return []
    digests = {(table.id, row.label): row.experiment.digest for table in paper.tables for row in table.rows}
    # One network may be a row of several tables, and is in one of them.
    measured = set()
    for file in table_files(out, paper.key):
        if file.parent == path.parent.parent:
            values = read_table(file)
            rows = [row["label"] for row in values.get("rows", ()) if any(row.get("measured") or ())]
            measured |= {digests.get((values.get("table"), label)) for label in rows}
    there = sum(digests[row] in measured for row in figure.rows)
    return [f"{there} of {counted(len(figure.rows), 'row')}"] if there < len(figure.rows) else []


def _is_figure(stem: str, figure_id: str) -> bool:
    return stem == f"figure_{figure_id}" or stem.startswith(f"figure_{figure_id}_")


def _link(path: Path, out: Path, about: str) -> str:
    where = path.relative_to(out).as_posix()
    return f"[{markdown_cell(path.stem)}]({quote(where)})" + (f": {about}" if about else "")
