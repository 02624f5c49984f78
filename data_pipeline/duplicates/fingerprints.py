"""Audio fingerprints that survive another encoding, another loudness and another starting point.

Differences of neighbouring bands over time, as in J. Haitsma and T. Kalker, "A highly robust audio fingerprinting
system", ISMIR 2002; not reduced to bits here, because a few thousand clips can be compared without an index of bits.
Drum patterns, which different music has in common, move all bands together and cancel out.
"""

from pathlib import Path

import numpy as np

from data_pipeline.audio.decode import Decoder
from data_pipeline.cache.extraction import ParallelMap, prepare
from data_pipeline.cache.shards import ShardIndex, ShardTrack, read_track
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features import Feature
from data_pipeline.features.spectrograms import LogMel

BANDS = 32
# Finer columns do not help: a clip that is cut between two columns of the other then loses more similarity.
MAX_COLUMNS_PER_SECOND = 13.0
# Slower changes are those of loudness and timbre, which many recordings have in common.
MOVING_AVERAGE_SECONDS = 3.0
FEATURE = LogMel(n_fft=2048, hop_samples=1024, n_mels=BANDS)


def fingerprint_shards(
    catalog: Catalog,
    given: Feature | None,
    cache: Path,
    *,
    skip_bad: bool = False,
    decoder: Decoder = "soundfile",
    parallel_map: ParallelMap | None = None,
) -> ShardIndex:
    """The shards that fingerprints are computed from.

    Args:
        given: feature of a dataset of precomputed arrays; None for audio.
        cache, skip_bad, decoder, parallel_map: see `prepare`.

    Raises:
        DataError: see `prepare`.
    """
    return prepare(catalog, given or FEATURE, cache, skip_bad=skip_bad, decoder=decoder, parallel_map=parallel_map)


def columns_per_second(index: ShardIndex) -> float:
    """Time step of the fingerprints of these shards."""
    return _frames_per_second(index) / _pooled_frames(index)


def fingerprint(index: ShardIndex, track: ShardTrack) -> np.ndarray:
    """Level differences of neighbouring bands (up to 32) over time, minus their moving average over 3 s, so that gain
    and filters cancel out.

    Returns:
        float32 (bands - 1, columns); all zero for silence.
    """
    from scipy.ndimage import uniform_filter1d  # here: a help text does not need scipy

    frames = index.feature.storage.decode(read_track(index, track)).astype(np.float32)
    if index.feature.bins == 1:
        # Precomputed arrays of samples.
        frames = _mel_of(index).extract(frames[:, 0])
    pooled = _pooled_frames(index)
    # A track with fewer frames than a column becomes one column.
    whole = max(1, len(frames) // pooled)
    columns = frames[: whole * pooled].reshape(whole, -1, frames.shape[1]).mean(axis=1)
    bands = np.stack([band.mean(axis=1) for band in np.array_split(columns, min(BANDS, columns.shape[1]), axis=1)])
    slopes = np.diff(bands, axis=0)
    slow = max(3, round(MOVING_AVERAGE_SECONDS * columns_per_second(index)))
    return slopes - uniform_filter1d(slopes, slow, axis=1)


def _mel_of(index: ShardIndex) -> LogMel:
    return FEATURE.replace(sample_rate=round(index.feature.frames_per_second))


def _frames_per_second(index: ShardIndex) -> float:
    return _mel_of(index).frames_per_second if index.feature.bins == 1 else index.feature.frames_per_second


def _pooled_frames(index: ShardIndex) -> int:
    return max(1, int(np.ceil(_frames_per_second(index) / MAX_COLUMNS_PER_SECOND)))
