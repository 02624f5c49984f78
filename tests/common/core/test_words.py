import pytest

from common.core.words import counted, plural


@pytest.mark.parametrize(("number", "text"), [(0, "0 clips"), (1, "1 clip"), (2, "2 clips"), (1234, "1,234 clips")])
@pytest.mark.parametrize("noun", ["clip", "clips"])
def test_a_noun_agrees_with_its_number(number, noun, text):
    assert counted(number, noun) == text
    assert plural(number, noun) == text.split()[1]


@pytest.mark.parametrize(
    ("one", "more"),
    [
        ("class", "classes"),
        ("batch", "batches"),
        ("grid search", "grid searches"),
        ("box", "boxes"),
        ("hash", "hashes"),
        ("epoch", "epochs"),
        ("file", "files"),
        ("value", "values"),
        ("size", "sizes"),
    ],
)
def test_nouns_whose_plural_has_one_more_syllable_end_in_es(one, more):
    assert [plural(1, one), plural(2, one), plural(1, more), plural(2, more)] == [one, more, one, more]


def test_without_a_noun_there_is_only_the_number():
    assert counted(2, "") == "2 "
