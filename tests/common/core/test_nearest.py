"""The names that are offered for a mistyped one."""

import pytest

from common.core.nearest import did_you_mean, group_of_values, nearest_names, nearest_path

DATA_SETS = ["demo", "gtzan", "fma_small", "fma_large", "arrays"]
PATHS = ["model.dropout", "training.learning_rate", "training.l2", "training.patience_epochs", "protocol.seed"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("gtzn", ["gtzan"]),
        ("GTZAN", ["gtzan"]),
        ("fma", ["fma_small", "fma_large"]),
        ("large", ["fma_large"]),
        ("spotify", []),
        ("", []),
    ],
)
def test_names_that_begin_with_it_or_contain_it_come_before_those_that_are_alike(typed, found):
    assert nearest_names(typed, DATA_SETS) == found


def test_a_name_that_contains_the_word_comes_before_one_that_is_more_like_it():
    assert nearest_names("float16", ["float32", "mixed_bfloat16"]) == ["mixed_bfloat16"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lr", ["learning-rate"]),
        ("bs", ["batch-size"]),
        ("learningrate", ["learning-rate"]),
        ("batchsize", ["batch-size"]),
        ("patiencesteps", ["patience"]),
        ("ll", []),
    ],
)
def test_options_are_found_by_their_initials_and_first_words(typed, found):
    flags = ["learning-rate", "batch-size", "patience", "jobs", "seeds", "limit"]
    assert nearest_names(typed, flags) == found


def test_a_word_with_which_many_names_begin_names_only_the_most_alike():
    names = ["split", "scale", "seeds", "seed", "set"]
    assert nearest_names("s", names) == []
    assert nearest_names("seet", names) == ["set"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("learning_rate", ["training.learning_rate"]),
        ("model.learning_rate", ["training.learning_rate"]),
        ("training.lerning_rate", ["training.learning_rate"]),
        ("patience", ["training.patience_epochs"]),
        ("training.momentum", []),
    ],
)
def test_paths_are_found_by_their_last_part(typed, found):
    assert nearest_path(typed, PATHS) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("training.l3", ["training.l2"]),
        ("training.batchsize", ["training.batch_windows"]),
        ("training.lr", ["training.learning_rate"]),
        # What kind of a value it is follows from the paper.
        ("feature.kin", []),
        ("kind", []),
    ],
)
def test_paths_are_found_by_a_part_of_their_last_part(typed, found):
    known = ["feature.kind", "training.learning_rate", "training.batch_windows", "training.l2", "training.l2_form"]
    assert nearest_path(typed, known) == found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("training", "; training is a group of values: training.learning_rate, training.l2, training.patience_epochs."),
        ("Train", "; training is a group of values: training.learning_rate, training.l2, training.patience_epochs."),
        ("model.", "; model is a group of values: model.dropout."),
        (
            "second_input",
            "; second_input is a group of values: second_input.a, second_input.b.c, second_input.b.d, ...",
        ),
        ("second_input.b", "; second_input.b is a group of values: second_input.b.c, second_input.b.d."),
        ("training.l2", ""),
        ("mo", ""),
        ("", ""),
    ],
)
def test_a_group_of_values_is_said_to_be_one(typed, said):
    second = [f"second_input.{name}" for name in ("kind", "a", "b.kind", "b.c", "b.d", "e")]
    assert group_of_values(typed, [*PATHS, *second]) == said


def test_of_paths_with_the_same_last_part_the_one_with_the_nearest_beginning_is_found():
    paths = ["feature.sample_rate", "second_input.feature.sample_rate"]
    assert nearest_path("second_inputs.sample_rate", paths) == paths[1:]
    assert nearest_path("features.sample_rate", paths) == paths[:1]


def test_the_question_names_all_of_them():
    assert did_you_mean([]) == ""
    assert did_you_mean(["a"]) == "; did you mean a?"
    assert did_you_mean(["a", "b", "c"]) == "; did you mean a, b or c?"
