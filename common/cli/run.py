"""The command line that every paper's `run.py` shares: its flags, and which of them go together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from typer import Option

from common.cli.app import exit_process, run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.screen import ScreenOptions
from common.core.console import say
from common.core.errors import SpecError
from common.core.extras import require_backend
from common.core.files import require_writable_folder
from common.paper.paper import Paper
from common.records.tuned_rows import with_tuned_rows
from common.runs.options import Options
from common.runs.selection import choose_rows


@dataclass(frozen=True)
class RunOptions:
    """What `run.py` takes besides the shared options."""

    carry_weights: Annotated[
        bool,
        Option(
            "--carry-weights",
            help="With --split rotating: each round starts from the weights of the previous round, which contaminates "
            "later rounds.",
        ),
    ] = False
    jobs: Annotated[int | None, Option(min=1, help="Carry out this many runs at a time, each in its own process.")] = (
        None
    )
    cluster: Annotated[
        str | None,
        Option(metavar="ADDRESS", help="Send the work to the workers of this Dask scheduler, e.g. tcp://host:8786."),
    ] = None
    audit: Annotated[
        bool,
        Option(
            "--audit", help="Train one row under every split that the data allow, and report what each split leaks."
        ),
    ] = False
    from_records: Annotated[
        bool,
        Option("--from-records", help="Make tables and curves again from existing records, without data or training."),
    ] = False
    legacy_metric: Annotated[
        bool,
        Option(
            "--legacy-metric",
            help="Show the tables with the metric that the study computed wrongly; both versions are written.",
        ),
    ] = False
    list: Annotated[
        bool,
        Option("--list", help="Show the paper's tables with rows, parameter counts and published numbers, then stop."),
    ] = False
    sources: Annotated[
        bool,
        Option("--sources", help="Show where each value of the paper's experiments comes from, then stop."),
    ] = False

    @property
    def mode(self) -> str:
        """The flag that chooses what the command does; empty for training the rows that are asked for."""
        return next((f"--{name.replace('_', '-')}" for name in _MODES if getattr(self, name)), "")

    def require_compatible(self, paper: Paper, flags: TypedFlags) -> None:
        """Refuse flags that the command would not use, and flags that contradict each other.

        Raises:
            SpecError: naming the flags.
        """
        if self.mode:
            _MODES[self.mode.removeprefix("--").replace("-", "_")].require(flags, self.mode)
        if self.jobs is not None and self.cluster is not None:
            raise SpecError(
                f"--jobs {self.jobs}, --cluster {self.cluster}: runs go either to processes of this machine or to a "
                "cluster; give one."
            )
        if self.legacy_metric and not paper.legacy_batches:
            raise SpecError(f"--legacy-metric: {paper.key} published no metric that needs correcting.")


@dataclass(frozen=True)
class _Mode:
    """Something that the command does instead of training the rows that are asked for.

    Args:
        uses: fields of the flags that it uses.
        but: fields of the flags that it does not use, where it uses most.
        takes: why it takes no others; by default those that it takes are listed.
    """

    uses: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    takes: str = ""

    def require(self, flags: TypedFlags, flag: str) -> None:
        """Refuse flags that it does not use."""
        uses = self.uses or tuple(name for name in flags.spelled if name not in self.but)
        flags.require_only(uses, mode=flag, takes=self.takes)


# In this order: of two modes the first refuses the second.
_MODES = {
    "list": _Mode(uses=("list", "json")),
    "sources": _Mode(uses=("sources", "json")),
    "from_records": _Mode(uses=("from_records", "dataset", "out", "tables", "rows", "legacy_metric", "json")),
    "audit": _Mode(
        but=("split", "unit", "carry_weights", "list", "sources", "from_records", "legacy_metric"),
        takes="runs one row under every split and writes its tables",
    ),
}

_MODELS = (Options, RunOptions, ScreenOptions)


def main(paper: Paper) -> None:
    """Run a paper's command line and exit: 0 if every requested row has a number, 1 if one has none or a run failed, 2
    for unusable input."""
    exit_process(run_app(make_app(paper)))


def make_app(paper: Paper) -> typer.Typer:
    """A paper's command line, not yet run."""
    tables = ", ".join(paper.default_tables) or "all"
    genres = f"all but {', '.join(paper.left_out_genres)}" if paper.left_out_genres else "all"
    help_texts = {
        "tables": f"Table of the paper to make; repeat for several. Default: {tables}.",
        "genres": f"Use only clips of these genres. Default: {genres}.",
    }

    def handle(options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
        return _run(paper, options, command, screen, flags)

    return _app(f"{paper.title}: {paper.citation}", command_of(handle, *_MODELS, help_texts=help_texts))


def make_audit_app(paper: Paper) -> typer.Typer:
    """The command line of a paper's leakage audit, not yet run: that of `--audit`, whose help text has only the flags
    that an audit uses."""

    def handle(options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
        _MODES["audit"].require(flags, "--audit")
        return _run(paper, options, replace(command, audit=True), screen, flags)

    hidden = ("audit", *_MODES["audit"].but)
    about = f"{paper.title}: train one row under every split that the data allow, and report what each split leaks."
    return _app(about, command_of(handle, *_MODELS, hidden=hidden))


def _app(about: str, command: Callable[..., int]) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=about)(command)
    return app


def _run(paper: Paper, options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    """Carry out a command. Each mode imports what it needs: figures take half a second, and Keras takes several."""
    screen.apply()
    command.require_compatible(paper, flags)
    if command.carry_weights:
        options = replace(options, changes=(*options.changes, "protocol.carry_weights=true"))
    if command.list or command.sources:
        from common.cli.listing import show_listing, show_sources

        return (show_listing if command.list else show_sources)(paper, as_json=screen.json)
    if command.from_records:
        say(f"reading the records of {paper.key} below {options.out} ...")
        from common.cli.reports import tables_from_records

        dataset = options.dataset if "dataset" in flags.typed else None
        return tables_from_records(paper, options, dataset, legacy=command.legacy_metric, as_json=screen.json)
    whole = with_tuned_rows(paper, options.out, options.dataset)
    # Before the data are read: a mistyped table or row is reported at once.
    chosen = choose_rows(whole, options.tables, options.rows)
    require_writable_folder(options.out, flag="--out")
    if not (command.audit or any(rows for _, rows in chosen)):
        from common.cli.reports import architecture_tables

        return architecture_tables(paper, options, chosen, as_json=screen.json)
    require_writable_folder(options.cache, flag="--cache")
    require_backend()
    from common.cli.train import WorkerChoice, audit, train

    workers = WorkerChoice(command.jobs, command.cluster)
    if command.audit:
        return audit(paper, whole, options, workers, as_json=screen.json)
    return train(paper, whole, options, chosen, workers, legacy=command.legacy_metric, as_json=screen.json)
