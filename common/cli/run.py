"""The command line that every paper's `run.py` shares, and the steps from a command to its tables."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from common.cli.app import print_tables, run_app
from common.cli.flags import command_of, given_options
from common.cli.listing import show_listing, show_sources
from common.core.errors import SpecError
from common.core.files import require_writable_folder
from common.leakage.audit import run_audit
from common.leakage.report import regenerate_audits, write_audit
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.records.tuned_rows import with_tuned_rows
from common.reports.pages import write_page
from common.reports.write import GroupReport, regenerate_tables, write_architecture, write_data_figures
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import Plan, plan_runs, prepare_features, resolve_rows
from common.runs.runner import execute
from common.runs.selection import ChosenRows, choose_rows
from common.search.report import regenerate_searches
from common.training.devices import find_devices


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
    json: Annotated[bool, Option("--json", help="With --list: print JSON.")] = False

    def require_compatible(self, paper: Paper, options: Options) -> None:
        """Refuse options that contradict each other.

        Raises:
            SpecError: naming the options.
        """
        if self.json and not self.list:
            raise SpecError("--json: goes with --list.")
        for name in ("list", "sources"):
            if getattr(self, name) and (options.tables or options.rows):
                raise SpecError(f"--{name}: shows all tables and rows; leave out --table and --row.")
        if self.list and self.sources:
            raise SpecError("--list, --sources: give one of them.")
        if self.jobs is not None and self.cluster is not None:
            raise SpecError(
                f"--jobs {self.jobs}, --cluster {self.cluster}: runs go either to processes of this machine or to a "
                "cluster; give one."
            )
        others = given_options(
            options, besides=("tables", "out", "cache", "decoder", "skip_bad", "allow_incomplete", "memory_limit")
        ) + given_options(self, besides=("from_records", "legacy_metric"))
        if self.from_records and others:
            raise SpecError("--from-records: makes the tables of all records; only --table and --out go with it.")
        if self.audit and (self.list or self.sources or self.legacy_metric):
            raise SpecError("--audit: goes with neither --list, --sources nor --legacy-metric.")
        if self.legacy_metric and not paper.legacy_batches:
            raise SpecError(f"--legacy-metric: {paper.key} published no metric that needs correcting.")


def main(paper: Paper) -> None:
    """Run a paper's command line and exit: 0 all requested cells have a number, 1 a run failed, 2 unusable input."""
    sys.exit(run_app(make_app(paper)))


def make_app(paper: Paper) -> typer.Typer:
    """A paper's command line, not yet run."""
    tables = ", ".join(paper.default_tables) or "all"
    genres = f"all but {', '.join(paper.left_out_genres)}" if paper.left_out_genres else "all"
    help_texts = {
        "tables": f"Table of the paper to make; repeat for several. Default: {tables}.",
        "genres": f"Use only clips of these genres. Default: {genres}.",
    }

    def handle(options: Options, command: RunOptions) -> int:
        return _run(paper, options, command)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=f"{paper.title}: {paper.citation}")(command_of(handle, Options, RunOptions, help_texts=help_texts))
    return app


def _run(paper: Paper, options: Options, command: RunOptions) -> int:
    command.require_compatible(paper, options)
    if command.carry_weights:
        options = replace(options, changes=(*options.changes, "protocol.carry_weights=true"))
    if command.list:
        return show_listing(paper, as_json=command.json)
    if command.sources:
        return show_sources(paper)
    if command.from_records:
        return _regenerate(paper, options, legacy=command.legacy_metric)
    if command.cluster is None and command.jobs in (None, 1):
        # Before anything is computed, because TensorFlow fixes its devices then; workers find their own.
        find_devices(options.devices)
    paper = with_tuned_rows(paper, options.out, options.dataset)
    if command.audit:
        return _audit(paper, options, command)
    return _make_tables(paper, options, command)


