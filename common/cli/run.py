"""The command line that every paper's `run.py` shares: its flags, and which of them go together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from common.cli.app import run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions
from common.cli.words import data_flags, genres_text, words_of
from common.core.console import say
from common.core.errors import SpecError
from common.core.extras import require_backend
from common.core.files import require_usable_folder, require_writable_folder
from common.core.interrupts import end_with
from common.core.option_groups import MACHINES, SPECIAL, WHAT
from common.core.temporary import require_temporary_files
from common.execution.certificates import Certificates
from common.paper.paper import Paper
from common.paper.tables import Row
from common.records.paths import COMMITTED_RESULTS
from common.records.tuned_rows import with_tuned_rows
from common.runs.options import SET_HELP, Options
from common.runs.selection import Asked, ChosenRows, choose_figures, choose_rows, with_rows_behind


@dataclass(frozen=True)
class RunOptions:
    """What `run.py` takes besides the shared options."""

    carry_weights: Annotated[
        bool,
        Option(
            "--carry-weights",
            rich_help_panel=SPECIAL,
            help="Start a rotating round with the weights of the last. This contaminates later rounds.",
        ),
    ] = False
    jobs: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=MACHINES,
            help="Carry out N runs at a time, each in its own process.",
        ),
    ] = None
    cluster: Annotated[
        str | None,
        Option(
            metavar="ADDRESS",
            rich_help_panel=MACHINES,
            help="Send runs to a Dask scheduler. Example: tls://host:8786.",
        ),
    ] = None
    cluster_ca: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=MACHINES,
            help="CA certificate (PEM) of a scheduler with TLS.",
        ),
    ] = None
    cluster_cert: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=MACHINES,
            help="This command's certificate (PEM), signed by that CA.",
        ),
    ] = None
    cluster_key: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=MACHINES,
            help="Key (PEM) of that certificate, if not in its file.",
        ),
    ] = None
    figures: Annotated[
        tuple[str, ...],
        Option(
            "--figure",
            metavar="ID",
            rich_help_panel=WHAT,
            help="Figure to make, named as in encore list. Repeat for several.",
        ),
    ] = ()
    all: Annotated[
        bool,
        Option(
            "--all",
            rich_help_panel=WHAT,
            help="Make all tables and figures of the paper. What cannot be made is named.",
        ),
    ] = False
    audit: Annotated[
        bool,
        Option("--audit", rich_help_panel=WHAT, help="Train one row under every split; show what leaks."),
    ] = False
    from_records: Annotated[
        bool,
        Option("--from-records", rich_help_panel=WHAT, help="Make tables again from records, without training."),
    ] = False
    legacy_metric: Annotated[
        bool,
        Option(
            "--legacy-metric",
            rich_help_panel=SPECIAL,
            help="Show tables with the metric as the study computed it. Both versions are written.",
        ),
    ] = False
    list: Annotated[
        bool,
        Option("--list", rich_help_panel=WHAT, help="Show tables, rows and figures, then stop."),
    ] = False
    sources: Annotated[
        bool,
        Option("--sources", rich_help_panel=WHAT, help="Show where each value comes from, then stop."),
    ] = False

    @property
    def mode(self) -> str:
        """The flag that chooses what the command does; empty for training the rows that are asked for."""
        return next((f"--{name.replace('_', '-')}" for name in _MODES if getattr(self, name)), "")

    @property
    def certificates(self) -> Certificates:
        """For the scheduler of `--cluster`."""
        return Certificates(self.cluster_ca, self.cluster_cert, self.cluster_key)

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
        self.certificates.require_complete(self.cluster)
        if self.all:
            _ALL.require(flags, "--all")
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
    "from_records": _Mode(
        uses=("from_records", "dataset", "out", "tables", "rows", "figures", "legacy_metric", "json")
    ),
    "audit": _Mode(
        but=(
            *("split", "unit", "carry_weights", "list", "sources", "from_records", "legacy_metric"),
            *("figures", "all"),
        ),
        takes="runs one row under every split and writes its tables",
    ),
}

_ALL = _Mode(but=("tables", "rows", "figures"), takes="makes all tables and figures")

_MODELS = (Options, RunOptions, ScreenOptions)


def main(paper: Paper) -> None:
    """Run a paper's command line and exit: 0 if every requested row has a number, 1 if one has none or a run failed, 2
    for unusable input."""
    end_with(run_app(make_app(paper)))


def make_app(paper: Paper) -> typer.Typer:
    """A paper's command line, not yet run."""
    tables = ", ".join(paper.default_tables) or "all"
    help_texts = {
        "tables": f"Table of the paper to make; repeat for several. Default: {tables}.",
        "genres": genres_text(paper),
        "out": f"Folder for results: records, tables, figures. With --from-records: {COMMITTED_RESULTS}.",
    }

    def handle(options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
        return _run(paper, options, command, screen, flags)

    command = command_of(
        handle,
        *_MODELS,
        help_texts=help_texts,
        hidden=() if paper.legacy_batches else ("legacy_metric",),
        words=words_of(paper),
    )
    example = f"encore run {paper.key}{data_flags(paper)} --table {paper.default_row[0]}"
    return _app(f"{paper.title}: {paper.citation}\n\nExample: {example}", command)


def make_audit_app(paper: Paper) -> typer.Typer:
    """The command line of a paper's leakage audit, not yet run: that of `--audit`, whose help text has only the flags
    that an audit uses."""

    def handle(options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
        _MODES["audit"].require(flags, "encore audit")
        return _run(paper, options, replace(command, audit=True), screen, flags)

    hidden = ("audit", *_MODES["audit"].but)
    help_texts = {
        "tables": "Table of the row, where several have such a row.",
        "rows": f"Row to audit. Default: {paper.row(*paper.default_row).name}.",
        "genres": genres_text(paper),
    }
    about = f"{paper.title}: train one row under every split that the data allow, and report what each split leaks."
    example = f"encore audit {paper.key}{data_flags(paper)}"
    command = command_of(handle, *_MODELS, help_texts=help_texts, hidden=hidden, words=words_of(paper))
    return _app(f"{about}\n\nExample: {example}", command)


def _app(about: str, command: Callable[..., int]) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=about, cls=HelpCommand)(command)
    return app


def _run(paper: Paper, options: Options, command: RunOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    """Carry out a command. Each mode imports what it needs: figures take half a second, and Keras takes several."""
    screen.apply()
    command.require_compatible(paper, flags)
    if command.carry_weights:
        options = replace(options, changes=(*options.changes, "protocol.carry_weights=true"))
    if command.list or command.sources:
        from common.cli.listing import show_listing, show_sources

        return (show_listing if command.list else show_sources)(paper, screen)
    if command.from_records:
        options = options if "out" in flags.typed else replace(options, out=COMMITTED_RESULTS)
        say(f"reading the records of {paper.key} below {options.out} ...")
        from common.cli.reports import tables_from_records

        dataset = options.dataset if "dataset" in flags.typed else None
        figures = choose_figures(paper, command.figures)
        return tables_from_records(paper, options, dataset, figures, screen, legacy=command.legacy_metric)
    whole = with_tuned_rows(paper, options.out, options.data_key)
    # Before the data are read: a mistyped table or row is reported at once.
    figures = list(whole.figures) if command.all else choose_figures(whole, command.figures)
    chosen = _chosen_tables(whole, options, command)
    chosen = with_rows_behind(whole, chosen, figures)
    if SET_HELP in options.changes:
        from common.cli.values import show_values

        table, row = _first_row(whole, options, chosen)
        return show_values(paper, (table, row.name), row.experiment, as_json=screen.json)
    require_writable_folder(options.out, flag="--out")
    require_temporary_files()
    asked = Asked(chosen, figures, is_all=command.all)
    if not (command.audit or any(rows for _, rows in chosen)):
        from common.cli.figures import without_training

        return without_training(whole, options, asked, screen)
    require_usable_folder(options.cache, flag="--cache")
    if options.all_changes:
        from common.runs.plan import require_known_changes

        rows = [row for _, of_table in chosen for row in of_table]
        if command.audit:
            # An audit trains one row.
            rows = rows[:1] if options.tables or options.rows else [whole.row(*whole.default_row)]
        require_known_changes(options, whole, {row.name: row.experiment for row in rows})
    require_backend()
    from common.cli.train import WorkerChoice, audit, train

    workers = WorkerChoice(command.jobs, command.cluster, command.certificates)
    if command.audit:
        return audit(paper, whole, options, workers, screen)
    return train(paper, whole, options, asked, workers, screen, legacy=command.legacy_metric)


def _chosen_tables(paper: Paper, options: Options, command: RunOptions) -> ChosenRows:
    """The tables that a command asks for: with `--figure` alone, none."""
    if command.all:
        return choose_rows(paper, (*paper.table_ids, *(matrix.id for matrix in paper.confusions)), ())
    if command.figures and not (options.tables or options.rows):
        return []
    return choose_rows(paper, options.tables, options.rows)


def _first_row(paper: Paper, options: Options, chosen: ChosenRows) -> tuple[str, Row]:
    """The first row that was asked for, with the id of its table; without `--table` and `--row` the row that the paper
    recommends."""
    if not options.tables and not options.rows:
        return paper.default_row[0], paper.row(*paper.default_row)
    found = [(table.id, row) for table, rows in chosen for row in rows]
    if not found:
        raise SpecError(f"--set help: table {', '.join(options.tables)} is of layers, and has no values; name another.")
    return found[0]
