"""keras-tuner's Bayesian oracle, made repeatable, bounded in cost, and safe to kill and resume.

Differences from the library's oracle, with reasons:

* Each choice is a function of the seed, the number of the trial and the trials that have ended, so the search is
  deterministic under resume. (The library restarts its random state.)
* Seed 0 is a seed. (The library treats 0 as no seed and draws one.)
* The Gaussian process (`common.search.surrogate`) is fitted to at most `SURROGATE_TRIALS` trials, the best and the
  latest: its cost grows with the cube of their number.
* The most promising point is found by `common.search.acquisition`, and must give a new network. (The library repeats
  networks where a value between two choices, or near one that builds the same network, looks promising.)
* The state is stored by `common.search.journal`. (The library's own files are not written atomically.)
* A trial whose worker sends no more heartbeats goes back into the queue; a trial that ends twice counts once.
"""

import functools
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.src.engine.oracle import LOCKS, THREADS

from common.core.interrupts import raise_if_interrupted
from common.search.acquisition import rank_by_acquisition
from common.search.journal import StateFiles, TrialState
from common.search.keras_tuner_space import hyperparameters_of
from common.search.space import DIRECTIONS, Objective, Parameters
from common.search.surrogate import fitting, informative, new_surrogate, random_state_of, target_of

# Points that are searched for a new network: each of the first 50, then every 20th.
_FIRST, _STRIDE = 50, 20


def _one_at_a_time(method):
    """Serialise calls from several threads, also after one of them failed: the library's own lock then stays locked."""

    @functools.wraps(method)
    def in_turn(self, *arguments):
        with self._turn:
            try:
                return method(self, *arguments)
            except BaseException as error:
                if LOCKS[self].locked():
                    THREADS[self] = None
                    LOCKS[self].release()
                raise_if_interrupted(error)
                self.failure = error
                raise

    return in_turn


def _same_values(sent: Trial, returned: Trial) -> bool:
    """Whether a returned trial has the values of the one that was sent, up to rounding."""
    first, second = sent.hyperparameters.values, returned.hyperparameters.values
    return first.keys() == second.keys() and all(
        math.isclose(value, second[name], rel_tol=1e-5) if isinstance(value, float) else value == second[name]
        for name, value in first.items()
    )


class SearchOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """Chooses the values of each trial.

    Args:
        parameters: the search space.
        objective: to optimise.
        trials: number of trials.
        seed: 0 or more.
        initial: number of trials drawn at random before the first chosen one.
        files: where the state is stored; earlier trials are read from there.
        lease_seconds: time without a heartbeat after which a worker's trial is given to another worker; None where
            this process runs the trials itself.
        token: suffix of the names of this search's workers; workers left over from another search get a stop signal.
        network_of: values of a trial -> key that is equal for values that build the same network; by default the
            values.
        clock: seconds, for tests.
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
        self._parameters = parameters
        super().__init__(
            objective=keras_tuner.Objective(objective, DIRECTIONS[objective]),
            max_trials=trials,
            num_initial_points=initial,
            seed=random_state_of(seed),
            hyperparameters=hyperparameters_of(parameters),
            allow_new_entries=False,
            tune_new_entries=False,
            # A failed trial is marked as failed, and the search goes on.
            max_consecutive_failed_trials=trials + 1,
        )
        self.verbose = 0
        self.files = files
        self._token, self._network_of = token, network_of
        self._networks: dict[tuple, Any] = {}
        self._turn = threading.RLock()
        self.failure: BaseException | None = (
            None  # raised while a worker's request was served; the chief's main thread raises it
        )
        self._exhausted = False
        self._lost: list[str] = []  # workers whose trials were taken back, not yet reported
        self._lease_seconds, self._clock = lease_seconds, clock
        self._last_heartbeat: dict[str, float] = {}  # trial id -> time of its worker's last request
        self._restore()

    @property
    def finished(self) -> bool:
        """Whether all trials have ended, or the space has no further values and none is running."""
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
            if self._lease_seconds is None or not known.tuner or known.tuner in self.ongoing_trials:
                self._retry_queue.append(known.id)
            else:
                # Its worker may have outlived the chief that gave it the trial.
                self.ongoing_trials[known.tuner] = trial
                self.tuner_ids.add(known.tuner)
                self._last_heartbeat[known.id] = self._clock()
        self.end_order = list(self.files.state.ended)

    @_one_at_a_time
    def create_trial(self, tuner_id):
        """A trial to run, or one whose status says to wait (IDLE) or to stop (STOPPED)."""
        if not tuner_id.endswith(self._token):
            return self._empty(TrialStatus.STOPPED)
        self._take_back_lost()
        all_begun = len(self.trials) >= self.max_trials and not self._retry_queue
        waiting = self.ongoing_trials and tuner_id not in self.ongoing_trials
        if self._lease_seconds is not None and all_begun and waiting:
            # A running trial may still lose its worker, and then another worker has to be available for it.
            self.tuner_ids.add(tuner_id)
            return self._empty(TrialStatus.IDLE)
        trial = super().create_trial(tuner_id)
        if trial.status == TrialStatus.RUNNING:
            self._last_heartbeat[trial.trial_id] = self._clock()
            self.files.add(TrialState(trial.trial_id, dict(trial.hyperparameters.values), tuner=tuner_id))
        return trial

    @_one_at_a_time
    def end_trial(self, trial):
        """Record how a trial ended. If another worker ended it before, the first result counts; trials that this search
        did not create are ignored."""
        own = self.trials.get(trial.trial_id)
        if own is None or trial.trial_id in self.end_order or not _same_values(own, trial):
            return
        # Keep the values that were sent, in case they were rounded on the way to the worker and back.
        trial.hyperparameters = own.hyperparameters
        own.metrics = trial.metrics
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
        """Workers found lost since the last call; their trials are back in the queue."""
        self._take_back_lost()
        lost, self._lost = self._lost, []
        return lost

    @_one_at_a_time
    def get_trial(self, trial_id):
        """The trial; the request also counts as a heartbeat of its worker."""
        if trial_id not in self.trials:
            return self._empty(TrialStatus.STOPPED)
        self._last_heartbeat[trial_id] = self._clock()
        return super().get_trial(trial_id)

    def populate_space(self, trial_id):
        """Values for a new trial: random at first, then the point with the best acquisition value."""
        begun = len(self.trials)
        self._seed_state = int(np.random.SeedSequence([self.seed, begun]).generate_state(1)[0])
        completed = sum(trial.status == TrialStatus.COMPLETED for trial in self.trials.values())
        if completed < self.num_initial_points:
            found = self._random_populate_space()
            self._exhausted = found["status"] == TrialStatus.STOPPED
            return found
        with fitting():
            self.gpr.fit(*self._vectorize_trials())
            rng = np.random.default_rng([self.seed, begun])
            points = rank_by_acquisition(self.gpr, self.hyperparameters.space, self.beta, rng)
        return {"status": TrialStatus.RUNNING, "values": self._first_new(points)}

    def _first_new(self, points: np.ndarray) -> dict:
        """Values of the first point whose network no trial had; those of the first point where all are known."""
        known = {self._network(trial.hyperparameters.values) for trial in self.trials.values()}
        for point in (*points[:_FIRST], *points[_FIRST::_STRIDE]):
            values = self._vector_to_values(point)
            if self._network(values) not in known:
                return values
        return self._vector_to_values(points[0])

    def _network(self, values: dict) -> Any:
        key = tuple(sorted(values.items()))
        if key not in self._networks:
            self._networks[key] = self._network_of(values)
        return self._networks[key]

    def save(self):
        """Does nothing: the state is stored event by event."""

    def _save_trial(self, trial):
        pass

    def _empty(self, status) -> Trial:
        return Trial(self.hyperparameters.copy(), trial_id="none", status=status)

    def _take_back_lost(self) -> None:
        if self._lease_seconds is None:
            return
        for tuner_id, trial in list(self.ongoing_trials.items()):
            if self._clock() - self._last_heartbeat[trial.trial_id] > self._lease_seconds:
                del self.ongoing_trials[tuner_id]
                self.tuner_ids.discard(tuner_id)
                self._retry_queue.append(trial.trial_id)
                self._lost.append(tuner_id)

    def _vector_to_values(self, vector):
        # At exactly 1 the library returns integers that are one above their range.
        return super()._vector_to_values(np.minimum(vector, np.nextafter(1.0, 0.0)))

    def _make_gpr(self):
        return new_surrogate(self.seed)

    def _vectorize_trials(self):
        """Points and targets for the surrogate; running trials enter with its own prediction, made slightly worse."""
        completed = [trial for trial in self.trials.values() if trial.status == TrialStatus.COMPLETED]
        targets = {
            trial.trial_id: target_of(trial.score, self.objective.name)
            for trial in informative(completed, self.objective.name)
        }
        if self.ongoing_trials:
            # The library predicts with the surrogate as last fitted, which in a new process is not fitted at all.
            self.gpr.fit(*self._fitting_data(targets))
            for trial in self.ongoing_trials.values():
                mean, deviation = self.gpr.predict(self._points([trial.trial_id]), return_std=True)
                targets[trial.trial_id] = mean[0] + deviation[0]
        return self._fitting_data(targets)

    def _fitting_data(self, targets: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Points and targets of trials, by id, in the order in which they began."""
        names = [name for name in self.trials if name in targets]
        return self._points(names), np.array([targets[name] for name in names])

    def _points(self, names: list[str]) -> np.ndarray:
        return self._parameters.vectors([self.trials[name].hyperparameters.values for name in names])
