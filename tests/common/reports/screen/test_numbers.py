"""Numbers in a column stand with their decimal points below each other."""

import pytest

from common.reports.screen.numbers import aligned


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("9.5", "100.0", ""), ("  9.5", "100.0", "")),
        (("1", "0.0076", "1.2e-05"), ("1      ", "0.0076 ", "1.2e-05")),
        (("-3.6", "+11.25"), (" -3.6 ", "+11.25")),
        (("778,384", "10"), ("778,384", "     10")),
        (
            ("69.9 (5.0 to 79.6)", "9.9 (65.0 to 100.0)", "not run"),
            # No blanks within parentheses.
            ("69.9 (5.0 to 79.6)  ", " 9.9 (65.0 to 100.0)", "not run"),
        ),
        (("5.0 to 79.6", "65.0 to 100.0"), (" 5.0 to  79.6", "65.0 to 100.0")),
        (
            ("1 (2 to 3)", "10 (20 to 30)"),
            (" 1 (2 to 3)  ", "10 (20 to 30)"),
        ),
        (("998 of 998", "0 of 30"), ("998 of 998", "0 of 30")),
        (("128 x 3", "64 x 12"), ("128 x 3", "64 x 12")),
        (("-", "1.5"), ("-", "1.5")),
        ((), ()),
    ],
)
def test_decimal_points_are_below_each_other(cells, expected):
    assert aligned(cells) == expected
