"""Starts a paper's command line by the paper's name, and keeps what TensorFlow prints at its start off the console."""

import importlib
import importlib.util
import re
from typing import NoReturn

from common.core.errors import SpecError
from common.core.tf_logging import quiet_start


def run_paper(key: str) -> NoReturn:
    """Run `run.py` of a paper and exit with its code.

    Args:
        key: name of the paper's folder below `reproductions/`.
    """
    with quiet_start():
        from common.cli.run import main

        paper = load_paper(key)
    main(paper)


def tune_paper(key: str) -> NoReturn:
    """Run `tune.py` of a paper, whose spaces are in its `spaces.py`, and exit with its code."""
    with quiet_start():
        from common.cli.tune import main

        paper = load_paper(key)
        spaces = importlib.import_module(f"reproductions.{key}.spaces").SPACES
    main(paper, spaces)


def load_paper(key: str):
    """The declaration of a paper: `PAPER` in its `paper.py`.

    Papers are found by name, as plug-ins are: no module of `common` imports one.

    Raises:
        SpecError: there is no paper of that name.
    """
    if not re.fullmatch(r"[a-z0-9_]+", key) or importlib.util.find_spec(f"reproductions.{key}") is None:
        raise SpecError(f"{key}: no paper of that name; expected the name of a folder of reproductions/, e.g. se_cnn.")
    return importlib.import_module(f"reproductions.{key}.paper").PAPER
