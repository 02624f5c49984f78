"""The command line that every paper's `tune.py` shares."""

import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from common.cli import flags
from common.cli.app import print_tables, run_app
from common.core.console import say, warn
from common.core.errors import SpecError
from common.core.files import require_writable_folder
from common.paper.paper import Paper
from common.records.tuned_rows import table_id_of
from common.reports.pages import write_page
from common.runs.plan import plan
from common.search.distributed import HEARTBEAT_SECONDS, LEASE_SECONDS, parse_address, run_worker, serve_search
from common.search.folder import SearchFolder, identity_of
from common.search.report import write_search, write_top
from common.search.search import Search, search_request
from common.search.space import SearchSpace, find_space
from common.search.table import read_search
from common.search.tuner import run_search
from common.training.devices import find_devices

# NumPy's generators and keras-tuner's, whose seeds are one higher.
_HIGHEST_SEED = 2**32 - 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def main(paper: Paper, spaces: tuple[SearchSpace, ...]) -> None:
    """Run a paper's searches and exit: 0 all trials have a score, 1 a trial failed, 2 unusable input."""
    sys.exit(run_app(make_app(paper, spaces)))


def make_app(paper: Paper, spaces: tuple[SearchSpace, ...]) -> typer.Typer:
    """A paper's search command, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    listed = "; ".join(f"{space.key}: {space.title}" for space in spaces)
    app.command(help=f"Bayesian search over values of {paper.title}. Spaces: {listed}.")(_command(paper, spaces))
    return app


def _command(paper: Paper, spaces: tuple[SearchSpace, ...]):
    def command(
        space: Annotated[str | None, typer.Option(help=f"What is searched. Default: {spaces[0].key}.")] = None,
        trials: Annotated[
            int | None, typer.Option(min=1, help="Trials all in all, earlier ones included. Default: the space's.")
        ] = None,
        seed: Annotated[int, typer.Option(min=0, max=_HIGHEST_SEED, help="Of the choices.")] = 0,
        objective: Annotated[
            Literal["val_accuracy", "val_loss"] | None, typer.Option(help="Default: the space's.")
        ] = None,
        runs_per_trial: Annotated[int, typer.Option(min=1, help="Seeds that a trial's score is the mean of.")] = 1,
        initial: Annotated[
            int | None, typer.Option(min=1, help="Trials drawn at random first. Default: 3 per parameter.")
        ] = None,
        row: Annotated[
            str | None, typer.Option(help="Another row of the space's table, to search instead of its own.")
        ] = None,
        name: Annotated[
            str | None, typer.Option(help="Of the search, and its folder. Default: the space's key.")
        ] = None,
        top: Annotated[
            int | None, typer.Option(min=1, help="Write the best so many networks as rows that run.py can train.")
        ] = None,
        fresh: Annotated[bool, typer.Option("--fresh", help="Forget the search of that name and begin anew.")] = False,
        role: Annotated[
            Literal["chief", "worker"] | None,
            typer.Option(help="Of this process in a search on many machines: one chief chooses, workers train."),
        ] = None,
        chief_: Annotated[
            str | None, typer.Option("--chief", metavar="HOST:PORT", help="Where the chief is reached.")
        ] = None,
        lease: Annotated[
            float,
            typer.Option(
                min=3 * HEARTBEAT_SECONDS,
                metavar="SECONDS",
                help="Silence of a worker after which the chief gives its trial to another.",
            ),
        ] = LEASE_SECONDS,
        from_records: Annotated[
            bool, typer.Option("--from-records", help="Make table and figures again; no data, no training.")
        ] = False,
        dataset: flags.Dataset = "demo",
        data: flags.Data = None,
        scale: flags.ScaleFlag = None,
        features: flags.Features = None,
        epochs: flags.Epochs = None,
        split: flags.Split = None,
        genres: Annotated[
            str | None, typer.Option(metavar="NAME,NAME|all", help="Only clips of these genres. Default: the paper's.")
        ] = None,
        unit: flags.UnitFlag = None,
        precision: flags.PrecisionFlag = None,
        set_: flags.Changes = None,
        weights: flags.Weights = None,
        memory_limit: flags.MemorySize = None,
        devices: flags.DevicesFlag = None,
        seconds_per_column: flags.SecondsPerColumn = None,
        decoder: flags.DecoderFlag = "soundfile",
        cache: flags.Cache = Path("~/.cache/encore"),
        out: flags.Out = Path("results"),
        skip_bad: flags.SkipBad = False,
        allow_incomplete: flags.AllowIncomplete = False,
    ) -> int:
        out = out.expanduser()
        if from_records:
            others = (trials, seed, objective, runs_per_trial - 1, initial, fresh, role, chief_, data, scale, features)
            if any((*others, epochs, split, genres, unit, precision, set_, weights, devices)):
                raise SpecError(
                    "--from-records: makes what an existing search found again; only --space, --row, --name, "
                    "--dataset, --top and --out go with it."
                )
        chosen = find_space(spaces, space)
        if row is not None:
            chosen = _with_row(paper, chosen, row)
        if (role is None) != (chief_ is None):
            raise SpecError("--role and --chief: go together, e.g. --role worker --chief node7:9000.")
        if role == "worker" and (fresh or top is not None):
            raise SpecError("--role worker: --fresh and --top go with the chief.")
        address = None if chief_ is None else parse_address(chief_)
        called = name or (chosen.key if row is None else f"{chosen.key}-{_plain(row)}")
        if not _NAME.fullmatch(called):
            raise SpecError(f"--name {called}: expected letters, digits, and . _ - behind the first.")
        require_writable_folder(out, flag="--out")
        if from_records:
            folder = SearchFolder(out, paper.key, dataset, called)
            return _report(paper, _saved_space(paper, spaces, folder, space, row), folder, top, out)
        options = flags.options_of(
            dataset=dataset,
            data=data,
            tables=(chosen.row[0],),
            rows=(chosen.row[1],),
            scale=scale,
            features=features,
            epochs=epochs,
            seeds=1,
            split=split,
            genres=genres,
            unit=unit,
            precision=precision,
            memory_limit=memory_limit,
            cache=cache,
            out=out,
            skip_bad=skip_bad,
            allow_incomplete=allow_incomplete,
            decoder=decoder,
            seconds_per_column=seconds_per_column,
            weights=weights,
            changes=set_,
            devices=devices,
        )
        # Before anything is computed, because TensorFlow sets its devices up then.
        find_devices(devices)
        require_writable_folder(options.cache, flag="--cache")
        asked = search_request(
            chosen,
            objective=objective,
            trials=trials,
            name=called,
            initial=initial,
            seed=seed,
            runs_per_trial=runs_per_trial,
        )
        work = plan(paper, options)
        try:
            search = Search(work, chosen, options, asked)
            if role == "worker":
                run_worker(search, address)
                return 0
            if role == "chief":
                serve_search(search, address, lease_seconds=lease, fresh=fresh)
            else:
                run_search(search, fresh=fresh)
        finally:
            work.close()
        return _report(paper, chosen, search.folder, top, out)

    return command


def _with_row(paper: Paper, space: SearchSpace, label: str) -> SearchSpace:
    paper.row(space.row[0], label)
    return replace(space, row=(space.row[0], label))


def _saved_space(
    paper: Paper, spaces: tuple[SearchSpace, ...], folder: SearchFolder, space: str | None, row: str | None
) -> SearchSpace:
    """The space of a search that there is.

    Raises:
        SpecError: there is no search, or it is of another space or row than the command says, or than this version has.
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
    values, paths = write_search(paper, folder)
    found = read_search(folder)
    failed = [trial for trial in found.trials if trial.status == "FAILED"]
    if top is not None:
        labels = write_top(paper, space, found, top)
        paths.append(folder.rows)
        table = table_id_of(folder.name)
        say(f"{len(labels)} rows of table {table}: {' | '.join(labels)}")
        say(
            f"train them: python reproductions/{paper.key}/run.py --dataset {folder.path.parents[1].name} "
            f"--table {table} --out {shlex.quote(str(out))} --seeds 3, with the flags of this search that choose data "
            "and scale"
        )
    print_tables([values], [*paths, write_page(paper, out)])
    for trial in failed:
        warn(f"trial {trial.id} failed; {folder.path / 'trials' / f'{trial.id}.json'} says why")
    if not found.completed:
        warn("no trial has a score")
    return 1 if failed or not found.completed else 0
