"""Checkpoints of runs that are not finished against their own SHA-256, and their values against each other."""

from collections import Counter
from pathlib import Path

from common.core.console import progress
from common.core.errors import DataError
from common.core.tf_logging import quiet_start
from common.core.words import counted
from common.launch import is_paper
from common.verification.faults import Fault, Verified

_PATTERNS = ("*/*/work/*/checkpoint.npz", "*/*/searches/*/work/*/checkpoint.npz")
_REMEDY = "Remove it; the run starts over."


def verify_checkpoints(results: Path) -> Verified:
    """Check every checkpoint below a results folder: its bytes have the SHA-256 at its end, its state agrees with
    itself and with the name of its folder, and its weights are finite.
    """
    found = (path for pattern in _PATTERNS for path in results.glob(pattern))
    files = sorted(path for path in found if is_paper(path.relative_to(results).parts[0]))
    counts: Counter = Counter(checkpoints=len(files))
    faults: list[Fault] = []
    if files:
        with quiet_start(announced=True):
            from common.training.checkpoint import read_checkpoint

        with progress("checking checkpoints", len(files), unit="files", transient=True) as advance:
            for path in files:
                try:
                    checkpoint = read_checkpoint(path)
                except DataError as error:
                    said = str(error).removeprefix(f"{path}: ").rstrip(".")
                    faults.append(Fault(path, said, "the checkpoint that was written", _REMEDY))
                else:
                    counts["without_digest"] += not checkpoint.has_digest
                    if checkpoint.state.run_id != path.parent.name:
                        run = f"a checkpoint of run {checkpoint.state.run_id}"
                        faults.append(Fault(path, run, f"one of run {path.parent.name}, as its folder says", _REMEDY))
                advance(1)
    summary = f"{counted(len(files), 'checkpoint')} of runs that are not finished" + ("" if faults else ": all right")
    unchecked = ()
    if counts["without_digest"]:
        unchecked = (f"{counted(counts['without_digest'], 'checkpoint')} written before Encore stored digests",)
    return Verified("work", summary if files else "no checkpoint", dict(counts), tuple(faults), unchecked)
