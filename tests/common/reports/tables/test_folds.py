"""Rotating partitions from the command line: rounds, carried weights, `--set`, and models used again."""

import dataclasses
import json
import re

import keras
import numpy as np
import pytest
from rich.console import Console

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import SpecError
from common.core.tf_logging import quiet_start
from common.paper.experiment import Experiment
from common.paper.overrides import Setting, parse_change, read_changes
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.records.paths import file_stem
from common.reports.formats import cells, show_table
from common.runs import runner
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.runner import execute
from common.training.fit import WEIGHTS_NAME
from common.training.model_cache import CompiledModelCache
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec
from reproductions.se_cnn.paper import PAPER
from tests.helpers.fitting import TinyNet

with quiet_start():
    from reproductions.se_cnn.paper import PAPER
ROW = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "1")


@pytest.fixture
def places(tiny_arrays, tmp_path):
    return [
        *("--dataset", "arrays", "--data", str(tiny_arrays)),
        *("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")),
    ]


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return lambda **changes: Options(
        **{
            "dataset": "arrays",
            "data": tiny_arrays,
            "cache": tmp_path / "cache",
            "out": tmp_path / "out",
            "tables": ("5.1",),
            "rows": ("5",),
            "seeds": 1,
            "epochs": 1,
        }
        | changes
    )


def written(tmp_path, name: str) -> dict:
    return json.loads((tmp_path / "out" / "se_cnn" / "arrays" / f"{name}.json").read_text())


def test_rounds_with_fresh_and_with_carried_weights(places, tmp_path, capsys):
    app = make_app(PAPER)
    assert run_app(app, [*places, *ROW, "--split", "rotating"]) == 0
    table = written(tmp_path, "table_5.1_rotating")
    measured = next(row["measured"] for row in table["rows"] if row["label"] == "5")
    by_round = written(tmp_path, "table_5.1_rounds_rotating")
    single = [row for row in by_round["rows"] if "round" in row]
    assert [row["round"] for row in single] == [1, 2, 3, 4, 5, 6]
    assert {row["test_clips_met_before"] for row in single} == {0}
    values = [row["measured"]["clip_accuracy_mean_softmax"] for row in single]
    assert measured["clip_accuracy_mean_softmax"]["mean"] == pytest.approx(np.mean(values), abs=0.01)
    assert measured["clip_accuracy_mean_softmax"]["sd"] == pytest.approx(np.std(values, ddof=1), abs=0.01)
    assert measured["accuracy"]["runs"] == 6
    assert measured["accuracy"]["clips"] == 40
    mean, spread = by_round["rows"][6:8]
    assert (mean["label"], spread["label"]) == ("5: mean", "5: standard deviation")
    assert mean["measured"]["clip_accuracy_mean_softmax"] == pytest.approx(np.mean(values), abs=0.01)
    assert not any("CONTAMINATED" in warning for warning in table["warnings"])
    header, rows = cells(by_round)
    assert header[1] == "Round"
    assert len(rows) == 8
    assert (tmp_path / "out" / "se_cnn" / "arrays" / "figures" / "table_5.1_rounds_rotating.png").exists()
    assert "round by round" in capsys.readouterr().out

    assert run_app(app, [*places, *ROW, "--split", "rotating", "--carry-weights"]) == 0
    name = "table_5.1_rotating_carry_weights_true"
    (warning,) = [text for text in written(tmp_path, name)["warnings"] if "CONTAMINATED" in text]
    assert "from round 5 on" in warning
    carried = [
        row for row in written(tmp_path, "table_5.1_rounds_rotating_carry_weights_true")["rows"] if "round" in row
    ]
    met = [row["test_clips_met_before"] for row in carried]
    assert met[:4] == [0, 0, 0, 0]
    assert min(met[4:]) > 0
    assert "weights carried from round to round" in written(tmp_path, name)["protocol"]
    # Both kinds stand side by side.
    assert written(tmp_path, "table_5.1_rotating") == table


