"""Finds papers by name, as plug-ins are found: no module of `common` imports one. Starts their command lines."""

import functools
import importlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import NoReturn

from common.core.errors import EncoreError, SpecError
from common.paper.foreign_names import PACKAGE, names_other_modules, require_no_foreign_names


def run_paper(key: str) -> NoReturn:
    """Run `run.py` of a paper and exit with its code.

    Args:
        key: name of the paper's folder below `reproductions/`.
    """
    from common.cli.run import main

    main(_load_or_exit(key))


def tune_paper(key: str) -> NoReturn:
    """Run `tune.py` of a paper, whose spaces are in its `spaces.py`, and exit with its code."""
    from common.cli.tune import main

    main(_load_or_exit(key), load_spaces(key))


@functools.cache
def paper_keys() -> list[str]:
    """Names of all papers' folders, in alphabetical order; folders whose name begins with `_` are templates."""
    found = importlib.util.find_spec("reproductions")
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    files = [file for folder in folders for file in folder.glob("*/paper.py")]
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("_"))


@functools.cache
def papers_with_searches() -> list[str]:
    """Those of the papers that declare search spaces."""
    return [key for key in paper_keys() if importlib.util.find_spec(f"reproductions.{key}.spaces") is not None]


def is_paper(key: str) -> bool:
    """Whether there is a paper of that name."""
    return bool(re.fullmatch(r"[a-z0-9_]+", key)) and importlib.util.find_spec(f"reproductions.{key}") is not None


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Raises:
        SpecError: there is no paper of that name, or its declaration has a mistake, which is named with its file.
    """
    if not is_paper(key):
        raise SpecError(f"{key}: no paper of that name; expected one of: {', '.join(paper_keys())}.")
    folder = _folder_of(key)
    if names_other_modules(folder):
        require_no_foreign_names(folder)
    try:
        paper = importlib.import_module(f"reproductions.{key}.paper").PAPER
        paper.require_sources()
        paper.require_clear_names()
    except (EncoreError, ValueError) as error:  # specs of pydantic and `late` raise ValueError
        said = " ".join(str(error).split())
        raise SpecError(f"reproductions/{key}/paper.py: {said}") from error
    _require_own_key(paper, folder)
    return paper


def _folder_of(key: str) -> Path:
    """Folder of a paper's modules."""
    return Path(importlib.util.find_spec(f"reproductions.{key}").submodule_search_locations[0])


def _require_own_key(paper, folder: Path) -> None:
    """Refuse a paper that has the key of another one: its results would be taken for that one's."""
    others = {paper.key, *(experiment.paper for experiment in paper.experiments)} - {folder.name}
    if others:
        require_no_foreign_names(folder)
        raise SpecError(
            f"{PACKAGE}/{folder.name}/paper.py: the key of the paper or of its experiments is "
            f"{', '.join(sorted(others))}; expected {folder.name}, the name of the folder."
        )


def load_spaces(key: str) -> tuple:
    """The search spaces of a paper: `SPACES` in its `spaces.py`."""
    return importlib.import_module(f"reproductions.{key}.spaces").SPACES


def _load_or_exit(key: str):
    """The paper of that name; a mistake in its declaration is reported in one line, without a traceback."""
    try:
        _require_own_script(key)
        return load_paper(key)
    except EncoreError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _require_own_script(key: str) -> None:
    """Refuse a script that starts the paper of another folder than its own."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    folder = Path(script).resolve().parent if script else Path()
    if folder.parent.name == PACKAGE and folder.name != key:
        require_no_foreign_names(folder)
