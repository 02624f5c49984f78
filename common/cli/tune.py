"""The command line that every paper's `tune.py` shares."""

import re
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer import Option

from common.cli.app import run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.regenerate import regenerate
from common.cli.screen import print_tables
from common.core.console import say, warn
from common.core.errors import SpecError
from common.core.files import require_writable_folder
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.records.tuned_rows import table_id_of
from common.runs.options import Options
from common.runs.plan import plan
from common.search.connection import HEARTBEAT_SECONDS, LEASE_SECONDS, parse_address
from common.search.distributed import run_worker, serve_search
from common.search.folder import SearchFolder, identity_of
from common.search.report import changes_of_rows, write_top
from common.search.search import Search, search_request
from common.search.space import Objective, SearchSpace, find_space
from common.search.table import read_search
from common.search.tuner import run_search
from common.training.devices import find_devices

# NumPy's generators and keras-tuner's, whose seeds are one higher.
_HIGHEST_SEED = 2**32 - 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# Options of `run.py` that a search decides itself.
_DECIDED = ("tables", "rows", "seeds", "fresh")
# What a report made from existing trials uses.
_USED_BY_REPORT = ("from_records", "space", "row", "name", "top", "dataset", "out")


@dataclass(frozen=True)
class SearchOptions:
    """What `tune.py` takes besides the shared options."""

    space: Annotated[str | None, Option(help="Which search space to use.")] = None
    trials: Annotated[
        int | None,
        Option(
            min=1, help="Number of trials in total, including those of earlier commands. Default: the space's number."
        ),
    ] = None
    seed: Annotated[
        int, Option(min=0, max=_HIGHEST_SEED, help="Seed of the search, which decides the values of every trial.")
    ] = 0
    objective: Annotated[
        Objective | None,
        Option(help="What the search optimises on validation windows. Default: the space's objective."),
    ] = None
    runs_per_trial: Annotated[
        int, Option(min=1, help="Train each trial with this many seeds; its score is their mean.")
    ] = 1
    initial: Annotated[
        int | None,
        Option(min=1, help="Number of random trials before the first one that is chosen. Default: 3 per parameter."),
    ] = None
    row: Annotated[
        str | None, Option(help="Search another row of the space's table instead of the space's own row.")
    ] = None
    name: Annotated[str | None, Option(help="Name of the search and of its folder. Default: the key of the space.")] = (
        None
    )
    top: Annotated[
        int | None, Option(min=1, help="Write this many of the best networks as rows that run.py can train and test.")
    ] = None
    fresh: Annotated[
        bool, Option("--fresh", help="Delete the trials of the search with this name and start again.")
    ] = False
    role: Annotated[
        Literal["chief", "worker"] | None,
        Option(
            help="Role of this process in a search on several machines: one chief chooses trials, workers train them."
        ),
    ] = None
    chief: Annotated[
        str | None, Option(metavar="HOST:PORT", help="Address of the chief, for the chief itself and for its workers.")
    ] = None
    lease: Annotated[
        float,
        Option(
            min=3 * HEARTBEAT_SECONDS,
            metavar="SECONDS",
            help="After this long without a sign of life from a worker, the chief gives its trial to another worker.",
        ),
    ] = LEASE_SECONDS
    from_records: Annotated[
        bool,
        Option("--from-records", help="Make table and figures again from existing trials, without data or training."),
    ] = False

    def require_compatible(self, flags: TypedFlags) -> None:
        """Refuse flags that the command would not use, and flags that contradict each other.

        Raises:
            SpecError: naming the flags.
        """
        if self.from_records:
            flags.require_only(_USED_BY_REPORT, mode="--from-records")
        if "lease" in flags.typed and self.role != "chief":
            raise SpecError("--lease: goes with --role chief.")
        if (self.role is None) != (self.chief is None):
            raise SpecError("--role and --chief: go together, e.g. --role worker --chief node7:9000.")
        if self.role == "worker" and (self.fresh or self.top is not None):
            raise SpecError("--role worker: --fresh and --top go with the chief.")


