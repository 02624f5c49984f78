"""What a check found: how much it looked at, what is wrong, and what it could not check."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold.

    Args:
        path: of the file concerned.
        found, expected: in words, without a full stop.
        remedy: what to do, as a sentence.
        place: where in the file, in words, if what is found there is what is written and made again.
        others: further files that hold the same, e.g. a table in other forms.
    """

    path: Path
    found: str
    expected: str
    remedy: str
    place: str = ""
    others: tuple[Path, ...] = ()

    @property
    def line(self) -> str:
        """The fault in one line, without what to do."""
        # All files are of one table, whose names differ in what follows its stem.
        forms = " ".join(path.suffix for path in (self.path, *self.others))
        where = f"{self.path.with_suffix('')} ({forms})" if self.others else str(self.path)
        if self.place:
            return f"{where}: {self.place}: {self.found} is written, {self.expected} made again."
        return f"{where}: found {self.found}; expected {self.expected}."

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "path": str(self.path),
            "others": list(map(str, self.others)),
            "place": self.place,
            "found": self.found,
            "expected": self.expected,
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class Verified:
    """The result of one kind of check.

    Args:
        kind: what was checked.
        summary: how much was checked, in one line.
        counts: the same as numbers.
        unchecked: what was not checked, and why; each a sentence without a full stop.
    """

    kind: str
    summary: str
    counts: dict[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    unchecked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "summary": self.summary,
            "counts": self.counts,
            "faults": [fault.as_json() for fault in self.faults],
            "unchecked": list(self.unchecked),
        }
