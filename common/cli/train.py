"""The steps from a command to its tables, with training.

Keras, and what makes tables and figures, is imported after the options, and the data of rows, have been checked, so
that a mistake in them is reported at once; and before anything is computed, so that a memory limit counts it, and a
change of the code meanwhile does no harm.
"""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any

from common.cli.curves import print_after_tables, print_where_curves_are, shown_path
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.core.console import each_warning_once, progress, say
from common.core.extras import require_extra
from common.core.interrupts import RUNS_ARE_KEPT, keeps
from common.core.shell import shell_word
from common.core.tf_logging import quiet_start
from common.core.words import counted
from common.execution.certificates import Certificates
from common.leakage.audit import row_to_audit, run_audit
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import Plan, plan_runs, prepare_features, resolve_rows, say_splits
from common.runs.selection import Asked, is_folder_of_data


@dataclass(frozen=True)
class WorkerChoice:
    """Where runs are carried out.

    Args:
        jobs: number of processes of this machine; None or 1 for this process.
        cluster: address of a Dask scheduler; None for this machine.
        certificates: for that scheduler.
    """

    jobs: int | None = None
    cluster: str | None = None
    certificates: Certificates = field(default_factory=Certificates)

    @property
    def is_this_process(self) -> bool:
        return self.cluster is None and self.jobs in (None, 1)

    def require_installed(self) -> None:
        """Check that the packages are installed that workers need.

        Raises:
            ExtraError: they are not.
        """
        if not self.is_this_process:
            asked = f"--jobs {self.jobs}" if self.cluster is None else f"--cluster {self.cluster}"
            require_extra("cluster", needed_by=asked)

    def pool(self) -> AbstractContextManager:
        """The workers; None for this process."""
        if self.is_this_process:
            return nullcontext()
        say(
            f"starting {counted(self.jobs, 'worker')} ..."
            if self.cluster is None
            else f"connecting to {self.cluster} ..."
        )
        with quiet_start():
            from common.execution.pools import cluster_workers, local_workers

        if self.cluster is None:
            return local_workers(self.jobs)
        return cluster_workers(self.cluster, self.certificates)


def train(
    paper: Paper,
    whole: Paper,
    options: Options,
    wanted: Asked,
    workers: WorkerChoice,
    screen: ScreenOptions,
    *,
    legacy: bool,
) -> int:
    """Train the rows that are asked for, and show their tables; returns the exit code.

    Args:
        whole: the paper with the rows that searches found.
        wanted: at least one row is.
        legacy: show tables with the metric that the study computed wrongly.
    """
    workers.require_installed()
    keeps(RUNS_ARE_KEPT)
    asked = options  # paths are shown as they were given
    options = options if workers.is_this_process else options.with_absolute_paths()
    if any(map(is_folder_of_data, options.weights)):
        _import_training()
        from common.cli.first_training import with_first_trainings

        options = with_first_trainings(whole, options, [row.experiment for _, rows in wanted.tables for row in rows])
    data = open_data(whole, options)
    rows = resolve_rows(whole, options, wanted.tables, data)
    with ExitStack() as at_the_end:
        with workers.pool() as pool:
            execute = _import_training()
            _find_devices(options, workers)
            builder = prepare_features(rows, options, data, parallel_map=pool and pool.parallel_map)
            plan = plan_runs(rows, data, builder)
            at_the_end.callback(plan.close)
            say_splits(plan)
            summary = execute(plan, options, pool and pool.work)
        # Here, because it was imported with all that training needs.
        from common.cli.paper_page import end_with_page

        at_the_end.enter_context(each_warning_once())
        # The workers have ended by now, so that nothing is waited for after the tables.
        is_incomplete = _report(paper, asked, plan, wanted, screen, legacy=legacy)
        _print_where_records_are(plan, asked, as_json=screen.json)
        if summary.trained:
            print_where_curves_are(paper.key, asked.out, as_json=screen.json)
        end_with_page(paper, asked.out, as_json=screen.json)
    return 1 if summary.failed or is_incomplete else 0


