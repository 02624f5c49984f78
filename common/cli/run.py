"""The command line that every paper's `run.py` shares, and the steps from a command to its tables."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from common.cli.app import print_tables, run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.listing import show_listing, show_sources
from common.cli.regenerate import regenerate
from common.core.console import say, warn
from common.core.errors import SpecError
from common.core.files import require_writable_folder
from common.leakage.audit import run_audit
from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable, Confusion
from common.records.paths import ResultPaths, result_folders
from common.records.tuned_rows import with_tuned_rows
from common.reports.pages import write_page
from common.reports.write import GroupReport, write_architecture, write_data_figures
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import Plan, plan_runs, prepare_features, resolve_rows
from common.runs.runner import execute
from common.runs.selection import ChosenRows, choose_rows
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
        elif self.json:
            raise SpecError("--json: goes with --list.")
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
    "sources": _Mode(uses=("sources",)),
    "from_records": _Mode(uses=("from_records", "dataset", "out", "tables", "rows", "legacy_metric")),
    "audit": _Mode(
        but=("split", "unit", "carry_weights", "list", "sources", "from_records", "legacy_metric", "json"),
        takes="runs one row under every split and writes its tables",
    ),
}


def main(paper: Paper) -> None:
    """Run a paper's command line and exit: 0 if every requested row has a number, 1 if one has none or a run failed, 2
    for unusable input."""
    sys.exit(run_app(make_app(paper)))


def make_app(paper: Paper) -> typer.Typer:
    """A paper's command line, not yet run."""
    tables = ", ".join(paper.default_tables) or "all"
    genres = f"all but {', '.join(paper.left_out_genres)}" if paper.left_out_genres else "all"
    help_texts = {
        "tables": f"Table of the paper to make; repeat for several. Default: {tables}.",
        "genres": f"Use only clips of these genres. Default: {genres}.",
    }

    def handle(options: Options, command: RunOptions, flags: TypedFlags) -> int:
        return _run(paper, options, command, flags)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=f"{paper.title}: {paper.citation}")(command_of(handle, Options, RunOptions, help_texts=help_texts))
    return app


def _run(paper: Paper, options: Options, command: RunOptions, flags: TypedFlags) -> int:
    command.require_compatible(paper, flags)
    if command.carry_weights:
        options = replace(options, changes=(*options.changes, "protocol.carry_weights=true"))
    if command.list:
        return show_listing(paper, as_json=command.json)
    if command.sources:
        return show_sources(paper)
    if command.from_records:
        dataset = options.dataset if "dataset" in flags.typed else None
        return _from_records(paper, options, dataset, legacy=command.legacy_metric)
    if command.cluster is None and command.jobs in (None, 1):
        # Before anything is computed, because TensorFlow fixes its devices then; workers find their own.
        find_devices(options.devices)
    if command.audit:
        return _audit(paper, options, command)
    return _make_tables(paper, options, command)


def _make_tables(paper: Paper, options: Options, command: RunOptions) -> int:
    """All steps from a command to its tables."""
    whole = with_tuned_rows(paper, options.out, options.dataset)
    chosen = choose_rows(whole, options.tables, options.rows)
    require_writable_folder(options.out, flag="--out")
    if not any(rows for _, rows in chosen):
        return _make_architecture_tables(paper, options, chosen)
    require_writable_folder(options.cache, flag="--cache")
    with _worker_pool(command) as pool:
        options = options.with_absolute_paths() if pool else options
        data = open_data(whole, options)
        rows = resolve_rows(whole, options, chosen, data)
        builder = prepare_features(rows, options, data, parallel_map=pool and pool.parallel_map)
        plan = plan_runs(rows, data, builder)
        try:
            summary = execute(plan, options, pool and pool.work)
            missing = _report(paper, options, plan, chosen, legacy=command.legacy_metric)
        finally:
            plan.close()
    return 1 if summary.failed or missing else 0


def _worker_pool(command: RunOptions) -> AbstractContextManager:
    """The workers that were asked for; None for this process."""
    if command.cluster is None and command.jobs in (None, 1):
        return nullcontext()
    from common.execution.pools import cluster_workers, local_workers  # the import takes a second

    return local_workers(command.jobs) if command.cluster is None else cluster_workers(command.cluster)


def _report(paper: Paper, options: Options, plan: Plan, chosen: ChosenRows, *, legacy: bool) -> bool:
    """Write the tables and figures of the paper's records, and show those that were asked for; returns whether a row
    that was asked for has no number."""
    made = regenerate(paper, options.out, plan.setting.dataset)
    ids = {planned.run.id for planned in plan.runs}
    mine = [r for r in made.groups if ids & {record.run_id for record in r.group.records}]
    results = plan.results(options.out)
    examples = [path for r in mine for path in write_data_figures(paper, r.group, plan.readers, results)]
    _show(paper, options, mine, chosen, [*examples, made.page], legacy=legacy)
    return _name_rows_without_number(chosen, mine)


