"""Any folder of audio files as a data set."""

from pathlib import Path

import pytest

from data_pipeline.datasets.folder import load_folder


def test_files_of_the_same_name_in_different_folders_are_distinguished(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "01.wav").write_bytes(place.encode())
    catalog = load_folder(tmp_path)
    before = catalog.source_digest
    assert load_folder(tmp_path).source_digest == before
    for place in ("a", "b"):
        content = (tmp_path / place / "01.wav").read_bytes()
        (tmp_path / place / "01.wav").write_bytes(content * 2)
        assert catalog.source_digest != before
        (tmp_path / place / "01.wav").write_bytes(content)
        before = catalog.source_digest


@pytest.mark.parametrize("spelled", [".", "../music", "a/.."])
def test_files_directly_in_the_folder_have_its_name_as_their_genre(spelled, tmp_path, monkeypatch):
    folder = tmp_path / "music"
    (folder / "a").mkdir(parents=True)
    for path in (folder / "1.wav", folder / "a" / "2.wav"):
        path.write_bytes(b"x")
    monkeypatch.chdir(folder)
    assert [track.label for track in load_folder(Path(spelled)).tracks] == ["music", "a"]
