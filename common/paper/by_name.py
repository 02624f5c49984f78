"""Finds papers by name, as plug-ins are found: no module of `common` imports one."""

import functools
import importlib
import importlib.util
import re
from pathlib import Path

from common.core.errors import EncoreError, SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.paper.foreign_names import PACKAGE, names_other_modules, require_no_foreign_names


@functools.cache
def paper_keys() -> list[str]:
    """Names of all papers' folders, in alphabetical order; folders whose name begins with `_` are templates."""
    found = importlib.util.find_spec(PACKAGE)
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    files = [file for folder in folders for file in folder.glob("*/paper.py")]
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("_"))


def is_paper(key: str) -> bool:
    """Whether there is a paper of that name."""
    return bool(re.fullmatch(r"[a-z0-9_]+", key)) and importlib.util.find_spec(f"{PACKAGE}.{key}") is not None


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Raises:
        SpecError: there is no paper of that name, or its declaration has a mistake, which is named with its file.
    """
    if not is_paper(key):
        near = did_you_mean(nearest_names(key, paper_keys()))
        raise SpecError(f"{key}: no such paper{near or '.'} Expected one of: {', '.join(paper_keys())}.")
    folder = _folder_of(key)
    if names_other_modules(folder):
        require_no_foreign_names(folder)
    try:
        paper = importlib.import_module(f"{PACKAGE}.{key}.paper").PAPER
        paper.require_sources()
        paper.require_clear_names()
    except (EncoreError, ValueError) as error:  # specs of pydantic and `late` raise ValueError
        said = " ".join(str(error).split())
        raise SpecError(f"{PACKAGE}/{key}/paper.py: {said}") from error
    _require_own_key(paper, folder)
    return paper


def _folder_of(key: str) -> Path:
    """Folder of a paper's modules."""
    return Path(importlib.util.find_spec(f"{PACKAGE}.{key}").submodule_search_locations[0])


def _require_own_key(paper, folder: Path) -> None:
    """Refuse a paper that has the key of another one: its results would be taken for that one's."""
    others = {paper.key, *(experiment.paper for experiment in paper.experiments)} - {folder.name}
    if others:
        require_no_foreign_names(folder)
        raise SpecError(
            f"{PACKAGE}/{folder.name}/paper.py: the key of the paper or of its experiments is "
            f"{', '.join(sorted(others))}; expected {folder.name}, the name of the folder."
        )
