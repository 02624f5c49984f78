"""Commands that are interrupted and killed at random moments: how they end, and whether repeating them gives the same.

    python -m benchmarks.kills presses --count 100
    python -m benchmarks.kills kills --count 200

Four commands work on a corpus of 16 short clips: a table, an audit, a search, and a table with two worker processes.

* Presses of Ctrl-C: SIGINT goes to all processes of the command, as a terminal sends it. A clean end has exit code 130,
  one line that says so, no traceback, and no process left, within 5 s.
* Kills: SIGKILL or SIGTERM goes to the command's process, or SIGINT to all of its processes. Then the command is
  repeated to its end. Its records must be those of a command that nobody ended, every record and every epoch that was
  finished before must have been used, and no temporary file and no process may be left.

The moments are drawn between the start of the command and its usual end, without the first half second: until Python
itself has started, no command can have handlers of its own.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
import soundfile
import typer

from benchmarks.harness import RESULTS, Out, Requirement, Result, finish, launch
from common.core.console import progress, say
from common.core.errors import RunError, SpecError
from common.core.files import read_json

MOST_SECONDS = 5.0
"""From a signal to the end of the command."""
_PYTHON_SECONDS = 0.5
_LOST_SECONDS = 30.0
_ALONE_SECONDS = 5.0
_WHOLE_SECONDS = 600.0
_ROOT = Path(__file__).resolve().parent.parent
_RATE = 22050
_SMALL = (
    *("--dataset", "folder", "--data", "music", "--scale", "smoke", "--features", "small"),
    *("--out", "out", "--cache", "cache"),
)
_NARROW = ("--row", "r8", "--set", "model.widths=[4,4,4,4,4]")
_RUN = str(_ROOT / "reproductions" / "se_cnn" / "run.py")
_TUNE = str(_ROOT / "reproductions" / "se_cnn" / "tune.py")
COMMANDS: dict[str, tuple[str, ...]] = {
    "table": (_RUN, *_SMALL, *_NARROW, "--seeds", "2", "--epochs", "2"),
    "audit": ("-m", "common.audit", "se_cnn", *_SMALL, *_NARROW, "--seeds", "1", "--epochs", "1"),
    "search": (_TUNE, *_SMALL, "--trials", "2", "--initial", "1", "--epochs", "1"),
    "--jobs 2": (_RUN, *_SMALL, *_NARROW, "--seeds", "2", "--epochs", "2", "--jobs", "2"),
}
"""What is interrupted: name -> arguments of Python."""
CLEAN, OVER = "clean", "already over"
# Of a record: what differs from one training to the next although the network is the same.
_OF_THE_TRAINING = ("wall_seconds", "peak_resident_bytes", "finished_at", "history", "sha256")
_SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}


class Part(StrEnum):
    """What is done to the commands."""

    PRESSES = "presses"
    KILLS = "kills"


def command(
    part: Annotated[Part, typer.Argument(help="Press Ctrl-C, or kill and repeat.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="How often, while a command runs.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the moments.")] = 0,
    out: Out = RESULTS,
) -> int:
    """How commands end that are interrupted or killed at random moments, and whether repeating them gives the same."""
    return finish(measure(part, count, seed=seed), out)


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Args:
        code: exit code; that of Python's `subprocess`, where a signal ended it.
        lines: of its standard error.
        seconds: from the signal to the end, or from the start where there was none.
        alive: whether it was still running when the signal was sent.
        orphans: processes that it left behind.
    """

    code: int
    lines: list[str]
    seconds: float
    alive: bool
    orphans: int