def main(paper: Paper, spaces: tuple[SearchSpace, ...]) -> None:
    """Run a paper's searches and exit: 0 all trials have a score, 1 a trial failed, 2 unusable input."""
    sys.exit(run_app(make_app(paper, spaces)))


def make_app(paper: Paper, spaces: tuple[SearchSpace, ...]) -> typer.Typer:
    """A paper's search command, not yet run."""
    listed = "; ".join(f"{space.key}: {space.title}" for space in spaces)
    help_texts = {"space": f"Which search space to use. Default: {spaces[0].key}."}

    def handle(search: SearchOptions, options: Options, flags: TypedFlags) -> int:
        return _tune(paper, spaces, search, options, flags)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=f"Bayesian search over values of {paper.title}. Spaces: {listed}.")(
        command_of(handle, SearchOptions, Options, help_texts=help_texts, without=_DECIDED)
    )
    return app


def _tune(
    paper: Paper, spaces: tuple[SearchSpace, ...], asked: SearchOptions, options: Options, flags: TypedFlags
) -> int:
    asked.require_compatible(flags)
    space = find_space(spaces, asked.space)
    if asked.row is not None:
        space = _with_row(paper, space, asked.row)
    address = None if asked.chief is None else parse_address(asked.chief)
    name = asked.name or (space.key if asked.row is None else f"{space.key}-{_plain(asked.row)}")
    if not _NAME.fullmatch(name):
        raise SpecError(f"--name {name}: expected letters, digits, and . _ - after the first.")
    require_writable_folder(options.out, flag="--out")
    if asked.from_records:
        folder = SearchFolder(ResultPaths.of(options.out, paper.key, options.dataset).search(name))
        saved = _saved_space(paper, spaces, folder, asked.space, asked.row)
        return _report(paper, saved, folder, asked.top, options.out)
    options = replace(options, tables=(space.row[0],), rows=(space.row[1],), seeds=1)
    # Before anything is computed, because TensorFlow fixes its devices then.
    find_devices(options.devices)
    require_writable_folder(options.cache, flag="--cache")
    request = search_request(
        space,
        objective=asked.objective,
        trials=asked.trials,
        name=name,
        initial=asked.initial,
        seed=asked.seed,
        runs_per_trial=asked.runs_per_trial,
    )
    work = plan(paper, options)
    try:
        search = Search(work, space, options, request)
        if asked.role == "worker":
            run_worker(search, address)
            return 0
        if asked.role == "chief":
            serve_search(search, address, lease_seconds=asked.lease, fresh=asked.fresh)
        else:
            run_search(search, fresh=asked.fresh)
    finally:
        work.close()
    return _report(paper, space, search.folder, asked.top, options.out)


def _with_row(paper: Paper, space: SearchSpace, label: str) -> SearchSpace:
    paper.row(space.row[0], label)
    return replace(space, row=(space.row[0], label))


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


def _plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _report(paper: Paper, space: SearchSpace, folder: SearchFolder, top: int | None, out: Path) -> int:
    found = read_search(paper, folder)
    failed = [trial for trial in found.trials if trial.status == "FAILED"]
    rows = []
    if top is not None:
        labels = write_top(paper, space, found, top)
        rows.append(folder.paths.rows)
        tuned = table_id_of(folder.name)
        say(f"{len(labels)} rows of table {tuned}: {' | '.join(labels)}")
        again = "".join(f" --set {shlex.quote(change)}" for change in changes_of_rows(found)[1])
        say(
            f"train them: python reproductions/{paper.key}/run.py --dataset {folder.paths.results.dataset} "
            f"--table {tuned} --out {shlex.quote(str(out))} --seeds 3{again}, with the flags of this "
            "search that choose data and scale"
        )
    made = regenerate(paper, out, folder.paths.results.dataset)
    table, paths = made.other(folder.paths.results.folder / f"table_search_{folder.name}.md")
    print_tables([table], [*paths, *rows, made.page])
    for trial in failed:
        warn(f"trial {trial.id} failed; {folder.paths.trial(trial.id)} says why")
    if not found.completed:
        warn("no trial has a score")
    return 1 if failed or not found.completed else 0
