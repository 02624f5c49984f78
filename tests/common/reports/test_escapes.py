"""Names from a user's data in Markdown, LaTeX and CSV: a reader of the format gets them back as they are."""

import csv
import io
import itertools
import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from common.reports.escapes import (
    beyond_latin,
    csv_text,
    figure_text,
    latex_text,
    markdown_cell,
    markdown_code,
    markdown_text,
    written_markdown,
)
from common.reports.formats import as_csv, as_latex, as_markdown
from common.reports.table import Note, Table
from tests.helpers.hostile_names import ESCAPED_NAMES, FORMULAS, HOSTILE_NAMES, VISIBLE_NAMES, shown

SHOWN = [shown(name) for name in HOSTILE_NAMES]
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
    # Keeps two dashes apart.
    "{}": "",
    **{f"\\{one}": one for one in "%&_#${}"},
}
_TOKEN = re.compile("|".join(map(re.escape, sorted(_OF_LATEX, key=len, reverse=True))) + r"|[^\\%&_#${}~^`<>|]")


def printed(latex: str) -> str:
    """What LaTeX prints, of a text without other commands than those of `_OF_LATEX`."""
    assert _TOKEN.sub("", latex) == ""
    assert "--" not in latex
    return _TOKEN.sub(lambda token: _OF_LATEX.get(token[0], token[0]), latex)


def table() -> Table:
    rows = [
        {"label": name, "second": "b", "similarity": -1.5, "shift_seconds": -2.0, "exact": True, "parts": []}
        for name in HOSTILE_NAMES
    ]
    values = {"paper": HOSTILE_NAMES[0], "dataset": "arrays", "table": "1", "title": "C #", "kind": "duplicates"}
    cells = tuple((name, "b") for name in HOSTILE_NAMES)
    notes = tuple(Note("method", name) for name in HOSTILE_NAMES)
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
    markdown = as_markdown(table())
    found = shown_by_markdown(markdown)
    assert found["th"] == ["Name | $x$", "b"]
    assert found["td"] == [cell for name in SHOWN for cell in (name, "b")]
    assert found["h1"] == [f"{HOSTILE_NAMES[0]}, Table 1: C #"]
    assert found["p"] == SHOWN
    # GitHub reads formulas and addresses, too.
    assert re.findall(r"(?<!\\)\$|(?<!\\)://|www\.", markdown) == []


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_code_in_markdown_holds_names_as_they_are(name):
    (_, inline, _) = MarkdownIt("commonmark").parse(f"see {markdown_code(name)}, {markdown_code('b')}")
    assert [one.content for one in inline.children if one.type == "code_inline"] == [shown(name), "b"]


def test_a_name_at_the_end_of_a_link_does_not_end_it():
    (_, inline, _) = MarkdownIt("commonmark").parse(f"[{markdown_text('a' + chr(92))}](b)")
    assert (inline.children[0].type, inline.children[-1].type) == ("link_open", "link_close")
    assert "".join(one.content for one in inline.children) == "a\\"


def test_markdown_of_an_author_stays_markdown_but_for_bars_and_lines():
    assert written_markdown("`a|b` \\| [c](d)\n*e*\x1b") == r"`a\|b` \| [c](d) *e*\x1b"


def test_latex_prints_names_as_they_are():
    assert [printed(latex_text(name)) for name in HOSTILE_NAMES] == SHOWN
    text = as_latex(table(), "table_1")
    lines = text.split("\\midrule\n")[1].split("    \\bottomrule")[0].splitlines()
    assert [printed(line.strip().removeprefix("{}").removesuffix(r" & b \\")) for line in lines] == SHOWN
    # At the beginning of a line, LaTeX would take it for an argument of the line end before it.
    assert [line for line in lines if re.match(r"\s*[\[*]", line)] == []
    (caption,) = re.findall(r"\\caption\{(.*)\}\n", text)
    assert printed(caption) == " ".join([f"{HOSTILE_NAMES[0]}, Table 1: C #.", *SHOWN])


def test_latex_names_the_characters_that_need_another_program():
    text = as_latex(table(), "table_1")
    assert text.startswith("% Needs XeLaTeX or LuaLaTeX, and a font that has: \u65e5\u672c\uff1d\n")
    assert beyond_latin("\u00b1 \u00e9 \u0161 \u2212 \u2013 a \u2028 \u202e") == ""


def test_csv_is_read_back_with_the_same_names_but_for_formulas_and_what_cannot_be_shown():
    frame = pd.read_csv(io.StringIO(as_csv(table())), keep_default_na=False)
    assert frame["first_clip"].tolist() == [*VISIBLE_NAMES, *FORMULAS.values(), *ESCAPED_NAMES.values()]


def test_csv_holds_numbers_as_numbers_also_those_below_zero():
    frame = pd.read_csv(io.StringIO(as_csv(table())), keep_default_na=False)
    assert frame["similarity"].dtype == frame["shift_seconds"].dtype == float
    assert set(frame["shift_seconds"]) == {-2.0}


@pytest.mark.parametrize("number", ["-2", "+1", "-0.5", "-.5e-3", "1e+5"])
def test_a_number_is_no_formula(number):
    assert csv_text(number) == number


def test_blanks_before_a_formula_do_not_hide_it():
    assert csv_text(" =A1") == "' =A1"
    assert csv_text("\t=A1\n") == r"\t=A1\n"


def test_no_cell_of_csv_begins_a_formula_whatever_separates_cells():
    for separator in ",;":
        for line in csv.reader(io.StringIO(as_csv(table())), delimiter=separator):
            text = [cell for cell in line if not re.match(r"[-+]?\d+(\.\d+)?(,|$)", cell)]
            assert [cell for cell in text if re.match(r"\s*[=+\-@\uff1d\t\r]", cell)] == []


def test_figures_show_names_as_they_are_in_as_many_lines():
    assert [figure_text(name) for name in HOSTILE_NAMES] == SHOWN
    assert figure_text("a\nb\x1b") == "a\nb\\x1b"


@pytest.mark.parametrize("convert", [markdown_cell, markdown_text, latex_text, written_markdown])
def test_a_text_of_several_lines_becomes_one(convert):
    assert convert("a\nb\r\nc\n\nd") == "a b c  d"
