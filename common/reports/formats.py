"""One table in four forms: Markdown, CSV, LaTeX and JSON, and on screen."""

import csv
import io
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as ScreenTable

from common.core.files import write_json, write_text
from common.leakage.tables import audit_cells
from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES
from common.reports.tables.confusion import confusion_cells
from common.reports.tables.folds import fold_cells
from common.reports.tables.genres import per_genre_cells
from common.reports.tables.pairs import paired_cells
from common.search.table import search_cells

_NOT_RUN, _NOT_GIVEN = "not run", "not given"
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


def cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text: the same in every form."""
    if table["protocol"] is None:
        return _architecture_cells(table)
    if table.get("kind") == "confusion":
        return confusion_cells(table)
    if table.get("kind") == "pairs":
        return paired_cells(table)
    if table.get("kind") == "genres":
        return per_genre_cells(table)
    if table.get("kind") == "search":
        return search_cells(table)
    if table.get("kind") in ("audit", "duplicates"):
        return audit_cells(table)
    return fold_cells(table) if "kind" in table else _result_cells(table)


def _result_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    metrics = table["metrics"]
    compared = table["compared_with"]
    others = [name for name in METRIC_NAMES if name not in compared.values()]
    header = [table["row_header"]]
    several = any("ci95_runs" in row["measured"][name] for row in table["rows"] if row["measured"] for name in metrics)
    over_runs = ["95 % interval over runs"] if several else []
    for name in metrics:
        metric = _metric_name(compared[name])
        header += [f"Published {name.replace('_', ' ')} (%)", f"Our {metric} (%)", "95 % interval", *over_runs]
        header += ["Published inside", "Difference"]
    header += [f"{_metric_name(name).capitalize()} (%)" for name in others] + ["Runs", "Test clips", "Parameters"]
    rows = []
    for row in table["rows"]:
        measured = row["measured"]
        line = [row["label"]]
        for name in metrics:
            published = row["published"][name]
            line.append(_NOT_GIVEN if published is None else f"{published:.1f}")
            if not measured:
                line += [_NOT_RUN, "", *("" for _ in over_runs), "", ""]
                continue
            line += [_mean(measured[name]), _interval(measured[name]["ci95"])]
            line += [_interval(measured[name].get("ci95_runs")) for _ in over_runs]
            if published is None:
                line += ["", ""]
            else:
                line += ["yes" if row["published_inside"][name] else "no", f"{row['difference'][name]:+.1f}"]
        if measured:
            line += [_mean(measured[name]) for name in others]
            line += [
                str(measured["window_accuracy"]["runs"]),
                str(measured["window_accuracy"]["clips"]),
                f"{row['trainable_parameters']:,}",
            ]
        else:
            line += [""] * (len(others) + 3)
        rows.append(line)
    return header, rows


def _interval(bounds: list[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.1f} to {bounds[1]:.1f}"


def _mean(measured: dict[str, Any]) -> str:
    """With the standard deviation over runs, where there are several."""
    spread = f" \u00b1 {measured['sd']:.1f}" if "sd" in measured else ""
    return f"{measured['mean']:.1f}{spread}"


def _metric_name(metric: str) -> str:
    """Parentheses are left to the unit."""
    return ALL_METRIC_NAMES[metric].replace(" (", ", ").replace(")", "")


def _architecture_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    column = table["metrics"][0]
    header = [
        "Layer",
        f"Published {column.replace('_', ' ')}",
        f"Our {column.replace('_', ' ')}",
        "Keras output",
        "Parameters",
    ]

    def shape(value: Any) -> str:
        if value is None:
            return "-"
        return " x ".join(str(part) for part in value) if isinstance(value, list) else str(value)

    rows = [
        [
            row["label"],
            shape(row["published"][column]),
            shape(row["measured"][column]),
            shape(row["measured"]["output_shape"]),
            f"{row['measured']['parameters']:,}",
        ]
        for row in table["rows"]
    ]
    return header, rows


def table_title(table: dict[str, Any]) -> str:
    """Heading of a table."""
    return f"{table['paper']}, Table {table['table']}: {table['title']}"


def as_markdown(table: dict[str, Any]) -> str:
    """GitHub Markdown with warnings above and the caption below."""
    header, rows = cells(table)
    lines = [f"# {table_title(table)}", ""]
    for warning in table["warnings"]:
        lines += [f"> **Warning.** {warning}", ""]
    lines.append("| " + " | ".join(header) + " |")
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines += ["", *[f"- {line}" for line in table["caption"]], ""]
    return "\n".join(lines)


def as_csv(table: dict[str, Any]) -> str:
    """Header, rows, then warnings and caption as comment lines."""
    header, rows = cells(table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    notes = [
        f"# {table_title(table)}",
        *[f"# warning: {w}" for w in table["warnings"]],
        *[f"# {c}" for c in table["caption"]],
    ]
    return text.getvalue() + "\n".join(notes) + "\n"


def as_latex(table: dict[str, Any]) -> str:
    """A `table` environment for the booktabs package."""
    header, rows = cells(table)

    def line(values: list[str]) -> str:
        return "    " + " & ".join(value.translate(_LATEX) for value in values) + r" \\"

    caption = " ".join([table_title(table) + ".", *[f"Warning: {w}" for w in table["warnings"]], *table["caption"]])
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{caption.translate(_LATEX)}}}",
            rf"  \label{{tab:{table['paper']}-{table['table']}}}".replace("_", "-"),
            rf"  \begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"    \toprule",
            line(header),
            r"    \midrule",
            *[line(row) for row in rows],
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def write_table(folder: Path, stem: str, table: dict[str, Any]) -> list[Path]:
    """Write all four forms and return their paths; JSON last, because readers look for it."""
    write_text(folder / f"{stem}.md", as_markdown(table))
    write_text(folder / f"{stem}.csv", as_csv(table))
    write_text(folder / f"{stem}.tex", as_latex(table))
    write_json(folder / f"{stem}.json", table)
    return [folder / f"{stem}{suffix}" for suffix in (".md", ".csv", ".tex", ".json")]


def show_table(table: dict[str, Any], console: Console) -> None:
    """Print a table with its warnings and caption."""
    header, rows = cells(table)
    # Escaped, because a caption may hold a regular expression, whose brackets would be taken for markup.
    caption = escape("\n".join(table["caption"]))
    screen = ScreenTable(title=escape(table_title(table)), caption=caption, caption_justify="left")
    for number, name in enumerate(header):
        screen.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    for row in rows:
        screen.add_row(*map(escape, row))
    console.print(screen)
    for warning in table["warnings"]:
        console.print(f"warning: {warning}", style="yellow", markup=False)
