"""`python -m common.audit PAPER ...`: the leak audit of a paper, the same as `run.py --audit` of that paper."""

import importlib
import importlib.util
import re
import sys

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.console import messages

_USAGE = "python -m common.audit PAPER [--dataset ... --data ...], e.g. python -m common.audit se_cnn"


def main(arguments: list[str]) -> int:
    """Run the audit of the paper that the first argument names; the others are flags of its `run.py`."""
    if not arguments or arguments[0] in ("-h", "--help"):
        messages.print(
            f"{_USAGE}; the flags are those of the paper's run.py, see --help behind its name.", markup=False
        )
        return 0 if arguments else 2
    key, *flags = arguments
    # Papers are found by name, as plug-ins are: nothing in this room depends on one.
    name = f"reproductions.{key}.paper"
    if not re.fullmatch(r"[a-z0-9_]+", key) or importlib.util.find_spec(f"reproductions.{key}") is None:
        messages.print(
            f"error: {key}: no paper of that name; expected e.g. se_cnn. {_USAGE}.", style="red", markup=False
        )
        return 2
    return run_app(make_app(importlib.import_module(name).PAPER), ["--audit", *flags])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