def _name_rows_without_number(chosen: ChosenRows, reports: list[GroupReport]) -> bool:
    """Name the rows that were asked for and have no number in any of these tables; returns whether there are any."""
    lacking = []
    for table, rows in chosen:
        if isinstance(table, Confusion):
            if not any(table.table_id in report.tables for report in reports):
                lacking.append(f"table {table.id} [{rows[0].label if rows else table.row[1]}]")
            continue
        made = [report.tables[table.id] for report in reports if table.id in report.tables]
        measured = {row["label"] for one in made for row in one.values["rows"] if row["measured"]}
        without = [row.label for row in rows if row.label not in measured]
        if without:
            lacking.append(f"table {table.id} [{' | '.join(without)}]")
        elif isinstance(table, ArchitectureTable) and not made:
            lacking.append(f"table {table.id}")
    if lacking:
        warn(f"no record for: {'; '.join(lacking)}")
    return bool(lacking)


def _audit(paper: Paper, options: Options, command: RunOptions) -> int:
    whole = with_tuned_rows(paper, options.out, options.dataset)
    choose_rows(whole, options.tables, options.rows)  # a mistyped table or row is reported before the data are read
    require_writable_folder(options.out, flag="--out")
    require_writable_folder(options.cache, flag="--cache")
    with _worker_pool(command) as pool:
        options = options.with_absolute_paths() if pool else options
        audited, summaries = run_audit(
            whole, options, workers=pool and pool.work, parallel_map=pool and pool.parallel_map
        )
        # The audit's runs are ordinary runs of a row, so the row's tables under each split are written, too.
        made = regenerate(paper, options.out, audited.audit.setting.dataset)
        table, paths = made.other(audited.results.folder / f"table_{audited.path.stem}.md")
        print_tables([table], [*paths, made.page])
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


def _from_records(paper: Paper, options: Options, dataset: str | None, *, legacy: bool) -> int:
    """Make all tables again from records, of one data set or of all (None)."""
    whole = with_tuned_rows(paper, options.out, dataset)
    chosen = choose_rows(whole, options.tables, options.rows)
    if not result_folders(options.out, paper.key, dataset):
        of_data = f" on {dataset}" if dataset else ""
        raise SpecError(
            f"--from-records: no records of {paper.key}{of_data} below {options.out}. Run without --from-records first."
        )
    made = regenerate(paper, options.out, dataset)
    if not made.groups and not made.others:
        raise SpecError(
            f"--from-records: no record below {options.out} belongs to a row of {paper.key}. Run without "
            "--from-records first."
        )
    written = [path for _, paths in made.others for path in paths]
    _show(paper, options, made.groups, chosen, [*written, made.page], legacy=legacy)
    asked = bool(options.tables or options.rows)
    return 1 if asked and _name_rows_without_number(chosen, made.groups) else 0


def _show(
    paper: Paper,
    options: Options,
    reports: list[GroupReport],
    chosen: ChosenRows,
    others: list[Path],
    *,
    legacy: bool,
) -> None:
    """Show the chosen tables and the paths of their files. A table that has no file of its own, because others hold all
    its measured rows, is shown only where it was asked for by name."""
    # A row that is asked for by name is looked for in all tables.
    asked = [table.id for table, rows in chosen if rows or not options.rows]
    # A table of results is shown with the confusion matrices of its rows.
    matrices = sorted(entry.table_id for entry in paper.confusions if {entry.id, entry.row[0]} & set(asked))
    shown, held = [], []
    for report in reports:
        for table in asked:
            if table in report.held_by and not options.tables:
                continue
            first = f"{table}_legacy" if legacy else table
            names = (first, f"{table}_rounds", f"{table}_genres", f"{table}_pairs")
            shown += [report.tables[name] for name in names if name in report.tables]
            held += [(report, table)] if table in report.held_by else []
        shown += [report.tables[name] for name in matrices if name in report.tables]
    paths = [path for report in reports for name in (*asked, "curves") for path in report.paths.get(name, [])]
    print_tables(shown, [*paths, *others])
    for report, table in held:
        files = ", ".join(f"{report.group.stem('table', holder, paper)}.md" for holder in report.held_by[table])
        is_matrix = paper.confusion(table) is not None
        held_there = f"it is a part of {files}" if is_matrix else f"all its measured rows are in {files}"
        say(f"table {table} has no file of its own: {held_there}")
