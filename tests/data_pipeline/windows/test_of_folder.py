"""Any folder of audio files as a data set of TensorFlow."""

import shutil

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, DataError, SpecError
from common.paper import LogMel, Waveform, WindowSpec
from common.runs.options import DataOptions
from data_pipeline.audio.decode import read_audio
from data_pipeline.cache import DEFAULT_CACHE
from data_pipeline.windows.of_folder import folder_windows

FEATURE = LogMel(sample_rate=22050, n_fft=1024, hop_samples=512, n_mels=16)
WINDOWS = WindowSpec(seconds=2, hop_seconds=1)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def values_of(path) -> np.ndarray:
    """(frames, bins) as they are stored."""
    storage = FEATURE.storage
    return storage.decode(storage.encode(FEATURE.extract(read_audio(path, sample_rate=22050))))


def test_windows_come_in_order_with_their_genres(tiny_corpus, cache):
    found = folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache, batch_windows=10)
    assert found.genres == tiny_corpus.GENRES
    windows, genres = (np.concatenate(parts) for parts in zip(*found.dataset.as_numpy_iterator(), strict=True))
    frames = WINDOWS.window_frames(FEATURE.frames_per_second)
    assert (windows.shape, windows.dtype) == ((48, 16, frames, 1), np.float32)
    assert (genres.dtype, np.bincount(genres).tolist()) == (np.int32, [16, 16, 16])
    assert len(found.clips) == len(found.starts_seconds) == found.dataset.cardinality() * 10 - 2 == 48
    for place in (0, 5, 47):
        clip, start = found.clips[place], round(found.starts_seconds[place] * FEATURE.frames_per_second)
        assert clip.split("/")[1] == found.genres[genres[place]]
        np.testing.assert_array_equal(
            windows[place, :, :, 0], values_of(tiny_corpus.folder / clip)[start : start + frames].T
        )
    assert found.clips[4:6] == ("genres/blues/blues.00001.wav",) * 2
    assert found.starts_seconds[4:6] == pytest.approx([0, 1], abs=0.02)


def test_a_shuffle_keeps_each_window_with_its_genre(tiny_corpus, cache):
    plain = folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache)
    first, again, other = (
        folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache, shuffle_seed=seed, batch_windows=48)
        for seed in (1, 1, 2)
    )
    assert first.clips == again.clips != other.clips
    assert sorted(zip(first.clips, first.starts_seconds, strict=True)) == sorted(
        zip(plain.clips, plain.starts_seconds, strict=True)
    )
    ((windows, genres),) = first.dataset.as_numpy_iterator()
    assert [first.genres[genre] for genre in genres] == [clip.split("/")[1] for clip in first.clips]
    start = round(first.starts_seconds[7] * FEATURE.frames_per_second)
    expected = values_of(tiny_corpus.folder / first.clips[7])[start : start + windows.shape[2]].T
    np.testing.assert_array_equal(windows[7, :, :, 0], expected)


def test_other_layouts_and_samples(tiny_corpus, cache):
    flat = folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache, layout="frames_bins")
    frames = WINDOWS.window_frames(FEATURE.frames_per_second)
    assert next(flat.dataset.as_numpy_iterator())[0].shape == (32, frames, 16)
    samples = folder_windows(tiny_corpus.folder, Waveform(sample_rate=8000), WINDOWS, cache=cache, batch_windows=2)
    assert next(samples.dataset.as_numpy_iterator())[0].shape == (2, 16000, 1)


def test_features_are_extracted_once(tiny_corpus, cache, monkeypatch):
    folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache)
    monkeypatch.setattr("data_pipeline.cache.track_extraction.read_audio", None)
    folder_windows(tiny_corpus.folder, FEATURE, WindowSpec(seconds=1, hop_seconds=1), cache=str(cache))


