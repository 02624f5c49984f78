"""A table in four forms: Markdown, CSV, LaTeX and JSON, and on screen."""

import csv
import io
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as ScreenTable

from common.core.files import write_json, write_text
from common.reports.table import Table

_LATEX = str.maketrans(
    {
        "%": r"\%",
        "&": r"\&",
        "_": r"\_",
        "#": r"\#",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "\u00b1": r"$\pm$",
        "\\": r"\textbackslash{}",
    }
)


def as_markdown(table: Table) -> str:
    """GitHub Markdown with warnings above and the caption below."""
    lines = [f"# {table.title}", ""]
    for warning in table.warnings:
        lines += [f"> **Warning.** {warning.text}", ""]
    lines.append("| " + " | ".join(table.header) + " |")
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(table.header) - 1)) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    lines += ["", *[f"- {note.text}" for note in table.notes], ""]
    return "\n".join(lines)


def as_csv(table: Table) -> str:
    """Header, rows, then warnings and caption as comment lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    comments = [
        f"# {table.title}",
        *[f"# warning: {warning.text}" for warning in table.warnings],
        *[f"# {note.text}" for note in table.notes],
    ]
    return text.getvalue() + "\n".join(comments) + "\n"


def as_latex(table: Table) -> str:
    """A `table` environment for the booktabs package."""

    def line(values: tuple[str, ...]) -> str:
        return "    " + " & ".join(value.translate(_LATEX) for value in values) + r" \\"

    sentences = [f"{table.title}.", *[f"Warning: {w.text}" for w in table.warnings], *[n.text for n in table.notes]]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{' '.join(sentences).translate(_LATEX)}}}",
            rf"  \label{{tab:{table.values['paper']}-{table.id}}}".replace("_", "-"),
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


def write_table(folder: Path, stem: str, table: Table) -> list[Path]:
    """Write all four forms and return their paths; JSON last, because readers look for it."""
    write_text(folder / f"{stem}.md", as_markdown(table))
    write_text(folder / f"{stem}.csv", as_csv(table))
    write_text(folder / f"{stem}.tex", as_latex(table))
    write_json(folder / f"{stem}.json", table.as_json())
    return [folder / f"{stem}{suffix}" for suffix in (".md", ".csv", ".tex", ".json")]


def show_table(table: Table, console: Console) -> None:
    """Print a table with its warnings and caption."""
    # Escaped, because a caption may hold a regular expression, whose brackets would be taken for markup.
    caption = escape("\n".join(note.text for note in table.notes))
    screen = ScreenTable(title=escape(table.title), caption=caption, caption_justify="left")
    for number, name in enumerate(table.header):
        screen.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    for row in table.rows:
        screen.add_row(*map(escape, row))
    console.print(screen)
    for warning in table.warnings:
        console.print(f"warning: {warning.text}", style="yellow", markup=False)
