"""The fit loop: the same bits from the same seed, also when resumed after a kill; early stopping; memory limits."""

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
from contextlib import closing

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

from common.core import interrupts
from common.core.errors import BudgetError, RunError
from common.core.interrupts import Interrupted
from common.paper.experiment import Input
from common.paper.training import Training
from common.records.environment import computing_machine
from common.records.paths import WorkPaths
from common.training import fit as training_module
from common.training.callback import FitCallback
from common.training.checkpoint import Circumstances, LoopState, restore_checkpoint
from common.training.fit import StartWeights, fit, kept_epoch, predict
from common.training.memory import MemoryLimit
from common.training.schedules import learning_rate_of, learning_rates_of
from common.training.window_metrics import probabilities_of
from data_pipeline.windows.paired import PairedReader
from data_pipeline.windows.standardisation import AS_STORED, fit_standardisation
from tests.helpers.fitting import (
    ACCUMULATED,
    MASKED,
    AskedToStop,
    Interrupt,
    SharedModels,
    build,
    curves,
    make_run,
    trained_weights,
)

STOPPED_EARLY = {"epochs": 60, "patience_epochs": 2, "learning_rate": 0.3}


@pytest.fixture(scope="module")
def models():
    """Compiled models of the fits below: tracing a training step takes longer than most of them."""
    return SharedModels()


@pytest.fixture(scope="module")
def plain(tiny_arrays, tmp_path_factory):
    """A fit of four epochs with a model of its own: (fit, its weights, its folder)."""
    folder = tmp_path_factory.mktemp("plain")
    return *trained_weights(folder, tiny_arrays, folder / "cache"), folder


@pytest.fixture(scope="module")
def stopped_early(tiny_arrays, tmp_path_factory):
    """A fit that stops before its last epoch, with a model of its own: (fit, its weights, its folder)."""
    folder = tmp_path_factory.mktemp("stopped_early")
    return *trained_weights(folder, tiny_arrays, folder / "cache", **STOPPED_EARLY), folder


def test_the_same_seed_gives_the_same_bits_and_another_does_not(plain, tiny_arrays, tmp_path, models):
    first, weights, _ = plain
    _, again = trained_weights(tmp_path / "b", tiny_arrays, tmp_path)
    _, other = trained_weights(tmp_path / "c", tiny_arrays, tmp_path, model_cache=models, seed=5)
    assert weights.tobytes() == again.tobytes()
    assert weights.tobytes() != other.tobytes()
    assert first.state.history[-1]["loss"] < first.state.history[0]["loss"]


@pytest.mark.parametrize(("after", "training"), [(1, {}), (3, {}), (1, ACCUMULATED), (2, MASKED)])
def test_going_on_after_an_interruption_gives_the_same_bits(plain, tiny_arrays, tmp_path, models, after, training):
    arguments = {"model_cache": models, **training}
    whole, expected = trained_weights(tmp_path / "whole", tiny_arrays, tmp_path, **arguments) if training else plain[:2]
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, callback=Interrupt(after), **arguments)
    seen = []

    class Watch(FitCallback):
        def on_epoch_begin(self, epoch, batches):
            seen.append(epoch)

    resumed, weights = trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, callback=Watch(), **arguments)
    assert seen == list(range(after, 4))
    assert weights.tobytes() == expected.tobytes()
    without_seconds = [
        [{name: value for name, value in entry.items() if name != "seconds"} for entry in fitted.state.history]
        for fitted in (whole, resumed)
    ]
    assert without_seconds[0] == without_seconds[1]


@pytest.mark.parametrize("standardise", [True, False])
def test_a_second_input_can_be_left_as_it_is(tiny_arrays, tmp_path, models, standardise):
    run, first = make_run(tiny_arrays, tmp_path, epochs=1, standardise=True)
    second = Input(feature=run.experiment.feature, windows=run.experiment.windows, standardise=standardise)
    run = dataclasses.replace(run, experiment=run.experiment.replace(second_input=second))

    def build_joined(shapes, classes):
        parts = [build(shape, classes) for shape in shapes]
        return keras.Model([part.input for part in parts], keras.layers.Average()([part.output for part in parts]))

    _, other = make_run(tiny_arrays, tmp_path)
    with PairedReader(first, other) as reader:
        work = WorkPaths(tmp_path / "work")
        fitted = fit(run, build_joined, reader, layout="bins_frames_channel", work=work, model_cache=models)
    of_training = fit_standardisation(first, run.fold.train)
    assert of_training != AS_STORED
    assert fitted.standardisation == (of_training, of_training if standardise else AS_STORED)