def test_a_carried_round_starts_from_the_weights_of_the_round_before(options, tmp_path):
    # With a learning rate of next to nothing, a round ends with the weights that it started from.
    changes = ("protocol.carry_weights=true", "training.learning_rate=1e-12")
    chosen = options(split="rotating", changes=changes)
    work = plan(PAPER, chosen)
    ids = [planned.run.id for planned in work.runs]
    assert [planned.previous for planned in work.runs] == [None, *ids[:-1]]
    assert not execute(work, chosen).failed

    def weights(number: int) -> np.ndarray:
        model = PAPER.build(work.runs[0].run.experiment.model, (32, 39, 1), 4)
        model.load_weights(tmp_path / "out" / "se_cnn" / "arrays" / "work" / ids[number] / WEIGHTS_NAME)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    first = weights(0)
    marked = first + np.float32(0.5)
    model = PAPER.build(work.runs[0].run.experiment.model, (32, 39, 1), 4)
    ends = np.cumsum([weight.size for weight in model.get_weights()])[:-1]
    model.set_weights([a.reshape(b.shape) for a, b in zip(np.split(marked, ends), model.get_weights(), strict=True)])
    model.save_weights(tmp_path / "out" / "se_cnn" / "arrays" / "work" / ids[0] / WEIGHTS_NAME)
    runs = tmp_path / "out" / "se_cnn" / "arrays" / "runs"
    (runs / f"{ids[1]}.json").unlink()
    again = plan(PAPER, chosen)
    assert execute(again, chosen).trained == 1
    np.testing.assert_allclose(weights(1), marked, atol=1e-6)

    # Without them the round fails and says what to do; the others are kept.
    (tmp_path / "out" / "se_cnn" / "arrays" / "work" / ids[2] / WEIGHTS_NAME).unlink()
    (runs / f"{ids[3]}.json").unlink()
    (failure,) = execute(plan(PAPER, chosen), chosen).failed
    assert "the weights of the round before are missing" in failure
    assert "--fresh" in failure
    assert len(list(runs.glob("*.json"))) == 5


def test_fresh_rounds_start_from_nothing(options):
    assert {planned.previous for planned in plan(PAPER, options(split="rotating")).runs} == {None}


def test_set_reaches_the_experiment_the_caption_and_the_file_name(places, tmp_path):
    code = run_app(
        make_app(PAPER),
        [*places, *ROW, "--set", "training.l2=0.01", "--set", 'training.l2_form="mean"', "--set", "model.dropout=0.5"],
    )
    assert code == 0
    table = written(tmp_path, "table_5.1_dropout_0.5_l2_0.01_l2_form_mean")
    caption = " ".join(table["caption"])
    assert 'CHANGED by the command: model.dropout=0.5, training.l2=0.01, training.l2_form="mean"' in caption
    assert "L2 mean with lambda 0.01 on layers .*" in caption
    record = next((tmp_path / "out" / "se_cnn" / "arrays" / "runs").glob("*.json"))
    experiment = json.loads(record.read_text())["experiment"]
    assert experiment["model"]["dropout"] == 0.5
    assert experiment["training"]["l2_form"] == "mean"


def test_setting_a_value_to_what_it_is_changes_nothing(options):
    plain = plan(PAPER, options())
    same = plan(PAPER, options(changes=("training.batch_windows=32", "model.dropout=0.25")))
    assert same.setting == plain.setting
    assert [planned.run.id for planned in same.runs] == [planned.run.id for planned in plain.runs]
    assert plan(PAPER, options(changes=("training.batch_windows=16",))).setting != plain.setting


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("training.batch_windows",), "expected PATH=VALUE"),
        (("=3",), "expected PATH=VALUE"),
        (("training.epochs=3",), "a flag of its own, --epochs"),
        (("training.l2=1", "training.l2=2"), "given twice"),
        (("training.l2=Infinity",), "expected a finite value"),
        (("training.l2=1e999",), "expected a finite value"),
    ],
)
def test_changes_that_cannot_be_read(changes, words):
    with pytest.raises(SpecError, match=words):
        read_changes(changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("training.momentum=3", r"training.momentum: no such value of se_cnn; its values are: model.widths"),
        ("paper=x", "paper: no such value"),
        ("training.l2=-1", "greater than or equal to 0"),
        ("protocol.carry_weights=true", "--carry-weights: goes with --split rotating, received --split holdout"),
        ("protocol.equal_partitions=true", "equal_partitions goes with the rotating split"),
        ("model.widths=3", "widths"),
    ],
)
def test_changes_that_do_not_fit_end_with_2(places, capsys, change, words):
    assert run_app(make_app(PAPER), [*places, *ROW, "--set", change]) == 2
    assert re.search(words, capsys.readouterr().err)


def test_the_spelling_of_a_change_does_not_matter(options):
    assert parse_change("training.l2_form=mean") == parse_change('training.l2_form="mean"')
    spellings = [
        ("training.l2=0.10", "training.batch_windows=16", "training.l2_form=mean"),
        ('training.l2_form="mean"', "training.batch_windows=16.0", "training.l2=1e-1"),
    ]
    one, other = (plan(PAPER, options(changes=changes)).setting for changes in spellings)
    assert one == other
    assert one.changes == ("training.batch_windows=16", "training.l2=0.1", 'training.l2_form="mean"')


def with_dropout(shape, classes):
    inputs = keras.Input(shape)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(inputs))
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax", dtype="float32")(x))


