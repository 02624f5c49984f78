"""Searches over the values of a row with keras-tuner: each trial is a run with a record, and none sees a test clip."""

import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from filelock import FileLock, Timeout
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FatalError

from common import devices, records
from common.console import say, warn
from common.display import Board
from common.errors import BudgetError, EncoreError, ResumeError, RunError, SpecError
from common.files import make_folder, write_text
from common.measuring import measure
from common.oracle import SearchOracle
from common.planning import Options, Plan
from common.records import Record
from common.searchcells import described, score_of, shown_score
from common.searchfolder import LOCK_NAME, Note, SearchFolder, identity_of
from common.searchspace import DIRECTIONS, Drawn, Objective, SearchSpace
from common.searchstate import StateFiles
from common.spec import Experiment
from common.training import CHECKPOINT_NAME, MemoryLimit, Run
from common.workbench import Workbench
from common.workshop import PlannedRun


@dataclass(frozen=True)
class Asked:
    """What a command asks of a search.

    Args:
        trials: all in all, those of earlier commands included.
        seed: of the choices; the runs' own seeds count from 0.
        runs_per_trial: seeds that a trial's score is the mean of.
        initial: trials drawn at random before the first chosen one.
        name: of the search's folder.
    """

    objective: Objective
    trials: int
    name: str
    initial: int
    seed: int = 0
    runs_per_trial: int = 1


def asked_of(
    space: SearchSpace,
    *,
    objective: Objective | None = None,
    trials: int | None = None,
    name: str | None = None,
    initial: int | None = None,
    **more: int,
) -> Asked:
    """What a command asks, with the space's own values where it says nothing."""
    return Asked(
        objective=objective or space.objective,
        trials=trials or space.trials,
        name=name or space.key,
        initial=initial or space.initial or 3 * len(space.parameters.every),
        **more,
    )


@dataclass
class Outcome:
    """What a command's trials came to.

    Args:
        trained, answered: runs that were trained, and that had a record already.
        failed: why, by trial.
    """

    trained: int = 0
    answered: int = 0
    failed: dict[str, str] = field(default_factory=dict)


