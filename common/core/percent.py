"""Shares as percentages: how they are stored, and how they are printed. Progress, tables and figures all round here."""

from decimal import ROUND_HALF_UP, Decimal

_STORED_DIGITS = 6


def stored_percent(share: float) -> float:
    """A share (or a difference of shares) in percent, as JSON files hold it.

    Args:
        share: 1 is 100 percent.

    Returns:
        Percent, rounded to six decimals: enough for any later rounding to come out as from the share itself, and few
        enough to leave out the last bits, in which machines differ.
    """
    return rounded_percent(100 * float(share))


def rounded_percent(percent: float) -> float:
    """A number that is in percent already, rounded to the six decimals that JSON files hold."""
    return round(float(percent), _STORED_DIGITS) + 0.0  # no negative zero


def percent_text(percent: float, digits: int = 1, *, signed: bool = False) -> str:
    """A percentage, or a difference in points, as text without unit.

    Args:
        percent: from `stored_percent`, or as published.
        digits: decimals. Halves are rounded away from zero, in decimal arithmetic: 12.25 is 12.3, and so is -12.25
            -12.3.
            Numbers that are not finite, as of a run that diverged, become `inf` and `nan`.
        signed: whether zero and positive numbers get a plus sign, for differences.
    """
    exact = Decimal(repr(rounded_percent(percent)))
    if not exact.is_finite():
        return "nan" if exact.is_nan() else f"{percent:{'+' if signed else ''}f}"
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)  # -0.04 is 0.0, not -0.0
    return f"{rounded:{'+' if signed else ''}f}"


def published_text(percent: float) -> str:
    """A published percentage as text without unit, with the decimals that it was published with, and at least one: a
    paper's 69.69 is not printed as 69.7, which would look like another number.

    Args:
        percent: as a paper declares it.
    """
    decimals = -Decimal(repr(rounded_percent(percent))).normalize().as_tuple().exponent
    return percent_text(percent, max(decimals, 1))
