"""The benchmark of extraction measures the files that it is given, and compares equal features."""

import json

import pytest

from benchmarks import extraction
from common.core.errors import DataError


def test_files_are_chosen_at_equal_distances(tmp_path):
    (tmp_path / "notes.txt").write_text("no audio")
    (tmp_path / "rock").mkdir()
    for number in range(10):
        (tmp_path / "rock" / f"{number}.MP3").touch()
    assert [path.name for path in extraction.choose(tmp_path, 5)] == ["0.MP3", "2.MP3", "4.MP3", "6.MP3", "8.MP3"]
    assert len(extraction.choose(tmp_path, 100)) == 10


def test_a_folder_without_audio_is_named(tmp_path):
    with pytest.raises(DataError, match=rf"--folder {tmp_path}: holds no \.mp3"):
        extraction.choose(tmp_path, 5)


# librosa imports audioread, which imports modules that Python 3.13 no longer has.
@pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)' is deprecated:DeprecationWarning")
def test_both_extract_the_same_feature_from_every_file(tmp_path, monkeypatch):
    extraction.write_noise(tmp_path, 2, seconds=1.0)
    paths = extraction.choose(tmp_path, 5)
    read = []
    with_librosa = extraction.with_librosa
    monkeypatch.setattr(extraction, "with_librosa", lambda path: read.append(path) or with_librosa(path))
    monkeypatch.setattr(extraction, "_in_a_pool", lambda paths, cores: 1.0)  # starting processes takes seconds
    result = extraction.measure(paths, rounds=2)
    assert read == [paths[0], *paths * 3], "once for the difference, then in each round and in the one that warms up"
    speed, processor, difference = result.requirements
    assert (speed.limit, speed.bound) == (2.3, "at least")
    assert (processor.limit, processor.bound) == (1.0, "at most")
    assert difference.holds, "the features differ by more than they may"
    assert set(result.values) == {"Encore", "librosa"}
    assert all(len(figures) == 2 for figures in (*result.values.values(), *result.ratios.values()))
    assert json.loads(json.dumps(result.as_json(), allow_nan=False))["settings"]["files"] == 2


@pytest.mark.slow
def test_a_pool_of_processes_reads_every_file(tmp_path):
    extraction.write_noise(tmp_path, 2, seconds=1.0)
    assert extraction._in_a_pool(extraction.choose(tmp_path, 2), 2) > 0
