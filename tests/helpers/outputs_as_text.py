"""Checks of what commands write and print: names in it are text, whatever they hold."""

import csv
import io
import itertools
import json
import re
from pathlib import Path

from markdown_it import MarkdownIt

from common.core.words import printable_lines

# Commands of LaTeX that tables consist of, and those that stand for a character.
_LATEX_COMMANDS = {
    *("begin", "end", "centering", "caption", "label", "toprule", "midrule", "bottomrule"),
    *("textbackslash", "textasciitilde", "textasciicircum", "textasciigrave", "textless", "textgreater", "textbar"),
    *("pm", "times", "leq", "geq"),
}
_MATHS = r"\$(?:-|\\(?:pm|times|leq|geq))\$"
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def require_plain(text: str, where: str) -> None:
    """No character steers a terminal, is unseen, or turns the direction of the text."""
    assert printable_lines(text) == text, f"{where}: {[line for line in text.splitlines() if not line.isprintable()]}"


def require_text_files(folder: Path) -> set[str]:
    """Check every file below a folder by its format; returns the suffixes that there were."""
    checks = {".md": require_markdown, ".csv": require_csv, ".tex": require_latex, ".json": require_json}
    found = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in checks):
        text = path.read_bytes().decode("utf-8")
        if path.suffix != ".json":
            require_plain(text, str(path))
        checks[path.suffix](text)
        found.add(path.suffix)
    return found


def require_json(text: str) -> None:
    """Names stand in it as they are, since programs read it; JSON itself has escapes for control characters."""
    json.loads(text)
    assert not [character for character in text if character < " " and character != "\n"]


def require_markdown(text: str) -> None:
    """Only headings, notes, tables, code and links to files beside it; every row of a table has all of its cells."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    allowed = {*("heading", "paragraph", "inline", "blockquote", "bullet_list", "list_item")}
    assert blocks <= allowed | {"table", "thead", "tbody", "tr", "th", "td"}, blocks
    for inline in (child for token in tokens for child in token.children or ()):
        assert inline.type in ("text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak") or (
            inline.type in ("link_open", "link_close")
        ), inline
        assert not re.match(r"[a-z]+:|//", str(inline.attrGet("href") or ""), re.IGNORECASE), inline
    rows: list[int] = []
    for line in text.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (rows and cells) or rows[-1] == cells, line
        rows = [*rows, cells] if cells else []


def markdown_cells(text: str) -> list[str]:
    """The texts of all cells of tables, as a reader of Markdown shows them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    shown = []
    for before, token in itertools.pairwise(tokens):
        if token.type == "inline" and before.type in ("td_open", "th_open"):
            shown.append("".join(child.content for child in token.children))
    return shown


def require_csv(text: str) -> None:
    """Rows of the same length, unique names of columns, and no cell that a spreadsheet takes for a formula."""
    header, *rows = csv.reader(io.StringIO(text), strict=True)
    assert len(set(header)) == len(header)
    assert {len(row) for row in rows} <= {len(header)}
    for cell in (cell for row in rows for cell in row if not _NUMBER.fullmatch(cell)):
        assert not re.search(r"(?:^|;)\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), cell


def require_latex(text: str) -> None:
    """Balanced braces and environments, only commands of tables and characters, and no empty line within a table."""
    for table in re.findall(r"\\begin\{table\}.*?\\end\{table\}", text, re.DOTALL):
        assert "\n\n" not in table
    text = re.sub(r"(?m)^%.*$", "", text)
    assert set(re.findall(r"\\([A-Za-z]+)", text)) <= _LATEX_COMMANDS
    assert re.findall(r"\\begin\{(\w+)\}", text) == [name for _, name in _nested(text)]
    rest = re.sub(r"\\[A-Za-z]+|\\\\|\\[%&_#${}]", "", re.sub(_MATHS, "", text))
    assert not re.findall(r"[%#$~^\\`<>|]", rest), rest
    depth = 0
    for character in rest:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def _nested(text: str) -> list[tuple[int, str]]:
    """Environments in the order in which they begin, each of which ends within the one around it."""
    open_ones: list[tuple[int, str]] = []
    closed: list[tuple[int, str]] = []
    for found in re.finditer(r"\\(begin|end)\{(\w+)\}", text):
        if found[1] == "begin":
            open_ones.append((found.start(), found[2]))
        else:
            assert open_ones[-1][1] == found[2]
            closed.append(open_ones.pop())
    assert not open_ones
    return sorted(closed)
