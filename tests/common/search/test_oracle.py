"""The oracle of searches: the same trials after a kill at any event, at bounded cost, each trial counted once."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.oracles import BayesianOptimizationOracle

from common.core.errors import DataError
from common.search.journal import StateFiles, TrialState
from common.search.space import Choice, IntRange, Parameters
from common.search.surrogate import SURROGATE_TRIALS, fitting
from tests.helpers.oracles import PARAMETERS, TRIALS, as_sent, end, make, outcomes, run, score, step


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return run(make(tmp_path_factory.mktemp("uninterrupted")))


def test_a_search_killed_at_every_event_makes_the_same_trials(uninterrupted, tmp_path):
    ended = True
    for _ in range(2 * TRIALS):
        # A new process for each event: half of them end between the beginning and the end of a trial.
        oracle = make(tmp_path)
        trial = oracle.create_trial("one")
        ended = not ended
        if ended:
            end(oracle, trial, score(trial.hyperparameters.values))
    assert outcomes(make(tmp_path)) == uninterrupted
    assert make(tmp_path).create_trial("one").status == TrialStatus.STOPPED


def test_seed_0_is_a_seed(uninterrupted, tmp_path):
    assert run(make(tmp_path / "again")) == uninterrupted
    other = run(make(tmp_path / "other", seed=1))
    assert [values for _, _, values, _ in other] != [values for _, _, values, _ in uninterrupted]


def test_trials_that_fail_are_marked_and_the_search_goes_on(tmp_path):
    failing = dict.fromkeys(range(1, 5))
    count = iter(range(TRIALS))
    oracle = make(tmp_path)
    run(oracle, outcome=lambda values: failing.get(next(count), score(values)))
    again = make(tmp_path)
    for those in (oracle, again):
        statuses = [trial.status for trial in those.trials.values()]
        assert statuses == ["COMPLETED", *["FAILED"] * 4, *["COMPLETED"] * (TRIALS - 5)]
    assert again.finished


def test_chosen_trials_find_a_better_value_than_random_ones(tmp_path):
    chosen = run(make(tmp_path / "chosen", trials=18))
    drawn = run(make(tmp_path / "drawn", trials=18, initial=18))
    assert chosen[:6] == drawn[:6]
    best_chosen, best_drawn = (max(value for *_, value in trials) for trials in (chosen, drawn))
    assert best_chosen > 0.895
    assert best_chosen > best_drawn


def test_chosen_trials_build_new_networks(tmp_path):
    few = Parameters(
        every=(
            Choice(name="layers", path="model.layers", values=(1, 2, 3)),
            Choice(name="hidden", path="model.hidden", values=(16, 32, 64, 128)),
        )
    )
    trials = run(make(tmp_path / "few", parameters=few, trials=12), outcome=lambda values: values["hidden"] / 1000)
    assert len({tuple(values.values()) for _, _, values, _ in trials}) == 12
    # r counts only in steps of 8: nine networks with either widths.
    steps = {"network_of": lambda values: (values["r"] // 8, values["widths"])}
    trials = run(make(tmp_path / "steps", trials=14, **steps))
    chosen = [steps["network_of"](values) for _, _, values, _ in trials]
    assert len(set(chosen[6:])) == 8
    assert not set(chosen[6:]) & set(chosen[:6])


def test_the_surrogate_sees_the_best_and_the_latest(tmp_path):
    files = StateFiles(tmp_path)
    rng = np.random.default_rng(0)
    count = 3 * SURROGATE_TRIALS
    for number in range(count):
        values = {"r": float(2 * 32 ** rng.random()), "widths": "8,16"}
        trial = TrialState(f"{number:03d}", values, "COMPLETED", score=0.99 if number == 7 else float(rng.random() / 2))
        files.state.apply(number + 1, trial)
    files._write_snapshot()
    oracle = make(tmp_path, trials=999)
    points, targets = oracle._vectorize_trials()
    assert len(oracle.trials) == count
    assert len(points) == SURROGATE_TRIALS
    assert targets.min() == -0.99
    best, latest = (PARAMETERS.vectors([files.state.trials[name].values]) for name in ("007", f"{count - 1:03d}"))
    for seen in (best, latest):
        assert np.isclose(points, seen).all(axis=1).any()


def test_running_trials_enter_with_the_surrogates_own_prediction(tmp_path):
    oracle = make(tmp_path, trials=12, lease_seconds=30)
    for _ in range(3):
        step(oracle, "one")
    waiting = [oracle.create_trial(name) for name in ("two", "three")]
    step(oracle, "one")
    with fitting():
        points, targets = oracle._vectorize_trials()
        # The library's own; the surrogate is fitted to the completed trials now.
        expected_points, expected_targets = BayesianOptimizationOracle._vectorize_trials(oracle)
    assert [trial.status for trial in waiting] == [TrialStatus.RUNNING] * 2
    assert len(points) == 6
    np.testing.assert_array_equal(points, expected_points)
    np.testing.assert_array_equal(targets, expected_targets)


def test_a_space_without_new_values_ends_the_search(tmp_path):
    few = Parameters(every=(Choice(name="layers", path="model.layers", values=(1, 2)),))
    oracle = make(tmp_path, parameters=few, lease_seconds=30)
    run(oracle, outcome=lambda values: values["layers"])
    assert len(oracle.end_order) == 2
    assert oracle.finished


def test_free_widths_are_whole_numbers_in_their_range(tmp_path):
    free = Parameters(
        every=tuple(
            IntRange(name=f"w{n}", path="model.widths", place=n, low=8, high=512, sampling="log") for n in range(2)
        )
    )
    oracle = make(tmp_path, parameters=free, initial=4)
    run(oracle, outcome=lambda values: -abs(math.log(values["w0"] * values["w1"] / 4096)))
    for _, _, values, _ in outcomes(oracle):
        assert all(isinstance(value, int) and 8 <= value <= 512 for value in values.values())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_trial_of_a_silent_worker_goes_to_another_and_counts_once(tmp_path, clock):
    oracle = make(tmp_path, trials=3, lease_seconds=30, clock=clock)
    lost, kept = oracle.create_trial("lost"), oracle.create_trial("kept")
    clock.now = 20
    oracle.get_trial(kept.trial_id)
    clock.now = 40
    assert oracle.take_lost() == ["lost"]
    end(oracle, kept, 0.5)
    again = oracle.create_trial("kept")
    assert (again.trial_id, again.hyperparameters.values) == (lost.trial_id, lost.hyperparameters.values)
    end(oracle, again, 0.6)
    # The silent worker was only slow.
    end(oracle, as_sent(lost), 0.1)
    step(oracle, "kept")
    assert oracle.finished
    assert [trial.score for trial in oracle.trials.values()][:2] == [0.6, 0.5]
    assert oracle.end_order == ["1", "0", "2"]


def test_a_worker_waits_while_a_trial_may_still_be_lost(tmp_path, clock):
    oracle = make(tmp_path, trials=2, lease_seconds=30, clock=clock)
    oracle.create_trial("lost")
    step(oracle, "kept")
    assert oracle.create_trial("kept").status == TrialStatus.IDLE
    clock.now = 31
    assert step(oracle, "kept")
    assert oracle.create_trial("kept").status == TrialStatus.STOPPED
    assert oracle.finished
    assert not oracle.tuner_ids


def test_a_chief_that_is_started_again_leaves_trials_with_their_workers(tmp_path, clock):
    oracle = make(tmp_path, trials=2, lease_seconds=30, clock=clock)
    trial = oracle.create_trial("worker")
    again = make(tmp_path, trials=2, lease_seconds=30, clock=clock)
    assert again.create_trial("worker").trial_id == trial.trial_id
    assert again.create_trial("other").trial_id != trial.trial_id
    end(again, trial, 0.5)
    assert again.trials[trial.trial_id].score == 0.5


def test_a_trial_of_another_search_does_not_count(tmp_path, clock):
    old = make(tmp_path / "old", seed=5, lease_seconds=30, clock=clock, token="old")
    new = make(tmp_path / "new", trials=2, lease_seconds=30, clock=clock, token="new")
    stale = as_sent(old.create_trial("worker-old"))
    mine = as_sent(new.create_trial("worker-new"))
    assert stale.trial_id == "0" == mine.trial_id
    end(new, stale, 0.9)
    assert new.trials["0"].status == "RUNNING"
    assert new.create_trial("worker-old").status == TrialStatus.STOPPED
    assert new.get_trial("77").status == TrialStatus.STOPPED
    given = dict(new.trials["0"].hyperparameters.values)
    end(new, mine, 0.5)
    assert new.trials["0"].score == 0.5
    # What was given out is what is kept, with all its digits.
    assert (
        new.files.state.trials["0"].values
        == given
        == make(tmp_path / "new", trials=2).trials["0"].hyperparameters.values
    )


@pytest.mark.parametrize("error", [DataError("disk full"), KeyboardInterrupt("pressed")])
@pytest.mark.parametrize("where", ["files.add", "populate_space"])
def test_a_request_that_fails_leaves_the_oracle_usable(tmp_path, clock, monkeypatch, where, error):
    oracle = make(tmp_path, trials=2, lease_seconds=30, clock=clock)

    def full(trial):
        raise error

    holder = oracle.files if where == "files.add" else oracle
    with monkeypatch.context() as patched:
        patched.setattr(holder, where.rpartition(".")[2], full)
        with ThreadPoolExecutor(1) as other, pytest.raises(type(error), match=str(error)):
            other.submit(oracle.create_trial, "one").result()
    assert oracle.failure is (error if isinstance(error, DataError) else None)
    # Another thread than the one that failed; a daemon, because it would wait for ever.
    began = []
    later = threading.Thread(target=lambda: began.append(oracle.create_trial("two")), daemon=True)
    later.start()
    later.join(20)
    assert [trial.status for trial in began] == [TrialStatus.RUNNING]
