"""Everything that can change a result is in the run's id, or in its record and compared, or is shown not to matter.

A new option fails here until it is put into the list: common/records/README.md has the same list in words.
"""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest

from common.cli.run import RunOptions
from common.cli.screen import ScreenOptions
from common.records import environment
from common.records.paths import ResultPaths
from common.records.record import read_record
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.reuse import other_circumstances
from common.runs.runner import execute
from common.training.devices import Devices
from common.training.memory import parse_memory_limit
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_runs import options_of_row
from tests.helpers.untrained_records import untrained_record

# Option -> another value of it, which makes other runs. Those of audio (tests/common/runs/test_data.py) and of trained
# weights have tests of their own.
IN_THE_ID = {
    "dataset": None,
    "data": "other clips",
    "seconds_per_column": 0.1,
    "genre_names": "d,c,b,a",
    "labels": None,
    "artist_level": None,
    "clip_seconds": None,
    "decoder": None,
    "skip_bad": "other clips",
    "scale": "smoke",
    "features": None,
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 0.01,
    "patience": "3",
    "seeds": 2,
    "only_seed": 1,
    "split": "kfold",
    "genres": ("ambient,dub",),
    "unit": "segment",
    "precision": "mixed_bfloat16",
    "changes": ("training.batch_windows=16",),
    "weights": None,
    "weights_dir": None,
    "allow_incomplete": "too few clips",
    "carry_weights": None,
}
IN_THE_RECORD = ("devices",)
# Option -> another value of it, with which the same run has the same result.
WITHOUT_EFFECT = {
    "cache": "another folder",
    "out": "another folder",
    "tables": ("5.1", "5.2"),
    "rows": ("5", "16"),
    "memory_limit": parse_memory_limit("100GB"),
    "keep_weights": "none",
    "fresh": True,
}
# What these do to results: nothing, or they choose who carries out the same runs (tests/common/execution).
OF_THE_COMMAND = (
    *("jobs", "cluster", "cluster_ca", "cluster_cert", "cluster_key"),
    *("audit", "from_records", "legacy_metric", "list", "sources", "figures", "all"),
)
ON_SCREEN = ("json", "quiet", "verbose", "wide")
# Fields that differ between two measurements of the same run.
VARYING = ("wall_seconds", "peak_resident_bytes", "finished_at", "history", "setting")


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return functools.partial(options_of_row, tiny_arrays, tmp_path)


def ids(chosen: Options) -> set[str]:
    return {planned.run.id for planned in plan(PAPER, chosen).runs}


def test_every_option_is_in_the_list():
    fields = [field.name for kind in (Options, RunOptions, ScreenOptions) for field in dataclasses.fields(kind)]
    listed = [*IN_THE_ID, *IN_THE_RECORD, *WITHOUT_EFFECT, *OF_THE_COMMAND, *ON_SCREEN]
    assert sorted(fields) == sorted(listed)


def with_other_clips(arrays: Path, folder: Path, **changes) -> Path:
    with np.load(arrays) as file:
        values = dict(file)
    values["X"][3] = 0
    np.savez(folder / "others.npz", **values | changes)
    return folder / "others.npz"


def few_clips(arrays: Path, folder: Path) -> Path:
    """Two clips of each genre, too few for a split of every genre in proportion."""
    with np.load(arrays) as file:
        values = {name: file[name][[0, 1, 10, 11, 20, 21, 30, 31]] for name in file}
    np.savez(folder / "few.npz", **values)
    return folder / "few.npz"


def numbered(arrays: Path, folder: Path) -> Path:
    """The same clips, with labels instead of genres."""
    with np.load(arrays) as file:
        values = dict(file)
    labels = {"genre": np.unique(values["genre"], return_inverse=True)[1]}
    np.savez(folder / "numbered.npz", **values | labels)
    return folder / "numbered.npz"


@pytest.mark.parametrize("option", [name for name, value in IN_THE_ID.items() if value is not None])
def test_an_option_in_the_id_makes_other_runs(options, tiny_arrays, tmp_path, option):
    changes = {option: IN_THE_ID[option]}
    if option == "only_seed":
        changes["seeds"] = None
    if option in ("data", "skip_bad"):
        changes = {"data": with_other_clips(tiny_arrays, tmp_path), "skip_bad": True}
    if option == "allow_incomplete":
        few = few_clips(tiny_arrays, tmp_path)
        work = plan(PAPER, options(data=few, allow_incomplete=True))
        assert not work.setting.stratified
        assert not work.runs[0].run.experiment.protocol.stratified
        return
    usual = {}
    if option == "genre_names":
        changes["data"] = numbered(tiny_arrays, tmp_path)
        usual = changes | {"genre_names": "a,b,c,d"}
    plain, changed = ids(options(**usual)), ids(options(**changes))
    assert changed - plain
    if option != "seeds":
        assert not changed & plain


def measured(chosen: Options) -> dict:
    work = plan(PAPER, chosen)
    execute(work, chosen)
    run = min(work.runs, key=lambda planned: planned.labels != ("table 5.1, se-5",)).run.id
    record = read_record(ResultPaths.of(chosen.out, "se_cnn", "arrays").record(run)).as_json()
    losses = [(entry["loss"], entry["val_loss"]) for entry in record["history"]]
    return {name: value for name, value in record.items() if name not in VARYING} | {"losses": losses}


@pytest.mark.slow
def test_options_without_effect_leave_every_digit_as_it_is(options, tmp_path):
    plain = measured(options())
    folders = {name: tmp_path / "elsewhere" / name for name in ("cache", "out")}
    others = {name: value for name, value in WITHOUT_EFFECT.items() if name not in (*folders, "tables", "rows")}
    assert measured(options(**folders, **others)) == plain
    # Among other rows, in another order.
    more = {"rows": ("0", "5"), "out": tmp_path / "more"}
    assert measured(options(**more)) == plain


def test_devices_are_recorded_and_compared(options):
    work = plan(PAPER, options())
    record = untrained_record(work, work.runs[0])
    two = Devices(2, "virtual CPU", object()).facts
    shared = record.replace(machine=record.machine | two)
    assert other_circumstances("se_cnn", shared, {}) == [
        "devices 2 instead of one device",
        "kind of devices virtual CPU instead of one device",
    ]


@pytest.mark.parametrize("variable", environment._VARIABLES)
def test_variables_of_the_environment_are_recorded(monkeypatch, variable):
    monkeypatch.delenv(variable, raising=False)
    assert variable not in environment.environment_settings()
    monkeypatch.setenv(variable, "1")
    assert environment.environment_settings()[variable] == "1"


def test_variables_of_every_backend_are_among_them():
    assert set(environment._VARIABLES) >= {
        "CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
        "TF_XLA_FLAGS", "XLA_FLAGS", "JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION", "JAX_PLATFORMS",
        "KERAS_TORCH_DEVICE",
    }  # fmt: skip


def test_values_of_keras_own_configuration_are_recorded(monkeypatch):
    assert not any(name.startswith("keras.") for name in environment.environment_settings())
    monkeypatch.setattr(environment.keras.config, "epsilon", lambda: 1e-5)
    assert environment.environment_settings()["keras.epsilon"] == "1e-05"


def test_packages_that_compute_results_are_recorded():
    assert environment.package_versions().keys() >= {
        "python", "keras", "tensorflow", "numpy", "scipy", "scikit-learn", "soundfile", "soxr", "librosa",
    }  # fmt: skip
