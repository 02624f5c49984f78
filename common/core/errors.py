"""The exception types of Encore. Each message says what is wrong, what was found, and what to do."""


class EncoreError(Exception):
    """An error that the user can fix. The command line prints only the message and exits with `exit_code`."""

    exit_code = 2


class DataError(EncoreError):
    """A file, folder or array cannot be used as it is."""


class SpecError(EncoreError):
    """A flag, row, table or spec value does not exist or does not fit the others."""


class ResumeError(EncoreError):
    """Files that an earlier run left on disk contradict the current command."""


class BudgetError(EncoreError):
    """The work does not fit into the memory limit that was given."""


class ClusterError(EncoreError):
    """The workers of `--jobs` or `--cluster` cannot be reached, or cannot do the work."""


class ExtraError(EncoreError):
    """Packages that only some commands need are not installed."""


class RunError(EncoreError):
    """One run failed; the others go on, and the command ends with exit code 1."""

    exit_code = 1


class CheckpointError(RunError):
    """A run cannot be continued here from its checkpoint; the others go on."""


class DivergedError(RunError):
    """The loss of a run is no longer finite.

    Args:
        history: one entry for each epoch before it stopped being finite.
    """

    def __init__(self, message: str, history: tuple[dict[str, float], ...] = ()):
        super().__init__(message)
        self.history = history
