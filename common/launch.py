"""Starts the command lines of papers, which are found by name.

A script imports this module first, so it imports nothing that takes long: until `end_on_signals` Ctrl-C would print a
traceback.
"""

import functools
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, NoReturn

from common.core.interrupts import end_on_signals

# Names of other modules that are imported from here -> those modules.
_FROM_ELSEWHERE = {
    "is_paper": "common.paper.package",
    "load_paper": "common.paper.by_name",
    "paper_keys": "common.paper.by_name",
}


def __getattr__(name: str) -> Any:
    if name not in _FROM_ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_FROM_ELSEWHERE[name]), name)


def run_paper(key: str) -> NoReturn:
    """Run `run.py` of a paper and exit with its code.

    Args:
        key: name of the paper's folder below `reproductions/`.
    """
    end_on_signals()
    from common.cli.run import main

    main(_load_or_exit(key))


def tune_paper(key: str) -> NoReturn:
    """Run `tune.py` of a paper, whose spaces are in its `spaces.py`, and exit with its code."""
    end_on_signals()
    from common.cli.tune import main

    main(_load_or_exit(key), load_spaces(key))


@functools.cache
def papers_with_searches() -> list[str]:
    """Those of the papers that declare search spaces."""
    from common.paper.by_name import paper_keys

    return [key for key in paper_keys() if importlib.util.find_spec(f"reproductions.{key}.spaces") is not None]


def load_spaces(key: str) -> tuple:
    """The search spaces of a paper: `SPACES` in its `spaces.py`."""
    return importlib.import_module(f"reproductions.{key}.spaces").SPACES


def _load_or_exit(key: str):
    """The paper of that name; a mistake in its declaration is reported in one line, without a traceback."""
    from common.core.console import escape_unprintable, print_message
    from common.core.errors import EncoreError
    from common.paper.by_name import load_paper

    escape_unprintable()
    try:
        _require_own_script(key)
        return load_paper(key)
    except EncoreError as error:
        print_message(f"error: {error}", style="red")
        sys.exit(error.exit_code)


def _require_own_script(key: str) -> None:
    """Refuse a script of a paper that starts another paper than its own; scripts elsewhere start any."""
    from common.paper.foreign_names import require_no_foreign_names
    from common.paper.package import package_folders

    script = getattr(sys.modules["__main__"], "__file__", None)
    folder = Path(script).resolve().parent if script else Path()
    papers = [place.resolve() for place in package_folders()]
    if folder.parent in papers and folder.name != key:
        require_no_foreign_names(folder)
