"""A table in four forms: Markdown, CSV, LaTeX and JSON."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.core.files import write_json, write_text
from common.reports.escapes import beyond_latin, csv_text, latex_text, markdown_cell, markdown_text
from common.reports.plain import Cell, plain_table
from common.reports.table import Table, as_yours


def as_markdown(table: Table, companions: Sequence[Table] = (), *, is_own: bool = False) -> str:
    """GitHub Markdown with warnings above and the caption below.

    Args:
        is_own: whether the runs are the user's own, not those that come with Encore.
        companions: tables that belong to it; each gets a section with the notes that it does not share with the table.
    """
    return "\n".join(
        [
            f"# {markdown_text(table.title)}",
            *_markdown_body(table, Table({}, (), ()), is_own),
            *[
                line
                for own in companions
                for line in (f"## {_section_title(own)}", *_markdown_body(own, table, is_own))
            ],
        ]
    )


def _section_title(table: Table) -> str:
    return markdown_text(f"Table {table.id}: {table.values['title']}")


def _markdown_body(table: Table, whole: Table, is_own: bool) -> list[str]:
    """Warnings, cells and notes, without the warnings and notes of the table that it belongs to."""
    lines = [""]
    for warning in table.warnings:
        if warning not in whole.warnings:
            lines += [f"> **Warning.** {markdown_text(warning.text)}", ""]
    # Layers are built as declared, whoever asks for them.
    is_yours = is_own and "compared_with" in table.values
    lines.append(_markdown_line(as_yours(table.header) if is_yours else table.header))
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(table.header) - 1)) + "|")
    lines += map(_markdown_line, table.rows)
    return [*lines, "", *[f"- {markdown_text(note.text)}" for note in table.notes if note not in whole.notes], ""]


def _markdown_line(values: Sequence[str]) -> str:
    return "| " + " | ".join(map(markdown_cell, values)) + " |"


def as_csv(table: Table) -> str:
    """The table for programs, see `common.reports.plain`: one header row with unique names, plain numbers, an empty
    cell for what is not there, `true` and `false`. The notes are in the Markdown and the JSON file.

    Numbers are written as numbers, and text as it is, so that it is read back as it was; but a name that a spreadsheet
    would take for a formula, because it begins with `=`, `+`, `-` or `@`, gets an apostrophe before it."""
    plain = plain_table(table.values)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(csv_text, plain.columns))
    writer.writerows(map(_csv_cell, row) for row in plain.rows)
    return text.getvalue()


def _csv_cell(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return str(cell).lower()
    return csv_text(cell) if isinstance(cell, str) else cell


def as_latex(table: Table, stem: str) -> str:
    """A `table` environment for the booktabs package.

    Args:
        stem: file name of the table without suffix, which makes its label unique.
    """

    def line(values: tuple[str, ...]) -> str:
        text = " & ".join(map(latex_text, values))
        # After the end of a line, LaTeX would take these for an argument.
        return f"    {'{}' if text.startswith(('[', '*')) else ''}{text}" + r" \\"

    sentences = [f"{table.title}.", *[f"Warning: {w.text}" for w in table.warnings], *[n.text for n in table.notes]]
    label = ":".join(["tab", table.values["paper"], table.values["dataset"], stem.removeprefix("table_")])
    others = beyond_latin("".join((*sentences, *table.header, *(cell for row in table.rows for cell in row))))
    return "\n".join(
        [
            *([f"% Needs XeLaTeX or LuaLaTeX, and a font that has: {others}"] if others else []),
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex_text(' '.join(sentences))}}}",
            rf"  \label{{{re.sub(r'[^A-Za-z0-9.:_-]', '-', label)}}}",
            rf"  \begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
            r"    \toprule",
            line(table.header),
            r"    \midrule",
            *[line(row) for row in table.rows],
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def write_table(
    folder: Path, stem: str, table: Table, companions: Mapping[str, Table] | None = None, *, is_own: bool = False
) -> list[Path]:
    """Write all four forms and return their paths; JSON last, because readers look for it.

    Args:
        companions: stem -> table that belongs to this one, e.g. its comparisons of rows. They are further sections of
            its Markdown, LaTeX and JSON files (`companions`); only CSV, which holds one table, gets a file for each.
        is_own: whether the runs are the user's own. Their Markdown says `Your`; LaTeX, which is for a paper of the
            user's, says `Our` of all.
    """
    companions = dict(companions or {})
    texts = {f"{stem}.md": as_markdown(table, list(companions.values()), is_own=is_own)}
    texts |= {f"{name}.csv": as_csv(one) for name, one in {stem: table, **companions}.items()}
    texts[f"{stem}.tex"] = "\n".join(as_latex(one, name) for name, one in {stem: table, **companions}.items())
    for name, text in texts.items():
        write_text(folder / name, text)
    values: dict[str, Any] = table.as_json()
    if companions:
        values["companions"] = [one.as_json() for one in companions.values()]
    write_json(folder / f"{stem}.json", values)
    return [folder / name for name in (*texts, f"{stem}.json")]
