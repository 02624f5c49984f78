"""Where a folder holds a data set in a form that is not read, the message says what to do."""

import pytest

from common.core.errors import DataError
from data_pipeline.datasets import fma, gtzan


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def message(load, *arguments) -> str:
    with pytest.raises(DataError) as caught:
        load(*arguments)
    return str(caught.value)


def test_an_archive_in_the_folder_is_to_be_unpacked(tmp_path):
    put(tmp_path, "README.md", "data/genres.tar.gz")
    said = message(gtzan.load, tmp_path)
    assert said.endswith("It holds data/genres.tar.gz: unpack it, and try again.")


def test_an_archive_given_as_the_folder_is_to_be_unpacked(tmp_path):
    put(tmp_path, "Archive.ZIP")
    said = message(gtzan.load, tmp_path / "Archive.ZIP")
    assert said.endswith("is a file, not a folder. Unpack this archive, and give the folder that it unpacks to.")
    put(tmp_path, "fma_small.zip")
    assert "Unpack this archive" in message(fma.load, tmp_path / "fma_small.zip", "fma_small")


def test_parquet_files_are_named_as_not_read(tmp_path):
    put(tmp_path, *(f"data/train-{number}.parquet" for number in range(5)))
    said = message(gtzan.load, tmp_path)
    assert "data/train-2.parquet and 2 more, and Encore does not read .parquet files. GTZAN is not part" in said


def test_a_folder_with_neither_gets_the_command_that_says_who_offers_the_data_set(tmp_path):
    put(tmp_path, "notes.txt")
    assert "It holds" not in message(gtzan.load, tmp_path)
    assert "Get it: encore data gtzan " in message(gtzan.load, tmp_path)
