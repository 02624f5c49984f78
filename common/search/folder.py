"""The folder of one search: what it is of, what its trials said, and the records of their runs."""

import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.core.errors import DataError, ResumeError
from common.core.files import read_json, write_json
from common.records.record import Record, read_records
from common.search.journal import StateFiles, TrialState
from common.search.space import SearchSpace

IDENTITY_NAME = "search.json"
FORMAT_VERSION = 1
# The number of trials may grow, and words may be mended; everything else makes another search.
_MAY_DIFFER = ("trials", "about", "token")
LOCK_NAME = ".lock"
_LONGEST_VALUE = 120


@dataclass(frozen=True)
class Note:
    """What the process that ran a trial says of it.

    Args:
        id: of the trial.
        runs: ids of the records that its score is the mean of.
        trained: how many of them were trained for it; the others had a record.
        seconds: that it took.
        failure: why there is no score; empty for none.
    """

    id: str
    runs: tuple[str, ...] = ()
    trained: int = 0
    seconds: float = 0.0
    failure: str = ""


class SearchFolder:
    """Reads and writes `<out>/<paper>/<dataset>/searches/<name>`."""

    def __init__(self, out: Path, paper: str, dataset: str, name: str):
        self.name = name
        self.path = Path(out) / paper / dataset / "searches" / name

    @property
    def runs(self) -> Path:
        """Where its records lie."""
        return self.path / "runs"

    @property
    def rows(self) -> Path:
        """The file of its best trials as rows of a table."""
        return self.path / "rows.json"

    def identity(self) -> dict[str, Any] | None:
        """What the search is of; None before it began.

        Raises:
            DataError: the file is no such thing.
        """
        path = self.path / IDENTITY_NAME
        if not path.exists():
            return None
        values = read_json(path, what="a search's description")
        if not isinstance(values, dict) or values.get("format") != FORMAT_VERSION:
            raise DataError(f"{path}: not the description of a search of format {FORMAT_VERSION}. Give another --name.")
        return values

    def claim(self, identity: dict[str, Any]) -> None:
        """Begin the search, or make sure that it is the one that was begun here.

        Raises:
            ResumeError: another search was begun here; the differences are listed.
        """
        saved = self.identity()
        if saved is not None:
            self.require_same(saved, identity)
        # Tells this search from another one that a worker may still be thinking of.
        whole = identity | {"token": saved["token"] if saved is not None else uuid.uuid4().hex[:12]}
        if saved != whole:
            write_json(self.path / IDENTITY_NAME, whole)

    def forget(self) -> None:
        """Remove the search but for its lock, which the caller holds; its description last.

        Raises:
            DataError: something cannot be removed.
        """
        kept = (LOCK_NAME, IDENTITY_NAME)
        try:
            for path in [path for path in self.path.iterdir() if path.name not in kept]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            (self.path / IDENTITY_NAME).unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"{error.filename}: cannot be removed ({error.strerror}). Remove it, then go on."
            ) from error

    def require_same(self, saved: dict[str, Any], asked: dict[str, Any]) -> None:
        """Raise ResumeError with every difference between the saved search and the one asked for."""
        before, now = _flat(saved), _flat(asked)
        paths = [path for path in dict.fromkeys((*before, *now)) if path.split(".")[0] not in _MAY_DIFFER]
        differing = [path for path in paths if before.get(path) != now.get(path)]
        if differing:
            listed = "; ".join(
                f"{path}: saved {_shown(before.get(path))}, asked {_shown(now.get(path))}" for path in differing
            )
            raise ResumeError(
                f"{self.path}: holds another search. {listed}. Ask for the same again, give this one a folder of its "
                "own with --name, or begin anew with --fresh."
            )

    def note(self, note: Note) -> None:
        """Write down what a trial did."""
        values = {"id": note.id, "runs": list(note.runs), "trained": note.trained, "seconds": note.seconds}
        write_json(self.path / "trials" / f"{note.id}.json", values | {"failure": note.failure})

    def notes(self) -> dict[str, Note]:
        """Trial id -> what it did."""
        found = {}
        for path in sorted((self.path / "trials").glob("*.json")):
            values = read_json(path, what="a note on a trial")
            found[values["id"]] = Note(**values | {"runs": tuple(values["runs"])})
        return found

    def records(self) -> dict[str, Record]:
        """Run id -> record."""
        return {record.run_id: record for record in read_records(self.runs)}

    def trials(self) -> list[TrialState]:
        """All trials so far, in the order in which they began."""
        return list(StateFiles(self.path).load().trials.values())


def folders(out: Path, paper: str, dataset: str | None = None) -> list[SearchFolder]:
    """All searches of a paper."""
    found = sorted((Path(out) / paper).glob(f"{dataset or '*'}/searches/*/{IDENTITY_NAME}"))
    return [SearchFolder(out, paper, path.parents[2].name, path.parent.name) for path in found]


def identity_of(space: SearchSpace, **facts: Any) -> dict[str, Any]:
    """What a search is of, as JSON values.

    Args:
        facts: what the command, the data and the row add.
    """
    values = {
        "format": FORMAT_VERSION,
        "space": space.key,
        "row": space.row,
        "parameters": {
            parameter.name: {name: value for name, value in parameter.as_json().items() if name != "name"}
            for parameter in space.parameters.every
        },
        "shared_values": space.base,
        **facts,
        "about": {
            "title": space.title,
            "plotted": space.plotted,
            "published": space.published,
            "published_by": space.published_by,
            "notes": space.notes,
        },
    }
    # As a file gives it back: tuples become lists.
    return json.loads(json.dumps(values))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by dotted path."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
