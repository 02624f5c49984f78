"""Windows: how many there are, where they begin, and that all lie inside their track."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import DataError
from data_pipeline.features.spectrograms import StftDb
from data_pipeline.windows.index import WindowSpec, index_windows

SE_CNN = WindowSpec(seconds=3.0, hop_seconds=1.5)
STFT_FPS = StftDb().frames_per_second
specs = st.builds(
    WindowSpec,
    seconds=st.floats(0.01, 40),
    hop_seconds=st.floats(0.01, 40),
    max_per_track=st.none() | st.integers(1, 30),
)
frame_counts = st.integers(0, 5000)
rates = st.floats(1, 200)


@given(spec=specs, n_frames=frame_counts, fps=rates)
def test_windows_lie_inside_their_track_at_a_constant_hop(spec, n_frames, fps):
    starts = spec.starts(n_frames, fps)
    window, hop = spec.window_frames(fps), spec.hop_frames(fps)
    assert starts.dtype == np.int64
    assert (starts == np.arange(len(starts)) * hop).all()
    assert len(starts) == 0 or starts[-1] + window <= n_frames
    wanted = 0 if n_frames < window else 1 + (n_frames - window) // hop
    assert len(starts) == min(wanted, spec.max_per_track or wanted)


@given(spec=specs, fps=rates)
def test_frames_follow_from_seconds(spec, fps):
    window, hop = spec.window_frames(fps), spec.hop_frames(fps)
    assert window >= 1
    assert hop >= 1
    assert window == 1 or abs(window - spec.seconds * fps) <= 0.5
    assert hop == 1 or spec.hop_seconds * fps - 1 < hop <= spec.hop_seconds * fps


@given(spec=specs, counts=st.lists(frame_counts, max_size=6), fps=rates)
def test_the_index_is_the_windows_of_each_track_in_turn(spec, counts, fps):
    window = spec.window_frames(fps)
    counts = [window + count for count in counts]
    index = index_windows(spec, counts, [f"t{number}" for number in range(len(counts))], fps)
    expected = [(track, start) for track, count in enumerate(counts) for start in spec.starts(count, fps)]
    assert list(zip(index.tracks.tolist(), index.starts.tolist(), strict=True)) == expected
    assert len(index) == len(expected)
    assert index.frames == window


@pytest.mark.parametrize("n_samples", [660000, 661500, 661794, 675808])
def test_thirty_seconds_are_19_windows_of_129_stft_frames(n_samples):
    frames = StftDb().frames(n_samples)
    assert SE_CNN.window_frames(STFT_FPS) == 129
    assert SE_CNN.hop_frames(STFT_FPS) == 64
    assert len(SE_CNN.starts(frames, STFT_FPS)) == 19


def test_thirty_seconds_are_19_windows_of_39_array_columns():
    fps = 387 / 30.013
    assert SE_CNN.window_frames(fps) == 39
    assert len(SE_CNN.starts(387, fps)) == 19


def test_a_track_as_long_as_the_window_has_one():
    assert SE_CNN.starts(129, STFT_FPS).tolist() == [0]
    assert SE_CNN.starts(128, STFT_FPS).tolist() == []


def test_short_tracks_are_named():
    with pytest.raises(DataError, match=r"2 of 3 clips are shorter than one window of 3 s = 129 frames") as caught:
        index_windows(SE_CNN, [128, 129, 5], ["blues.00001", "jazz.00002", "rock.00003"], STFT_FPS)
    assert "blues.00001 (128 frames), rock.00003 (5 frames)" in str(caught.value)
    assert "jazz.00002" not in str(caught.value)


def test_many_short_tracks_are_counted():
    with pytest.raises(DataError, match=r"^9 of 9 clips .*t4 \(1 frames\), \.\.\.\."):
        index_windows(SE_CNN, [1] * 9, [f"t{number}" for number in range(9)], STFT_FPS)


def test_the_remedy_depends_on_whether_any_track_is_long_enough():
    with pytest.raises(DataError, match=r"1 of 2 clips .*--skip-bad"):
        index_windows(SE_CNN, [128, 129], ["a", "b"], STFT_FPS)
    with pytest.raises(DataError, match=r"2 of 2 clips .* Use longer clips"):
        index_windows(SE_CNN, [128, 5], ["a", "c"], STFT_FPS)
    shorter = r"or use shorter windows: --set windows\.seconds=2\.3 \(the shortest clip has 100 frames; with less music"
    with pytest.raises(DataError, match=rf"Use longer clips, {shorter}"):
        index_windows(SE_CNN, [100, 128], ["a", "c"], STFT_FPS)
