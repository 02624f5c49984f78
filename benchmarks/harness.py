"""Shared by all benchmarks: interleaved peers, ratios per round, requirements, the printed table and the JSON.

A machine's speed drifts while a benchmark runs. So every round measures all peers one after the other, ratios are taken
within a round, and their median is reported with the lowest and the highest. Interleaving does not help where other
processes compete for the cores: their load is measured too, reported, and warned about.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
import typer
from rich.table import Table

from common.core.console import PlainConsole, progress, warn
from common.core.files import write_json
from common.core.tf_logging import quiet_start

RESULTS = Path("results/benchmarks")
BUSY_CORES = 0.1
"""Work of other processes, in cores, above which times cannot be trusted."""
Out = Annotated[Path, typer.Option(help="Folder for the JSON.")]
Rounds = Annotated[int, typer.Option(min=1, help="Counted rounds; one more warms up.")]
Folder = Annotated[
    Path | None,
    typer.Option(help="Where the temporary data go; removed at the end. Default: the system's temporary folder."),
]


@dataclass(frozen=True)
class Requirement:
    """A measured figure and the limit that it must meet."""

    what: str
    bound: Literal["at least", "at most"]
    limit: float
    measured: float

    @property
    def holds(self) -> bool:
        return self.measured >= self.limit if self.bound == "at least" else self.measured <= self.limit

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "requirement": f"{self.bound} {self.limit:g}",
            "measured": self.measured,
            "holds": self.holds,
        }


@dataclass(frozen=True)
class Result:
    """Measurements of a benchmark.

    Args:
        name: name of the module and of the JSON.
        title: the comparison, as heading of the table.
        unit: unit of the values.
        values: peer -> one value per round.
        ratios: `numerator / denominator` -> one ratio per round.
        settings: sizes that the values depend on.
        facts: further figures, by name with unit.
    """

    name: str
    title: str
    unit: str
    values: dict[str, list[float]]
    ratios: dict[str, list[float]]
    requirements: tuple[Requirement, ...]
    settings: dict[str, Any]
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(requirement.holds for requirement in self.requirements)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, with the machine and versions that they were measured with."""
        # Imports keras, which takes seconds.
        from common.records.environment import describe_machine, package_versions
        from common.records.record import utc_now

        return {
            "benchmark": self.name,
            "title": self.title,
            "holds": self.holds,
            "requirements": [requirement.as_json() for requirement in self.requirements],
            "ratios": {name: _spread(ratios) for name, ratios in self.ratios.items()},
            "unit": self.unit,
            "values": {name: _spread(values) for name, values in self.values.items()},
            "facts": self.facts,
            "settings": self.settings,
            "machine": describe_machine(),
            "versions": package_versions(),
            "finished_at": utc_now(),
        }


def ratios(above: list[float], below: list[float]) -> list[float]:
    """`above` divided by `below`, round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]


@dataclass(frozen=True)
class Timing:
    """Measurements of `interleave`.

    Args:
        seconds: peer -> wall time of each counted round.
        processor_seconds: peer -> time on all cores; other processes hardly change it.
        other_cores: cores that other processes kept busy meanwhile.
    """

    seconds: dict[str, list[float]]
    processor_seconds: dict[str, list[float]]
    other_cores: float

    @property
    def facts(self) -> dict[str, float]:
        """The load of other processes, for a result."""
        return {OTHER_CORES: self.other_cores}


OTHER_CORES = "cores kept busy by other processes"


def interleave(peers: dict[str, Callable[[int], float | None]], rounds: int) -> Timing:
    """Call all peers in turn, round after round.

    Args:
        peers: name -> function of the round's number; round 0 warms up and is not counted. One that returns seconds has
            timed itself, without its setup and cleanup.
        rounds: counted rounds.
    """
    wall: dict[str, list[float]] = {name: [] for name in peers}
    processor: dict[str, list[float]] = {name: [] for name in peers}
    began, busy, own = time.perf_counter(), _busy_seconds(), time.process_time()
    with progress("measuring", 1 + rounds, unit="rounds") as advance:
        for number in range(1 + rounds):
            for name, peer in peers.items():
                wall_began, processor_began = time.perf_counter(), time.process_time()
                own_seconds = peer(number)
                wall[name].append(time.perf_counter() - wall_began if own_seconds is None else own_seconds)
                processor[name].append(time.process_time() - processor_began)
                if own_seconds is not None:
                    gc.collect()  # so that its garbage is not collected during the next peer's time
            advance(1)
    spent = (_busy_seconds() - busy) - (time.process_time() - own)
    return Timing(
        seconds={name: values[1:] for name, values in wall.items()},
        processor_seconds={name: values[1:] for name, values in processor.items()},
        other_cores=max(0.0, spent / (time.perf_counter() - began)),
    )


def _busy_seconds() -> float:
    """Seconds that all cores together were busy, or taken by other virtual machines, since the system started."""
    times = psutil.cpu_times()
    # Systems other than Linux report fewer kinds of work: they count those that are missing as `system`.
    return sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq", "steal"))


def finish(result: Result, out: Path) -> int:
    """Print the result and write its JSON; returns the exit code: 0 where all requirements hold, else 1."""
    path = Path(out).expanduser() / f"{result.name}.json"
    screen = console()
    screen.print(result.title)
    screen.print(_table(f"{result.unit}, median", result.values))
    if result.ratios:
        screen.print(_table("ratio, median", result.ratios))
    for name, value in result.facts.items():
        screen.print(f"{name}: {value:.4g}")
    for requirement in result.requirements:
        screen.print(requirement_line(requirement.as_json()))
    if result.facts.get(OTHER_CORES, 0) > BUSY_CORES:
        warn(f"other processes kept {result.facts[OTHER_CORES]:.2f} cores busy: measure again on an idle machine.")
    write_json(path, result.as_json())
    screen.print(f"written: {path}", soft_wrap=True)
    return 0 if result.holds else 1


def requirement_line(values: dict[str, Any]) -> str:
    """One line of text for a requirement's JSON."""
    verdict = "holds" if values["holds"] else "DOES NOT HOLD"
    return f"{values['what']}: required {values['requirement']}, measured {values['measured']:.3g}: {verdict}"


def console() -> PlainConsole:
    """Standard output; 120 columns wide in a log file, where tables would otherwise be squeezed to 80."""
    return PlainConsole(width=None if sys.stdout.isatty() else 120)


def launch(command: Callable[..., int]) -> None:
    """Run a function as a command; an error of Encore prints one line and ends with exit code 2."""
    with quiet_start():
        from common.cli.app import run_app

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    sys.exit(run_app(app))


def _spread(values: list[float]) -> dict[str, Any]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": values}


def _table(header: str, columns: dict[str, list[float]]) -> Table:
    table = Table()
    table.add_column("")
    for name in (header, "lowest", "highest"):
        table.add_column(name, justify="right")
    for name, values in columns.items():
        spread = _spread(values)
        table.add_row(name, *(f"{spread[key]:.4g}" for key in ("median", "min", "max")))
    return table
