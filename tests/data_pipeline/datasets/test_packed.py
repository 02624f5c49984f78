"""Where a folder holds a data set in a form that is not read, the message says what to do."""

import pytest

from common.core.errors import DataError
from data_pipeline.datasets import fma, gtzan
from data_pipeline.datasets.packed import advice_on, is_pointer


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
    assert (
        "data/train-2.parquet and 2 more, and Encore does not read .parquet files of this data set. GTZAN is not part"
        in said
    )


def test_a_folder_with_neither_gets_the_command_that_says_who_offers_the_data_set(tmp_path):
    put(tmp_path, "notes.txt")
    assert "It holds" not in message(gtzan.load, tmp_path)
    assert "Where to get it: encore data gtzan." in message(gtzan.load, tmp_path)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["gtzan/1.0.0/gtzan-train.tfrecord-00000-of-00010"], "in which TensorFlow Datasets or Hugging Face keeps"),
        (["gtzan-train.arrow"], "which Encore does not read: give the folder of the audio files"),
        (
            ["images_original/blues/blues00000.png"],
            "1 picture (images_original/blues/blues00000.png), and Encore makes",
        ),
        (
            ["features_30_sec.csv", "features_3_sec.csv"],
            "It holds features_30_sec.csv, features_3_sec.csv, and no audio.",
        ),
        (
            ["a.wav", "b.mp3", "c.png"],
            "2 audio files (.mp3, .wav) that are not named and sorted as its clips are: a.wav",
        ),
        (["a.wav"], "For audio files of your own, give --dataset folder."),
        (["genres.7z"], "It holds genres.7z: unpack it, and try again"),
    ],
)
def test_other_forms_are_named_for_what_they_are(tmp_path, names, said):
    put(tmp_path, *names)
    assert said in message(gtzan.load, tmp_path)
    assert said in advice_on(tmp_path, where="")


def test_what_says_most_comes_first(tmp_path):
    put(tmp_path, "genres.rar", "features_30_sec.csv", "images_original/blues/blues00000.png")
    assert "It holds genres.rar: unpack it" in message(gtzan.load, tmp_path)
    put(tmp_path / "other", "features_30_sec.csv", "images_original/blues/blues00000.png")
    assert "1 picture" in message(gtzan.load, tmp_path / "other")


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1323632\n"


def test_pointers_of_git_lfs_are_told_from_files(tmp_path):
    put(tmp_path, "empty.wav")
    (tmp_path / "pointer.wav").write_text(POINTER)
    (tmp_path / "large.wav").write_text(POINTER + " " * 2000)
    assert [is_pointer(tmp_path / f"{name}.wav") for name in ("empty", "pointer", "large", "absent")] == [
        False,
        True,
        False,
        False,
    ]
    (tmp_path / "fma_small.zip").write_text(POINTER)
    assert advice_on(tmp_path, where="") == (
        "fma_small.zip, pointer.wav are pointers of Git LFS, without the content of the files: run git lfs pull"
    )
    assert "fma_small.zip is a pointer of Git LFS" in message(fma.load, tmp_path / "fma_small.zip", "fma_small")
