import pytest

from common.core.percent import percent_text, published_text, rounded_percent, stored_percent


@pytest.mark.parametrize(
    ("share", "stored", "text"),
    [
        (590 / 5700, 10.350877, "10.4"),
        (0.1225, 12.25, "12.3"),  # a tie, which binary arithmetic rounds down
        (0.1235, 12.35, "12.4"),
        (0.8845, 88.45, "88.5"),
        (2 / 3, 66.666667, "66.7"),
        (1.0, 100.0, "100.0"),
        (0.0, 0.0, "0.0"),
    ],
)
def test_a_share_is_stored_with_six_decimals_and_printed_with_one_halves_up(share, stored, text):
    assert stored_percent(share) == stored
    assert percent_text(stored_percent(share)) == text


def test_last_bits_in_which_machines_differ_do_not_show():
    assert stored_percent(0.1 + 0.2) == stored_percent(0.3) == 30.0
    # A tie that arithmetic misses by its last bit is printed as the tie.
    assert percent_text(100 * 0.1225 - 1e-12) == percent_text(12.25) == "12.3"


@pytest.mark.parametrize(
    ("points", "text"), [(12.25, "+12.3"), (-12.25, "-12.3"), (-12.24, "-12.2"), (-0.04, "+0.0"), (0.0, "+0.0")]
)
def test_differences_have_a_sign_and_halves_go_away_from_zero(points, text):
    assert percent_text(points, signed=True) == text


def test_a_difference_of_zero_is_not_negative():
    assert str(stored_percent(-1e-9)) == str(rounded_percent(-1e-7)) == "0.0"
    assert percent_text(-0.04) == "0.0"


def test_other_numbers_of_decimals():
    assert percent_text(12.5, 0) == "13"
    assert percent_text(10.350877, 2) == "10.35"
    assert percent_text(1e-6, 2) == "0.00"


@pytest.mark.parametrize(
    ("percent", "plain", "signed"), [("inf", "inf", "+inf"), ("-inf", "-inf", "-inf"), ("nan", "nan", "nan")]
)
def test_numbers_that_are_not_finite_are_named(percent, plain, signed):
    assert percent_text(float(percent)) == plain
    assert percent_text(float(percent), signed=True) == signed


@pytest.mark.parametrize(
    ("published", "text"), [(69.69, "69.69"), (54.875, "54.875"), (93.6, "93.6"), (78.0, "78.0"), (100, "100.0")]
)
def test_published_numbers_keep_the_decimals_that_they_were_published_with(published, text):
    assert published_text(published) == text
