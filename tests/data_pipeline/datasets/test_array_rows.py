"""Names, genres and lengths of rows: every usual form gives the same text, and what does not fit is named."""

from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.datasets.array_rows import genres_of, names_of, row_names, samples_of, warn_of_unlike

FILE = Path("given.npz")
GENRES = ["ska", "fado", "民謡"]
NAMED = tuple(GENRES)


@pytest.mark.parametrize(
    "values",
    [
        np.array(GENRES),
        np.array(GENRES)[:, None],
        np.array([genre.encode() for genre in GENRES]),
    ],
)
def test_text_and_bytes_are_the_same_genres(values):
    assert genres_of(FILE, values, 3, None) == GENRES


@pytest.mark.parametrize(
    "values",
    [
        np.arange(3),
        np.arange(3)[:, None],
        np.arange(3, dtype=np.uint8),
        np.arange(3, dtype=np.float32),
        np.eye(3),
        np.eye(3, dtype=bool),
        np.eye(3, dtype=int),
    ],
)
def test_labels_and_one_hot_are_named_in_label_order(values):
    assert genres_of(FILE, values, 3, NAMED) == GENRES
    with pytest.raises(DataError, match=r"genre holds numbers \(0 to 2\)\. Name .*: --genre-names blues,jazz,rock"):
        genres_of(FILE, values, 3, None)


BAD_LABELS = {
    "outside": (np.array([0, 3, -1]), r"labels without a name: 3 in row 1, -1 in row 2 \(2 in all\)\. .* 0 to 2\.$"),
    "from one": (np.array([1, 2, 3]), r"Labels begin at 0: subtract 1\."),
    "broken": (np.array([0, 0.5, 1]), r"genre\[1\] is 0\.5, expected a whole number"),
    "not a number": (np.array([0, 1, np.nan]), r"genre\[2\] is nan, expected a whole number"),
    "several": (np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]]), r"row 1 \(\[1 1 0\]\) is not one-hot"),
    "none": (np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1]]), r"row 1 \(\[0 0 0\]\) is not one-hot"),
    "one and a half": (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]), r"row 0 .* is not one-hot"),
    "probabilities": (np.full((3, 3), 1 / 3), "row 0 .* is not one-hot"),
    "more genres than names": (np.eye(3, 4), "one-hot with 4 genres, --genre-names gives 3 names"),
    "other length": (np.arange(4), r"genre has shape \(4,\), expected \(3,\)"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_labels_that_do_not_fit_are_named(case):
    values, reason = BAD_LABELS[case]
    with pytest.raises(DataError, match=reason):
        genres_of(FILE, values, 3, NAMED)


def test_names_of_labels_are_refused_where_genres_are_text():
    with pytest.raises(SpecError, match="--genre-names: goes with genres that are numbers"):
        genres_of(FILE, np.array(GENRES), 3, NAMED)


def test_genres_that_look_alike_are_pointed_out_and_kept(capsys):
    genres = ["rock", "rock ", "Rock", "pop"]
    assert genres_of(FILE, np.array(genres), 4, None) == genres
    said = capsys.readouterr().err
    assert "the genres 'Rock', 'rock', 'rock ' differ only in capitals, spaces or how accents are stored" in said
    assert "pop" not in said
    genres_of(FILE, np.array([0, 1]), 2, ("Rock", "rock"))
    assert (
        "the genres 'Rock', 'rock' differ only in capitals, spaces or how accents are stored" in capsys.readouterr().err
    )


def test_names_are_text_whatever_they_were():
    assert names_of(FILE, np.array([7, 12]), 2) == ["7", "12"]
    assert names_of(FILE, np.array([b"a", "é".encode()]), 2) == ["a", "é"]
    assert names_of(FILE, np.array([["a\nb"], ["c"]]), 2) == ["a\nb", "c"]
    assert row_names(2) == ["row0000", "row0001"]
    assert row_names(10_001)[-1] == "row10000"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.array([b"a", b"\xe9"]), r"name\[1\] is bytes that are not UTF-8 \(b'\\xe9'\)"),
        (np.array(["a", "b\0c"]), r"name\[1\] holds control characters: 'b\\x00c'"),
        (np.array([1, 1]), "repeated clips: 1"),
        (np.array([b"", b"a"]), "rows without a name: 0"),
    ],
)
def test_names_that_cannot_be_used_are_refused(values, reason):
    with pytest.raises(DataError, match=reason):
        names_of(FILE, values, 2)


def test_lengths_may_be_whole_floats():
    np.testing.assert_array_equal(samples_of(FILE, np.array([5.0, 6.0]), 2), [5, 6])
    with pytest.raises(DataError, match=r"n_samples\[1\] is 6\.5, expected a whole number"):
        samples_of(FILE, np.array([5.0, 6.5]), 2)
    with pytest.raises(DataError, match=r"has shape \(\), .* saved as np\.full\(len\(X\), n_samples\)"):
        samples_of(FILE, np.array(5), 2)


def test_clips_of_unlike_lengths_are_named(capsys):
    names = [f"c{row}" for row in range(10)]
    lengths = np.full(10, 1000)
    lengths[3], lengths[4], lengths[5] = 1010, 1011, 500
    warn_of_unlike(FILE, names, lengths, 60)
    said = " ".join(capsys.readouterr().err.split())
    assert "n_samples of 2 of 10 clips differs by more than 1 % from the usual 1000, while all have 60 columns" in said
    assert "columns: c4 (1011, +1 %), c5 (500, -50 %). All clips are read with one time step" in said
    warn_of_unlike(FILE, names[:4], lengths[:4], 60)
    assert capsys.readouterr().err == ""


def test_clips_that_are_a_little_shorter_are_not_named_where_lengths_are_unsigned(capsys):
    lengths = samples_of(FILE, np.array([999, 1000, 1000], np.uint32), 3)
    warn_of_unlike(FILE, ["a", "b", "c"], lengths, 60)
    assert capsys.readouterr().err == ""
