"""Tables of single rounds, with fresh weights and with weights carried over."""

import csv
import json

import numpy as np
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from reproductions.se_cnn.paper import PAPER

pytestmark = pytest.mark.usefixtures("kept_models")

ROW = ("--table", "5.1", "--row", "0", "--seeds", "1", "--epochs", "1")


@pytest.fixture
def places(tiny_arrays, tmp_path):
    return [
        *("--dataset", "arrays", "--data", str(tiny_arrays)),
        *("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")),
    ]


def written(tmp_path, name: str) -> dict:
    return json.loads((tmp_path / "out" / "se_cnn" / "arrays" / f"{name}.json").read_text())


def rounds_below(table: dict) -> dict:
    """The table of rounds, which is a section of the table of results."""
    return next(one for one in table["companions"] if one["table"] == "5.1_rounds")


@pytest.mark.slow
def test_rounds_with_fresh_and_with_carried_weights(places, tmp_path, capsys):
    app, results = make_app(PAPER), tmp_path / "out" / "se_cnn" / "arrays"
    assert run_app(app, [*places, *ROW, "--split", "rotating"]) == 0
    table = written(tmp_path, "table_5.1_rotating_1_epoch")
    measured = next(row["measured"] for row in table["rows"] if row["label"] == "0")
    by_round = rounds_below(table)
    single = [row for row in by_round["rows"] if "round" in row]
    assert [row["round"] for row in single] == [1, 2, 3, 4, 5, 6]
    assert {row["test_clips_met_before"] for row in single} == {0}
    values = [row["measured"]["clip_accuracy_mean_softmax"] for row in single]
    assert measured["clip_accuracy_mean_softmax"]["mean"] == pytest.approx(np.mean(values), abs=0.01)
    assert measured["clip_accuracy_mean_softmax"]["sd"] == pytest.approx(np.std(values, ddof=1), abs=0.01)
    assert measured["accuracy"]["runs"] == 6
    assert measured["accuracy"]["clips"] == 40
    mean, spread = by_round["rows"][6:8]
    assert (mean["label"], spread["label"]) == ("0: mean", "0: standard deviation")
    assert mean["measured"]["clip_accuracy_mean_softmax"] == pytest.approx(np.mean(values), abs=0.01)
    assert not any("CONTAMINATED" in warning for warning in table["warnings"])
    rounds = results / "table_5.1_rounds_rotating_1_epoch.csv"
    columns, *lines = csv.reader(rounds.read_text(encoding="utf-8").splitlines())
    assert columns[:3] == ["row", "label", "round"]
    assert [line[2] for line in lines] == list("123456")
    assert (results / "figures" / "table_5.1_rounds_rotating_1_epoch.png").exists()
    assert "round by round" in capsys.readouterr().out

    assert run_app(app, [*places, *ROW, "--split", "rotating", "--carry-weights"]) == 0
    name = "table_5.1_rotating_1_epoch_carry_weights_true"
    (warning,) = [text for text in written(tmp_path, name)["warnings"] if "CONTAMINATED" in text]
    assert "from round 5 on" in warning
    carried = [row for row in rounds_below(written(tmp_path, name))["rows"] if "round" in row]
    met = [row["test_clips_met_before"] for row in carried]
    assert met[:4] == [0, 0, 0, 0]
    assert min(met[4:]) > 0
    assert "weights carried over between rounds" in written(tmp_path, name)["protocol"]
    # Both tables are kept.
    assert written(tmp_path, "table_5.1_rotating_1_epoch") == table