KILLED = """
import sys
from common.training.callback import FitCallback
from tests.helpers.fitting import trained_weights
from pathlib import Path
class Mark(FitCallback):
    def on_epoch_end(self, entry):
        print("epoch", int(entry["epoch"]), flush=True)
folder, npz, cache = map(Path, sys.argv[1:])
trained_weights(folder, npz, cache, callback=Mark(), epochs=400)
"""


def test_a_fit_killed_with_sigkill_resumes_from_its_checkpoint(tiny_arrays, tmp_path):
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, str(folder), str(tiny_arrays), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = [process.stdout.readline() for _ in range(3)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert lines[-1] == "epoch 3\n"
    run, reader = make_run(tiny_arrays, tmp_path, epochs=400)
    cut = dataclasses.replace(run)
    seen = []

    class Once(FitCallback):
        def on_epoch_begin(self, epoch, batches):
            seen.append(epoch)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(cut, build, reader, layout="bins_frames_channel", work=WorkPaths(folder), callback=Once())
    assert seen[0] >= 3
    assert not list(folder.glob("*.tmp")) or WorkPaths(folder).checkpoint.exists()


@pytest.mark.parametrize("last", [False, True])
def test_a_signal_stops_training_and_validation_and_going_on_gives_the_same_bits(
    plain, tiny_arrays, tmp_path, models, last
):
    _, expected, *_ = plain
    with AskedToStop(1, last=last) as asked, pytest.raises(Interrupted):
        trained_weights(tmp_path, tiny_arrays, tmp_path, callback=asked, model_cache=models)
    assert asked.batches_later == 0
    history = WorkPaths(tmp_path).history.read_text(encoding="utf-8")
    assert len(history.splitlines()) == 1 + 1  # the header, and the epoch that had ended
    _, weights = trained_weights(tmp_path, tiny_arrays, tmp_path, model_cache=models)
    assert weights.tobytes() == expected.tobytes()


def test_a_signal_stops_a_prediction(stopped_early, tiny_arrays, tmp_path, monkeypatch):
    run, reader = make_run(tiny_arrays, tmp_path, **STOPPED_EARLY)
    monkeypatch.setattr(interrupts._State, "asked", signal.SIGINT)
    with pytest.raises(Interrupted):
        predict(stopped_early[0], reader, run.fold.valid, batch_size=16, layout="bins_frames_channel")


def test_early_stopping_keeps_the_best_epoch(stopped_early, tiny_arrays, tmp_path):
    fitted, weights, folder = stopped_early
    losses = [entry["val_loss"] for entry in fitted.state.history]
    assert fitted.state.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == fitted.state.best_epoch + 2 < 60
    run, reader = make_run(tiny_arrays, tmp_path, **STOPPED_EARLY)
    probabilities = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel")
    labels = reader.labels[run.fold.valid]
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)
    fresh = build((32, 39, 1), 4)
    fresh.load_weights(WorkPaths(folder).best_weights)
    assert np.concatenate([weight.ravel() for weight in fresh.get_weights()]).tobytes() == weights.tobytes()


def test_the_last_epoch_is_kept_where_that_is_asked_for(stopped_early, tiny_arrays, tmp_path, models):
    arguments = {**STOPPED_EARLY, "keep": "last"}
    fitted, last = trained_weights(tmp_path / "last", tiny_arrays, tmp_path, model_cache=models, **arguments)
    _, best, _ = stopped_early
    assert fitted.state.best_epoch < fitted.state.epoch
    assert last.tobytes() != best.tobytes()
    run, reader = make_run(tiny_arrays, tmp_path, **arguments)
    probabilities = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel")
    labels = reader.labels[run.fold.valid]
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(fitted.state.history[-1]["val_loss"], rel=1e-4)


