"""Overlapping windows as (track, start) pairs: an index, never a copy of the samples."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from common.core.errors import DataError
from common.core.spec import Spec


def seconds_of(frames: int, frames_per_second: float) -> float:
    """Length of `frames` frames in seconds, rounded up to a tenth of a millisecond, so that converting it back gives
    `frames` with any rounding."""
    return round(frames / frames_per_second + 5e-5, 4)


class WindowSpec(Spec):
    """Windows in seconds; the feature's frame rate determines the number of frames.

    Args:
        seconds: length of a window.
        hop_seconds: distance between the starts of neighbouring windows.
        max_per_track: at most this many windows of one clip, from its beginning; None for all.
        rounding: where the hop is not a whole number of frames, round down the `hop` (all hops are equal), or each of
            the `starts` (window k starts at floor(k * hop), so that rounding errors do not accumulate).
    """

    seconds: PositiveFloat
    hop_seconds: PositiveFloat
    max_per_track: PositiveInt | None = None
    rounding: Literal["hop", "starts"] = "hop"

    def window_frames(self, frames_per_second: float) -> int:
        """Frames of one window, rounded to nearest: 3 s are 129 frames at 43.07 frames per second."""
        return max(1, round(self.seconds * frames_per_second))

    def hop_frames(self, frames_per_second: float) -> int:
        """Frames between starts with rounding `hop`: rounded down, so that no track loses its last window."""
        return max(1, int(self.hop_seconds * frames_per_second))

    def starts(self, n_frames: int, frames_per_second: float) -> np.ndarray:
        """First frames of the whole windows in a track of `n_frames` frames, int64 (windows,)."""
        last = n_frames - self.window_frames(frames_per_second)
        if self.rounding == "starts":
            hop = max(1.0, self.hop_seconds * frames_per_second)
            # One candidate more than unrounded starts allow, because a start that is rounded down may still fit.
            starts = np.floor(np.arange(max(0, last) // hop + 2) * hop).astype(np.int64)
            starts = starts[starts <= last]
        else:
            starts = np.arange(0, last + 1, self.hop_frames(frames_per_second), dtype=np.int64)
        return starts[: self.max_per_track]


@dataclass(frozen=True)
class WindowIndex:
    """The windows of a set of tracks, in track order.

    Args:
        tracks: int64 (windows,): position of each window's track in the shard index.
        starts: int64 (windows,): first frame of each window within its track.
        frames: frames of every window.
    """

    tracks: np.ndarray
    starts: np.ndarray
    frames: int

    def __len__(self) -> int:
        return len(self.tracks)


def index_windows(spec: WindowSpec, track_frames: list[int], track_ids: list[str], fps: float) -> WindowIndex:
    """List every window of every track.

    Args:
        track_frames: frames of each track.
        track_ids: their names, for the error message.
        fps: frames per second of the feature.

    Raises:
        DataError: a track is shorter than one window.
    """
    frames = spec.window_frames(fps)
    short = [f"{name} ({count} frames)" for name, count in zip(track_ids, track_frames, strict=True) if count < frames]
    if short:
        shortest = min(track_frames)
        seconds = math.floor(10 * shortest / fps) / 10
        remedy = "Skip them with --skip-bad (skip_bad=True)" if len(short) < len(track_ids) else "Use longer clips"
        if seconds > 0:
            remedy += (
                f", or use shorter windows: --set windows.seconds={seconds:g} (the shortest clip has {shortest} "
                "frames; with less music in a window, accuracy is lower, and not comparable with the published numbers)"
            )
        raise DataError(
            f"{len(short)} of {len(track_ids)} clips are shorter than one window of {spec.seconds:g} s = {frames} "
            f"frames: {', '.join(short[:5])}{', ...' if len(short) > 5 else ''}. {remedy}."
        )
    starts = [spec.starts(count, fps) for count in track_frames]
    counts = [len(each) for each in starts]
    return WindowIndex(
        tracks=np.repeat(np.arange(len(starts), dtype=np.int64), counts),
        starts=np.concatenate(starts) if starts else np.empty(0, np.int64),
        frames=frames,
    )
