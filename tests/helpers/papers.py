"""All papers of `reproductions/`, by name."""

import ast
import importlib
from pathlib import Path

import reproductions
from common.paper.paper import Paper

ROOT = Path(reproductions.__file__).parent.parent
KEYS = sorted(path.parent.name for path in (ROOT / "reproductions").glob("*/paper.py"))


def paper_of(key: str) -> Paper:
    return importlib.import_module(f"reproductions.{key}.paper").PAPER


def imports_of(path: Path) -> set[str]:
    """Full names of all modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found
