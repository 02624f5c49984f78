"""`--set help`: every value of a row, what it is, and how it is set."""

import json
import re

import pytest

from common.cli.app import run_app
from common.cli.run import make_app, make_audit_app
from common.cli.tune import make_app as make_tune_app
from common.paper.values import described_values
from reproductions.se_cnn.paper import PAPER
from tests.helpers.papers import KEYS, paper_of
from tests.helpers.tiny_search import TINY


@pytest.fixture
def listed(capsys):
    """Path -> entry of what `--set help --json` prints."""

    def run(app, *arguments: str):
        assert run_app(app, ["--set", "help", "--json", *arguments]) == 0
        printed = json.loads(capsys.readouterr().out)
        return (printed["table"], printed["row"]), {one["path"]: one for one in printed["values"]}

    return run


@pytest.mark.parametrize("key", KEYS)
def test_every_value_of_every_paper_is_described(key):
    undescribed = {
        one.path for experiment in paper_of(key).experiments for one in described_values(experiment) if not one.about
    }
    assert undescribed == set()


def test_every_value_is_there_once_with_its_option():
    values = {one.path: one for one in described_values(PAPER.default_experiment)}
    experiment = PAPER.default_experiment
    plain = experiment.as_json()
    leaves = [path for path in experiment.changeable_paths if not isinstance(_at(plain, path), dict)]
    assert list(values) == [path for path in leaves if not path.endswith(".kind")]
    assert {path: (one.option, one.settable) for path, one in values.items() if one.option} == {
        "protocol.split": ("--split", False),
        "protocol.unit": ("--unit", False),
        "protocol.stratified": ("--allow-incomplete", False),
        "training.learning_rate": ("--learning-rate", True),
        "training.batch_windows": ("--batch-size", True),
        "training.epochs": ("--epochs", False),
        "training.patience_epochs": ("--patience", True),
        "training.precision": ("--precision", False),
    }


def _at(values, path):
    for name in path.split("."):
        values = values[name]
    return values


@pytest.mark.parametrize(("make", "name"), [(make_app, "run"), (make_audit_app, "audit")])
def test_the_values_are_those_of_the_row_that_is_asked_for(listed, make, name):
    row, values = listed(make(PAPER))
    assert row == ("5.1", "se-12345")
    assert values["model.ratio"] == {
        "path": "model.ratio",
        "value": 16.0,
        "about": "squeeze ratio r; a block with C channels has max(1, floor(C / r)) hidden units.",
        "option": None,
        "settable": True,
    }
    row, values = listed(make(PAPER), "--table", "5.2", "--row", "8")
    assert (row, values["model.ratio"]["value"]) == (("5.2", "r8"), 8.0)


def test_the_values_of_a_search_are_marked_where_it_varies_them(listed, capsys):
    row, values = listed(make_tune_app(PAPER, (TINY,)))
    varied = {parameter.path for parameter in TINY.parameters.every}
    assert row == (TINY.row[0], PAPER.row(*TINY.row).name)
    assert {path for path in varied if values[path]["settable"]} == set()
    assert values["model.dropout"]["settable"]
    assert run_app(make_tune_app(PAPER, (TINY,)), ["--set", "help"]) == 0
    assert capsys.readouterr().out.count("Varied by this search, so it cannot be set.") == len(varied)


def test_each_value_is_printed_as_it_is_typed_after_set(capsys):
    assert run_app(make_app(PAPER), ["--set", "help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("SE-CNN, table 5.1, row se-12345: values at the scale of the paper.\n")
    assert "\ntraining.batch_windows=32\n    windows in a batch.\n    Also: --batch-size.\n" in said
    assert '\ntraining.precision="float32"\n' in said
    assert "\n    Only: --precision.\n" in said


def test_a_table_of_layers_has_no_values(capsys):
    assert run_app(make_app(PAPER), ["--set", "help", "--table", "4.1"]) == 2
    assert "--set help: table 4.1 is of layers, and has no values; name another." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("learning_rate=0.1", "--set learning_rate: no such value; did you mean training.learning_rate?"),
        ("epochs=3", "--set epochs: no such value; did you mean --epochs?"),
        ("training.l3=3", "--set training.l3: no such value; did you mean training.l2?"),
        ("training.momentum=3", "--set training.momentum: no such value."),
    ],
)
def test_a_mistyped_path_is_answered_with_the_nearest(capsys, tmp_path, change, says):
    assert run_app(make_app(PAPER), ["--cache", str(tmp_path), "--out", str(tmp_path), "--set", change]) == 2
    assert f"error: {says} --set help lists all values.\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("training.l2=abc", "a number of at least 0"),
        ("training.plateau_factor=high", "a number"),
        ("training.batch_windows=1.5", "a whole number above 0"),
        ("training.standardise=maybe", "true or false"),
        ("training.watch=accuracy", "one of: loss, cross_entropy"),
        ("training.step_epochs=never", "a whole number above 0 or null"),
        ("model.widths=3", "a list of 5 whole numbers in brackets"),
        ("model.se_blocks=all", "a list of whole numbers in brackets"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_in_words(capsys, tmp_path, change, expected):
    assert run_app(make_app(PAPER), ["--cache", str(tmp_path), "--out", str(tmp_path), "--set", change]) == 2
    said = capsys.readouterr().err
    assert f"error: --set {change}: expected {expected}" in said
    assert "Input should be" not in said


def test_what_an_option_does_is_said_where_it_does_not_take_the_value(capsys):
    assert run_app(make_app(PAPER), ["--set", "help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--allow-incomplete turns it off where a genre has too few clips." in said
    assert "Only: --allow-incomplete" not in said


def test_values_are_grouped_and_choices_are_named(capsys):
    assert run_app(make_app(PAPER), ["--set", "help"]) == 0
    said = capsys.readouterr().out
    headings = re.findall(r"^(\w+): (?!.*values at)", said, re.MULTILINE)
    assert headings == ["model", "feature", "windows", "protocol", "training"]
    assert '\nmodel.padding="same"\n    padding of the convolutions.\n    Values: same, valid.\n' in said
    # These are in the description.
    assert "Values: in_conv" not in said
    assert "null stands for none." in " ".join(said.split())


def test_a_network_with_one_input_is_not_told_of_a_second(capsys):
    assert run_app(make_app(PAPER), ["--set", "help"]) == 0
    assert "second_input" not in capsys.readouterr().out


@pytest.mark.parametrize("key", KEYS)
def test_descriptions_can_be_read_without_the_path(key):
    for experiment in paper_of(key).experiments:
        for one in described_values(experiment):
            assert not re.match(r"(of|or) ", one.about), (one.path, one.about)


@pytest.mark.parametrize("key", KEYS)
def test_descriptions_use_the_words_of_the_command_line(key):
    """Values as `--set` takes them, and nothing that is only known inside Encore."""
    for experiment in paper_of(key).experiments:
        for one in described_values(experiment):
            assert not re.search(r"\b(None|True|False|dataset|see Input)\b", one.about), (one.path, one.about)