def test_augmentation_changes_training_and_nothing_else(plain, tiny_arrays, tmp_path, models):
    without, weights, _ = plain
    masks = {"augmentation": {"spectrogram": {"probability": 1.0}}}
    masked, other = trained_weights(tmp_path / "masked", tiny_arrays, tmp_path, model_cache=models, **masks)
    run, reader = make_run(tiny_arrays, tmp_path, **masks)
    # Evaluated without masks: the same as its weights in a network that has none.
    twin = build((32, 39, 1), 4)
    twin.set_weights(masked.model.layers[-1].get_weights())
    arguments = {"batch_size": 16, "layout": "bins_frames_channel"}
    expected = predict(dataclasses.replace(without, model=twin), reader, run.fold.test, **arguments)
    np.testing.assert_array_equal(predict(masked, reader, run.fold.test, **arguments), expected)
    _, again = trained_weights(tmp_path / "again", tiny_arrays, tmp_path, model_cache=models, **masks)
    assert other.tobytes() == again.tobytes() != weights.tobytes()


@pytest.mark.parametrize(
    "schedule", [{"epochs": 12, "plateau_epochs": 1, "plateau_factor": 0.5}, {"epochs": 5, "step_epochs": 3}]
)
def test_the_optimiser_gets_the_lowered_rate(tiny_arrays, tmp_path, models, schedule):
    arguments = {"learning_rate": 0.3, **schedule}
    fitted, _ = trained_weights(tmp_path / "a", tiny_arrays, tmp_path, model_cache=models, **arguments)
    training = Training(**arguments)
    expected = learning_rate_of(training, fitted.state.history[:-1])
    assert expected < 0.3
    assert float(fitted.model.optimizer.learning_rate) == pytest.approx(expected)
    rates = [entry["learning_rate"] for entry in fitted.state.history]
    assert rates == learning_rates_of(training, fitted.state.history)
    assert (rates[0], rates[-1]) == (0.3, expected)


def test_a_continued_fit_has_the_learning_rates_of_one_without_interruption(tiny_arrays, tmp_path, models):
    """The schedule lowers the rate before and after the interruption."""
    arguments = {"learning_rate": 0.3, "epochs": 6, "step_epochs": 2, "step_factor": 0.5}
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, callback=Interrupt(3), model_cache=models, **arguments)
    resumed, _ = trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, model_cache=models, **arguments)
    rates = [0.3, 0.3, 0.15, 0.15, 0.075, 0.075]
    assert [entry["learning_rate"] for entry in resumed.state.history] == rates
    in_events = [(epoch, float(np.float32(rate))) for epoch, rate in enumerate(rates, start=1)]
    assert curves(tmp_path / "cut")["learning_rate"] == in_events
    with (tmp_path / "cut" / "history.csv").open(newline="") as file:
        assert [float(row["learning_rate"]) for row in csv.DictReader(file)] == rates


def test_a_constant_learning_rate_is_in_every_epoch(plain):
    fitted, _, _ = plain
    rate = float(fitted.model.optimizer.learning_rate)
    assert [entry["learning_rate"] for entry in fitted.state.history] == pytest.approx([rate] * 4)


def test_class_weights_act_only_on_the_training_loss(tiny_arrays, tmp_path, models):
    """One genre has a single training window: only with class weights is it ever predicted."""
    run, reader = make_run(tiny_arrays, tmp_path, epochs=5)
    labels = reader.labels[run.fold.train]
    rare = np.concatenate([run.fold.train[labels != 0], run.fold.train[labels == 0][:1]])
    recalls = []
    for weights in ("none", "inverse_frequency"):
        changed = dataclasses.replace(
            run,
            experiment=run.experiment.with_values({"training.class_weights": weights}),
            fold=dataclasses.replace(run.fold, train=rare),
        )
        work = WorkPaths(tmp_path / weights)
        fitted = fit(changed, build, reader, layout="bins_frames_channel", work=work, model_cache=models)
        test = run.fold.test[reader.labels[run.fold.test] == 0]
        probabilities = predict(fitted, reader, test, batch_size=16, layout="bins_frames_channel")
        recalls.append(probabilities[:, 0].mean())
        valid = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel")
        unweighted = -np.log(valid[np.arange(len(valid)), reader.labels[run.fold.valid]]).mean()
        best = fitted.state.history[fitted.state.best_epoch - 1]
        assert best["val_loss"] == pytest.approx(unweighted, rel=1e-3)
    assert recalls[1] > 2 * recalls[0]