class Search:
    """One search over one row's values, on the windows of the first fold of its protocol.

    Args:
        plan: of that row alone; its readers give no test window from now on.
    """

    def __init__(self, plan: Plan, space: SearchSpace, options: Options, asked: Asked):
        self._plan, self.space, self._options, self.asked = plan, space, options, asked
        first = plan.runs[0]
        self._base = _shared(options, plan, space, first.run.experiment)
        _require_fair(self._base, space, asked.objective)
        fold = first.run.fold
        self._first = replace(first, run=replace(first.run, fold=fold.without_test()))
        first.reader.withhold_all_but(np.union1d(fold.train, fold.valid))
        self.folder = SearchFolder(options.out, plan.paper.key, plan.setting.dataset, asked.name)
        self._memory = MemoryLimit(options.memory_limit_bytes)
        self._workbench = Workbench(devices.find(options.devices))
        self.outcome = Outcome()

    def identity(self) -> dict[str, Any]:
        """Everything that makes it this search, see `common.searchfolder`."""
        asked, fold = self.asked, self._first.run.fold
        return identity_of(
            self.space,
            paper=self._plan.paper.key,
            experiment=self._base.digest,
            setting={**self._plan.setting.as_json(), "weights": self._first.weights},
            split={"digest": fold.split_digest, "fold": fold.number, "folds": self._first.folds},
            objective=asked.objective,
            seed=asked.seed,
            runs_per_trial=asked.runs_per_trial,
            initial=asked.initial,
            trials=asked.trials,
        )

    def oracle(self, *, lease_seconds: float | None = None) -> SearchOracle:
        """Chooses the values; goes on where the search's folder left off."""
        return SearchOracle(
            self.space.parameters,
            self.asked.objective,
            trials=self.asked.trials,
            seed=self.asked.seed,
            initial=self.asked.initial,
            files=StateFiles(self.folder.path),
            lease_seconds=lease_seconds,
            network_of=lambda drawn: self.experiment(drawn).digest,
            token="" if lease_seconds is None else self.folder.identity()["token"],
        )

    @property
    def epochs(self) -> int:
        """That a trial trains at most."""
        return self._base.training.epochs

    def experiment(self, drawn: Drawn) -> Experiment:
        """What a trial with these values trains."""
        return self.space.trial(self._base, drawn)

    def run_trial(self, trial_id: str, drawn: Drawn, board: Board) -> float:
        """Train what a trial asks for, unless its network was trained before, and give the value of the objective.

        Raises:
            EncoreError: a run failed (RunError, SpecError), or the data, the memory or the disk did.
        """
        began = time.perf_counter()
        trained, found = 0, []
        try:
            experiment = self.experiment(drawn)
            for seed in range(self.asked.runs_per_trial):
                record, new = self._record(trial_id, drawn, experiment, seed, board)
                found.append(record)
                trained += new
        except Exception as error:
            reason = str(error) if isinstance(error, EncoreError) else f"{type(error).__name__}: {error}"
            reason = reason.partition("\n")[0]
            self.outcome.failed[trial_id] = reason
            self.folder.note(
                Note(trial_id, trained=trained, seconds=round(time.perf_counter() - began, 1), failure=reason)
            )
            if not isinstance(error, EncoreError):
                write_text(self.folder.work / f"trial_{trial_id}_error.txt", traceback.format_exc())
            raise
        runs = tuple(record.run_id for record in found)
        self.folder.note(Note(trial_id, runs, trained, round(time.perf_counter() - began, 1)))
        self.outcome.trained += trained
        self.outcome.answered += len(found) - trained
        return float(np.mean([score_of(record, self.asked.objective) for record in found]))

    def _record(
        self, trial_id: str, drawn: Drawn, experiment: Experiment, seed: int, board: Board
    ) -> tuple[Record, bool]:
        """The record of a run, and whether it was trained for it just now."""
        first = self._first
        run = Run(experiment, first.run.data_digest, first.run.fold, seed, variant="search")
        name = f"trial {trial_id} ({described(drawn)})" + (f", seed {seed}" if self.asked.runs_per_trial > 1 else "")
        planned = replace(first, run=run, labels=(name,))
        listener = board.begin(name, experiment.training.epochs)
        place = make_folder(self.folder.work / run.id)
        # Two workers whose trials build the same network train it once.
        with FileLock(self.folder.work / f"{run.id}.lock"):
            path = self.folder.runs / f"{run.id}.json"
            known = path.exists()
            try:
                record = records.read(path) if known else self._measured(planned, place, listener)
            except Exception as error:
                first_line = str(error).partition("\n")[0]
                board.end(listener, f"FAILED: {first_line}")
                raise
            if not known:
                records.write(self.folder.runs, record)
                (place / CHECKPOINT_NAME).unlink(missing_ok=True)
        told = ", the same network as before" if known else ""
        board.end(listener, f"{shown_score(score_of(record, self.asked.objective), self.asked.objective)}{told}")
        return record, not known

    def _measured(self, planned: PlannedRun, place: Path, listener) -> Record:
        return measure(self._plan, planned, place, self._options, self._workbench, self._memory, listener)


def _shared(options: Options, plan: Plan, space: SearchSpace, experiment: Experiment) -> Experiment:
    """The row's experiment with the values that all trials share; a value that the command set itself stays, also where
    it is the row's own."""
    given = {change.partition("=")[0] for change in options.changes}
    given |= {f"training.{name}" for name in ("epochs", "precision") if getattr(options, name) is not None}
    for parameter in space.parameters.every:
        if parameter.path in given:
            raise SpecError(f"{parameter.path}: is what this search varies; it cannot be set as well.")
    shared = space.base | (space.smoke if plan.setting.scale == "smoke" else {})
    return experiment.changed({path: value for path, value in shared.items() if path not in given})


