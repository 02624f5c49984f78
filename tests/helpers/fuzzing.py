"""Reads many damaged files in a process of its own: `python -m tests.helpers.fuzzing FORMAT SEED COUNT FOLDER`.

The process has a limit on its memory, so that a file which claims too much fails here and does not fill the machine. It
writes a line of JSON to FOLDER for each file that led to anything but a documented error, and keeps that file there; so
it does with the file that is being read, which may end the process itself.
"""

import importlib
import json
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_REPORT = "report.jsonl"
# Beside what the program takes once it is loaded.
LIMIT_BYTES = 1 << 30
MOST_GROWTH_BYTES = 300 << 20
MOST_SECONDS = 5.0
_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)


@dataclass(frozen=True)
class Format:
    """A format whose readers are tried.

    Args:
        made: a number generator -> name and bytes of a damaged file.
        read: reads a file in every way there is; raises nothing where only documented errors came up.
    """

    made: Callable[[random.Random], tuple[str, bytes]]
    read: Callable[[Path], None]


def mutated(content: bytes, rng: random.Random, *, most_changes: int = 4, header_bytes: int = 256) -> bytes:
    """A damaged copy: other bytes and numbers, most of them in the header, and pieces cut out, doubled or lost."""
    made = bytearray(content)
    for _ in range(rng.randint(1, most_changes)):
        if not made:
            break
        within = len(made) if rng.random() < 0.2 else min(len(made), header_bytes)
        place = rng.randrange(within)
        change = rng.random()
        if change < 0.3:
            made[place] = rng.randrange(256)
        elif change < 0.4:
            made[place] ^= 1 << rng.randrange(8)
        elif change < 0.8:
            length = rng.choice((2, 4, 4, 8))
            number = rng.choice(_EXTREMES) if rng.random() < 0.8 else rng.getrandbits(32)
            number %= 1 << 8 * length
            made[place : place + length] = number.to_bytes(length, rng.choice(("little", "big")))
        elif change < 0.87:
            del made[place:]
        elif change < 0.94:
            del made[place : place + rng.randint(1, 40)]
        else:
            piece = made[place : place + rng.randint(1, 40)]
            made[place:place] = piece * rng.randint(1, 3)
    return bytes(made)


def faults_of(name: str, seed: int, count: int, folder: Path) -> tuple[list[dict], int]:
    """What went wrong with `count` files of a format, and by how many bytes the process grew at most."""
    command = [sys.executable, "-m", "tests.helpers.fuzzing", name, str(seed), str(count), str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, f"exit {ended.returncode} at the file in {folder}: {ended.stderr[-2000:]}"
    # Not by standard output, to which libsndfile writes.
    *faults, last = map(json.loads, (folder / _REPORT).read_text(encoding="utf-8").splitlines())
    return faults, last["grown_bytes"]


def _status_bytes(field: str) -> int:
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(f"{field}:"))


def _main(name: str, seed: int, count: int, folder: Path) -> None:
    import resource

    form: Format = importlib.import_module(f"tests.helpers.fuzz_{name}").FORMAT
    rng = random.Random(seed)
    warnings.simplefilter("error")
    file, content = form.made(rng)
    (folder / file).write_bytes(content)
    form.read(folder / file)  # so that everything is loaded
    limit = _status_bytes("VmSize") + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = _status_bytes("VmRSS")
    for number in range(count):
        (folder / file).unlink()
        file, content = form.made(rng)
        (folder / file).write_bytes(content)
        begun = time.monotonic()
        fault = ""
        try:
            form.read(folder / file)
        except BaseException as error:  # whatever comes up is what is looked for
            fault = f"{type(error).__name__}: {error}"
        if (seconds := time.monotonic() - begun) > MOST_SECONDS:
            fault = f"{fault} after {seconds:.1f} s"
        if fault:
            kept = folder / f"fault{number}-{file}"
            kept.write_bytes(content)
            _report(folder, {"number": number, "file": str(kept), "fault": fault})
    _report(folder, {"grown_bytes": _status_bytes("VmHWM") - before})


def _report(folder: Path, line: dict) -> None:
    with open(folder / _REPORT, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
