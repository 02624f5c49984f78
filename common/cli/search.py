"""The steps of a search command: the search itself, and its report.

What runs a search is imported after the data have been checked, so that a mistake in them is reported at once.
"""

from dataclasses import replace

from common.cli.curves import print_where_curves_are
from common.cli.flags import TypedFlags
from common.cli.next_commands import say_next_commands
from common.cli.paper_page import end_with_page
from common.cli.regenerate import regenerate
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.cli.search_options import SearchOptions
from common.core.console import each_warning_once, say, warn
from common.core.errors import SpecError
from common.core.interrupts import RUNS_ARE_KEPT, keeps
from common.core.renewal import can_renew, is_renewed, renew
from common.core.shell import shell_word
from common.core.tf_logging import quiet_start
from common.core.words import counted
from common.paper.paper import Paper
from common.records.paths import ResultPaths, searches
from common.records.tuned_rows import table_id_of, tuned_row_name
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import plan_runs, prepare_features, resolve_rows, say_splits
from common.runs.selection import choose_rows
from common.search.folder import SearchFolder, identity_of
from common.search.report import write_top
from common.search.space import SearchSpace, find_space
from common.search.table import read_search

# TensorFlow keeps about 2 MB for each network with other shapes, up to a limit, and cannot free them.
TRIALS_PER_PROCESS = 10


@each_warning_once()
def search(
    paper: Paper,
    space: SearchSpace,
    options: Options,
    asked: SearchOptions,
    name: str,
    address: tuple[str, int] | None,
    screen: ScreenOptions,
    flags: TypedFlags,
) -> int:
    """Run the trials of a search, or of this process's part of it, and show its table; returns the exit code.

    Args:
        options: that ask for the row of the space.
        name: of the search.
        address: of the chief; None where this process chooses the trials and runs them.
    """
    keeps(RUNS_ARE_KEPT)
    data = open_data(paper, options)
    resolved = resolve_rows(paper, options, choose_rows(paper, options.tables, options.rows), data)
    with quiet_start(announced=True):
        from common.search.distributed import run_worker, serve_search
        from common.search.search import Search, search_request
        from common.search.tuner import run_search
        from common.training.devices import find_devices
    # Before anything is computed, because TensorFlow fixes its devices then.
    find_devices(options.devices)
    request = search_request(
        space,
        objective=asked.objective,
        trials=asked.trials,
        name=name,
        initial=asked.initial,
        seed=asked.seed,
        runs_per_trial=asked.runs_per_trial,
    )
    work = plan_runs(resolved, data, prepare_features(resolved, options, data))
    say_splits(work)
    is_whole = True
    try:
        found = Search(work, space, options, request)
        if asked.role == "worker":
            run_worker(found, address)
            return 0
        if asked.role == "chief":
            serve_search(found, address, lease_seconds=asked.lease, fresh=asked.fresh)
        else:
            is_whole = run_search(
                found, fresh=asked.fresh and not is_renewed(), most_trials=TRIALS_PER_PROCESS if can_renew() else None
            )
    finally:
        work.close()
    if not is_whole:
        say("continuing in a new process, so that memory does not grow from trial to trial ...")
        renew()
    code = _report(paper, space, found.folder, asked.top, options, screen, flags)
    print_where_curves_are(paper.key, options.out, as_json=screen.json)
    end_with_page(paper, options.out, as_json=screen.json)
    return code


@each_warning_once()
def report_from_records(
    paper: Paper,
    spaces: tuple[SearchSpace, ...],
    options: Options,
    asked: SearchOptions,
    name: str,
    screen: ScreenOptions,
    flags: TypedFlags,
) -> int:
    """Make the report of an existing search again, without data or training; returns the exit code."""
    folder = SearchFolder(ResultPaths.of(options.out, paper.key, _data_searched(paper, options, name)).search(name))
    saved = _saved_space(paper, spaces, folder, asked.space, asked.row)
    code = _report(paper, saved, folder, asked.top, options, screen, flags)
    end_with_page(paper, options.out, as_json=screen.json)
    return code


def _data_searched(paper: Paper, options: Options, name: str) -> str:
    """Key of the data set of an existing search; of `folder` that of the only own folder that has one of the name.

    Raises:
        SpecError: several own folders have one.
    """
    found = [one.results.dataset for one in searches(options.out, paper.key, options.dataset) if one.name == name]
    if len(found) > 1:
        raise SpecError(
            f"--dataset {options.dataset}: several own folders have a search {name}. Give one of: "
            f"{', '.join(f'--dataset {shell_word(key)}' for key in found)}."
        )
    return found[0] if found else options.dataset


def _saved_space(
    paper: Paper, spaces: tuple[SearchSpace, ...], folder: SearchFolder, space: str | None, row: str | None
) -> SearchSpace:
    """The space of an existing search.

    Raises:
        SpecError: the folder holds no search, or one of another space or row than the command or this version has.
    """
    identity = folder.identity()
    if identity is None:
        raise SpecError(f"{folder.path}: holds no search. Leave out --from-records to make one.")
    for flag, asked, saved in (("--space", space, identity["space"]), ("--row", row, identity["row"][1])):
        if asked not in (None, saved):
            raise SpecError(f"{flag} {asked}: {folder.path} holds a search with {flag} {saved}.")
    found = replace(find_space(spaces, identity["space"]), row=tuple(identity["row"]))
    folder.require_same({"parameters": identity["parameters"]}, {"parameters": identity_of(found)["parameters"]})
    return found


def _report(
    paper: Paper,
    space: SearchSpace,
    folder: SearchFolder,
    top: int | None,
    options: Options,
    screen: ScreenOptions,
    flags: TypedFlags,
) -> int:
    found = read_search(paper, folder)
    failed = [trial for trial in found.trials if trial.status == "FAILED"]
    rows = []
    if top is not None:
        labels = write_top(paper, space, found, top)
        rows.append(folder.paths.rows)
        tuned = table_id_of(folder.name)
        listed = ", ".join(f"{tuned_row_name(folder.name, place)} ({label})" for place, label in enumerate(labels, 1))
        say(f"{counted(len(labels), 'row')} of table {tuned}: {listed}")
    made = regenerate(paper, options.out, folder.paths.results.dataset)
    page = folder.paths.results.folder / f"table_search_{folder.name}.md"
    table, paths = made.other(page)
    print_tables([Shown(table, page)], [*paths, *rows, made.page], screen)
    if found.completed:
        say_next_commands(found, options, flags, has_rows=top is not None)
    for trial in failed:
        warn(f"trial {trial.id} failed; {folder.paths.trial(trial.id)} says why")
    if not found.completed:
        warn("no trial has a score")
    return 1 if failed or not found.completed else 0
