"""The windows of the tiny corpus, read from shards and cut by hand."""

import numpy as np
import pytest

from data_pipeline.audio.decode import read_audio
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader

FEATURE = LogMel(n_fft=512, hop_samples=512, n_mels=16)
WINDOWS = WindowSpec(seconds=1.0, hop_seconds=0.4)


def window_index(index, spec=WINDOWS):
    tracks = index.tracks
    fps = index.feature.frames_per_second
    return index_windows(spec, [track.frames for track in tracks], [track.id for track in tracks], fps)


@pytest.fixture(scope="module")
def index(tiny_corpus, tmp_path_factory):
    """The tiny corpus in four shards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare_module, "_TARGET_SHARD_BYTES", 130_000)
        found = prepare(tiny_corpus.catalog, FEATURE, tmp_path_factory.mktemp("cache"))
    assert len(found.shards) == 4
    return found


@pytest.fixture
def reader(index):
    """A reader of the windows of the tiny corpus."""
    with WindowReader(index, window_index(index)) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(tiny_corpus):
    """The windows cut by hand from decoded arrays: (windows, frames, bins) float32 and the labels."""
    windows, labels = [], []
    for label, genre in enumerate(tiny_corpus.GENRES):
        for number in range(tiny_corpus.CLIPS_PER_GENRE):
            values = FEATURE.extract(read_audio(tiny_corpus.path(genre, number)))
            values = FEATURE.storage.decode(FEATURE.storage.encode(values))
            # 1 s and 0.4 s are 43 and 17 frames of 512 samples.
            windows += [values[start : start + 43] for start in range(0, len(values) - 42, 17)]
            labels += [label] * (1 + (len(values) - 43) // 17)
    return np.stack(windows), np.array(labels)