def _require_fair(base: Experiment, space: SearchSpace, objective: Objective) -> None:
    """A loss that holds the searched penalty is least where there is none."""
    searched = any(parameter.path == "training.l2" for parameter in space.parameters.every)
    penalised = base.training.watch == "loss" and base.training.l2_form != "decoupled"
    if objective == "val_loss" and searched and penalised:
        raise SpecError(
            "--objective val_loss: this search varies the L2 penalty, which is part of that loss, so the weakest would "
            "win. Give --objective val_accuracy, or --set training.watch=cross_entropy."
        )


class TrialTuner(BaseTuner):
    """keras-tuner's loop over the trials of a search."""

    def __init__(self, oracle: keras_tuner.Oracle, search: Search, board: Board):
        super().__init__(oracle=oracle, directory=str(search.folder.path), project_name="tuner")
        self._search, self._board = search, board
        self._over_limit: BudgetError | None = None

    def pre_create_trial(self):
        if self._over_limit is not None:
            # What a process has held at most never falls again, so its later trials would fail for this one.
            raise FatalError from self._over_limit

    def _run_and_update_trial(self, trial, *arguments, **more):
        """The score goes along with the end of the trial; on its own it could reach another search."""
        found = self.run_trial(trial)
        for name, value in found.items():
            if not trial.metrics.exists(name):
                trial.metrics.register(name, DIRECTIONS[name])
            trial.metrics.update(name, value)

    def run_trial(self, trial, *arguments, **more):
        """The objective's value of one trial, as keras-tuner wants it."""
        asked = self._search.asked
        try:
            return {
                asked.objective: self._search.run_trial(trial.trial_id, dict(trial.hyperparameters.values), self._board)
            }
        except EncoreError as error:
            if isinstance(error, BudgetError):
                self._over_limit = BudgetError(
                    f"{error} The trial is marked as failed; the same command goes on with the others."
                )
            if isinstance(error, RunError | SpecError | BudgetError):
                raise
            # Data, memory or disk: no other trial would fare better.
            raise FatalError(str(error)) from error

    def save(self):
        """The oracle keeps the state."""


def run_search(search: Search, *, fresh: bool = False) -> Outcome:
    """Make all trials in this process.

    Args:
        fresh: forget the trials so far.

    Raises:
        ResumeError: the folder holds another search, or another command is at it.
        EncoreError: data, memory or disk failed.
    """
    make_folder(search.folder.path)
    with lock_of(search.folder):
        if fresh:
            search.folder.forget()
        search.folder.claim(search.identity())
        oracle = search.oracle()
        say_where(search, oracle)
        runs = search.asked.trials * search.asked.runs_per_trial
        finished = len(oracle.end_order) * search.asked.runs_per_trial
        epochs = (runs - finished) * search.epochs
        with Board(runs, min(finished, runs), max(0, epochs)) as board:
            run_loop(TrialTuner(oracle, search, board))
        warn_of_end(search, oracle)
    return search.outcome


def lock_of(folder: SearchFolder) -> FileLock:
    """Held by whoever chooses trials; two that choose at once would overwrite each other.

    Raises:
        ResumeError: another command holds it.
    """
    lock = FileLock(folder.path / LOCK_NAME, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ResumeError(
            f"{folder.path}: another command is making this search. Wait for it, or give another --name; to share the "
            "work among processes use --role chief and --role worker."
        ) from error
    return lock


def say_where(search: Search, oracle: SearchOracle) -> None:
    """Tell how far the search is."""
    done = len(oracle.end_order)
    if done:
        say(f"{search.folder.path}: {done} trials have ended before; {max(0, search.asked.trials - done)} to go")


def warn_of_end(search: Search, oracle: SearchOracle) -> None:
    """Tell where a search ended early."""
    lacking = search.asked.trials - len(oracle.end_order)
    if lacking > 0:
        warn(f"{lacking} trials were not made: drawing at random finds no values that were not tried before")


def run_loop(tuner: TrialTuner) -> None:
    """keras-tuner's loop, with the errors that end it as they were raised.

    Raises:
        EncoreError: data, memory or disk failed.
    """
    try:
        tuner.search()
    except FatalError as error:
        raise error.__cause__ or error from None
