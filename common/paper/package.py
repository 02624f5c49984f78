"""The package that holds the papers: which of its names are papers, and where their folders are."""

import importlib.util
import re
from pathlib import Path

PACKAGE = "reproductions"


def package_folders() -> list[Path]:
    """Folders of the package; more than one where another place was added to its search path."""
    return [Path(folder) for folder in importlib.util.find_spec(PACKAGE).submodule_search_locations or ()]


def paper_folder(key: str) -> Path | None:
    """The folder of a paper, which has a `paper.py`; None where there is no such paper.

    Args:
        key: any text.
    """
    if not re.fullmatch(r"[a-z0-9_]+", key):
        return None
    folders = (folder / key for folder in package_folders())
    return next((folder for folder in folders if (folder / "paper.py").is_file()), None)


def is_paper(key: str) -> bool:
    """Whether there is a paper of that name."""
    return paper_folder(key) is not None


def is_shared_module(name: str) -> bool:
    """Whether the package has a module or folder of that name which is no paper, as for what several papers share.

    Args:
        name: any text.
    """
    return name.isidentifier() and not is_paper(name) and importlib.util.find_spec(f"{PACKAGE}.{name}") is not None