def measure(part: Part, count: int, *, seed: int) -> Result:
    """Measure all commands once without a signal, then send signals to them in turn. One that comes after the end of
    its command is counted, and another is sent.

    Raises:
        SpecError: this process ignores SIGINT.
        RunError: a command fails by itself, or most signals come after the end of their command.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        raise SpecError("this process ignores SIGINT, and so would the commands. Start it in the foreground.")
    with tempfile.TemporaryDirectory(prefix="encore-kills-") as temporary:
        place = Path(temporary)
        write_corpus(place / "music")
        usual, expected = {}, {}
        for name in COMMANDS:
            folder = _new_folder(place, "whole")
            ended = run(name, folder)
            if ended.code:
                raise RunError(f"{name}: ended with exit code {ended.code}: {ended.lines[-1] if ended.lines else ''}")
            usual[name], expected[name] = ended.seconds, results_of(folder)
        if part == Part.PRESSES:
            return _measure_presses(place, count, usual, seed)
        return _measure_kills(place, count, usual, expected, seed)


def _measure_presses(place: Path, count: int, usual: dict[str, float], seed: int) -> Result:
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    ends: Counter = Counter()
    with progress("pressing Ctrl-C", count, unit="presses") as advance:
        for name, moment in _moments(random.Random(seed), usual, count, ends):
            ended = run(name, _new_folder(place, "pressed"), signal.SIGINT, moment)
            end = end_of_press(ended)
            ends[end] += 1
            if end not in (CLEAN, OVER):
                say(f"{name}, after {moment:.2f} s: {end}: {' | '.join(ended.lines[-3:])}")
            if ended.alive:
                seconds[name].append(ended.seconds)
                advance(1)
    return Result(
        name="presses",
        title="Commands in which Ctrl-C is pressed at random moments",
        unit="seconds from Ctrl-C to the end",
        values={name: values for name, values in seconds.items() if values},
        ratios={},
        requirements=(
            Requirement("presses that ended the command cleanly / presses", "at least", 1.0, ends[CLEAN] / count),
        ),
        settings={"presses": count, "seed": seed, "most_seconds": MOST_SECONDS},
        facts=_facts(ends, usual),
    )


def _measure_kills(
    place: Path, count: int, usual: dict[str, float], expected: dict[str, dict[str, Any]], seed: int
) -> Result:
    rng, ends, faults = random.Random(seed), Counter(), Counter()
    with progress("killing", count, unit="kills") as advance:
        for name, moment in _moments(rng, usual, count, ends):
            sent = rng.choice(list(_SIGNALS))
            killed, found = killed_and_repeated(name, _new_folder(place, "killed"), sent, moment, expected[name])
            ends[sent if killed else OVER] += 1
            faults.update(found)
            for fault in found:
                say(f"{name}, {sent} after {moment:.2f} s: {fault}")
            advance(killed)
    return Result(
        name="kills",
        title="Commands that are killed at random moments and repeated",
        unit="seconds of a whole command",
        values={name: [value] for name, value in usual.items()},
        ratios={},
        requirements=(Requirement("faults after kills", "at most", 0, sum(faults.values())),),
        settings={"kills": count, "seed": seed},
        facts=_facts(ends, usual) | dict(sorted(faults.items())),
    )


def _facts(ends: Counter, usual: dict[str, float]) -> dict[str, float]:
    return dict(sorted(ends.items())) | {f"usual seconds of {name}": value for name, value in usual.items()}


def write_corpus(folder: Path) -> None:
    """Write 16 clips of 5 s, of two genres of different pitch."""
    rng = np.random.default_rng(0)
    times = np.arange(_RATE * 5) / _RATE
    for genre, hertz in (("high", 1800), ("low", 180)):
        (folder / genre).mkdir(parents=True)
        for clip in range(8):
            tone = 0.3 * np.sin(2 * np.pi * hertz * (1 + 0.05 * clip) * times)
            noise = 0.05 * rng.standard_normal(times.size)
            soundfile.write(folder / genre / f"artist{clip} - song.wav", (tone + noise).astype(np.float32), _RATE)


def run(name: str, folder: Path, sent: signal.Signals | None = None, moment: float = 0.0) -> Ended:
    """Run a command in a folder, and send it a signal.

    Args:
        name: of the command.
        sent: SIGINT goes to all of its processes, other signals to the first only; None for no signal.
        moment: seconds from the start to the signal.
    """
    path = os.pathsep.join((str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *COMMANDS[name]],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        alive = sent is None
        if sent is not None:
            time.sleep(moment)
            alive = process.poll() is None
            began = time.monotonic()
            if alive and sent == signal.SIGINT:
                os.killpg(process.pid, sent)
            elif alive:
                process.send_signal(sent)
        try:
            code = process.wait(_WHOLE_SECONDS if sent is None else _LOST_SECONDS)
        except subprocess.TimeoutExpired:
            code = None  # the signal was lost
        seconds = time.monotonic() - began
        orphans = _end_left(process.pid)
        process.wait()
        said.seek(0)
        lines = said.read().decode("utf-8", errors="replace").splitlines()
    return Ended(0 if code is None else code, lines, seconds, alive, orphans)


def _end_left(session: int) -> int:
    """End the processes of a session; returns how many were left some seconds after the command."""
    until = time.monotonic() + _ALONE_SECONDS
    left = _of_session(session)
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = _of_session(session)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return len(left)


def _of_session(session: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_of_press(ended: Ended) -> str:
    """How a command ended after Ctrl-C, in words."""
    text = "\n".join(ended.lines)
    if not ended.alive:
        return OVER
    if ended.seconds >= _LOST_SECONDS or ended.code == 0:
        return "went on"
    if "FAILED" in text:
        return "a failed run"
    if "Traceback" in text or "Exception ignored" in text:
        return "a traceback"
    if ended.code != 128 + signal.SIGINT:
        return f"exit code {ended.code}"
    if sum(line.startswith("interrupted") for line in ended.lines) != 1 or "leaked" in text:
        return "other lines than one"
    if ended.orphans:
        return "processes left"
    return CLEAN if ended.seconds <= MOST_SECONDS else "too late"


def killed_and_repeated(
    name: str, folder: Path, sent: str, moment: float, expected: dict[str, dict[str, Any]]
) -> tuple[bool, list[str]]:
    """Kill a command, and repeat it to its end.

    Args:
        sent: name of the signal.
        expected: `results_of` a command that nobody ended.

    Returns:
        Whether it was still running when the signal was sent, and what differs from the other command, in words.
    """
    faults = []
    killed = run(name, folder, _SIGNALS[sent], moment)
    if killed.orphans:
        faults.append("processes left")
    records = {path: path.read_bytes() for path in folder.glob("out/**/runs/*.json")}
    epochs = {path.parent.name: _seconds_of_epochs(path) for path in folder.glob("out/**/history.csv")}
    repeated = run(name, folder)
    if repeated.code:
        return killed.alive, [*faults, f"repeated: exit code {repeated.code}"]
    if any(path.read_bytes() != content for path, content in records.items()):
        faults.append("a finished run was trained again")
    stored = {path.stem: read_json(path, what="a record") for path in folder.glob("out/**/runs/*.json")}
    for run_id, seconds in epochs.items():
        if run_id not in stored:
            faults.append("a run that had begun has no record")
        elif [entry["seconds"] for entry in stored[run_id]["history"]][: len(seconds)] != seconds:
            faults.append("a finished epoch was trained again")
    if results_of(folder) != expected:
        faults.append("other results")
    if [path for path in folder.rglob("*") if path.name.startswith(".") and not path.name.endswith(".lock")]:
        faults.append("temporary files left")
    return killed.alive, faults


def _seconds_of_epochs(history: Path) -> list[float]:
    header, *lines = history.read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("seconds")
    return [float(line.split(",")[place]) for line in lines]


def results_of(folder: Path) -> dict[str, dict[str, Any]]:
    """The records below a folder by run id, without what differs from one training to the next."""
    found = {}
    for path in folder.glob("out/**/runs/*.json"):
        values = read_json(path, what="a record")
        history = [{key: value for key, value in entry.items() if key != "seconds"} for entry in values["history"]]
        kept = {key: value for key, value in values.items() if key not in _OF_THE_TRAINING}
        found[path.stem] = kept | {"history": history}
    return found


def _moments(rng: random.Random, usual: dict[str, float], count: int, ends: Counter) -> Iterator[tuple[str, float]]:
    """The commands in turn, each with a moment before its usual end, until `count` signals came before the end of their
    command.

    Args:
        ends: how many commands ended in which way, counted by the caller.

    Raises:
        RunError: more than twice as many came after it.
    """
    for name in itertools.cycle(usual):
        if ends.total() - ends[OVER] == count:
            return
        if ends[OVER] > 2 * count:
            raise RunError(f"{ends[OVER]} of {ends.total()} commands ended before their usual time: measure again.")
        yield name, rng.uniform(_PYTHON_SECONDS, usual[name])


def _new_folder(place: Path, name: str) -> Path:
    """An empty folder with a link to the corpus; that of the command before is removed."""
    folder = place / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "music").symlink_to(place / "music")
    return folder


if __name__ == "__main__":
    launch(command)
