"""`python -m common.audit PAPER ...`: the leakage audit of a paper, the same as `encore audit PAPER ...`."""

from common.core.interrupts import end_on_signals, end_with

if __name__ == "__main__":
    end_on_signals()  # before the other imports, which take long

import sys

from common.cli.app import run_app
from common.cli.run import make_audit_app
from common.core.console import escape_unprintable, print_message
from common.core.errors import SpecError
from common.launch import load_paper

_USAGE = "python -m common.audit PAPER [--dataset ... --data ...], e.g. python -m common.audit se_cnn"


def main(arguments: list[str]) -> int:
    """Run the audit of the paper that the first argument names; the others are its options."""
    escape_unprintable()
    if not arguments or arguments[0] in ("-h", "--help"):
        print_message(f"{_USAGE}; --help after a paper's name lists its options.")
        return 0 if arguments else 2
    key, *options = arguments
    try:
        paper = load_paper(key)
    except SpecError as error:
        print_message(f"error: {error} {_USAGE}.", style="red")
        return error.exit_code
    return run_app(make_audit_app(paper), options)


if __name__ == "__main__":
    end_with(main(sys.argv[1:]))
