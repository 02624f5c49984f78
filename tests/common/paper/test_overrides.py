"""`--set` and other options that a command applies to all rows."""

import functools
import json
import re

import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import SpecError
from common.paper.overrides import parse_change, read_changes
from common.records.paths import ResultPaths
from common.runs.plan import plan
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_runs import options_of_row


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return functools.partial(options_of_row, tiny_arrays, tmp_path)


ROW = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "1")


@pytest.fixture
def places(tiny_arrays, tmp_path):
    return [
        *("--dataset", "arrays", "--data", str(tiny_arrays)),
        *("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")),
    ]


def test_set_reaches_the_experiment_the_caption_and_the_file_name(places, tmp_path):
    code = run_app(
        make_app(PAPER),
        [*places, *ROW, "--set", "training.l2=0.01", "--set", 'training.l2_form="mean"', "--set", "model.dropout=0.5"],
    )
    assert code == 0
    results = ResultPaths.of(tmp_path / "out", "se_cnn", "arrays")
    (path,) = results.folder.glob("table_5.1_1_epoch_changed_*.json")
    table = json.loads(path.read_text(encoding="utf-8"))
    caption = " ".join(table["caption"])
    assert 'CHANGED by the command: model.dropout=0.5, training.l2=0.01, training.l2_form="mean"' in caption
    assert "L2 mean with lambda 0.01 on layers .*" in caption
    record = next(results.runs.glob("*.json"))
    experiment = json.loads(record.read_text())["experiment"]
    assert experiment["model"]["dropout"] == 0.5
    assert experiment["training"]["l2_form"] == "mean"


def test_setting_a_value_to_the_papers_own_changes_nothing(options):
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
        (("training.epochs=3",), "an option of its own, --epochs"),
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
        (
            "training=help",
            r"--set training: no such value; training is a group of values: training\.optimizer, "
            r"training\.learning_rate, training\.batch_windows, \.\.\. --set help lists all values\.",
        ),
        ("protocol=1", r"protocol is a group of values: protocol\.fractions, protocol\.folds, protocol\.seed, \.\.\."),
        ("training.momentum=3", r"--set training.momentum: no such value. --set help lists all values."),
        ("paper=x", "paper: no such value"),
        ("training.l2=-1", "expected a number of at least 0"),
        ("protocol.carry_weights=true", "--carry-weights: goes with --split rotating, received --split holdout"),
        ("protocol.equal_partitions=true", "equal_partitions goes with the rotating split"),
        ("model.widths=3", "widths"),
    ],
)
def test_changes_that_do_not_fit_end_with_exit_code_2(places, capsys, change, words):
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
