import pytest

from common.core.words import (
    ESCAPED,
    control_character,
    counted,
    first_clause,
    message_lines,
    plural,
    printable,
    printable_lines,
    printable_message,
    shortened,
    stored_name,
    wrapped,
)


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


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("R&B | Soul, \u65e5\u672c \u00b1\u00e9", "R&B | Soul, \u65e5\u672c \u00b1\u00e9"),
        ("caf\udce9", r"caf\xe9"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("a\x1b[31m\x07\x85", r"a\x1b[31m\x07\x85"),
        ("a\u2028b\ud800", r"a\u2028b\ud800"),
        # Not printable for Python, but part of names in some scripts, and of emoji.
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\U0001f469\u200d\U0001f3a4\ufe0f \u00a0", "\U0001f469\u200d\U0001f3a4\ufe0f \u00a0"),
        # An order that hides a suffix; marks and blanks without a width; characters that XML refuses.
        ("a\u202egpj.\u2066b\u200f", r"a\u202egpj.\u2066b\u200f"),
        ("ro\u200bck\ufeff\u2060\xad", r"ro\u200bck\ufeff\u2060\xad"),
        ("a\uffff\U000e0041", r"a\uffff\U000e0041"),
    ],
)
def test_names_are_printed_on_one_line_in_any_encoding_of_unicode(name, shown):
    assert printable(name) == shown
    assert printable(shown) == shown
    assert len(shown.encode("utf-8").decode("utf-8").splitlines()) == 1


def test_lines_of_messages_and_texts_are_kept_but_not_those_of_names():
    text = "2 clips cannot be used:\n  a\x1b\n  b\nerror: c"
    assert printable_message(text) == "2 clips cannot be used:\n  a\\x1b\n  b\\nerror: c"
    assert printable_lines("a\x1b\nb\u202e\n\nc") == "a\\x1b\nb\\u202e\n\nc"


def test_the_first_control_character_is_named_but_for_tabs_and_line_ends():
    assert control_character("a\tb\r\nc\x92 \u200b") is None
    assert control_character("a\nb\x1bc\x00") == r"\x1b"
    assert control_character("a\x7f") == r"\x7f"


def test_characters_that_an_encoding_lacks_are_written_as_escapes():
    assert "\u00b1 \u65e5 \udce9 a".encode("ascii", errors=ESCAPED) == rb"\xb1 \u65e5 \xe9 a"
    assert "\u00b1 \u65e5 \U0001f3b5".encode("latin-1", errors=ESCAPED) == b"\xb1 \\u65e5 \\U0001f3b5"
    with pytest.raises(UnicodeDecodeError):
        b"\xe9".decode("utf-8", errors=ESCAPED)


@pytest.mark.parametrize(
    "text", ["trained for 12 s", "a rate of 8 kHz", "by 2.5 points", "at most 94.5 %", "encore data gtzan"]
)
def test_no_line_ends_between_a_number_and_its_unit_or_within_a_command(text):
    words = f"word {text} word"
    for width in range(len(text), len(words)):
        lines = wrapped(words, width)
        assert " ".join(lines) == words
        kept = text if text.startswith("encore") else " ".join(text.split()[-2:])
        assert any(kept in line for line in lines)


def test_a_path_loses_its_middle():
    assert shortened("jazz/a_long_name.wav", 20) == "jazz/a_long_name.wav"
    assert shortened("jazz/a_long_name.wav", 15) == "jazz/a...me.wav"
    assert {len(shortened("jazz/a_long_name.wav", width)) for width in range(8, 20)} == set(range(8, 20))


def test_the_first_clause_of_a_message_ends_with_it():
    assert first_clause("only GTZAN has it. Choose another.") == "only GTZAN has it"
    assert first_clause("no 1.5 s; so it is") == "no 1.5 s"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("rows not run yet: encore run se_cnn --row se-0", "encore run se_cnn --row se-0"),
        ("wrong. Make it again: encore run crnn --out results/local.", "encore run crnn --out results/local"),
        ("go on there: encore verify --out .", "encore verify --out ."),
        ("go on: encore verify '; it'\"'\"'s a. b: c'.", "encore verify '; it'\"'\"'s a. b: c'"),
    ],
)
def test_a_command_at_the_end_of_a_long_message_is_a_line_of_its_own(text, command):
    for width in (20, len(text) - 1):
        lines = message_lines(text, width, indent="  ")
        assert lines[-1] == command
        assert " ".join(map(str.strip, lines)) == text.removesuffix("." if text.endswith(("l.", "'.")) else "")
    assert message_lines(text, len(text)) == [text]


@pytest.mark.parametrize("text", ["first: encore run crnn. Then look at it", "the page of encore data folder", ""])
def test_other_messages_are_broken_between_words(text):
    assert message_lines(text, 20, indent=" ") == wrapped(text, 20, indent=" ")


def test_names_in_ids_and_digests_keep_what_cannot_be_seen_and_lose_what_breaks_lines():
    for name in ("\u05d0\u200f.mp3", "\ufeffsong", "soft\xadhyphen"):
        assert stored_name(name) == name
        assert printable(name) != name
    for name in ("a\nb", "a\x1bb", "a\u2028b", "caf\udce9"):
        assert stored_name(name) == printable(name)
