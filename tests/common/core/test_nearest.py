"""The names that are offered for a mistyped one."""

import pytest

from common.core.nearest import did_you_mean, nearest_names, nearest_path

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


def test_of_paths_with_the_same_last_part_the_one_with_the_nearest_beginning_is_found():
    paths = ["feature.sample_rate", "second_input.feature.sample_rate"]
    assert nearest_path("second_inputs.sample_rate", paths) == paths[1:]
    assert nearest_path("features.sample_rate", paths) == paths[:1]


def test_the_question_names_all_of_them():
    assert did_you_mean([]) == ""
    assert did_you_mean(["a"]) == "; did you mean a?"
    assert did_you_mean(["a", "b", "c"]) == "; did you mean a, b or c?"
