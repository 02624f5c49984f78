"""All papers of `reproductions/`, by name."""

import importlib
from pathlib import Path

import reproductions
from common.paper.paper import Paper

ROOT = Path(reproductions.__file__).parent.parent
KEYS = sorted(path.parent.name for path in (ROOT / "reproductions").glob("*/paper.py"))


def paper_of(key: str) -> Paper:
    return importlib.import_module(f"reproductions.{key}.paper").PAPER
