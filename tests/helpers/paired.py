"""Two features of the same clips, for tests of paired windows."""

import numpy as np
import pytest
import soundfile

from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.spectrograms import TorchaudioLogMel
from data_pipeline.features.waveform import Waveform
from data_pipeline.windows.index import WindowIndex, WindowSpec, index_windows
from data_pipeline.windows.paired import PairedReader, pair_windows
from data_pipeline.windows.reader import WindowReader

RATE = 8000
SAMPLES = Waveform(sample_rate=RATE)
BANDS = TorchaudioLogMel(sample_rate=RATE, n_fft=256, hop_samples=160, n_mels=16)
WINDOWS = WindowSpec(seconds=1.0, hop_seconds=0.75, rounding="starts")
SECONDS = (4.0, 2.5, 3.1)


def windows_of(index, feature) -> WindowIndex:
    tracks = index.tracks
    return index_windows(WINDOWS, [t.frames for t in tracks], [t.id for t in tracks], feature.frames_per_second)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Clips whose loudness rises with time, so that a window shows where it is from: both indices, both windows."""
    folder = tmp_path_factory.mktemp("pairs")
    tracks = []
    for number, seconds in enumerate(SECONDS):
        rng = np.random.default_rng(number)
        count = round(seconds * RATE)
        samples = rng.standard_normal(count) * np.linspace(0.001, 0.2, count)
        soundfile.write(folder / f"c{number}.wav", samples, RATE, subtype="PCM_16")
        tracks.append(Track(id=f"c{number}", label="ab"[number % 2], path=folder / f"c{number}.wav"))
    catalog = Catalog(dataset="pairs", title="Pairs", genres=("a", "b"), tracks=tuple(tracks))
    indices = [prepare(catalog, feature, folder / "cache") for feature in (SAMPLES, BANDS)]
    return [(index, windows_of(index, feature)) for index, feature in zip(indices, (SAMPLES, BANDS), strict=True)]


@pytest.fixture
def reader(opened):
    first, second = pair_windows(*opened)
    with PairedReader(WindowReader(opened[0][0], first), WindowReader(opened[1][0], second)) as paired:
        yield paired
