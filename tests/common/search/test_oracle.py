"""The oracle of searches: repeatable after a kill at any event, with torn files, at bounded cost."""

import json
import math

import numpy as np
import pytest
from keras_tuner.engine.trial import TrialStatus

from common.search.journal import JOURNAL_NAME, PREVIOUS_NAME, STATE_NAME, StateFiles, TrialState
from common.search.oracle import SURROGATE_TRIALS
from common.search.space import Choice, IntRange, Parameters
from tests.helpers.oracles import PARAMETERS, TRIALS, end, make, run, score, step, told


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return run(make(tmp_path_factory.mktemp("undisturbed")))


def test_a_search_killed_at_every_event_makes_the_same_trials(undisturbed, tmp_path):
    ended = True
    for _ in range(2 * TRIALS):
        # A new process for each event: half of them die between the beginning and the end of a trial.
        oracle = make(tmp_path)
        trial = oracle.create_trial("one")
        ended = not ended
        if ended:
            end(oracle, trial, score(trial.hyperparameters.values))
    assert told(make(tmp_path)) == undisturbed
    assert make(tmp_path).create_trial("one").status == TrialStatus.STOPPED


def cut(path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def garble(path) -> None:
    lines = path.read_text().splitlines()
    lines[len(lines) // 2] = "\0" * 40
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("damage", "of", "said"),
    [
        (cut, [STATE_NAME], "state.json: is torn"),
        (lambda path: path.write_bytes(b""), [STATE_NAME], "state.json: is torn"),
        (lambda path: path.unlink(), [STATE_NAME], ""),
        (cut, [STATE_NAME, PREVIOUS_NAME], "state.previous.json: is torn"),
        (cut, [JOURNAL_NAME], "line"),
        (garble, [JOURNAL_NAME], "is torn"),
        (cut, [JOURNAL_NAME, STATE_NAME], "is torn"),
        (lambda path: path.unlink(), [JOURNAL_NAME, STATE_NAME, PREVIOUS_NAME], ""),
    ],
    ids=["cut", "empty", "gone", "both-cut", "journal-cut", "journal-garbled", "journal-and-state", "all-gone"],
)
def test_torn_files_lose_no_trial(undisturbed, tmp_path, capsys, damage, of, said):
    oracle = make(tmp_path)
    for _ in range(7):
        step(oracle)
    oracle.create_trial("one")
    for name in of:
        damage(tmp_path / name)
    again = make(tmp_path)
    if of == [STATE_NAME] or of == [STATE_NAME, PREVIOUS_NAME]:
        assert len(again.end_order) == 7, "the journal has all of it"
    if said:
        assert said in capsys.readouterr().err.replace("\n", " ")
    assert run(again) == undisturbed
    assert len({trial_id for trial_id, *_ in told(make(tmp_path))}) == TRIALS


def test_the_journal_goes_on_behind_a_torn_line(tmp_path):
    oracle = make(tmp_path)
    step(oracle)
    with open(tmp_path / JOURNAL_NAME, "ab") as journal:
        journal.write(b'{"number": 3, "tri')
    (tmp_path / STATE_NAME).unlink()
    oracle = make(tmp_path)
    step(oracle)
    (tmp_path / STATE_NAME).unlink()
    (tmp_path / PREVIOUS_NAME).unlink(missing_ok=True)
    assert [trial.score is not None for trial in make(tmp_path).trials.values()] == [True, True]


def test_a_changed_state_is_not_believed(tmp_path):
    oracle = make(tmp_path)
    step(oracle)
    path = tmp_path / STATE_NAME
    values = json.loads(path.read_text())
    values["trials"][0]["score"] = 1.0
    path.write_text(json.dumps(values))
    assert make(tmp_path).trials["0"].score == told(oracle)[0][3]


def test_seed_0_is_a_seed(undisturbed, tmp_path):
    assert run(make(tmp_path / "again")) == undisturbed
    other = run(make(tmp_path / "other", seed=1))
    assert [values for _, _, values, _ in other] != [values for _, _, values, _ in undisturbed]


def test_trials_that_fail_are_marked_and_the_search_goes_on(tmp_path):
    outcomes = dict.fromkeys(range(1, 5))
    count = iter(range(TRIALS))
    oracle = make(tmp_path)
    run(oracle, outcome=lambda values: outcomes.get(next(count), score(values)))
    again = make(tmp_path)
    for those in (oracle, again):
        statuses = [trial.status for trial in those.trials.values()]
        assert statuses == ["COMPLETED", *["FAILED"] * 4, *["COMPLETED"] * (TRIALS - 5)]
    assert again.finished


def test_it_finds_what_chance_does_not(tmp_path):
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
        files.state.apply({"number": number + 1, "trial": vars(trial)})
    files._write_snapshot()
    oracle = make(tmp_path, trials=999)
    fitted = oracle.fitted_surrogate()
    assert len(oracle.trials) == count
    assert len(fitted.X_train_) == SURROGATE_TRIALS
    best, latest = (PARAMETERS.vectors([files.state.trials[name].values]) for name in ("007", f"{count - 1:03d}"))
    for seen in (best, latest):
        assert np.isclose(fitted.X_train_, seen).all(axis=1).any()


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
    for _, _, values, _ in told(oracle):
        assert all(isinstance(value, int) and 8 <= value <= 512 for value in values.values())
