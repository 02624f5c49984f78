"""Text from outside as plain text, one function for each format: names of genres, clips, artists, files and rows, and
whatever records and tables of others hold.

Control characters, and characters that cannot be seen, are written as escapes in all of them, see
`common.core.words.printable`. For the screen that function alone is enough.
"""

import re

from common.core.words import printable, printable_lines

# What Markdown would take for code, a link, emphasis, a formula, a tag, an escape or an entity;
# underscores inside a word, and single tildes, stand for themselves.
_MARKDOWN = (
    r"[`*\[\]$]"
    r"|<(?=[A-Za-z/!?])"
    # At the end, it would be one of what follows the text.
    r"|\\(?=[!-/:-@\[-`{-~]|$)"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|(?<=~)~|~(?=~)"
    r"|&(?=#?\w+;)"
    # GitHub makes links of addresses.
    r"|:(?=//)|(?<=\bwww)\."
    # At the beginning, a heading, a quotation or a list.
    r"|^[#>]|^[-+](?=\s)|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s)"
)
# Of a text that stands alone, an empty list or a rule; at its end, what closes a heading.
_MARKDOWN_ALONE = rf"{_MARKDOWN}|^[-+]$|^-(?=-+$)|(?:(?<=^\d)|(?<=^\d\d))[.)]$|#(?=#*$)"
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "%": r"\%",
        "&": r"\&",
        "_": r"\_",
        "#": r"\#",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "`": r"\textasciigrave{}",
        # In LaTeX's default font encoding these three print other characters.
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\u00b1": r"$\pm$",
        "\u00d7": r"$\times$",
        "\u2212": r"$-$",
        "\u2264": r"$\leq$",
        "\u2265": r"$\geq$",
    }
)
# Latin letters with accents, which LaTeX prints without a package, end here; so do dashes, quotes and dots.
_LAST_LATIN = "\u017f"
_PUNCTUATION = "\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026"
# With these a spreadsheet begins a formula, also in their wide forms, and behind a semicolon, where it takes that for
# the end of a cell. OWASP, CSV injection.
_FORMULA = re.compile(r"(?:^|(?<=;))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def _one_line(text: str) -> str:
    return printable(" ".join(text.splitlines())).strip()


def markdown_text(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    return re.sub(_MARKDOWN_ALONE, r"\\\g<0>", _one_line(text))


def markdown_cell(text: str) -> str:
    """The same for a cell of a table, which a bar ends, also within code."""
    return re.sub(rf"\||{_MARKDOWN}", r"\\\g<0>", _one_line(text))


def markdown_code(text: str) -> str:
    """A text as code in Markdown, e.g. a path or a value."""
    text = _one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    # Of blanks on both sides, Markdown leaves out one.
    blank = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def written_markdown(text: str) -> str:
    """Markdown by the author of a paper's declaration, for a cell of a table: its links and code stay, on one line."""
    # Bars that are escaped already stay so.
    return re.sub(r"(?<!\\)\|", r"\\|", _one_line(text))


def latex_text(text: str) -> str:
    """A text as LaTeX that prints it as it is, on one line."""
    # LaTeX makes one dash of two.
    return re.sub("-(?=-)", "-{}", _one_line(text).translate(_LATEX))


def csv_text(text: str) -> str:
    """A text as it is written into a cell of CSV. One that a spreadsheet would take for a formula gets an apostrophe
    before it, which spreadsheets take for the sign of text; any other text stays as it is, and so does a number."""
    text = printable(text)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub("'", text)


def figure_text(text: str) -> str:
    """A text in a figure, which may have several lines. Dollar signs begin no formula there, see
    `common.reports.figures.style`."""
    return printable_lines(text)


def beyond_latin(text: str) -> str:
    """The characters, each once, that pdfLaTeX refuses without further packages."""
    plain = printable(text).translate(_LATEX)
    return "".join(sorted({one for one in plain if one > _LAST_LATIN and one not in _PUNCTUATION}))
