"""Finds papers by name, as plug-ins are found: no module of `common` imports one."""

import functools
import importlib
import importlib.util
import re
from pathlib import Path

from common.core.errors import EncoreError, SpecError
from common.core.nearest import did_you_mean, nearest_names


@functools.cache
def paper_keys() -> list[str]:
    """Names of all papers' folders, in alphabetical order; folders whose name begins with `_` are templates."""
    found = importlib.util.find_spec("reproductions")
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    files = [file for folder in folders for file in folder.glob("*/paper.py")]
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("_"))


def is_paper(key: str) -> bool:
    """Whether there is a paper of that name."""
    return bool(re.fullmatch(r"[a-z0-9_]+", key)) and importlib.util.find_spec(f"reproductions.{key}") is not None


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Raises:
        SpecError: there is no paper of that name, or its declaration has a mistake, which is named with its file.
    """
    if not is_paper(key):
        near = did_you_mean(nearest_names(key, paper_keys()))
        raise SpecError(f"{key}: no such paper{near or '.'} Expected one of: {', '.join(paper_keys())}.")
    try:
        paper = importlib.import_module(f"reproductions.{key}.paper").PAPER
        paper.require_sources()
    except (EncoreError, ValueError) as error:  # specs of pydantic and `late` raise ValueError
        said = " ".join(str(error).split())
        raise SpecError(f"reproductions/{key}/paper.py: {said}") from error
    return paper
