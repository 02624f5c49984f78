"""What a search remembers on disk: a journal of events, a snapshot of them, and the snapshot before that.

A search can be killed at any moment, and any one of its files may be torn. The journal is appended to, a line with its
own checksum for each event, before anything else happens. The snapshot holds all events so far and is replaced whole;
the one before it stays. Reading takes the newest snapshot that is whole and the journal's events behind it. An event
that is lost all the same costs no training: the trial is asked for again, and its run has a record.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import sha256_of_json, write_text

JOURNAL_NAME, STATE_NAME, PREVIOUS_NAME = "journal.jsonl", "state.json", "state.previous.json"
_CHECK = "sha256"
Status = Literal["RUNNING", "COMPLETED", "FAILED"]


@dataclass
class TrialState:
    """One trial as the search knows it.

    Args:
        id: its number, from 0, with leading zeros.
        values: what was drawn for it.
        score: value of the objective; None unless it is COMPLETED.
        tuner: who runs it, or ran it.
    """

    id: str
    values: dict[str, Any]
    status: Status = "RUNNING"
    score: float | None = None
    tuner: str = ""


@dataclass
class SearchState:
    """All trials, in the order in which they began, and in which they ended.

    Args:
        events: how many events led here.
    """

    events: int = 0
    trials: dict[str, TrialState] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def apply(self, event: dict[str, Any]) -> None:
        """Take one event of the journal."""
        trial = TrialState(**event["trial"])
        self.trials[trial.id] = trial
        if trial.status != "RUNNING" and trial.id not in self.ended:
            self.ended.append(trial.id)
        self.events = event["number"]


class StateFiles:
    """Keeps the state of one search in its folder.

    Args:
        folder: of the search.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self.state = SearchState()

    def load(self) -> SearchState:
        """Read what is there; nothing is an empty state.

        Torn files are named in a warning, and what they alone held is done again.
        """
        self.state = self._snapshot()
        for event in self._journal():
            if event["number"] > self.state.events:
                self.state.apply(event)
        return self.state

    def add(self, trial: TrialState) -> None:
        """Append one event; once a trial has ended, replace the snapshot."""
        event = {"number": self.state.events + 1, "trial": asdict(trial)}
        _append(self._folder / JOURNAL_NAME, json.dumps(event | {_CHECK: sha256_of_json(event)}, ensure_ascii=False))
        self.state.apply(event)
        if trial.status != "RUNNING":
            self._write_snapshot()

    def _write_snapshot(self) -> None:
        path = self._folder / STATE_NAME
        values = {
            "events": self.state.events,
            "ended": self.state.ended,
            "trials": [asdict(trial) for trial in self.state.trials.values()],
        }
        if path.exists():
            os.replace(path, self._folder / PREVIOUS_NAME)
        write_text(path, json.dumps(values | {_CHECK: sha256_of_json(values)}, ensure_ascii=False, indent=1) + "\n")

    def _snapshot(self) -> SearchState:
        for name in (STATE_NAME, PREVIOUS_NAME):
            path = self._folder / name
            if not path.exists():
                continue
            values = _checked(_text(path))
            if values is not None:
                trials = [TrialState(**trial) for trial in values["trials"]]
                return SearchState(values["events"], {trial.id: trial for trial in trials}, values["ended"])
            warn(f"{path}: is torn; going on from the copy before it and the journal")
        return SearchState()

    def _journal(self) -> Iterator[dict[str, Any]]:
        path = self._folder / JOURNAL_NAME
        if not path.exists():
            return
        lines = _text(path).splitlines()
        for number, line in enumerate(lines, start=1):
            event = _checked(line)
            if event is None:
                warn(f"{path}: line {number} of {len(lines)} is torn; what only it says is done again")
                continue
            yield event


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error


def _checked(text: str) -> dict[str, Any] | None:
    """JSON values whose checksum is right, without it; None for a torn text."""
    try:
        values = json.loads(text)
        check = values.pop(_CHECK)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return values if check == sha256_of_json(values) else None


def _append(path: Path, line: str) -> None:
    """Add a line for good. A torn last line is closed first, so that it does not spoil this one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(line.encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}). Give a writable folder with free space."
        ) from error
