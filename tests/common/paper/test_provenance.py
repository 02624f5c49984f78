"""Sources of values: the longest declared path counts, unused values need none, and nothing goes without a source."""

import pytest

from common.core.errors import SpecError
from common.paper import Experiment, Input, LogMel, Protocol, Training, WindowSpec, assumed, differs, stated
from common.paper.provenance import covered_values, source_of_each_value
from tests.helpers.fitting import TinyNet

EXPERIMENT = Experiment(
    paper="tiny",
    model=TinyNet(),
    feature=LogMel(),
    windows=WindowSpec(seconds=3, hop_seconds=1.5),
    protocol=Protocol(),
    training=Training(epochs=4),
)
SECOND = Input(feature=LogMel(n_mels=64), windows=EXPERIMENT.windows)
DECLARED = {path: stated("section 1") for path in ("model", "feature", "windows", "protocol", "training")}


def test_the_longest_path_counts():
    sources = source_of_each_value(DECLARED | {"feature.n_fft": assumed("no value given")}, [EXPERIMENT])
    assert sources["feature.n_fft"].status == "assumed"
    assert sources["feature.hop_samples"].status == sources["training.epochs"].status == "stated"
    covered = covered_values(DECLARED | {"feature.n_fft": assumed("no value given")}, [EXPERIMENT])
    assert covered["feature.n_fft"] == ["feature.n_fft"]
    assert "feature.n_fft" not in covered["feature"]


def test_a_value_can_differ_from_what_the_source_states():
    sources = source_of_each_value(DECLARED | {"training.epochs": differs("100; here 4")}, [EXPERIMENT])
    assert (sources["training.epochs"].status, sources["training.epochs"].reason) == ("differs", "100; here 4")
    assert sources["training.learning_rate"].status == "stated"


def test_values_that_no_row_uses_are_unused_although_a_path_above_is_declared():
    sources = source_of_each_value(DECLARED, [EXPERIMENT])
    unused = {path for path, source in sources.items() if source.status == "unused"}
    assert {"training.l2", "training.l2_form", "training.watch", "training.accumulate_reduce"} <= unused
    assert {"protocol.folds", "protocol.partitions", "second_input", "copies"} <= unused
    assert not unused & {"training.epochs", "protocol.fractions", "protocol.seed"}


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({"training.l2": 0.1}, {"training.l2", "training.l2_form", "training.l2_layers", "training.watch"}),
        ({"training.accumulate_batches": 2}, {"training.accumulate_batches", "training.accumulate_left_over"}),
        ({"training.plateau_epochs": 3}, {"training.plateau_epochs", "training.plateau_factor"}),
        ({"training.step_epochs": 3}, {"training.step_epochs", "training.step_factor"}),
        ({"protocol.split": "kfold"}, {"protocol.folds"}),
        ({"protocol.split": "rotating"}, {"protocol.partitions", "protocol.carry_weights"}),
        ({"protocol.duplicates": "drop"}, {"protocol.duplicates"}),
        ({"second_input": SECOND, "training.standardise": True}, {"second_input.standardise"}),
    ],
)
def test_a_value_that_one_of_several_rows_uses_needs_a_source(changes, used):
    second = {name: changes.pop(name) for name in ("second_input",) if name in changes}
    declared = DECLARED | {name: stated("section 1") for name in second}
    sources = source_of_each_value(declared, [EXPERIMENT, EXPERIMENT.replace(**second).with_values(changes)])
    assert {sources[path].status for path in used} == {"stated"}


def test_a_standardisation_of_the_second_input_that_is_off_is_unused():
    sources = source_of_each_value(DECLARED | {"second_input": stated("2")}, [EXPERIMENT.replace(second_input=SECOND)])
    assert sources["second_input.standardise"].status == "unused"
    assert sources["second_input.feature.n_mels"].status == "stated"


def test_an_unused_value_can_have_a_source_of_its_own():
    sources = source_of_each_value(DECLARED | {"training.class_weights": stated("none")}, [EXPERIMENT])
    assert sources["training.class_weights"].reason == "none"


def test_a_value_without_a_source_is_named_with_the_way_to_declare_it():
    declared = {path: source for path, source in DECLARED.items() if path != "windows"}
    with pytest.raises(SpecError) as caught:
        source_of_each_value(declared, [EXPERIMENT])
    message = str(caught.value)
    assert "no source for windows.seconds, windows.hop_seconds" in message
    assert '"windows.seconds": stated("section ...") or assumed("why")' in message
    assert '"windows" covers all values below it' in message


@pytest.mark.parametrize("path", ["trainning", "feature.n_ftt", "paper"])
def test_a_path_that_covers_nothing_is_named(path):
    with pytest.raises(SpecError, match=f"{path} covers no value of any row"):
        source_of_each_value(DECLARED | {path: stated("section 1")}, [EXPERIMENT])
