"""Options of one short run of SE-CNN on the tiny arrays."""

from pathlib import Path
from typing import Any

from common.runs.options import Options


def options_of_row(arrays: Path, folder: Path, **changes: Any) -> Options:
    """One seed and one epoch of row 5 of table 5.1, unless changed.

    Args:
        folder: holds the cache and the results.
    """
    return Options(
        **{
            "dataset": "arrays",
            "data": arrays,
            "cache": folder / "cache",
            "out": folder / "out",
            "tables": ("5.1",),
            "rows": ("5",),
            "seeds": 1,
            "epochs": 1,
        }
        | changes
    )