def test_a_file_that_cannot_be_used_is_refused_or_left_out(own_corpus, tmp_path):
    shutil.copy(own_corpus.path("blues", 0), tmp_path / "corpus" / "genres" / "blues" / "copy.wav")
    (tmp_path / "corpus" / "genres" / "blues" / "broken.wav").write_bytes(b"RIFF")
    given = (own_corpus.folder, FEATURE, WINDOWS)
    with pytest.raises(DataError, match=r"broken\.wav"):
        folder_windows(*given, cache=tmp_path / "cache")
    found = folder_windows(*given, cache=tmp_path / "cache", skip_bad=True)
    assert "genres/blues/copy.wav" in found.clips
    assert len(set(found.clips)) == 13


def test_a_clip_shorter_than_a_window_is_refused_or_left_out(own_corpus, tmp_path, capsys):
    samples, rate = soundfile.read(own_corpus.path("blues", 0))
    soundfile.write(own_corpus.folder / "genres" / "blues" / "short.wav", samples[:rate], rate)
    given = (own_corpus.folder, FEATURE, WINDOWS)
    with pytest.raises(
        DataError, match=r"1 of 13 clips are shorter .*short\.wav.* --skip-bad \(skip_bad=True\), or use"
    ):
        folder_windows(*given, cache=tmp_path)
    found = folder_windows(*given, cache=tmp_path, skip_bad=True)
    assert (len(found.clips), len(set(found.clips))) == (48, 12)
    assert "genres/blues/short.wav" not in found.clips
    assert "left out: 1 unusable clip: genres/blues/short.wav\n" in capsys.readouterr().err
    long = WindowSpec(seconds=9, hop_seconds=9)
    with pytest.raises(DataError, match="13 of 13 clips are shorter than one window of 9 s"):
        folder_windows(own_corpus.folder, FEATURE, long, cache=tmp_path, skip_bad=True)


def test_files_beside_the_genres_have_the_name_of_the_current_folder(own_corpus, tmp_path, monkeypatch):
    shutil.copy(own_corpus.path("blues", 0), own_corpus.folder / "genres" / "loose.wav")
    monkeypatch.chdir(own_corpus.folder / "genres")
    found = folder_windows(".", FEATURE, WINDOWS, cache=tmp_path)
    assert found.genres == tuple(sorted((*own_corpus.GENRES, "genres")))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"batch_windows": 0}, "batch_windows=0: expected a number of windows, 1 or more."),
        ({"layout": "nope"}, "layout='nope': no such layout. Expected one of: frames_bins, bins_frames_channel."),
    ],
)
def test_arguments_that_are_not_valid_are_refused_before_the_folder_is_read(tmp_path, wrong, says):
    with pytest.raises(SpecError) as refused:
        folder_windows(tmp_path, FEATURE, WINDOWS, **wrong)
    assert str(refused.value) == says


def test_clips_shorter_than_a_window_and_too_little_memory_are_one_line_each(tiny_corpus, cache, tmp_path):
    with pytest.raises(DataError, match="12 of 12 clips are shorter than one window of 9 s"):
        folder_windows(tiny_corpus.folder, FEATURE, WindowSpec(seconds=9, hop_seconds=9), cache=cache)
    with pytest.raises(BudgetError, match="one batch of 32 windows needs"):
        folder_windows(tiny_corpus.folder, FEATURE, WINDOWS, cache=cache, memory_limit_bytes=1000)
    with pytest.raises(DataError, match=r"^folder /.*nowhere: does not exist"):
        folder_windows(tmp_path / "nowhere", FEATURE, WINDOWS, cache=cache)


def test_functions_and_commands_keep_features_in_the_same_folder():
    assert DataOptions().cache == DEFAULT_CACHE.expanduser()


def test_a_file_of_a_format_that_is_not_read_is_not_left_out_silently(own_corpus, cache, capsys):
    (own_corpus.folder / "genres" / "blues" / "new.m4a").write_bytes(b"x")
    with pytest.raises(DataError, match=r"1 clip cannot be used: .*new\.m4a: Encore does not read \.m4a"):
        folder_windows(own_corpus.folder, FEATURE, WINDOWS, cache=cache)
    assert len(folder_windows(own_corpus.folder, FEATURE, WINDOWS, cache=cache, skip_bad=True).clips) == 48
    assert "new.m4a" in capsys.readouterr().err
