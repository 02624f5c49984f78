"""JSON from outside: what is no JSON, too deep or too large a number is one error, whatever it is."""

import json

import pytest

from common.core.json_values import LARGEST_INTEGER, MOST_LEVELS, parse_json


def test_usual_values_are_those_of_the_reader_of_python():
    values = {"a": [1, -2, 0.5, 1e-9, 3.4e38, LARGEST_INTEGER, -LARGEST_INTEGER, None, True, "9" * 400], "b": {"c": []}}
    assert parse_json(json.dumps(values)) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), "more than 64 lists and objects within each other"),
        ('{"a":' * 900 + "1" + "}" * 900, "more than 64 lists and objects within each other"),
        ("[" * 100_000 + "]" * 100_000, "more than 64 lists and objects within each other"),
        ("9" * 5000, "99999999... of 5,000 characters is larger than 9223372036854775807"),
        (str(LARGEST_INTEGER + 1), "9223372036854775808 is larger than 9223372036854775807"),
        (str(-(10**25)), "larger than 9223372036854775807"),
        ("1e999", "1e999 is not a finite number"),
        ("[NaN]", "NaN is not a finite number"),
        ("-Infinity", "-Infinity is not a finite number"),
        ("1e101", "1e101 is larger than 1e[+]100"),
        ("{", "Expecting property name"),
        ("", "Expecting value"),
    ],
)
def test_what_ends_functions_that_follow_values_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_values_with_the_most_levels_are_read():
    assert parse_json("[" * MOST_LEVELS + "]" * MOST_LEVELS)
