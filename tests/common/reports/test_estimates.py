"""The numbers that tables show."""

import pytest

from common.metrics.intervals import wilson_interval
from common.reports.estimates import accuracy_with_interval
from tests.helpers.soundfusion_records import record


def test_tables_take_their_interval_from_artists():
    plain = record("performance", "nnet2", [(1, 0)] * 4 + [(1, 3)] * 4)
    named = plain.replace(
        clips=tuple(clip.replace(artist="abcd"[number // 2]) for number, clip in enumerate(plain.clips))
    )
    interval, clips = accuracy_with_interval([named], "clip_accuracy_mean_softmax")
    assert clips == pytest.approx(3)
    assert (interval.low, interval.high) == pytest.approx(wilson_interval(0.5, 3))
    assert accuracy_with_interval([plain], "clip_accuracy_mean_softmax")[1] == 8
