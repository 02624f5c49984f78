"""keras-tuner's loop over the trials of a search, in this process."""

import keras_tuner
from filelock import FileLock, Timeout
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.errors import FatalError

from common.core.console import say, warn
from common.core.errors import BudgetError, EncoreError, ResumeError, RunError, SpecError
from common.core.files import make_folder
from common.runs.progress import ProgressDisplay
from common.search.folder import LOCK_NAME, SearchFolder
from common.search.oracle import SearchOracle
from common.search.search import Search
from common.search.space import DIRECTIONS


class TrialTuner(BaseTuner):
    """keras-tuner's loop over the trials of a search."""

    def __init__(self, oracle: keras_tuner.Oracle, search: Search, board: ProgressDisplay):
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


def run_search(search: Search, *, fresh: bool = False) -> None:
    """Make all trials in this process.

    Args:
        fresh: forget the trials so far.

    Raises:
        ResumeError: the folder holds another search, or another command is at it.
        EncoreError: data, memory or disk failed.
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
        with ProgressDisplay(runs, min(finished, runs), max(0, epochs)) as board:
            run_loop(TrialTuner(oracle, search, board))
        warn_of_end(search, oracle)


def search_lock(folder: SearchFolder) -> FileLock:
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


def report_progress(search: Search, oracle: SearchOracle) -> None:
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
