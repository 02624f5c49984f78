"""`python -m common.audit PAPER ...`: the leakage audit of a paper, the same as `run.py --audit` of that paper."""

import sys

from common.core.console import messages
from common.core.errors import SpecError
from common.core.tf_logging import quiet_start
from common.launch import load_paper

with quiet_start():
    from common.cli.app import run_app
    from common.cli.run import make_app

_USAGE = "python -m common.audit PAPER [--dataset ... --data ...], e.g. python -m common.audit se_cnn"


def main(arguments: list[str]) -> int:
    """Run the audit of the paper that the first argument names; the others are options of its `run.py`."""
    if not arguments or arguments[0] in ("-h", "--help"):
        messages.print(
            f"{_USAGE}; the options are those of the paper's run.py, see --help after its name.", markup=False
        )
        return 0 if arguments else 2
    key, *options = arguments
    try:
        paper = load_paper(key)
    except SpecError as error:
        messages.print(f"error: {error} {_USAGE}.", style="red", markup=False)
        return error.exit_code
    return run_app(make_app(paper), ["--audit", *options])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
