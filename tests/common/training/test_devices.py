"""Several devices train what one device trains. Virtual devices have to be asked for before TensorFlow computes, so the
checks run in a process of their own, all in one, and each is reported as a test."""

import dataclasses
import json
import subprocess
import sys
import traceback
from pathlib import Path

import keras
import numpy as np
import pytest

import reproductions
from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import SpecError
from common.records.environment import describe_machine
from common.records.paths import WorkPaths
from common.records.record import read_records
from common.runs.tsne import _up_to
from common.training.devices import ONE_DEVICE, find_devices
from common.training.fit import FittedModel, fit, predict
from common.training.model_cache import CompiledModelCache
from reproductions.se_cnn.paper import PAPER
from tests.helpers.fitting import MASKED, Interrupt, build, make_run

SCRIPT = Path(reproductions.__file__).parent / "se_cnn" / "run.py"
LAYOUT = "bins_frames_channel"


def plain(shape, classes):
    """A network without dropout, but with statistics of batches."""
    inputs = keras.Input(shape)
    # A bias in front of a normalisation has no gradient except rounding errors, which Adam would amplify.
    x = keras.layers.Conv2D(6, 3, use_bias=False, name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.AveragePooling2D((4, 8))(keras.layers.Activation("relu")(x))
    x = keras.layers.Dense(8, activation="relu", name="inner")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(classes, dtype="float32")(x))


class TwoDevices:
    """Runs on one device and on two, with a few of the tiny corpus' windows."""

    def __init__(self, npz: Path, folder: Path):
        self._npz, self.folder, self._fits = npz, folder, 0
        self.two = find_devices("cpu:2")
        # Shared by all fits: tracing a training step takes longer than all of these trainings.
        self.model_cache = CompiledModelCache(self.two)

    def run(self, *, train: int, valid: int, test: int = 9, **training):
        run, reader = make_run(self._npz, self.folder, **({"batch_windows": 8, "learning_rate": 1e-3} | training))
        shuffle = np.random.default_rng(1).permutation
        few = {name: shuffle(getattr(run.fold, name)) for name in ("train", "valid", "test")}
        sizes = {"train": train, "valid": valid, "test": test}
        fold = dataclasses.replace(run.fold, **{name: few[name][: sizes[name]] for name in few})
        return dataclasses.replace(run, fold=fold), reader

    def fit(self, model_cache, net=plain, folder=None, callback=None, **sizes) -> tuple[FittedModel, Path]:
        self._fits += 1
        folder = folder or self.folder / f"fit{self._fits}"
        run, reader = self.run(**sizes)
        return fit(
            run, net, reader, layout=LAYOUT, work=WorkPaths(folder), model_cache=model_cache, callback=callback
        ), folder

    def predict(self, fitted: FittedModel, **sizes) -> np.ndarray:
        run, reader = self.run(**sizes)
        return predict(fitted, reader, run.fold.test, batch_size=8, layout=LAYOUT)

    def require_copies(self, fitted: FittedModel) -> None:
        """Both devices took part, and hold the same weights."""
        assert fitted.model.distribute_strategy is self.two.strategy
        for weight in fitted.model.trainable_variables:
            first, second = self.two.strategy.experimental_local_results(weight.value)
            assert (first.device[-1], second.device[-1]) == ("0", "1")
            np.testing.assert_array_equal(first.numpy(), second.numpy())

    def require_equal(self, **sizes) -> list[tuple[FittedModel, Path]]:
        """Train on one device and on two; histories, weights and predictions have to agree."""
        fits = [self.fit(model_cache, **sizes) for model_cache in (CompiledModelCache(), self.model_cache)]
        (one, _), (two, _) = fits
        self.require_copies(two)
        for expected, found in zip(one.state.history, two.state.history, strict=True):
            for name in set(expected) - {"seconds"}:
                assert abs(expected[name] - found[name]) < 1e-5, (name, expected[name], found[name])
        for weight, expected, found in zip(
            one.model.weights, one.model.get_weights(), two.model.get_weights(), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=weight.path)
        np.testing.assert_allclose(self.predict(two, **sizes), self.predict(one, **sizes), atol=1e-5)
        return fits


