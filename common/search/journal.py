"""The state of a search on disk: a journal of events, the latest snapshot of them, and the snapshot before that.

A search can be killed at any moment, and any one of its files may be torn. Each event is first appended to the journal,
as one line with its own checksum. The snapshot holds all events so far and is replaced as a whole; the one before it is
kept. Reading takes the latest complete snapshot and the later events of the journal. If an event is lost nevertheless,
no training is lost: the trial is requested again, and its run has a record.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import (
    MOST_JSON_BYTES,
    has_digest,
    json_bytes,
    read_file,
    with_digest,
    without_digest,
    write_json_text,
)
from common.core.json_values import parse_json
from common.core.spec import Spec
from common.records.paths import SearchPaths
from common.search.stored import Status, StoredEvent, StoredSnapshot, StoredTrial

S = TypeVar("S", bound=Spec)


@dataclass
class TrialState:
    """The state of one trial.

    Args:
        id: its number, from 0, with leading zeros.
        values: the value of each parameter.
        score: value of the objective; None unless it is COMPLETED.
        tuner: name of the process that runs it, or ran it.
    """

    id: str
    values: dict[str, Any]
    status: Status = "RUNNING"
    score: float | None = None
    tuner: str = ""


@dataclass
class SearchState:
    """All trials of a search.

    Args:
        events: number of events so far.
        trials: by id, in the order in which they began.
        ended: ids, in the order in which the trials ended, each -> None.
    """

    events: int = 0
    trials: dict[str, TrialState] = field(default_factory=dict)
    ended: dict[str, None] = field(default_factory=dict)

    def apply(self, number: int, trial: TrialState) -> None:
        """Apply one event of the journal.

        Args:
            number: of the event, from 1.
            trial: its state from then on.
        """
        self.trials[trial.id] = trial
        if trial.status == "RUNNING":
            # Of a trial that had ended: it begins again, see `common.search.search.Search.oracle`.
            self.ended.pop(trial.id, None)
        else:
            self.ended.setdefault(trial.id)
        self.events = number


class StateFiles:
    """Reads and writes the state of one search in its folder.

    Args:
        folder: of the search.
    """

    def __init__(self, folder: Path):
        self._paths = SearchPaths(folder)
        self.state = SearchState()

    def load(self) -> SearchState:
        """Read the state; empty where there are no files.

        Torn files are named in a warning, and trials that only they held are repeated.
        """
        self.state = self._snapshot()
        for event in self._journal():
            if event.number > self.state.events:
                self.state.apply(event.number, _trial(event.trial))
        return self.state

    def add(self, trial: TrialState) -> None:
        """Append one event; once a trial has ended, replace the snapshot."""
        number = self.state.events + 1
        event = {"number": number, "trial": asdict(trial)}
        _append(self._paths.journal, json.dumps(with_digest(event), ensure_ascii=False))
        self.state.apply(number, TrialState(**asdict(trial)))
        if trial.status != "RUNNING":
            self._write_snapshot()

    def _write_snapshot(self) -> None:
        path = self._paths.state
        values = {
            "events": self.state.events,
            "ended": list(self.state.ended),
            "trials": [asdict(trial) for trial in self.state.trials.values()],
        }
        if path.exists():
            os.replace(path, self._paths.previous_state)
        write_json_text(path, json.dumps(with_digest(values), ensure_ascii=False, indent=1) + "\n")

    def _snapshot(self) -> SearchState:
        for path in (self._paths.state, self._paths.previous_state):
            if not path.exists():
                continue
            found = _checked(StoredSnapshot, path, _text(path))
            if found is not None:
                trials = {trial.id: _trial(trial) for trial in found.trials}
                return SearchState(found.events, trials, dict.fromkeys(found.ended))
            warn(f"{path}: is torn; using the previous snapshot and the journal")
        return SearchState()

    def _journal(self) -> Iterator[StoredEvent]:
        path = self._paths.journal
        if not path.exists():
            return
        events = read_events(path)
        for number, event in enumerate(events, start=1):
            if event is None:
                warn(f"{path}: line {number} of {len(events)} is torn; a trial that only this line holds is repeated")
                continue
            yield event


def read_events(path: Path) -> list[StoredEvent | None]:
    """The events of a journal, one for each line; None for a torn line.

    Raises:
        DataError: the file cannot be read.
    """
    # Not `splitlines`, which also ends lines at characters that JSON strings may hold.
    text = _text(path).removesuffix("\n")
    return [_checked(StoredEvent, path, line) for line in text.split("\n")] if text else []


def _trial(stored: StoredTrial) -> TrialState:
    return TrialState(stored.id, dict(stored.values), stored.status, stored.score, stored.tuner)


def _text(path: Path) -> str:
    content = read_file(path, what="the state of a search", most_bytes=MOST_JSON_BYTES)
    return content.decode("utf-8", errors="replace")


def _checked(kind: type[S], path: Path, text: str) -> S | None:
    """The spec of a JSON text whose checksum is right; None for a torn text."""
    try:
        values = parse_json(text)
        return kind.model_validate(without_digest(path, values)) if has_digest(values) else None
    except (DataError, ValidationError, ValueError):
        return None


def _append(path: Path, line: str) -> None:
    """Append a line and sync it to disk. A torn last line is ended first, so that it does not damage this one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json_bytes(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}). Give a writable folder with free space."
        ) from error
