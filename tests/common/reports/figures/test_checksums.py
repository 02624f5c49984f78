"""Files of figures: every changed byte is found."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.reports.figures.checksums import state_of
from common.reports.figures.files import figure_files, is_drawing, write_figure

DIGEST = "0" * 64


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """The files of a small figure, by suffix."""
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([1, 2])
    stem = tmp_path_factory.mktemp("figures") / "figure"
    write_figure(figure, stem, DIGEST)
    return {path.suffix: path for path in figure_files(stem)}


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_one_changed_byte_anywhere_is_found(figures, tmp_path, suffix):
    content = figures[suffix].read_bytes()
    assert state_of(figures[suffix]) == "whole"
    path = tmp_path / f"figure{suffix}"
    # The first and last bytes hold names, lengths and checksums.
    places = {*range(64), *range(0, len(content), 61), *range(len(content) - 160, len(content))}
    bits = np.random.default_rng(0).integers(0, 8, len(content))
    for place in sorted(places):
        changed = bytearray(content)
        changed[place] ^= 1 << int(bits[place])
        path.write_bytes(changed)
        assert state_of(path) == "changed", place
        assert not is_drawing(path, DIGEST)
    for cut in (content[:-1], content[: len(content) // 2], b"", content + b"\n"):
        path.write_bytes(cut)
        assert state_of(path) == "changed"


def test_svg_files_of_before_checksums_are_used_and_counted_as_such(figures, tmp_path):
    path = tmp_path / "figure.svg"
    path.write_bytes(figures[".svg"].read_bytes().partition(b"</svg>\n")[0] + b"</svg>\n")
    assert state_of(path) == "without checksum"
    assert is_drawing(path, DIGEST)


def test_svg_files_with_a_checksum_are_xml(figures):
    assert ElementTree.parse(figures[".svg"]).getroot().tag.endswith("svg")
