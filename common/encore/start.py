"""Starts the command `encore`: a signal ends it with one line from here on, also while its modules are imported."""

from common.core.interrupts import end_on_signals


def main() -> None:
    """Run the command with the process's arguments, and exit with its code."""
    end_on_signals()
    from common.encore import main as encore

    encore.main()
