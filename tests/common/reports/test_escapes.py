"""Names from a user's data in Markdown, LaTeX and CSV: a reader of the format gets them back as they are."""

import io
import itertools
import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from common.reports.escapes import beyond_latin, latex_text, markdown_cell, markdown_text
from common.reports.formats import as_csv, as_latex, as_markdown
from common.reports.table import Note, Table

NAMES = [
    "R&B | Soul",
    "50% off_#1",
    r"x^2 {y} $z$ \n",
    r"a\nb \\ \| \*",
    "[red]x[/red]",
    "[x](javascript:alert(1)) ![y](z) <http://a.b>",
    "<b>`c`</b> <!-- d --> ``e``",
    "*a* _b_ __c__ ~~d~~ ~e~ f_g_h",
    "&amp; &#65; & &x",
    "=SUM(A1)",
    "+1",
    "-2",
    "@a",
    "# x",
    "1. x",
    "12) x",
    "- x",
    "+ x",
    "> x",
    "say \"yes\", 'no'; a,b",
    "|",
    "\\",
    "\u65e5\u672c \u00b1\u00e9 \u2212\u00d7\u2264\u2265",
]
_OF_LATEX = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textasciigrave{}": "`",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"$\pm$": "\u00b1",
    r"$\times$": "\u00d7",
    "$-$": "\u2212",
    r"$\leq$": "\u2264",
    r"$\geq$": "\u2265",
    **{f"\\{one}": one for one in "%&_#${}"},
}
_TOKEN = re.compile("|".join(map(re.escape, sorted(_OF_LATEX, key=len, reverse=True))) + r"|[^\\%&_#${}~^`<>|]")


def printed(latex: str) -> str:
    """What LaTeX prints, of a text without other commands than those of `_OF_LATEX`."""
    assert _TOKEN.sub("", latex) == ""
    return _TOKEN.sub(lambda token: _OF_LATEX.get(token[0], token[0]), latex)


def table() -> Table:
    rows = [
        {"label": name, "second": "b", "similarity": 1.0, "shift_seconds": 0.0, "exact": True, "parts": []}
        for name in NAMES
    ]
    values = {"paper": NAMES[0], "dataset": "arrays", "table": "1", "title": NAMES[6], "kind": "duplicates"}
    cells = tuple((name, "b") for name in NAMES)
    notes = tuple(Note("method", name) for name in NAMES)
    return Table(values | {"rows": rows, "regimes": []}, ("Name | $x$", "b"), cells, notes)


def shown_by_markdown(text: str) -> dict[str, list[str]]:
    """Element -> the texts of all of them, as a reader of Markdown shows them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    found: dict[str, list[str]] = {}
    for before, token in itertools.pairwise(tokens):
        if token.type == "inline":
            assert {one.type for one in token.children} <= {"text", "text_special"}, token.content
            found.setdefault(before.tag, []).append("".join(one.content for one in token.children))
    return found


def test_markdown_shows_names_as_they_are_in_cells_headings_and_notes():
    found = shown_by_markdown(as_markdown(table()))
    assert found["th"] == ["Name | $x$", "b"]
    assert found["td"] == [cell for name in NAMES for cell in (name, "b")]
    assert found["h1"] == [f"{NAMES[0]}, Table 1: {NAMES[6]}"]
    assert found["p"] == NAMES
    # GitHub reads formulas, too.
    assert re.findall(r"(?<!\\)\$", as_markdown(table())) == []


def test_latex_prints_names_as_they_are():
    assert [printed(latex_text(name)) for name in NAMES] == NAMES
    lines = as_latex(table(), "table_1").split("\\midrule\n")[1].split("    \\bottomrule")[0].splitlines()
    assert [printed(line.strip().removeprefix("{}").removesuffix(r" & b \\")) for line in lines] == NAMES


def test_latex_names_the_characters_that_need_another_program():
    assert as_latex(table(), "table_1").startswith("% Needs XeLaTeX or LuaLaTeX, and a font that has: \u65e5\u672c\n")
    assert beyond_latin("\u00b1 \u00e9 \u0161 \u2212 \u2013 a") == ""


def test_csv_is_read_back_with_the_same_names():
    frame = pd.read_csv(io.StringIO(as_csv(table())), keep_default_na=False)
    assert frame["first_clip"].tolist() == NAMES


@pytest.mark.parametrize("convert", [markdown_cell, markdown_text, latex_text])
def test_a_text_of_several_lines_becomes_one(convert):
    assert convert("a\nb\r\nc") == "a b c"