@pytest.mark.parametrize(("watch", "with_penalty"), [("loss", True), ("cross_entropy", False)])
def test_the_watched_loss_includes_the_penalty_or_not(tiny_arrays, tmp_path, watch, with_penalty):
    run, reader = make_run(tiny_arrays, tmp_path, epochs=1, l2=0.01, l2_variables="all", watch=watch)
    fitted = fit(run, build, reader, layout="bins_frames_channel", work=WorkPaths(tmp_path / "a"))
    valid = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel")
    expected = -np.log(valid[np.arange(len(valid)), reader.labels[run.fold.valid]]).mean()
    penalty = 0.01 * sum(float(np.square(value).sum()) for value in fitted.model.get_weights())
    assert penalty > 0.05
    best = fitted.state.history[fitted.state.best_epoch - 1]
    assert best["val_loss"] == pytest.approx(expected + penalty * with_penalty, rel=1e-3)


def test_a_run_begun_by_older_code_can_be_resumed(tiny_arrays, tmp_path, models):
    """The history of its checkpoint lacks values that newer code writes for each epoch."""
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "a", tiny_arrays, tmp_path, callback=Interrupt(2), model_cache=models)
    path = WorkPaths(tmp_path / "a").checkpoint
    with np.load(path, allow_pickle=False) as held:
        values = {name: held[name] for name in held.files}
    state = json.loads(values["state"].tobytes())
    for entry in state["history"]:
        entry.pop("f1_macro")
        entry.pop("val_f1_macro")
        entry.pop("learning_rate")
    np.savez(path, **{**values, "state": np.frombuffer(json.dumps(state).encode(), np.uint8)})
    fitted, _ = trained_weights(tmp_path / "a", tiny_arrays, tmp_path, model_cache=models)
    assert len(fitted.state.history) == 4
    lines = (tmp_path / "a" / "history.csv").read_text().splitlines()
    assert len(lines) == 5
    assert lines[1].count(",") == lines[4].count(",")


def test_the_first_epoch_of_the_best_accuracy_can_be_kept(tiny_arrays, tmp_path, models):
    run, reader = make_run(tiny_arrays, tmp_path, epochs=8, keep="best_accuracy", learning_rate=0.05)
    work = WorkPaths(tmp_path / "a")
    fitted = fit(run, build, reader, layout="bins_frames_channel", work=work, model_cache=models)
    accuracies = [entry["val_accuracy"] for entry in fitted.state.history]
    kept = kept_epoch(run.experiment.training, fitted.state)
    assert kept == 1 + accuracies.index(max(accuracies))
    decided = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel").argmax(axis=1)
    assert (decided == reader.labels[run.fold.valid]).mean() == pytest.approx(max(accuracies), abs=1e-6)
    for keep, epoch in (("last", 8), ("best", fitted.state.best_epoch)):
        assert kept_epoch(run.experiment.training.replace(keep=keep), fitted.state) == epoch


def test_macro_f1_of_every_epoch_is_that_of_the_validation_windows(plain, tiny_arrays, tmp_path):
    fitted, _, _ = plain
    run, reader = make_run(tiny_arrays, tmp_path)
    decided = predict(fitted, reader, run.fold.valid, batch_size=16, layout="bins_frames_channel").argmax(axis=1)
    best = fitted.state.history[fitted.state.best_epoch - 1]
    theirs = f1_score(reader.labels[run.fold.valid], decided, average="macro", zero_division=0)
    assert best["val_f1_macro"] == pytest.approx(theirs, abs=1e-6)


def test_logs_of_every_epoch(plain):
    fitted, _, folder = plain
    lines = (folder / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,f1_macro,val_loss,val_accuracy,val_f1_macro,learning_rate,seconds"
    assert len(lines) == 1 + len(fitted.state.history) == 5
    assert curves(folder)["loss"] == [
        (entry["epoch"], entry["loss"]) for entry in map(in_float32, fitted.state.history)
    ]
    values = {"loss", "accuracy", "f1_macro", "val_loss", "val_accuracy", "val_f1_macro", "learning_rate"}
    assert set(curves(folder)) == values


def test_each_epoch_is_formatted_once_for_the_history(tmp_path, monkeypatch):
    """Formatting all epochs again after each would take longer and longer in a training of thousands of them."""
    formatted = []

    class Counted(csv.DictWriter):
        def _dict_to_list(self, row):
            formatted.append(row["epoch"])
            return super()._dict_to_list(row)

    monkeypatch.setattr(training_module.csv, "DictWriter", Counted)
    # The first epochs are of an earlier version, which kept fewer values.
    state = LoopState("run", circumstances=None, history=[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}])
    work = WorkPaths(tmp_path)
    with closing(training_module._Logs(work, state)) as logs:
        for epoch in (3, 4, 5):
            state.history.append({"epoch": epoch, "loss": 0.25, "f1_macro": 0.75})
            logs.write()
    assert formatted == ["epoch", 1, 2, 3, 4, 5]
    assert work.history.read_text() == "epoch,loss,f1_macro\n1,0.5,\n2,0.4,\n3,0.25,0.75\n4,0.25,0.75\n5,0.25,0.75\n"


