"""Similarity of fingerprints against its definition."""

import numpy as np
import pytest

from data_pipeline.duplicates.correlation import similarities


def by_hand(one, other, least):
    """Normalised correlation at each shift, in a loop."""
    best = (0.0, 0)
    for shift in range(-other.shape[1] + 1, one.shape[1]):
        begin, end = max(0, shift), min(one.shape[1], other.shape[1] + shift)
        if end - begin < max(least, min(one.shape[1], other.shape[1]) / 2):
            continue
        a, b = one[:, begin:end], other[:, begin - shift : end - shift]
        value = float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
        best = max(best, (value, shift))
    return best


@pytest.mark.parametrize("lengths", [(40, 40, 40), (40, 25, 33)])
def test_similarities_are_those_of_the_definition(lengths):
    rng = np.random.default_rng(0)
    prints = [rng.normal(size=(5, length)).astype(np.float32) for length in lengths]
    # The second is a piece of the first.
    prints[1][:, :20] = 3 * prints[0][:, 12:32]
    found, shifts = similarities(prints, prints, 8)
    for one in range(3):
        for other in range(3):
            value, shift = by_hand(prints[one], prints[other], 8)
            assert found[one, other] == pytest.approx(value, abs=1e-5)
            assert shifts[one, other] == shift
    assert shifts[0, 1] == 12
