"""Samples as a feature: the bits of 16-bit files, the windows of the second paper, and what they take on disk."""

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.waveform import Waveform
from data_pipeline.windows.index import index_windows
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import as_tf_dataset
from reproductions.resnet1d.paper import PAPER, WINDOWS

RATE = 22050
WINDOW_SAMPLES = 110_250
CLIP_BYTES = 1_400_000


def write_clip(path, samples: int) -> np.ndarray:
    """16-bit noise over the whole range; returns what is in the file."""
    values = np.random.default_rng(samples).integers(-32768, 32768, samples).astype(np.int16)
    soundfile.write(path, values, RATE, subtype="PCM_16")
    return values


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Clips of 661,500 and of 660,000 samples: (their samples, the index, its windows)."""
    folder = tmp_path_factory.mktemp("clips")
    sizes = {"a.00000": 661_500, "a.00001": 660_000}
    samples = [write_clip(folder / f"{name}.wav", size) for name, size in sizes.items()]
    tracks = tuple(Track(id=name, label="a", path=folder / f"{name}.wav") for name in sizes)
    index = prepare(Catalog(dataset="two", title="Two clips", genres=("a",), tracks=tracks), Waveform(), folder)
    windows = index_windows(WINDOWS, [t.frames for t in index.tracks], [t.id for t in index.tracks], RATE)
    return samples, index, windows


def test_windows_overlap_by_three_quarters_and_end_with_the_clip(clips):
    _, _, windows = clips
    starts = [windows.starts[windows.tracks == track] for track in (0, 1)]
    assert [len(each) for each in starts] == [21, 20]
    assert starts[0].tolist() == [k * 55125 // 2 for k in range(21)]
    assert windows.frames == WINDOW_SAMPLES
    assert starts[0][-1] + windows.frames == 661_500
    assert starts[1].tolist() == starts[0][:20].tolist()


@pytest.mark.parametrize(
    ("samples", "count"), [(110_249, 0), (110_250, 1), (660_000, 20), (661_500, 21), (675_808, 21)]
)
def test_windows_of_clips_of_other_lengths(samples, count):
    assert len(WINDOWS.starts(samples, RATE)) == count


def test_every_window_is_the_files_own_samples(clips):
    samples, index, windows = clips
    with WindowReader(index, windows) as reader:
        read = reader.read(np.arange(len(windows)))
        assert read.dtype == np.int16
        for window, track, start in zip(read, windows.tracks, windows.starts, strict=True):
            assert window.tobytes() == samples[track][start : start + WINDOW_SAMPLES].tobytes()


def test_a_network_gets_what_soundfile_decodes(clips):
    _, index, windows = clips
    expected, _ = soundfile.read(index.folder.parents[1] / "a.00001.wav", dtype="float32")
    with WindowReader(index, windows) as reader:
        ((values, labels),) = list(as_tf_dataset(reader, np.array([40, 21]), batch_size=2, layout=PAPER.layout))
    assert values.shape == (2, WINDOW_SAMPLES, 1)
    np.testing.assert_array_equal(values[1, :, 0], expected[:WINDOW_SAMPLES])
    start = int(windows.starts[40])
    np.testing.assert_array_equal(values[0, :, 0], expected[start : start + WINDOW_SAMPLES])
    assert labels.numpy().tolist() == [0, 0]


def test_overlapping_windows_are_not_written(clips):
    _, index, windows = clips
    on_disk = sum(path.stat().st_size for path in index.folder.iterdir())
    assert on_disk <= 2 * CLIP_BYTES
    assert len(windows) * WINDOW_SAMPLES * 4 > 6 * on_disk


def test_other_rates_are_resampled(clips, tmp_path):
    samples, _, _ = clips
    seconds = len(samples[0]) / RATE
    feature = Waveform(sample_rate=12000)
    folder = clips[1].folder.parents[1]
    track = Track(id="a.00000", label="a", path=folder / "a.00000.wav")
    index = prepare(Catalog(dataset="one", title="One", genres=("a",), tracks=(track,)), feature, tmp_path)
    assert index.tracks[0].frames == round(seconds * 12000)
    assert WINDOWS.window_frames(feature.frames_per_second) == 60_000


def test_overshoot_is_limited_and_nonsense_refused():
    loud = np.array([1.5, -1.5, 0.5], np.float32)
    stored = Waveform().storage.encode(Waveform().extract(loud))
    assert stored[:, 0].tolist() == [32767, -32768, 16384]
    for bad in (1e4, np.nan):
        with pytest.raises(DataError, match="expected audio scaled to"):
            Waveform().extract(np.array([0.1, bad], np.float32))
