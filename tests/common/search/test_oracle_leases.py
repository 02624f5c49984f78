"""Workers of a search: silent ones lose their trial, stale ones count not at all, a failing request locks nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from keras_tuner.engine.trial import TrialStatus

from common.core.errors import DataError
from tests.helpers.oracles import as_sent, end, make, step


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
    # The silent one was only slow.
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


def test_a_trial_of_another_search_counts_not_at_all(tmp_path, clock):
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


@pytest.mark.parametrize("where", ["files.add", "populate_space"])
def test_a_request_that_fails_leaves_the_oracle_usable(tmp_path, clock, monkeypatch, where):
    oracle = make(tmp_path, trials=2, lease_seconds=30, clock=clock)

    def full(trial):
        raise DataError("disk full")

    holder = oracle.files if where == "files.add" else oracle
    with monkeypatch.context() as patched:
        patched.setattr(holder, where.rpartition(".")[2], full)
        with ThreadPoolExecutor(1) as other, pytest.raises(DataError, match="disk full"):
            other.submit(oracle.create_trial, "one").result()
    assert isinstance(oracle.failure, DataError)
    # Another thread than the one that failed; a daemon, because it would wait for ever.
    began = []
    later = threading.Thread(target=lambda: began.append(oracle.create_trial("two")), daemon=True)
    later.start()
    later.join(20)
    assert [trial.status for trial in began] == [TrialStatus.RUNNING]
