"""How much memory a process holds, and the limit that it may be given."""

import math
import re
import sys
from contextlib import suppress
from dataclasses import dataclass

from common.core.errors import BudgetError, SpecError

# Limits are recommended in steps of 100 MB.
_STEP_BYTES = 100 * 2**20


@dataclass(frozen=True)
class MemoryLimit:
    """A limit on the resident memory of the process.

    Args:
        limit_bytes: None for no limit.
    """

    limit_bytes: int | None = None

    def left_bytes(self) -> int | None:
        """What is left for batches beside what the process holds now (TensorFlow alone: about 600 MB).

        A step's activations come on top; whether they fit is checked after the first epoch, by `require`.
        """
        return None if self.limit_bytes is None else self.limit_bytes - resident_bytes()

    def require(self, doing: str, *, remedy: str = "Raise the limit, or use --precision mixed_bfloat16.") -> None:
        """Raise BudgetError once the peak is above the limit.

        Args:
            doing: what has just been done.
            remedy: what helps, in a whole sentence.
        """
        peak = peak_resident_bytes()
        if self.limit_bytes is not None and peak > self.limit_bytes:
            raise BudgetError(
                f"--memory-limit {self.limit_bytes / 2**20:.0f} MB: after {doing} the process peaked at "
                f"{peak / 2**20:.0f} MB, so that it needs {math.ceil(peak / _STEP_BYTES) * 100} MB or more. {remedy}"
            )


NO_LIMIT = MemoryLimit()


def peak_resident_bytes() -> int:
    """Most memory that this process ever held."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    if sys.platform == "linux" and (peak := _peak_of_program()) is not None:
        return peak
    # psutil reports a peak on Windows only; `resource` is in Python's library on every other system.
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _peak_of_program() -> int | None:
    """The peak since this program began; None where Linux does not tell it.

    That of `resource` includes what the process held before it began this program: a copy of a large parent.
    """
    with suppress(OSError), open("/proc/self/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def resident_bytes() -> int:
    """Memory that this process holds now."""
    import psutil  # not at the top: help texts and lists need no memory, and would start later

    return psutil.Process().memory_info().rss


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_size(text: str) -> int:
    """Bytes of a size such as `900MB`, `4GB` or `4G` (powers of 1024).

    Raises:
        SpecError: not a size.
    """
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([KMGT]?)I?B?\s*", text.upper())
    if not found or float(found[1]) <= 0:
        raise SpecError(f"--memory-limit {text}: not a size, expected e.g. 900MB or 4GB.")
    return int(float(found[1]) * _UNITS[found[2]])


def parse_memory_limit(text: str | MemoryLimit) -> MemoryLimit:
    """The limit that `--memory-limit` asks for; a limit is returned as it is, because typer parses defaults, too.

    Raises:
        SpecError: not a size.
    """
    return text if isinstance(text, MemoryLimit) else MemoryLimit(parse_size(text))
