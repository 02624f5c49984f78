"""Ids of elements, and texts as the page shows them."""

import pytest

from common.report_page.names import Ids, all_shown, shown


def test_ids_are_plain_and_there_once():
    ids = Ids()
    assert ids.new("se_cnn", "arrays", "5.1_20_epochs", "se-12345") == "se_cnn-arrays-5.1_20_epochs-se-12345"
    assert ids.new("a b", "</script>") == "a-b-script"
    assert ids.new("a b", '"script"') == "a-b-script-2"
    assert ids.new("a/b/script") == "a-b-script-3"
    assert ids.new("5.1") == "x-5.1"
    # Nothing of such a name is left.
    assert ids.new("\u65e5\u672c") == "x-"
    assert ids.new("\u05d0") == "x--2"


def test_a_long_name_makes_a_short_id():
    assert len(Ids().new("paper", "x" * 300)) < 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb", "a b"), ("a\u202eb", r"a\u202eb"), ("a\x1b[0m", r"a\x1b[0m"), ("\u05d0 é 日", "\u05d0 é 日")],
)
def test_texts_are_on_one_line_without_what_cannot_be_seen(text, expected):
    assert shown(text) == expected
    assert all_shown([text, "x"]) == (expected, "x")
