"""The folder of one search: its description, notes on its trials, and the records of their runs."""

import json
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.core.errors import DataError, ResumeError
from common.core.files import read_json, with_digest, without_digest, write_json
from common.core.spec import stored_spec
from common.records.paths import SearchPaths
from common.records.record import Record, read_records
from common.search.journal import StateFiles, TrialState
from common.search.space import Parameters, SearchSpace
from common.search.stored import FORMAT_VERSION, StoredDescription, StoredNote

# The number of trials and the descriptive text may change; with any other difference it is another search.
_MAY_DIFFER = ("trials", "about", "token")
_LONGEST_VALUE = 120
_OTHER_NAME = " Restore it from a copy, or give another --name."
_REPEAT = " Delete it and repeat the search: the trial is then carried out again, with the records that there are."


@dataclass(frozen=True)
class TrialNote:
    """A note on one trial, written by the process that ran it.

    Args:
        id: of the trial.
        runs: ids of its runs' records, whose mean is the trial's score.
        trained: how many of the runs were trained for this trial; the others had a record.
        seconds: duration of the trial.
        failure: why there is no score; empty if the trial did not fail.
    """

    id: str
    runs: tuple[str, ...] = ()
    trained: int = 0
    seconds: float = 0.0
    failure: str = ""


class SearchFolder:
    """Reads and writes `<out>/<paper>/<dataset>/searches/<name>`."""

    def __init__(self, paths: SearchPaths):
        self.paths = paths

    @property
    def path(self) -> Path:
        return self.paths.folder

    @property
    def name(self) -> str:
        return self.paths.name

    def identity(self) -> dict[str, Any] | None:
        """The description of the search; None before it began.

        Raises:
            DataError: the file is not a description of a search.
        """
        path = self.paths.identity
        if not path.exists():
            return None
        values = read_json(path, what="a search's description", remedy=_OTHER_NAME)
        what = f"the description of a search of format {FORMAT_VERSION}"
        stored_spec(StoredDescription, path, values, what=what, remedy=_OTHER_NAME)
        return without_digest(path, values)

    def claim(self, identity: dict[str, Any]) -> None:
        """Begin the search, or check that the folder holds the same one.

        Raises:
            ResumeError: the folder holds another search; the differences are listed.
        """
        saved = self.identity()
        if saved is not None:
            self.require_same(saved, identity)
        # Distinguishes this search from an earlier one in this folder, which a worker may still be working on.
        whole = identity | {"token": saved["token"] if saved is not None else uuid.uuid4().hex[:12]}
        if saved != whole:
            write_json(self.paths.identity, with_digest(whole))

    def forget(self) -> None:
        """Remove the search except its lock, which the caller holds; the description is removed last.

        Raises:
            DataError: a file cannot be removed.
        """
        kept = (self.paths.lock, self.paths.identity)
        try:
            for path in [path for path in self.path.iterdir() if path not in kept]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            self.paths.identity.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"{error.filename}: cannot be removed ({error.strerror}). Remove it, then repeat the command."
            ) from error

    def require_same(self, saved: dict[str, Any], asked: dict[str, Any]) -> None:
        """Raise ResumeError with all differences between the saved search and the requested one."""
        before, now = _flat(saved), _flat(asked)
        paths = [path for path in dict.fromkeys((*before, *now)) if path.split(".")[0] not in _MAY_DIFFER]
        # Searches of before did not save it.
        paths = [path for path in paths if path != "whole_experiment" or path in before]
        differing = [path for path in paths if before.get(path) != now.get(path)]
        # Digests of what the other values make differ say nothing to a reader.
        named = [path for path in differing if path not in ("experiment", "whole_experiment")]
        if differing:
            listed = "; ".join(
                f"{path}: saved {_shown(before.get(path))}, asked {_shown(now.get(path))}"
                for path in named or differing
            )
            raise ResumeError(
                f"{self.path}: holds another search. {listed}. Give the same flags as before, choose another folder "
                "with --name, or delete this one and start again with --fresh."
            )

    def note(self, note: TrialNote) -> None:
        """Write the note on a trial."""
        values = {"id": note.id, "runs": list(note.runs), "trained": note.trained, "seconds": note.seconds}
        write_json(self.paths.trial(note.id), with_digest(values | {"failure": note.failure}))

    def notes(self) -> dict[str, TrialNote]:
        """Trial id -> note."""
        found = {}
        for path in sorted(self.paths.trials.glob("*.json")):
            what = "a note on a trial"
            values = read_json(path, what=what, remedy=_REPEAT)
            note = stored_spec(StoredNote, path, values, what=what, remedy=_REPEAT)
            if note.id != path.stem:
                raise DataError(f"{path}: is of trial {note.id}; the file's name must be the trial's id.{_REPEAT}")
            found[note.id] = TrialNote(note.id, tuple(note.runs), note.trained, note.seconds, note.failure)
        return found

    def records(self) -> list[Record]:
        """The records that can be read."""
        return read_records(self.paths.runs)

    def without_outcome(self) -> list[TrialState]:
        """Ended trials of which the note, or the record of a run that the note names, is missing or cannot be used."""
        notes = self.notes()
        known = {record.run_id for record in self.records()}

        def is_whole(trial: TrialState) -> bool:
            note = notes.get(trial.id)
            return note is not None and known.issuperset(note.runs)

        return [trial for trial in self.trials() if trial.status != "RUNNING" and not is_whole(trial)]

    def trials(self) -> list[TrialState]:
        """All trials so far, in the order in which they began."""
        return list(StateFiles(self.path).load().trials.values())


def require_values(folder: SearchFolder, parameters: Parameters, trials: Iterable[TrialState]) -> None:
    """Check that trials have values of the search's parameters.

    Raises:
        DataError: a trial has others.
    """
    for trial in trials:
        if wrong := parameters.wrong_value(trial.values):
            raise DataError(
                f"{folder.path}: the state of trial {trial.id} is not of this search ({wrong}). Give another --name, "
                "or delete the folder and start again."
            )


def identity_of(space: SearchSpace, **facts: Any) -> dict[str, Any]:
    """The description of a search, as JSON values.

    Args:
        space: of the search.
        facts: further values that depend on the command, the data and the row.
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
    # As it is read back from a file: tuples become lists.
    return json.loads(json.dumps(values))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values as a flat dictionary with dotted paths."""
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