@pytest.mark.parametrize("accumulate", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_model_used_again_is_a_fresh_one_to_the_bit(accumulate):
    experiment = Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4, accumulate_batches=accumulate),
    )
    x = np.random.default_rng(0).normal(size=(20, 6, 1)).astype(np.float32)
    y = np.arange(20) % 3

    def train(bench: CompiledModelCache, seed: int, experiment=experiment) -> bytes:
        model = bench.model_for(experiment, with_dropout, (6, 1), 3, seed=seed)
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        return b"".join(np.ascontiguousarray(value.numpy()).tobytes() for value in model.variables)

    bench = CompiledModelCache()
    first = train(bench, 0)
    kept = bench._model
    assert (
        train(bench, 0, experiment.replace(protocol=Protocol(split="rotating")))
        == first
        == train(CompiledModelCache(), 0)
    )
    assert bench._model is kept
    assert train(bench, 1) == train(CompiledModelCache(), 1) != first
    assert bench._model is not kept
    assert train(bench, 0, experiment.with_values({"training.learning_rate": 0.1})) != first


def with_masks(probability: float, largest_share: float, masks: int = 1) -> Experiment:
    spectrogram = {"probability": probability, "largest_share": largest_share, "masks": masks}
    return Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4, augmentation={"spectrogram": spectrogram}),
    )


def test_a_model_used_again_takes_other_masks_to_the_bit():
    """The cells of a grid differ in numbers that a traced step reads; each trains as if it were the first."""
    x = np.random.default_rng(0).normal(size=(20, 6, 7, 1)).astype(np.float32)

    def train(bench: CompiledModelCache, experiment: Experiment) -> bytes:
        model = bench.model_for(experiment, with_dropout, (6, 7, 1), 3, seed=0)
        model.fit(x, np.arange(20) % 3, batch_size=4, shuffle=False, verbose=0)
        return b"".join(np.ascontiguousarray(value.numpy()).tobytes() for value in model.layers[-1].weights)

    bench = CompiledModelCache()
    first = train(bench, with_masks(1.0, 0.3))
    kept = bench._model
    for other in (with_masks(1.0, 0.9), with_masks(0.5, 0.3)):
        assert train(bench, other) == train(CompiledModelCache(), other) != first
        assert bench._model is kept
    assert train(bench, with_masks(1.0, 0.3)) == first
    train(bench, with_masks(1.0, 0.3, masks=2))
    assert bench._model is not kept


def test_rows_that_a_change_makes_equal_keep_their_own_records(options):
    """With one ratio for all, the rows of Table 5.2 are one network."""
    one_seed = {"tables": ("5.2",), "rows": (), "seeds": 1}
    work = plan(PAPER, options(**one_seed, changes=("model.ratio=8",)))
    assert len({planned.run.experiment.digest for planned in work.runs}) == 1
    assert len({planned.run.id for planned in work.runs}) == 3
    assert {planned.row_experiment for planned in work.runs} == {r.experiment.digest for r in PAPER.table("5.2").rows}
    # Nor does it take the place of the row that has this ratio without any change.
    plain = plan(PAPER, options(**one_seed))
    assert not {planned.run.id for planned in work.runs} & {planned.run.id for planned in plain.runs}


def test_a_long_change_makes_no_longer_file_name_than_a_file_system_takes():
    setting = Setting(
        **{"dataset": "gtzan", "data_digest": "d", "scale": "paper", "features": "paper", "split": "holdout"},
        unit="clip",
        changes=(f'training.l2_layers="{"|".join(f"conv{number}" for number in range(40))}"',),
    )
    stem = file_stem("table", "5.1", setting, PAPER)
    assert len(stem) < 100
    assert stem != file_stem("table", "5.1", setting.replace(changes=('training.l2_layers="x"',)), PAPER)


def test_a_regular_expression_in_a_caption_is_printed_as_it_is(capsys):
    table = {
        **{"paper": "p", "table": "1", "title": "[a-z]", "protocol": None, "metrics": ["size"], "rows": []},
        **{"caption": ["layers block[a-z]+[/b]"], "warnings": []},
    }
    show_table(table, Console(width=80))
    assert "block[a-z]+[/b]" in capsys.readouterr().out


def test_accumulation_that_never_updates_fails_the_run(options):
    chosen = options(changes=("training.accumulate_batches=1000",))
    for _ in range(2):  # the second time with all epochs in the checkpoint
        (failure,) = execute(plan(PAPER, chosen), chosen).failed
        assert "never made an update" in failure
        assert "training.accumulate_left_over=flush" in failure


@pytest.mark.slow
def test_fresh_forgets_a_whole_chain_at_once(options, tmp_path, monkeypatch):
    """Or a chain that is interrupted would go on with later rounds of the one before it."""
    chosen = options(split="rotating", changes=("protocol.carry_weights=true",))
    assert execute(plan(PAPER, chosen), chosen).trained == 6
    runs = tmp_path / "out" / "se_cnn" / "arrays" / "runs"
    assert len(list(runs.glob("*.json"))) == 6

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "train_and_evaluate", interrupt)
    fresh = dataclasses.replace(chosen, fresh=True)
    with pytest.raises(KeyboardInterrupt):
        execute(plan(PAPER, fresh), fresh)
    assert not list(runs.glob("*.json"))