def check_an_epoch_with_a_ragged_batch_and_a_penalty(devices: TwoDevices):
    """Parts of 3 and 2 windows in the last batch; of 1 and none in validation and test."""
    sizes = {"train": 37, "valid": 17, "epochs": 1, "l2": 0.01, "l2_variables": "all"}
    (one, _), (two, folder) = devices.require_equal(**sizes)
    # The file holds the weights of the network, without the strategy.
    fresh = plain((32, 39, 1), 4)
    fresh.load_weights(WorkPaths(folder).best_weights)
    for expected, found in zip(two.model.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    inner = [dataclasses.replace(each, model=_up_to(each.model, "inner")) for each in (one, two)]
    np.testing.assert_allclose(*(devices.predict(each, **sizes) for each in inner), atol=1e-5)


def check_accumulated_updates_with_a_flushed_tail(devices: TwoDevices):
    """Five batches an epoch, two to an update; the last batch is one window, so one device gets none."""
    devices.require_equal(
        train=33, valid=8, epochs=2, accumulate_batches=2, accumulate_left_over="flush", l2=0.01, l2_form="decoupled",
        class_weights="inverse_frequency", watch="cross_entropy",
    )  # fmt: skip


def check_carried_sums_of_accumulated_batches(devices: TwoDevices):
    """Three batches to an update do not divide five: sums wait for the next epoch, also when the fit is resumed."""
    sizes = {"train": 37, "valid": 8, "epochs": 2, "accumulate_batches": 3, "accumulate_reduce": "sum"}
    _, (whole, _) = devices.require_equal(**sizes)
    expected = bits(whole)
    cut = devices.folder / "cut_accumulated"
    with pytest.raises(KeyboardInterrupt):
        devices.fit(devices.model_cache, folder=cut, callback=Interrupt(1), **sizes)
    resumed, _ = devices.fit(devices.model_cache, folder=cut, **sizes)
    assert bits(resumed) == expected


def check_a_cut_run_and_a_used_model_cache_give_the_same_bits(devices: TwoDevices):
    """With dropout and masks, whose seeds have to survive."""
    sizes = {"train": 37, "valid": 8, **MASKED, "epochs": 3}
    whole, _ = devices.fit(devices.model_cache, build, **sizes)
    expected = bits(whole)
    again, _ = devices.fit(devices.model_cache, build, **sizes)
    assert again.model is whole.model
    assert bits(again) == expected
    cut = devices.folder / "cut"
    with pytest.raises(KeyboardInterrupt):
        devices.fit(devices.model_cache, build, folder=cut, callback=Interrupt(2), **sizes)
    resumed, _ = devices.fit(CompiledModelCache(devices.two), build, folder=cut, **sizes)
    assert bits(resumed) == expected


def check_each_device_draws_its_own_masks(devices: TwoDevices):
    import tensorflow as tf

    with devices.two.scope():
        inputs = keras.Input((64,))
        network = devices.two.shared(keras.Model(inputs, keras.layers.Dropout(0.5)(inputs)))
    strategy = devices.two.strategy

    @tf.function
    def draw():
        return strategy.run(lambda: network(keras.ops.ones((3, 64)), training=True))

    def masks() -> list[np.ndarray]:
        return [np.asarray(each) > 0 for each in strategy.experimental_local_results(draw())]

    first, second = masks(), masks()
    drawn = [mask.tobytes() for mask in (*first, *second)]
    assert len(set(drawn)) == 4
    assert all(0.3 < mask.mean() < 0.7 for mask in (*first, *second))


def check_bfloat16(devices: TwoDevices):
    fitted, _ = devices.fit(CompiledModelCache(devices.two), train=12, valid=8, epochs=1, precision="mixed_bfloat16")
    single, _ = devices.fit(CompiledModelCache(), train=12, valid=8, epochs=1, precision="mixed_bfloat16")
    for name in ("loss", "val_loss"):
        assert fitted.state.history[0][name] == pytest.approx(single.state.history[0][name], rel=1e-2)


def check_other_devices_of_the_same_process_are_refused(devices: TwoDevices):
    assert find_devices("cpu:2") is devices.two
    with pytest.raises(SpecError, match=r"cpu:3: TensorFlow has already set up 2 CPU devices"):
        find_devices("cpu:3")


def check_records_name_the_devices(devices: TwoDevices):
    assert devices.two.facts == {"devices": 2, "kind_of_devices": "virtual CPU"}
    assert "devices" not in describe_machine(ONE_DEVICE.facts)


def bits(fitted: FittedModel) -> bytes:
    return b"".join(weight.tobytes() for weight in fitted.model.get_weights())


CHECKS = {name: value for name, value in sorted(globals().items()) if name.startswith("check_")}
# They trace training steps of their own, which takes most of a minute.
SLOW = (
    "check_a_cut_run_and_a_used_model_cache_give_the_same_bits",
    "check_bfloat16",
    "check_carried_sums_of_accumulated_batches",
)
QUICK = tuple(name for name in CHECKS if name not in SLOW)


def run_checks(npz: str, folder: str, results: str, *names: str) -> None:
    """What the process with two devices does: these checks, and the reasons of those that failed."""
    devices = TwoDevices(Path(npz), Path(folder))
    failed = {}
    for name in names:
        try:
            CHECKS[name](devices)
        except Exception:  # whatever a check raises is its result, and fails its own test in the process that asked
            failed[name] = traceback.format_exc()
    Path(results).write_text(json.dumps(failed), encoding="utf-8")


def failures_of(names: tuple[str, ...], tiny_arrays: Path, folder: Path) -> dict[str, str]:
    results = folder / "failed.json"
    code = "import sys; from tests.common.training.test_devices import run_checks; run_checks(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(tiny_arrays), str(folder), str(results), *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    for words in ("Reduce to", "MirroredStrategy", "NCCL", "nccl"):
        assert words not in ended.stderr
    return json.loads(results.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def failures(tiny_arrays, tmp_path_factory) -> dict[str, str]:
    return failures_of(QUICK, tiny_arrays, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def slow_failures(tiny_arrays, tmp_path_factory) -> dict[str, str]:
    return failures_of(SLOW, tiny_arrays, tmp_path_factory.mktemp("two"))


@pytest.mark.slow
@pytest.mark.parametrize("check", QUICK)
def test_two_devices_train_like_one(failures, check):
    assert check not in failures, failures[check]


@pytest.mark.slow
@pytest.mark.parametrize("check", SLOW)
def test_two_devices_in_longer_fits(slow_failures, check):
    assert check not in slow_failures, slow_failures[check]


@pytest.mark.parametrize("asked", ["0", "-1", "gpu", "cpu", "cpu:0", "2.5", "cpu:-2", ""])
def test_an_invalid_number_of_devices_is_refused(asked, capsys):
    assert run_app(make_app(PAPER), ["--devices", asked]) == 2
    stderr = capsys.readouterr().err
    assert f"--devices {asked}: not a number of devices" in stderr
    assert "Traceback" not in stderr


def test_more_gpus_than_the_machine_has_are_refused(capsys):
    assert run_app(make_app(PAPER), ["--devices", "64"]) == 2
    stderr = " ".join(capsys.readouterr().err.split())
    assert "asks for 64 GPUs, and TensorFlow finds" in stderr
    assert "--devices cpu:64" in stderr


def test_one_device_is_not_wrapped():
    assert find_devices(None).strategy is None
    assert find_devices(None).scope().__enter__() is None
    network = build((32, 39, 1), 4)
    assert find_devices(None).shared(network) is network


@pytest.mark.slow
def test_a_command_on_two_devices(tmp_path):
    places = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    row = ["--table", "5.1", "--row", "1,2,3,4,5", "--epochs", "1"]
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), *row, "--devices", "cpu:2", *places],
        capture_output=True, text=True, timeout=600, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "yours (%)," in ended.stdout
    for words in ("tensorflow", "Warning", "WARNING"):
        assert words not in ended.stderr
    (record,) = read_records(tmp_path / "out" / "se_cnn" / "demo" / "runs")
    assert record.machine["devices"] == 2
    assert record.machine["kind_of_devices"] == "virtual CPU"
