"""keras-tuner's loop over the trials of a search, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FatalError

from common.core.console import say, warn
from common.core.errors import BudgetError, EncoreError, ResumeError, RunError, SpecError
from common.core.files import make_folder
from common.core.interrupts import stop_if_asked
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from common.core.words import counted
from common.runs.progress import ProgressDisplay
from common.search.folder import SearchFolder
from common.search.oracle import SearchOracle
from common.search.search import Search
from common.search.space import DIRECTIONS


class _EnoughTrials(Exception):
    """A process has carried out as many trials as it may."""


class TrialTuner(BaseTuner):
    """keras-tuner's loop over the trials of a search."""

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        search: Search,
        progress: ProgressDisplay,
        *,
        most_trials: int | None = None,
    ):
        super().__init__(oracle=oracle, directory=str(search.folder.path), project_name="tuner")
        self._search, self._progress = search, progress
        self._most_trials, self._trials = most_trials, 0
        self._over_limit: BudgetError | None = None

    def pre_create_trial(self):
        stop_if_asked()
        if self._over_limit is not None:
            # A process's peak memory never falls again, so its later trials would fail because of this one.
            raise FatalError from self._over_limit
        if self._trials == self._most_trials and not self.oracle.finished:
            raise FatalError from _EnoughTrials()

    def _run_and_update_trial(self, trial, *arguments, **more):
        """Put the score into the trial, which is sent when it ends; sent separately it could reach another search."""
        found = self.run_trial(trial)
        for name, value in found.items():
            if not trial.metrics.exists(name):
                trial.metrics.register(name, DIRECTIONS[name])
            trial.metrics.update(name, value)

    def run_trial(self, trial, *arguments, **more):
        """The value of the objective for one trial, in the form that keras-tuner expects."""
        self._trials += 1
        asked = self._search.asked
        try:
            return {
                asked.objective: self._search.run_trial(
                    trial.trial_id, dict(trial.hyperparameters.values), self._progress
                )
            }
        except EncoreError as error:
            if isinstance(error, BudgetError):
                self._over_limit = BudgetError(
                    f"{error} The trial is marked as failed; the same command goes on with the others."
                )
            if isinstance(error, RunError | SpecError | BudgetError):
                raise
            # An error of data, memory or disk would also stop every other trial.
            raise FatalError(str(error)) from error

    def save(self):
        """Does nothing: the oracle stores the state."""


def run_search(search: Search, *, fresh: bool = False, most_trials: int | None = None) -> bool:
    """Run all trials in this process, or some of them.

    Args:
        search: to run.
        fresh: delete earlier trials first.
        most_trials: that this process carries out; None for all.

    Returns:
        Whether no trial is left; the same call continues where one is.

    Raises:
        ResumeError: the folder holds another search, or another command is running it.
        EncoreError: an error of data, memory or disk.
    """
    make_folder(search.folder.path)
    with search_lock(search.folder):
        if fresh:
            search.folder.forget()
        search.folder.claim(search.identity())
        oracle = search.oracle()
        report_progress(search, oracle)
        runs = search.asked.trials * search.asked.runs_per_trial
        finished = len(oracle.end_order) * search.asked.runs_per_trial
        epochs = (runs - finished) * search.epochs
        things = "trials" if search.asked.runs_per_trial == 1 else "runs"
        with ProgressDisplay(runs, min(finished, runs), max(0, epochs), numbered=False, things=things) as progress:
            try:
                run_loop(TrialTuner(oracle, search, progress, most_trials=most_trials))
            except _EnoughTrials:
                return False
        warn_of_end(search, oracle)
        return True


@contextmanager
def search_lock(folder: SearchFolder) -> Iterator[None]:
    """Hold the lock of the process that chooses trials; two such processes would overwrite each other's state.

    Raises:
        ResumeError: another command holds it.
    """
    with lock(folder.paths.lock, flag="--out", wait=False) as is_mine:
        if not is_mine:
            raise ResumeError(
                f"{folder.path}: another command is running this search. Wait for it, or give another --name; to share "
                "the work among processes use --role chief and --role worker."
            )
        # By their age: workers write notes and records without this lock.
        remove_leftovers(folder.path, folder.paths.trials, folder.paths.runs, folder.paths.diverged)
        yield


def report_progress(search: Search, oracle: SearchOracle) -> None:
    """Report how many trials have ended and how many remain."""
    done = len(oracle.end_order)
    if done:
        left = max(0, search.asked.trials - done)
        say(
            f'search "{search.folder.name}": {counted(done, "trial")} ended before, {left} to go ({search.folder.path})'
        )


def warn_of_end(search: Search, oracle: SearchOracle) -> None:
    """Warn where a search ended early."""
    lacking = search.asked.trials - len(oracle.end_order)
    if lacking > 0:
        warn(f"not run: {counted(lacking, 'trial')}: random sampling finds no values that were not tried before")


def run_loop(tuner: TrialTuner) -> None:
    """Run keras-tuner's loop; errors that end it are raised in their original form.

    Raises:
        EncoreError: an error of data, memory or disk.
    """
    try:
        tuner.search()
    except FatalError as error:
        raise error.__cause__ or error from None
