"""keras-tuner's Bayesian oracle, made repeatable, bounded in cost, and safe against being killed.

What differs from the library's own, and why:

* Each choice is a function of the seed, the number of the trial and the trials that have ended, so a search that goes
  on after a kill chooses as one that was not killed. (The library restarts its random state then.)
* Seed 0 is a seed. (The library takes 0 for none and draws one.)
* The Gaussian process sees at most `SURROGATE_TRIALS` trials, the best and the latest: its cost grows with the cube of
  their number.
* The most promising point is found by `common.search.acquisition`, and is one whose network is new. (The library asks
  for networks that it knows, where a value between two choices, or near one that builds the same network, looks
  promising.)
* State goes to `common.search.journal`. (The library's own files are not written atomically.)
* A trial whose worker is no longer heard of goes back into the queue; one that ends twice counts once.
"""

import functools
import math
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.src.engine.oracle import LOCKS, THREADS
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from common.search.acquisition import rank_by_acquisition
from common.search.journal import StateFiles, TrialState
from common.search.space import DIRECTIONS, Objective, Parameters

# Best and latest trials, half each, that the Gaussian process is fitted to.
SURROGATE_TRIALS = 64
# Points that are looked at for a new network: all of the most promising, then one of so many.
_ALL_OF_FIRST, _ONE_OF = 50, 20


def _one_at_a_time(method):
    """Threads take turns, also after one of them failed: the library's own lock stays shut then."""

    @functools.wraps(method)
    def in_turn(self, *arguments):
        with self._turn:
            try:
                return method(self, *arguments)
            except Exception as error:
                self.failure = error
                if LOCKS[self].locked():
                    THREADS[self] = None
                    LOCKS[self].release()
                raise

    return in_turn


def _alike(given: Trial, back: Trial) -> bool:
    """Whether a trial that comes back is the one that was given out, but for rounding."""
    first, second = given.hyperparameters.values, back.hyperparameters.values
    return first.keys() == second.keys() and all(
        math.isclose(value, second[name], rel_tol=1e-5) if isinstance(value, float) else value == second[name]
        for name, value in first.items()
    )


class SearchOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """Chooses the values of each trial.

    Args:
        parameters: the space.
        trials: how many are made.
        seed: 0 or more.
        initial: trials drawn at random before the first that is chosen.
        files: where its state is kept; its trials so far are taken from there.
        lease_seconds: a trial whose worker has not been heard of for so long is given to another one; None where the
            process that asks is the one that runs them.
        token: part of the names of this search's workers; others, left over from another search, are told to stop.
        network_of: values of a trial -> what is equal for those that build one network; by default the values.
    """

    def __init__(
        self,
        parameters: Parameters,
        objective: Objective,
        *,
        trials: int,
        seed: int,
        files: StateFiles,
        initial: int,
        lease_seconds: float | None = None,
        token: str = "",
        network_of: Callable[[dict], Any] = lambda values: tuple(sorted(values.items())),
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(
            objective=keras_tuner.Objective(objective, DIRECTIONS[objective]),
            max_trials=trials,
            num_initial_points=initial,
            seed=seed + 1,
            hyperparameters=parameters.hyperparameters(),
            allow_new_entries=False,
            tune_new_entries=False,
            # A trial that fails is marked, and the search goes on.
            max_consecutive_failed_trials=trials + 1,
        )
        self.verbose = 0
        self.files = files
        self._token, self._network_of = token, network_of
        self._networks: dict[tuple, Any] = {}
        self._turn = threading.RLock()
        self.failure: Exception | None = None  # of a worker's request; the chief's own thread raises it
        self._exhausted = False
        self._lost: list[str] = []  # workers whose trials were taken back, and that were not told of yet
        self._lease_seconds, self._clock = lease_seconds, clock
        self._heard: dict[str, float] = {}  # trial id -> when its worker was last heard of
        self._restore()

    @property
    def finished(self) -> bool:
        """Whether every trial has ended, or all that the space holds."""
        nothing_left = self._exhausted and not (self.ongoing_trials or self._retry_queue)
        return nothing_left or len(self.end_order) >= self.max_trials

    def _restore(self) -> None:
        for known in self.files.load().trials.values():
            hyperparameters = self.hyperparameters.copy()
            hyperparameters.values = dict(known.values)
            trial = Trial(hyperparameters, trial_id=known.id, status=known.status)
            if known.score is not None:
                trial.metrics.register(self.objective.name, self.objective.direction)
                trial.metrics.update(self.objective.name, known.score)
                self.score_trial(trial)
            self.trials[known.id] = trial
            self.start_order.append(known.id)
            self._record_values(trial)
            if known.status != TrialStatus.RUNNING:
                continue
            if self._lease_seconds is None or known.tuner in self.ongoing_trials:
                self._retry_queue.append(known.id)
            else:
                # Its worker may have outlived the process that gave it out.
                self.ongoing_trials[known.tuner] = trial
                self.tuner_ids.add(known.tuner)
                self._heard[known.id] = self._clock()
        self.end_order = list(self.files.state.ended)

    @_one_at_a_time
    def create_trial(self, tuner_id):
        """A trial to run, or word to wait or to stop."""
        if not tuner_id.endswith(self._token):
            return self._empty(TrialStatus.STOPPED)
        self._take_back_lost()
        everything_began = len(self.trials) >= self.max_trials and not self._retry_queue
        waiting = self.ongoing_trials and tuner_id not in self.ongoing_trials
        if self._lease_seconds is not None and everything_began and waiting:
            # One of those that run may yet get lost, and then somebody has to be there for it.
            self.tuner_ids.add(tuner_id)
            return self._empty(TrialStatus.IDLE)
        trial = super().create_trial(tuner_id)
        if trial.status == TrialStatus.RUNNING:
            self._heard[trial.trial_id] = self._clock()
            self.files.add(TrialState(trial.trial_id, dict(trial.hyperparameters.values), tuner=tuner_id))
        return trial

    @_one_at_a_time
    def end_trial(self, trial):
        """Note how a trial ended; one that has ended before, by another worker, counts as it did then, and one that
        this search did not give out not at all."""
        mine = self.trials.get(trial.trial_id)
        if mine is None or trial.trial_id in self.end_order or not _alike(mine, trial):
            return
        # On their way to a worker and back numbers lose half of their digits.
        trial.hyperparameters = mine.hyperparameters
        mine.metrics = trial.metrics
        if trial.trial_id in self._retry_queue:
            self._retry_queue.remove(trial.trial_id)
        super().end_trial(trial)
        ended = self.trials[trial.trial_id]
        completed = ended.status == TrialStatus.COMPLETED
        self.files.add(
            TrialState(
                ended.trial_id,
                dict(ended.hyperparameters.values),
                status="COMPLETED" if completed else "FAILED",
                score=float(ended.score) if completed else None,
                tuner=self.files.state.trials[ended.trial_id].tuner,
            )
        )

    @_one_at_a_time
    def take_lost(self) -> list[str]:
        """Workers that fell silent since this was last asked; their trials are back in the queue."""
        self._take_back_lost()
        lost, self._lost = self._lost, []
        return lost

    @_one_at_a_time
    def get_trial(self, trial_id):
        """The trial; asking for it is also how its worker is heard of."""
        if trial_id not in self.trials:
            return self._empty(TrialStatus.STOPPED)
        self._heard[trial_id] = self._clock()
        return super().get_trial(trial_id)

    def populate_space(self, trial_id):
        """Values for a new trial: at random at first, then where the surrogate promises most."""
        begun = len(self.trials)
        self._seed_state = int(np.random.SeedSequence([self.seed, begun]).generate_state(1)[0])
        completed = sum(trial.status == TrialStatus.COMPLETED for trial in self.trials.values())
        if completed < self.num_initial_points:
            found = self._random_populate_space()
            self._exhausted = found["status"] == TrialStatus.STOPPED
            return found
        # For so few trials threads cost more than they save, and their number would have a say in the last digits.
        with threadpool_limits(1), warnings.catch_warnings():
            # Scores that hardly differ have no length scale; the search then explores, as it should.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.gpr.fit(*self._vectorize_trials())
            rng = np.random.default_rng([self.seed, begun])
            points = rank_by_acquisition(self.gpr, self.hyperparameters.space, self.beta, rng)
        return {"status": TrialStatus.RUNNING, "values": self._first_new(points)}

    def _first_new(self, points: np.ndarray) -> dict:
        """Values of the first point whose network no trial had; of the very first where none is found."""
        known = {self._network(trial.hyperparameters.values) for trial in self.trials.values()}
        for point in (*points[:_ALL_OF_FIRST], *points[_ALL_OF_FIRST::_ONE_OF]):
            values = self._vector_to_values(point)
            if self._network(values) not in known:
                return values
        return self._vector_to_values(points[0])

    def _network(self, values: dict) -> Any:
        key = tuple(sorted(values.items()))
        if key not in self._networks:
            self._networks[key] = self._network_of(values)
        return self._networks[key]

    def fitted_surrogate(self):
        """The Gaussian process of the trials that completed; predicts the objective, negated where more is better."""
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.gpr.fit(*self._points({}))
        return self.gpr

    def save(self):
        """State is kept event by event instead."""

    def _save_trial(self, trial):
        pass

    def _empty(self, status) -> Trial:
        return Trial(self.hyperparameters.copy(), trial_id="none", status=status)

    def _take_back_lost(self) -> None:
        if self._lease_seconds is None:
            return
        for tuner_id, trial in list(self.ongoing_trials.items()):
            if self._clock() - self._heard[trial.trial_id] > self._lease_seconds:
                del self.ongoing_trials[tuner_id]
                self.tuner_ids.discard(tuner_id)
                self._retry_queue.append(trial.trial_id)
                self._lost.append(tuner_id)

    def _vector_to_values(self, vector):
        # At exactly 1 the library's whole numbers are one above their range.
        return super()._vector_to_values(np.minimum(vector, np.nextafter(1.0, 0.0)))

    def _vectorize_trials(self):
        """Points of the surrogate; of trials under way it is told what it expects itself, a little worse."""
        ongoing = self.ongoing_trials
        if ongoing:
            # The library asks the surrogate as it was left by the trial before, or, in a new process, an empty one.
            self.gpr.fit(*self._points({}))
        return self._points(ongoing)

    def _points(self, ongoing):
        every, others = self.trials, self.ongoing_trials
        under_way = {trial.trial_id for trial in ongoing.values()}
        chosen = self._informative() | under_way
        self.trials = {name: trial for name, trial in every.items() if name in chosen}
        self.ongoing_trials = ongoing
        try:
            return super()._vectorize_trials()
        finally:
            self.trials, self.ongoing_trials = every, others

    def _informative(self) -> set[str]:
        completed = [trial for trial in self.trials.values() if trial.status == TrialStatus.COMPLETED]
        if len(completed) <= SURROGATE_TRIALS:
            return {trial.trial_id for trial in completed}
        latest, earlier = completed[-SURROGATE_TRIALS // 2 :], completed[: -SURROGATE_TRIALS // 2]
        best = sorted(earlier, key=lambda trial: trial.score, reverse=self.objective.direction == "max")
        return {trial.trial_id for trial in (*latest, *best[: SURROGATE_TRIALS - len(latest)])}
