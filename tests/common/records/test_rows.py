"""Records that cannot be shown are named and not used, and never block the others."""

import json

import pytest

from common.core.files import with_digest
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.records.rows import row_record, usable_row_records
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import record
from tests.helpers.small_results import identified_record

ROW = TABLE_5_1.rows[-1].experiment


@pytest.fixture
def results(tmp_path):
    found = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    write_record(found, record())
    return found


def replaced(values: dict, path: str, value) -> dict:
    """The values with another one at a dotted path."""
    first, _, rest = path.partition(".")
    return values | {first: replaced(values[first], rest, value) if rest else value}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("experiment.model", "x", "an experiment without model"),
        ("experiment.model", None, "an experiment without model"),
        ("experiment.model", {"x": 1}, "does not fit its row"),
        ("experiment.copies", True, "does not fit its row"),
        ("experiment.windows.seconds", "long", "does not fit its row"),
        ("experiment.a_value_that_is_gone", 1, "does not fit its row"),
        ("setting.changes", ["no value"], "does not fit its row"),
        ("setting.changes", ["model.gone=1"], "does not fit its row"),
        ("row_experiment", "gone", "is of a row that se_cnn no longer has"),
        ("paper", "nnet", "is of nnet on gtzan, expected se_cnn on gtzan"),
        ("setting.dataset", "arrays", "is of se_cnn on arrays, expected se_cnn on gtzan"),
        ("data.genres", ["a"], "expected a label below 1, 1 votes and 1 mean softmax values"),
        ("clips", [], "test clips are expected"),
        ("history", [], "best_epoch 1: the history has 0 epochs"),
        ("history", [{"epoch": 1}], "an epoch lacks accuracy, loss, val_accuracy, val_loss"),
        ("history", [record().history[0] | {"epoch": 2}], "epoch 2 is in place 1 of the history"),
        ("parts", {}, "expected train, valid and test"),
        ("fold", 1, "fold 1: expected 0 to 0"),
        ("input_mean", float("nan"), "NaN is not a finite number"),
        ("input_mean", float("inf"), "Infinity is not a finite number"),
        ("clips", None, "clips"),
    ],
)
def test_an_unusable_record_is_named_and_not_used(results, capsys, path, value, said):
    good = record(0)
    bad = replaced(record(1).as_json(), path, value)
    write_record(results, good)
    results.record(bad["run_id"]).write_text(json.dumps(bad if path == "input_mean" else with_digest(bad)))
    found = [one.record.run_id for one in usable_row_records(PAPER, results)]
    assert found == [good.run_id, record().run_id]
    warning = " ".join(capsys.readouterr().err.split())
    assert f"{bad['run_id']}.json" in warning.replace(" ", "")
    assert said in warning


def test_a_record_without_a_digest_has_the_run_id_and_the_experiment_digest_of_its_values(results, capsys):
    """Nothing else says that a seed, a fold or a value of the experiment was changed."""
    right = identified_record(0)
    path = results.record(right.run_id)
    path.write_text(json.dumps(right.as_json()))
    assert [one.record.run_id for one in usable_row_records(PAPER, results)] == [right.run_id, record().run_id]
    assert capsys.readouterr().err == ""
    for name, value, said in (
        ("seed", 5, "seed was edited: they make the run id"),
        ("folds", 2, ""),
        ("split_digest", "t", "split, fold or seed was edited"),
        ("setting.data_digest", "e", "its experiment, data"),
        ("setting.decoder", "tensorflow-io", "was edited"),
        ("experiment.training.l2", 0.5, "its experiment was edited"),
        ("experiment_digest", "0", "its experiment was edited"),
    ):
        path.write_text(json.dumps(replaced(right.as_json(), name, value)))
        assert len(usable_row_records(PAPER, results)) == (1 if said else 2)
        warning = " ".join(capsys.readouterr().err.split())
        assert said in warning
        assert (f"{right.run_id}.json: does not fit its row" in warning) == bool(said)


def test_a_clip_that_is_listed_twice_or_counted_wrongly_is_refused(results, capsys):
    values = record(0).as_json()
    twice = values | {"clips": [*values["clips"], values["clips"][0]]}
    miscounted = values | {"clips": [values["clips"][0] | {"windows": 5}, *values["clips"][1:]]}
    for bad, said in ((twice, "listed twice"), (miscounted, "contradict each other")):
        results.record(values["run_id"]).write_text(json.dumps(bad))
        assert len(usable_row_records(PAPER, results)) == 1
        assert said in " ".join(capsys.readouterr().err.split())


def test_repetitions_have_the_whole_experiment_in_common():
    """Values that hold their default count, and so do the extraction of features and the initial weights."""
    one = row_record(PAPER, record())
    assert row_record(PAPER, record(seed=1)).measured == one.measured
    assert row_record(PAPER, record(extraction_versions=(1,))).measured == one.measured
    older = replaced(ROW.as_json(), "training.plateau_factor", 0.3)
    for change in ({"experiment": older}, {"extraction_versions": (2,)}, {"weights": "imagenet=1"}):
        assert row_record(PAPER, record(**change)).measured != one.measured
    without = {name: value for name, value in ROW.as_json().items() if name != "copies"}
    assert row_record(PAPER, record(experiment=without)).measured == one.measured