def in_float32(entry: dict[str, float]) -> dict[str, float]:
    """Values as TensorBoard keeps them."""
    return {name: int(value) if name == "epoch" else float(np.float32(value)) for name, value in entry.items()}


def test_curves_are_on_disk_after_each_epoch_and_a_continued_fit_has_each_epoch_once(tiny_arrays, tmp_path, models):
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, callback=Interrupt(2), model_cache=models)
    (killed,) = (tmp_path / "cut" / "tensorboard").iterdir()
    assert [epoch for epoch, _ in curves(tmp_path / "cut")["loss"]] == [1, 2]
    # The end of the file is missing, as after a power cut.
    killed.write_bytes(killed.read_bytes()[:-5])
    resumed, _ = trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, model_cache=models)
    losses = [(entry["epoch"], entry["val_loss"]) for entry in map(in_float32, resumed.state.history)]
    assert curves(tmp_path / "cut")["val_loss"] == losses
    assert [epoch for epoch, _ in losses] == [1, 2, 3, 4]


def test_curves_are_flushed_before_the_next_epoch_begins(tiny_arrays, tmp_path, models):
    seen = []

    class Watch(FitCallback):
        def on_epoch_end(self, entry):
            seen.append([epoch for epoch, _ in curves(tmp_path / "run")["loss"]])

    trained_weights(tmp_path / "run", tiny_arrays, tmp_path, callback=Watch(), model_cache=models)
    assert seen == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]


def test_each_epoch_begins_with_its_own_draws_and_the_checkpoint_names_the_backend(
    tiny_arrays, tmp_path, models, monkeypatch
):
    begun = []
    monkeypatch.setattr(training_module, "begin_epoch", lambda *place: begun.append(place))
    fitted, _ = trained_weights(tmp_path / "a", tiny_arrays, tmp_path, model_cache=models, seed=5, epochs=3)
    assert begun == [(5, 0), (5, 1), (5, 2)]
    here = Circumstances.here(fitted.state.circumstances.asked, {})
    assert fitted.state.circumstances == here
    assert fitted.state.machines == [computing_machine()]
    assert here.backend == "tensorflow"
    state, _ = restore_checkpoint(WorkPaths(tmp_path / "a").checkpoint, fitted.model, fitted.state.run_id, here)
    assert state.circumstances == here


def test_a_loss_that_is_not_finite_fails_the_run(tiny_arrays, tmp_path, models):
    with pytest.raises(RunError, match="not finite in epoch 1"):
        trained_weights(tmp_path / "a", tiny_arrays, tmp_path, model_cache=models, learning_rate=1e30)


def test_a_memory_limit_that_is_too_small_is_refused(tiny_arrays, tmp_path, models):
    run, reader = make_run(tiny_arrays, tmp_path)
    with pytest.raises(BudgetError, match="Raise --memory-limit"):
        fit(
            run,
            build,
            reader,
            layout="bins_frames_channel",
            work=WorkPaths(tmp_path / "a"),
            model_cache=models,
            memory_limit=MemoryLimit(100 << 20),
        )
    with pytest.raises(BudgetError, match="Raise the limit"):
        MemoryLimit(100 << 20).require("training")


