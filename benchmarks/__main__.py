"""Run all benchmarks, one after the other, each in its own process, and print one summary.

python -m benchmarks
python -m benchmarks --only log_mel --only streaming
"""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.harness import RESULTS, Folder, Out, console, launch
from common.core.console import say
from common.core.errors import SpecError
from common.core.files import read_json

# Name -> whether it takes --folder.
BENCHMARKS = {
    "starting": False,
    "report_page": True,
    "log_mel": False,
    "extraction": False,
    "streaming": True,
    "training_step": True,
    "memory": True,
    "accumulation": False,
    "recurrent": False,
    "embeddings": False,
    "searching": False,
    "endurance_runs": True,
    "endurance_trials": True,
    "endurance_epochs": True,
    "presses": False,
    "kills": False,
}
# Benchmarks that are parts of one module: the module, and its argument.
_PARTS = {f"endurance_{part}": ("endurance", part) for part in ("runs", "trials", "epochs")} | {
    part: ("kills", part) for part in ("presses", "kills")
}
_ROOT = Path(__file__).resolve().parent.parent


def command(
    only: Annotated[
        list[str] | None, typer.Option(help="Name of a benchmark; repeat for several. Default: all.")
    ] = None,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """Run the benchmarks and print one summary; exit code 1 if a requirement does not hold or a benchmark fails."""
    unknown = set(only or ()) - set(BENCHMARKS)
    if unknown:
        raise SpecError(f"--only {', '.join(sorted(unknown))}: no such benchmark, expected {', '.join(BENCHMARKS)}.")
    out = Path(out).expanduser().absolute()
    codes = {}
    for name in only or BENCHMARKS:
        say(f"benchmark {name}")
        arguments = ["--out", str(out)]
        if folder is not None and BENCHMARKS[name]:
            arguments += ["--folder", str(folder.expanduser().absolute())]
        module, *part = _PARTS.get(name, (name,))
        line = [sys.executable, "-m", f"benchmarks.{module}", *part, *arguments]
        codes[name] = subprocess.run(line, cwd=_ROOT).returncode
    console().print(summary(codes, out))
    return int(any(codes.values()))


def summary(codes: dict[str, int], out: Path) -> Table:
    """One line for each requirement.

    Args:
        codes: benchmark -> exit code; if it is neither 0 nor 1, nothing was measured.
        out: folder of the JSON files.
    """
    table = Table(title="Benchmarks", title_justify="left")
    for header in ("benchmark", "figure", "required", "measured", "holds"):
        table.add_column(header, justify="right" if header == "measured" else "left")
    for name, code in codes.items():
        if code not in (0, 1):
            table.add_row(name, f"not measured (exit code {code})", "", "", "no")
            continue
        for entry in read_json(out / f"{name}.json", what="the result of a benchmark")["requirements"]:
            table.add_row(
                name, entry["what"], entry["requirement"], f"{entry['measured']:.3g}", "yes" if entry["holds"] else "no"
            )
    return table


if __name__ == "__main__":
    launch(command)
