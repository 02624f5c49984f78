"""The page's colours: those of the figures."""

import re
from pathlib import Path

import pytest

import common.report_page
from common.reports.figures.style import OURS, PUBLISHED

STYLE = Path(common.report_page.__file__).with_name("assets") / "style.css"


@pytest.mark.parametrize(("name", "colour"), [("published", PUBLISHED), ("accent", OURS)])
def test_published_and_measured_numbers_have_the_colours_of_the_figures(name, colour):
    (on_white,) = re.findall(rf"--{name}: light-dark\((#\w+),", STYLE.read_text(encoding="utf-8"))
    assert on_white == colour


@pytest.mark.parametrize("colour", [PUBLISHED, OURS])
def test_marks_are_seen_on_white(colour):
    """A contrast of at least 3:1, as WCAG 2.2 defines it (success criterion 1.4.11)."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) >= 3
