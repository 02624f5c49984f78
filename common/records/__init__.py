"""The stored results of runs: records, notes of divergence, and the paths of everything below `--out`.

`frame` and `clips_frame` give all records as data frames of pandas, see `common.records.frames`.
"""

from typing import Any

__all__ = ["clips_frame", "frame"]


def __getattr__(name: str) -> Any:
    """The frames, imported when they are asked for: commands that only need a path would start later."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from common.records import frames

    return getattr(frames, name)