def audit(paper: Paper, whole: Paper, options: Options, workers: WorkerChoice, screen: ScreenOptions) -> int:
    """Train one row under every split and show what each leaks; returns the exit code."""
    row_to_audit(whole, options)  # a mistake in the rows is reported before TensorFlow is started
    workers.require_installed()
    keeps(RUNS_ARE_KEPT)
    asked = options  # paths are shown as they were given
    options = options if workers.is_this_process else options.with_absolute_paths()
    with workers.pool() as pool:
        _import_training()
        _find_devices(options, workers)
        audited, summaries = run_audit(
            whole, options, workers=pool and pool.work, parallel_map=pool and pool.parallel_map
        )
    from common.cli.paper_page import end_with_page
    from common.cli.regenerate import regenerate
    from common.leakage.tables import without_splits_that_were_not_run

    with each_warning_once():
        # The audit's runs are ordinary runs of a row, so the row's tables under each split are written, too.
        dataset = audited.audit.setting.dataset
        made = regenerate(paper, asked.out, dataset)
        page = ResultPaths.of(asked.out, paper.key, dataset).folder / f"table_{audited.path.stem}.md"
        table, paths = made.other(page)
        # Why the other splits were not run was said before the training.
        shown = table if screen.json else without_splits_that_were_not_run(table)
        print_tables([Shown(shown, page)], [*paths, made.page], screen)
        if any(summary.trained for summary in summaries):
            print_where_curves_are(paper.key, asked.out, as_json=screen.json)
        end_with_page(paper, asked.out, as_json=screen.json)
    return 1 if any(summary.failed for summary in summaries) else 0


def _print_where_records_are(plan: Plan, options: Options, *, as_json: bool) -> None:
    """Name the record of a run, from which Python builds its network again, or the folder of several."""
    results = plan.results(options.out)
    found = [path for planned in plan.runs if (path := results.record(planned.run.id)).exists()]
    if found:
        one, folder = (shell_word(shown_path(path)) for path in (found[0], results.runs))
        line = f"record of the run: {one}" if len(found) == 1 else f"records of {len(found)} runs: {folder}"
        print_after_tables(line, as_json=as_json)


def _import_training() -> Callable[..., Any]:
    """Import what trains and what makes tables afterwards; returns `common.runs.runner.execute`."""
    with quiet_start(announced=True):
        importlib.import_module("common.cli.reports")
        importlib.import_module("common.cli.figures")
        from common.runs.runner import execute
    return execute


def _find_devices(options: Options, workers: WorkerChoice) -> None:
    """Set up the devices of `--devices` before anything is computed, because TensorFlow fixes them then; workers set up
    their own."""
    if options.devices is None or not workers.is_this_process:
        return
    with quiet_start():
        from common.training.devices import find_devices
    find_devices(options.devices)


def _report(
    paper: Paper,
    options: Options,
    plan: Plan,
    wanted: Asked,
    screen: ScreenOptions,
    *,
    legacy: bool,
) -> bool:
    """Write the tables and figures of the paper's records, and show those that were asked for; returns whether one that
    was asked for by name could not be made, or where all are wanted, whether one failed that needs neither data nor
    runs."""
    from common.cli.figure_data import data_of_plan
    from common.cli.figures import draw_without_data
    from common.cli.regenerate import regenerate
    from common.cli.reports import (
        name_figures,
        name_not_made,
        name_other_commands,
        name_rows_without_number,
        reasons_not_drawn,
        show_reports,
        tables_without_data,
    )
    from common.reports.data_figures import write_data_figures
    from common.reports.groups import Group

    made = regenerate(paper, options.out, plan.setting.dataset)
    ids = {planned.run.id for planned in plan.runs}
    mine = [r for r in made.groups if ids & {record.run_id for record in r.group.records}]
    results = plan.results(options.out)
    with progress("drawing examples of the data"):
        figures = [figure.id for figure in wanted.figures] or None
        # Figures of the data that were asked for are drawn also where no run has a record.
        groups = [r.group for r in mine] or ([Group(plan.setting, conditions="", records=())] if figures else [])
        drawn = [write_data_figures(paper, group, data_of_plan(plan, options), results, figures) for group in groups]
    files = [path for one in drawn for paths in one.paths.values() for path in paths]
    without_data, failed = draw_without_data(paper, wanted.figures, results)
    files += [path for paths in without_data.values() for path in paths]
    if mine:
        show_reports(paper, options, mine, wanted, [*files, made.page], screen, legacy=legacy)
    else:
        # No run has a record; the tables of layers and of values need none.
        shown, tables = tables_without_data(paper, wanted.tables, results)
        print_tables(shown, [*tables, *files, made.page], screen)
    if not wanted.is_all:
        name_figures(wanted.figures, mine, as_json=screen.json)
    lacking = name_rows_without_number(wanted.tables, mine)
    reasons = failed | reasons_not_drawn(wanted.figures, mine)
    reasons |= {figure: why for one in drawn for figure, why in one.missing.items() if wanted.figures}
    name_not_made(reasons)
    if wanted.is_all:
        name_other_commands(paper)
    return bool(failed if wanted.is_all else lacking or reasons)
