"""How each paper fared, as a reproducibility summary, filled from its declaration and its tables."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from common.core.words import counted, listed
from common.paper.paper import FIXED_PREFIX, Paper
from common.report_page.collect_tables import kind_of
from common.report_page.names import all_shown, shown
from common.report_page.payload import Assumption, PaperView
from common.report_page.read import PaperResults, ReadTable
from common.reports.pages import every_value, values_text
from common.reports.screen.results import data_name
from common.reports.table import NoteKind

# Notes of a table that say how its runs were made, and those that say in what they differ from the paper's.
_ON_METHOD: tuple[NoteKind, ...] = ("data", "protocol", "training", "precision")
_ON_DIFFERENCES: tuple[NoteKind, ...] = (
    *("smoke_scale", "reduced_features", "reduced_network", "reduced_windows", "fewer_epochs", "bfloat16"),
    *("changed_values", "excerpts", "other_classes", "other_data", "other_split", "incomplete"),
)


def paper_view(results: PaperResults) -> PaperView:
    """The summary of one paper."""
    paper = results.paper
    tables = [one for one in results.tables if kind_of(one) == "results"]
    layers = _layers(results.tables)
    return PaperView(
        id=f"paper-{paper.key}",
        key=paper.key,
        title=shown(paper.title),
        citation=shown(paper.citation),
        scope=all_shown(_scope(paper, tables)),
        method=all_shown(_notes(tables, _ON_METHOD)),
        easy=all_shown([_stated(paper), *(text for text, is_same in layers if is_same)]),
        hard=all_shown(
            [
                *_silent(paper),
                *(text for text, is_same in layers if not is_same),
                *_notes(tables, _ON_DIFFERENCES),
            ]
        ),
        remarks=all_shown([*paper.notes, *_of_items(paper)]),
        outcome=all_shown(_outcome(tables)),
        assumed=_values(paper, "assumed"),
        differs=_values(paper, "differs"),
    )


def _scope(paper: Paper, tables: Sequence[ReadTable]) -> list[str]:
    """What the paper publishes, and which of it was measured."""
    rows = sum(len(table.rows) for table in paper.tables)
    found = [
        f"Published on {paper.published_on} with {counted(paper.published_classes, 'genre')}: "
        f"{counted(rows, 'row')} in {counted(len(paper.tables), 'table')} of results."
    ]
    others = [
        f"{counted(len(paper.tables_without_runs), 'table')} of layers and values" if paper.tables_without_runs else "",
        counted(len(paper.figures), "figure") if paper.figures else "",
        f"{len(paper.confusions)} confusion {'matrix' if len(paper.confusions) == 1 else 'matrices'}"
        if paper.confusions
        else "",
    ]
    if any(others):
        found.append(f"Made again besides these: {', '.join(filter(None, others))}.")
    measured = sorted({data_name(one.stored.values) for one in tables if _measured(one)})
    found.append(f"Measured here on: {listed(measured)}." if measured else "No row has been measured here yet.")
    return found


def _stated(paper: Paper) -> str:
    """How many values the source states."""
    sources = [source.status for source in paper.value_sources.values()]
    sources += [one.source.status for one in paper.fixed_values.values()]
    counts = Counter(sources)
    used = counts.total() - counts["unused"]
    return f"The source states {counts['stated']} of the {counted(used, 'value')} that its runs need."


def _layers(tables: Sequence[ReadTable]) -> list[tuple[str, bool]]:
    """How many cells of published tables of layers Encore's networks have, too, and whether they have all."""
    found = []
    for one in tables:
        if kind_of(one) != "layers":
            continue
        cells = [
            row["measured"].get(metric) == published
            for row in one.stored.values["rows"]
            for metric, published in row["published"].items()
            if published is not None
        ]
        text = f"Table {one.stored.id}: Encore's network has {sum(cells)} of {len(cells)} published cells of layers"
        is_same = all(cells)
        total = one.stored.values.get("total") or {}
        if total.get("published") is not None:
            has_total = total["published"] == total["measured"]
            text += f", and {'the' if has_total else 'not the'} published number of {total['published']:,} parameters"
            is_same = is_same and has_total
        found.append((f"{text}.", is_same))
    return found


def _silent(paper: Paper) -> list[str]:
    """How many values the source does not state, and how many of ours differ from it."""
    assumed, differing = len(paper.assumed), len(paper.differing)
    found = [f"The source does not state {counted(assumed, 'value')}; what was chosen is listed with reasons."]
    if differing:
        found.append(f"{counted(differing, 'value')} {'differs' if differing == 1 else 'differ'} from the source.")
    return found if assumed else found[1:]


def _of_items(paper: Paper) -> list[str]:
    """What is not as in the document."""
    return [f"{item.title}: {item.note}" for item in paper.items if item.note]


def _notes(tables: Sequence[ReadTable], kinds: Sequence[NoteKind]) -> list[str]:
    """Notes of these kinds of measured tables, each once, after the tables that have it."""
    found: dict[str, list[str]] = {}
    for one in tables:
        if _measured(one):
            for note in one.table.notes:
                if note.kind in kinds:
                    found.setdefault(note.text, []).append(_name(one))
    whole = sum(bool(_measured(one)) for one in tables)
    return [
        text if len(names) == whole else f"{listed(list(dict.fromkeys(names)), 4)}: {text}"
        for text, names in found.items()
    ]


def _outcome(tables: Sequence[ReadTable]) -> list[str]:
    """How many published numbers lie inside our intervals, table by table."""
    found = []
    for one in tables:
        measured = _measured(one)
        inside = [value for row in measured for value in row["published_inside"].values()]
        if not measured:
            continue
        text = f"{_name(one)}: {len(measured)} of {counted(len(one.stored.values['rows']), 'row')} measured"
        found.append(f"{text}{_inside(inside.count(True), inside.count(False), inside.count(None))}.")
    return found


def _inside(inside: int, outside: int, unknown: int) -> str:
    """How many published numbers lie inside our intervals, of those of which that is known; empty without any."""
    text = ""
    if known := inside + outside:
        text = f"; {inside} of {counted(known, 'published number')} inside the 95 % interval"
    if not unknown:
        return text
    others = " other" if known else ""
    numbers, lie = (f"the{others} published number", "lies") if unknown == 1 else (f"the{others} {unknown}", "lie")
    if not known and unknown > 1:
        numbers += " published numbers"
    where = "there" if known else "inside the 95 % interval"
    return f"{text}; whether {numbers} {lie} {where} is not known (one seed)"


def _name(one: ReadTable) -> str:
    """A table with its data and split."""
    changes = one.stored.setting["changes"]
    changed = f", {'; '.join(changes)}" if changes else ""
    return f"Table {one.stored.id} ({data_name(one.stored.values)}, {one.stored.values['protocol']}{changed})"


def _measured(one: ReadTable) -> list[dict[str, Any]]:
    return [row for row in one.stored.values["rows"] if row["measured"]]


def _values(paper: Paper, status: str) -> tuple[Assumption, ...]:
    """The values of the paper with that status, with their reasons."""
    found = [
        Assumption(shown(path), shown(values_text(values)), status, shown(source.reason))
        for path, values in every_value(paper).items()
        if (source := paper.value_sources[path]).status == status
    ]
    fixed = [
        Assumption(shown(f"{FIXED_PREFIX}{name}"), shown(one.value), status, shown(one.source.reason))
        for name, one in paper.fixed_values.items()
        if one.source.status == status
    ]
    return (*found, *fixed)