def _make_tables(paper: Paper, options: Options, command: RunOptions) -> int:
    """All steps from a command to its tables."""
    chosen = choose_rows(paper, options.tables, options.rows)
    require_writable_folder(options.out, flag="--out")
    if not any(rows for _, rows in chosen):
        return _make_architecture_tables(paper, options, chosen)
    require_writable_folder(options.cache, flag="--cache")
    with _worker_pool(command) as pool:
        options = options.with_absolute_paths() if pool else options
        data = open_data(paper, options)
        rows = resolve_rows(paper, options, chosen, data)
        builder = prepare_features(rows, options, data, parallel_map=pool and pool.parallel_map)
        plan = plan_runs(rows, data, builder)
        try:
            summary = execute(plan, options, pool and pool.work)
            _report(paper, options, plan, chosen, legacy=command.legacy_metric)
        finally:
            plan.close()
    return 1 if summary.failed else 0


def _worker_pool(command: RunOptions) -> AbstractContextManager:
    """The workers that were asked for; None for this process."""
    if command.cluster is None and command.jobs in (None, 1):
        return nullcontext()
    from common.execution.pools import cluster_workers, local_workers  # the import takes a second

    return local_workers(command.jobs) if command.cluster is None else cluster_workers(command.cluster)


def _report(paper: Paper, options: Options, plan: Plan, chosen: ChosenRows, *, legacy: bool) -> None:
    """Write the tables and figures of the paper's records, and show those that were asked for."""
    reports = regenerate_tables(paper, options.out, plan.setting.dataset)
    mine = [r for r in reports if (r.group.setting, r.group.conditions) == (plan.setting, plan.conditions)]
    results = plan.results(options.out)
    examples = [path for r in mine for path in write_data_figures(paper, r.group, plan.readers, results)]
    asked = [table.id for table, _ in chosen]
    _show(paper, mine, asked, [*examples, write_page(paper, options.out)], legacy=legacy)


def _audit(paper: Paper, options: Options, command: RunOptions) -> int:
    choose_rows(paper, options.tables, options.rows)  # a mistyped table or row is reported before the data are read
    require_writable_folder(options.out, flag="--out")
    require_writable_folder(options.cache, flag="--cache")
    with _worker_pool(command) as pool:
        options = options.with_absolute_paths() if pool else options
        audited, summaries = run_audit(
            paper, options, workers=pool and pool.work, parallel_map=pool and pool.parallel_map
        )
        # The audit's runs are ordinary runs of a row, so the row's tables under each split are written, too.
        regenerate_tables(paper, options.out, audited.audit.setting.dataset)
        table, paths = write_audit(paper, audited)
        print_tables([table], [*paths, write_page(paper, options.out)])
    return 1 if any(summary.failed for summary in summaries) else 0


def _make_architecture_tables(paper: Paper, options: Options, chosen: ChosenRows) -> int:
    """Tables of layers need neither data nor training."""
    results = ResultPaths.of(options.out, paper.key, options.dataset)
    shown, paths = [], []
    for table, _ in chosen:
        built, written = write_architecture(paper, table, results)
        shown.append(built)
        paths += written
    print_tables(shown, [*paths, write_page(paper, options.out)])
    return 0


def _regenerate(paper: Paper, options: Options, *, legacy: bool) -> int:
    """Make all tables again from records."""
    reports = regenerate_tables(paper, options.out)
    others = [*regenerate_searches(paper, options.out), *regenerate_audits(paper, options.out)]
    if not reports and not others:
        raise SpecError(
            f"--from-records: no records of {paper.key} below {options.out}. Run without --from-records first."
        )
    whole = with_tuned_rows(paper, options.out, None)
    asked = [table.id for table, _ in choose_rows(whole, options.tables, options.rows)]
    written = [path for _, paths in others for path in paths]
    _show(paper, reports, asked, [*written, write_page(paper, options.out)], legacy=legacy)
    return 0


def _show(paper: Paper, reports: list[GroupReport], asked: list[str], others: list[Path], *, legacy: bool) -> None:
    names = [
        name
        for table in asked
        for name in (f"{table}_legacy" if legacy else table, f"{table}_rounds", f"{table}_genres", f"{table}_pairs")
    ]
    # A table of results is shown with the confusion matrices of its rows.
    matrices = sorted(entry.table_id for entry in paper.confusions if {entry.id, entry.row[0]} & set(asked))
    names += matrices
    shown = [report.tables[name] for report in reports for name in names if name in report.tables]
    paths = [
        path for report in reports for name in (*asked, *matrices, "curves") for path in report.paths.get(name, [])
    ]
    print_tables(shown, [*paths, *others])