@pytest.fixture
def uneven_run(tiny_arrays, tmp_path):
    """A run whose validation and test clips are brighter and wider in range than those for training."""
    with np.load(tiny_arrays) as file:
        values = dict(file)
    others = np.arange(len(values["X"])) % 10 >= 6
    values["X"] = np.where(others[:, None, None], 20 + values["X"] % 236, values["X"] // 2).astype(np.uint8)
    np.savez(tmp_path / "uneven.npz", **values)
    return make_run(tmp_path / "uneven.npz", tmp_path, epochs=1, standardise=True)


def decoded(reader, positions) -> np.ndarray:
    """Windows at these positions as float32 (windows, frames, bins)."""
    return reader.index.feature.storage.decode(reader.read(np.sort(positions)))


def test_only_training_windows_are_measured_for_the_standardisation(uneven_run, tmp_path, models):
    run, reader = uneven_run
    work = WorkPaths(tmp_path / "a")
    fitted = fit(run, build, reader, layout="bins_frames_channel", work=work, model_cache=models)
    measured = {
        name: (decoded(reader, positions).mean(dtype=np.float64), decoded(reader, positions).std(dtype=np.float64))
        for name, positions in (
            ("train", run.fold.train),
            ("valid", run.fold.valid),
            ("test", run.fold.test),
            ("all", np.arange(len(reader.windows))),
        )
    }
    (found,) = fitted.standardisation
    assert (found.mean, found.deviation) == pytest.approx(measured.pop("train"), rel=1e-9)
    for mean, deviation in measured.values():
        assert abs(found.mean - mean) > 0.02
        assert abs(found.deviation - deviation) > 0.005


def test_predictions_are_of_windows_standardised_as_in_training(uneven_run, tmp_path, models):
    run, reader = uneven_run
    arguments = {"batch_size": 16, "layout": "bins_frames_channel"}
    work = WorkPaths(tmp_path / "a")
    fitted = fit(run, build, reader, layout="bins_frames_channel", work=work, model_cache=models)
    (scaling,) = fitted.standardisation
    windows = decoded(reader, run.fold.test).transpose(0, 2, 1)[..., None]
    by_hand = probabilities_of(fitted.model.predict((windows - scaling.mean) / scaling.deviation, verbose=0))
    found = predict(fitted, reader, run.fold.test, **arguments)
    np.testing.assert_allclose(found, by_hand, atol=1e-5)
    assert np.abs(found - probabilities_of(fitted.model.predict(windows, verbose=0))).max() > 0.01
    # The loss of the validation windows, too, is of windows standardised so.
    valid = decoded(reader, run.fold.valid).transpose(0, 2, 1)[..., None]
    probabilities = probabilities_of(fitted.model.predict((valid - scaling.mean) / scaling.deviation, verbose=0))
    loss = -np.log(np.asarray(probabilities)[np.arange(len(valid)), reader.labels[run.fold.valid]]).mean()
    assert fitted.state.history[0]["val_loss"] == pytest.approx(loss, rel=1e-4)


def test_windows_are_left_as_stored_where_a_row_does_not_standardise(plain):
    fitted, _, _ = plain
    assert fitted.standardisation == (AS_STORED,)


def test_run_ids_name_everything_that_decides_a_result(tiny_arrays, tmp_path):
    run, _ = make_run(tiny_arrays, tmp_path)
    others = [
        dataclasses.replace(run, seed=1),
        dataclasses.replace(run, data_digest="other"),
        dataclasses.replace(run, fold=dataclasses.replace(run.fold, split_digest="other")),
        dataclasses.replace(run, fold=dataclasses.replace(run.fold, number=1)),
        make_run(tiny_arrays, tmp_path, epochs=5)[0],
    ]
    assert len({run.id, *(other.id for other in others)}) == 6
    assert make_run(tiny_arrays, tmp_path)[0].id == run.id


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-100], "was changed or cut off"),
        (lambda content: content[:3000] + bytes([content[3000] ^ 1]) + content[3001:], "was changed: its bytes have"),
        (lambda content: b"", "holds no weights of this network"),
    ],
)
def test_damaged_weights_of_the_round_before_fail_the_run_in_one_line(
    plain, tiny_arrays, tmp_path, models, damage, said
):
    file = tmp_path / "best.weights.h5"
    file.write_bytes(damage(WorkPaths(plain[2]).best_weights.read_bytes()))
    run, reader = make_run(tiny_arrays, tmp_path)
    with pytest.raises(RunError, match=rf"best\.weights\.h5: .*{said}.* Give --fresh to train all rounds again\.$"):
        fit(
            run,
            build,
            reader,
            layout="bins_frames_channel",
            work=WorkPaths(tmp_path / "run"),
            start_from=StartWeights(file),
            model_cache=models,
        )
