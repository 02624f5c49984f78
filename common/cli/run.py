"""The flags that every paper's `run.py` shares."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from common.cli import flags
from common.cli.app import print_tables, run_app
from common.cli.listing import show_listing
from common.core.errors import SpecError
from common.core.files import require_writable_folder
from common.leakage.audit import run_audit
from common.leakage.report import regenerate_audits, write_audit
from common.paper.paper import Paper
from common.records.tuned_rows import with_tuned_rows
from common.reports.pages import write_page
from common.reports.write import GroupReport, regenerate_tables, write_architecture, write_data_figures
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.runner import execute
from common.runs.selection import ChosenRows, choose_rows
from common.search.report import regenerate_searches
from common.training.devices import find_devices


def main(paper: Paper) -> None:
    """Run a paper's command line and exit: 0 all asked cells have a number, 1 a run failed, 2 unusable input."""
    sys.exit(run_app(make_app(paper)))


def make_app(paper: Paper) -> typer.Typer:
    """A paper's command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=f"{paper.title}: {paper.citation}")(_command(paper))
    return app


def _command(paper: Paper):
    defaults = ", ".join(paper.default_tables) or "all"

    def command(
        dataset: flags.Dataset = "demo",
        data: flags.Data = None,
        table: Annotated[
            list[str] | None, typer.Option(help=f"Table of the paper; repeat for several. Default: {defaults}.")
        ] = None,
        row: Annotated[list[str] | None, typer.Option(help="Row label; repeat for several. Default: all.")] = None,
        scale: flags.ScaleFlag = None,
        features: flags.Features = None,
        epochs: flags.Epochs = None,
        seeds: Annotated[
            int | None, typer.Option(min=1, help="Runs of each row. Default: the paper's, 1 at smoke scale.")
        ] = None,
        split: flags.Split = None,
        genres: Annotated[
            str | None,
            typer.Option(
                metavar="NAME,NAME|all",
                help=f"Only clips of these genres. Default: {_own_genres(paper)}.",
            ),
        ] = None,
        unit: flags.UnitFlag = None,
        precision: flags.PrecisionFlag = None,
        carry_weights: Annotated[
            bool,
            typer.Option(
                "--carry-weights",
                help="Each round of --split rotating starts from the weights of the one before (contaminated).",
            ),
        ] = False,
        set_: flags.Changes = None,
        weights: flags.Weights = None,
        memory_limit: flags.MemorySize = None,
        devices: flags.DevicesFlag = None,
        seconds_per_column: flags.SecondsPerColumn = None,
        jobs: Annotated[
            int | None, typer.Option(min=1, help="So many runs at a time, each in a process of its own.")
        ] = None,
        cluster: Annotated[
            str | None,
            typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do the work, e.g. tcp://host:8786."),
        ] = None,
        decoder: flags.DecoderFlag = "soundfile",
        cache: flags.Cache = Path("~/.cache/encore"),
        out: flags.Out = Path("results"),
        fresh: Annotated[bool, typer.Option("--fresh", help="Measure the asked runs again.")] = False,
        skip_bad: flags.SkipBad = False,
        allow_incomplete: flags.AllowIncomplete = False,
        audit: Annotated[
            bool,
            typer.Option("--audit", help="One row under every split that the data allow, and what each split leaks."),
        ] = False,
        from_records: Annotated[
            bool,
            typer.Option("--from-records", help="Make tables and curves again from records; no data, no training."),
        ] = False,
        legacy_metric: Annotated[
            bool,
            typer.Option("--legacy-metric", help="Show tables by a study's faulty metric (both are written)."),
        ] = False,
        list_: Annotated[
            bool, typer.Option("--list", help="Show tables, rows, parameters, published numbers.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="With --list: as JSON.")] = False,
    ) -> int:
        if as_json and not list_:
            raise SpecError("--json: goes with --list.")
        if list_ and (table or row):
            raise SpecError("--list: shows all tables and rows; leave out --table and --row.")
        chosen = (row, data, fresh, scale, features, epochs, seeds, split, genres is not None, unit, precision, set_)
        if jobs is not None and cluster is not None:
            raise SpecError(
                f"--jobs {jobs}, --cluster {cluster}: runs go to processes of this machine or to a cluster; give one."
            )
        if from_records and (
            any((*chosen, carry_weights, weights, devices, jobs, cluster, audit)) or dataset != "demo"
        ):
            raise SpecError("--from-records: makes the tables of all records; only --table and --out go with it.")
        options = flags.options_of(
            dataset=dataset,
            data=data,
            tables=tuple(table or ()),
            rows=tuple(row or ()),
            scale=scale,
            features=features,
            epochs=epochs,
            seeds=seeds,
            split=split,
            genres=genres,
            unit=unit,
            precision=precision,
            memory_limit=memory_limit,
            cache=cache,
            out=out,
            fresh=fresh,
            skip_bad=skip_bad,
            allow_incomplete=allow_incomplete,
            decoder=decoder,
            seconds_per_column=seconds_per_column,
            weights=weights,
            legacy_metric=legacy_metric,
            devices=devices,
            changes=[*(set_ or ()), *(["protocol.carry_weights=true"] if carry_weights else [])],
        )
        if audit and (list_ or legacy_metric):
            raise SpecError("--audit: goes with neither --list nor --legacy-metric.")
        if legacy_metric and not paper.legacy_batches:
            raise SpecError(f"--legacy-metric: {paper.key} published no metric that needs correcting.")
        if list_:
            return show_listing(paper, as_json=as_json)
        if from_records:
            return _from_records(paper, options)
        return _run(paper, options, jobs, cluster, audit=audit)

    return command


def _own_genres(paper: Paper) -> str:
    return f"all but {', '.join(paper.left_out_genres)}" if paper.left_out_genres else "all"


def _run(paper: Paper, options: Options, jobs: int | None, cluster: str | None, *, audit: bool) -> int:
    if cluster is None and jobs in (None, 1):
        # Before anything is computed, because TensorFlow sets its devices up then; workers look at their own.
        find_devices(options.devices)
    chosen = choose_rows(
        with_tuned_rows(paper, options.out, options.dataset), options.tables, options.rows
    )  # a mistyped table or row is told before the data are looked at
    require_writable_folder(options.out, flag="--out")
    if not audit and not any(rows for _, rows in chosen):
        return _only_architecture(paper, [table for table, _ in chosen], options)
    require_writable_folder(options.cache, flag="--cache")
    with _worker_pool(jobs, cluster) as pool:
        options = options.with_absolute_paths() if pool else options
        if audit:
            return _audit(with_tuned_rows(paper, options.out, options.dataset), options, pool)
        return _run_rows(paper, options, chosen, pool)


def _worker_pool(jobs: int | None, cluster: str | None) -> AbstractContextManager:
    """Workers that were asked for; None for this process."""
    if cluster is None and jobs in (None, 1):
        return nullcontext()
    from common.execution.pools import cluster_workers, local_workers  # the import takes a second

    return local_workers(jobs) if cluster is None else cluster_workers(cluster)


def _audit(paper: Paper, options: Options, pool) -> int:
    audited, outcomes = run_audit(paper, options, workers=pool and pool.work, parallel_map=pool and pool.parallel_map)
    # The runs are runs of a row like any other, so its tables under each split are made, too.
    regenerate_tables(paper, options.out, audited.audit.setting.dataset)
    values, paths = write_audit(paper, audited)
    print_tables([values], [*paths, write_page(paper, options.out)])
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _run_rows(paper: Paper, options: Options, chosen: ChosenRows, pool) -> int:
    work = plan(with_tuned_rows(paper, options.out, options.dataset), options, parallel_map=pool and pool.parallel_map)
    try:
        outcome = execute(work, options, pool and pool.work)
        reports = regenerate_tables(paper, options.out, work.setting.dataset)
        mine = [r for r in reports if (r.group.setting, r.group.conditions) == (work.setting, work.conditions)]
        examples = [path for r in mine for path in write_data_figures(paper, r.group, work.readers, options.out)]
    finally:
        work.close()
    asked = [table.id for table, _ in chosen]
    _show(paper, mine, asked, [*examples, write_page(paper, options.out)], legacy=options.legacy_metric)
    return 1 if outcome.failed else 0


def _only_architecture(paper: Paper, tables: list, options: Options) -> int:
    """Tables of layers need no data and no training."""
    shown, paths = [], []
    for table in tables:
        values, written = write_architecture(paper, table, options.dataset, options.out)
        shown.append(values)
        paths += written
    print_tables(shown, [*paths, write_page(paper, options.out)])
    return 0


def _from_records(paper: Paper, options: Options) -> int:
    reports = regenerate_tables(paper, options.out)
    others = [*regenerate_searches(paper, options.out), *regenerate_audits(paper, options.out)]
    if not reports and not others:
        raise SpecError(
            f"--from-records: no records of {paper.key} below {options.out}. Run without --from-records first."
        )
    whole = with_tuned_rows(paper, options.out, None)
    asked = [table.id for table, _ in choose_rows(whole, options.tables, options.rows)]
    written = [path for _, paths in others for path in paths]
    _show(paper, reports, asked, [*written, write_page(paper, options.out)], legacy=options.legacy_metric)
    return 0


def _show(paper: Paper, reports: list[GroupReport], asked: list[str], others: list[Path], *, legacy: bool) -> None:
    names = [
        name
        for table in asked
        for name in (f"{table}_legacy" if legacy else table, f"{table}_rounds", f"{table}_genres", f"{table}_pairs")
    ]
    confusions = {f"confusion_{entry.id}" for entry in paper.confusions if entry.row[0] in asked}
    names += sorted(confusions)
    shown = [report.tables[name] for report in reports for name in names if name in report.tables]
    paths = [path for report in reports for name in (*asked, "curves") for path in report.paths.get(name, [])]
    print_tables(shown, [*paths, *others])
