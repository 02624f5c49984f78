"""The one form of the message that refuses an audio file."""

from pathlib import Path

from common.core.errors import DataError


def refusal(path: Path, why: str) -> DataError:
    """The error that names a file, says what is wrong with it, and what to do."""
    return DataError(f"{path}: {why}. Replace the file, or skip it with --skip-bad (skip_bad=True).")
