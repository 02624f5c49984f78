"""Text from a user's data, e.g. names of genres, as plain text in Markdown and LaTeX."""

import re

# What Markdown would take for code, a link, emphasis, a formula, a tag, an escape or an entity;
# underscores inside a word, and single tildes, stand for themselves.
_MARKDOWN = (
    r"[`*\[\]$]"
    r"|<(?=[A-Za-z/!?])"
    r"|\\(?=[!-/:-@\[-`{-~])"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|(?<=~)~|~(?=~)"
    r"|&(?=#?\w+;)"
    # At the beginning, a heading, a quotation or a list.
    r"|^[#>]|^[-+](?=\s)|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s)"
)
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


def markdown_text(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    return re.sub(_MARKDOWN, r"\\\g<0>", " ".join(text.splitlines()))


def markdown_cell(text: str) -> str:
    """The same for a cell of a table, which a bar ends, also within code."""
    return re.sub(rf"\||{_MARKDOWN}", r"\\\g<0>", " ".join(text.splitlines()))


def latex_text(text: str) -> str:
    """A text as LaTeX that prints it as it is, on one line."""
    return " ".join(text.splitlines()).translate(_LATEX)


def beyond_latin(text: str) -> str:
    """The characters, each once, that pdfLaTeX refuses without further packages."""
    plain = text.translate(_LATEX)
    return "".join(sorted({one for one in plain if one > _LAST_LATIN and one not in _PUNCTUATION}))
