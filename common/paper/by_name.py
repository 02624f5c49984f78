"""Finds papers by name, as plug-ins are found: no module of `common` imports one."""

import functools
import importlib
from pathlib import Path

from common.core.errors import EncoreError, SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.paper.foreign_names import names_other_modules, require_no_foreign_names
from common.paper.package import PACKAGE, package_folders, paper_folder


@functools.cache
def paper_keys() -> list[str]:
    """Names of all papers' folders, in alphabetical order; folders whose name begins with `_` are templates."""
    files = [file for folder in package_folders() for file in folder.glob("*/paper.py")]
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("_"))


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Raises:
        SpecError: there is no paper of that name, or its declaration has a mistake, which is named with its file.
    """
    folder = paper_folder(key)
    if folder is None:
        near = did_you_mean(nearest_names(key, paper_keys()))
        raise SpecError(f"{key}: no such paper{near or '.'} Expected one of: {', '.join(paper_keys())}.")
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


def _require_own_key(paper, folder: Path) -> None:
    """Refuse a paper that has the key of another one: its results would be taken for that one's."""
    others = {paper.key, *(experiment.paper for experiment in paper.experiments)} - {folder.name}
    if others:
        require_no_foreign_names(folder)
        raise SpecError(
            f"{PACKAGE}/{folder.name}/paper.py: the key of the paper or of its experiments is "
            f"{', '.join(sorted(others))}; expected {folder.name}, the name of the folder."
        )
