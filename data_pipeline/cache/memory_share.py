"""Memory that several threads may take together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from common.core.errors import BudgetError


class MemoryShare:
    """Lets a thread go on once there is room for the clip that it works on. A pickled copy is a share of its own, as
    that of another process is.

    Args:
        left_bytes: what all threads together may take; None for no limit.
    """

    def __init__(self, left_bytes: int | None = None):
        self._left_bytes, self._held_bytes = left_bytes, 0
        self._changed = Condition()

    @property
    def is_limited(self) -> bool:
        """Whether memory is counted at all."""
        return self._left_bytes is not None

    def __reduce__(self) -> tuple:
        return MemoryShare, (self._left_bytes,)

    def require(self, path: Path, needed_bytes: int, why: str) -> None:
        """Refuse what does not fit even alone.

        Args:
            path: file that it is needed for.
            why: what is declared, to follow the path: `takes 12 MB`.

        Raises:
            BudgetError: more is needed than is left.
        """
        if self._left_bytes is not None and needed_bytes > self._left_bytes:
            raise BudgetError(
                f"{path}: {why}, which needs {needed_bytes / 2**20:,.0f} MB of memory, and --memory-limit leaves "
                f"{max(0, self._left_bytes) / 2**20:,.0f} MB. Raise the limit, or cut the file into shorter clips."
            )

    @contextmanager
    def taken(self, path: Path, needed_bytes: int, why: str) -> Iterator[None]:
        """Wait until the memory is free, and hold it while the block runs. A thread takes one share at a time: two
        threads that each wait for a second one would wait for ever.

        Args:
            path, why: as in `require`.

        Raises:
            BudgetError: more is needed than is left.
        """
        self.require(path, needed_bytes, why)
        if self._left_bytes is None:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes + needed_bytes <= self._left_bytes)
            self._held_bytes += needed_bytes
        try:
            yield
        finally:
            with self._changed:
                self._held_bytes -= needed_bytes
                self._changed.notify_all()
