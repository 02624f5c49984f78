"""Lines of a paper's modules that name another paper, as they do after its folder was copied from that paper's."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.core.errors import SpecError
from common.core.words import counted
from common.paper.package import PACKAGE, is_shared_module

_MODULE = re.compile(rf"{PACKAGE}\.(\w+)((?:\.\w+)*(?::\w+)?)")
# In bytes: modules may have any encoding that Python reads.
_ANY_MODULE = re.compile(rf"\b{PACKAGE}(?:\.| import )(\w+)".encode())
# Call -> its keyword that holds the key of the paper; None for its first argument.
_CALLS_WITH_KEY = {"Paper": "key", "Experiment": "paper", "run_paper": None, "tune_paper": None}


@dataclass(frozen=True)
class _ForeignName:
    """One line that names another paper.

    Args:
        other: the paper that is named.
        instead: what to write there.
    """

    file: str
    line: int
    other: str
    instead: str


def names_other_modules(folder: Path) -> bool:
    """Whether the text of a paper's modules has the name of a module of another paper, be it in a comment: quick, so
    that the modules of most papers need not be parsed before each command."""
    texts = (path.read_bytes() for path in folder.glob("*.py"))
    found = (name for text in texts for name in _ANY_MODULE.findall(text))
    return any(name != folder.name.encode() for name in found)


def require_no_foreign_names(folder: Path) -> None:
    """Check that the modules of a paper name no other paper: they would import its networks, or run it.

    Modules of the package that are no papers may be named. A name that the package does not have at all is reported,
    because the folder of the other paper may have been renamed instead of copied.

    Args:
        folder: of the paper, whose name is the paper's key.

    Raises:
        SpecError: naming each line, and what to write there.
    """
    found = [
        name
        for path in sorted(folder.glob("*.py"))
        for name in sorted(_foreign_names(path, folder.name), key=lambda name: name.line)
    ]
    if not found:
        return
    key, others = folder.name, sorted({name.other for name in found})
    place = f"{PACKAGE}/{key}"
    lines = ", ".join(f"{name.file}:{name.line} ({name.instead})" for name in found)
    places = len({(name.file, name.line) for name in found})
    all_at_once = "; ".join(rf"s/\b{other}\b/{key}/g" for other in others)
    raise SpecError(
        f"{place}: names {', '.join(others)} in {counted(places, 'line')}, probably because the folder was copied; "
        f"all at once: sed -i '{all_at_once}' {place}/*.py; lines, each with what to write there: {lines}."
    )


def _foreign_names(path: Path, key: str) -> Iterator[_ForeignName]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # ValueError: null bytes, before Python 3.11.4
        return  # Python says more where the module is imported.
    for node in ast.walk(tree):
        for line, other, instead in _names_in(node, key):
            if other != key and not is_shared_module(other):
                yield _ForeignName(path.name, line, other, instead)


def _names_in(node: ast.AST, key: str) -> Iterator[tuple[int, str, str]]:
    """Papers that a part of a module names, each with its line and what stands there when it is written with `key`."""
    if isinstance(node, ast.ImportFrom) and not node.level:
        if node.module == PACKAGE:
            yield from ((node.lineno, alias.name, f"from {PACKAGE} import {key}") for alias in node.names)
        elif found := _MODULE.fullmatch(node.module or ""):
            yield node.lineno, found[1], f"from {PACKAGE}.{key}{found[2]} import ..."
    elif isinstance(node, ast.Import):
        for alias in node.names:
            if found := _MODULE.fullmatch(alias.name):
                yield node.lineno, found[1], f"import {PACKAGE}.{key}{found[2]}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if found := _MODULE.fullmatch(node.value):
            yield node.lineno, found[1], f'"{PACKAGE}.{key}{found[2]}"'
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS_WITH_KEY:
        keyword = _CALLS_WITH_KEY[node.func.id]
        given = [one.value for one in node.keywords if one.arg == keyword] if keyword else node.args[:1]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, value.value, f'{keyword}="{key}"' if keyword else f'{node.func.id}("{key}")'
