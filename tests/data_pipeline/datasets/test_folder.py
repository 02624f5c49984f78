"""Any folder of audio files as a data set."""

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
