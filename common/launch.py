"""Starts a paper's command line by the paper's name, and keeps what TensorFlow prints at its start off the console."""

import importlib
import importlib.util
import re
import sys
from typing import NoReturn

from common.core.errors import EncoreError, SpecError
from common.core.tf_logging import quiet_start


def run_paper(key: str) -> NoReturn:
    """Run `run.py` of a paper and exit with its code.

    Args:
        key: name of the paper's folder below `reproductions/`.
    """
    with quiet_start():
        from common.cli.run import main

        paper = _load_or_exit(key)
    main(paper)


def tune_paper(key: str) -> NoReturn:
    """Run `tune.py` of a paper, whose spaces are in its `spaces.py`, and exit with its code."""
    with quiet_start():
        from common.cli.tune import main

        paper = _load_or_exit(key)
        spaces = importlib.import_module(f"reproductions.{key}.spaces").SPACES
    main(paper, spaces)


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Papers are found by name, as plug-ins are: no module of `common` imports one.

    Raises:
        SpecError: there is no paper of that name, or its declaration is not complete.
    """
    if not re.fullmatch(r"[a-z0-9_]+", key) or importlib.util.find_spec(f"reproductions.{key}") is None:
        raise SpecError(f"{key}: no paper of that name; expected the name of a folder of reproductions/, e.g. se_cnn.")
    paper = importlib.import_module(f"reproductions.{key}.paper").PAPER
    paper.require_sources()
    return paper


def _load_or_exit(key: str):
    """The paper of that name; a mistake in its declaration is reported in one line, without a traceback."""
    try:
        return load_paper(key)
    except EncoreError as error:
        print(f"error: reproductions/{key}/paper.py: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
