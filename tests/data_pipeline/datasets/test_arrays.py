"""Arrays as a data set: how a file is interpreted, and what is refused."""

import pickle

import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.cache.array_tracks import open_array_tracks
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets import arrays, fma, gtzan
from data_pipeline.datasets.recognise import known_dataset
from data_pipeline.features.storage import StorageFormat
from tests.helpers.arrays import COLUMNS, NAMES, content


def ids(catalog) -> list[str]:
    return [track.id for track in catalog.tracks]


def test_arrays_with_gtzan_names_get_gtzan_facts(save):
    file = save()
    catalog, feature = arrays.load(file)
    assert ids(catalog) == sorted(NAMES)
    # Each track keeps its row when the tracks are sorted.
    assert {track.id: track.row for track in catalog.tracks} == {name: row for row, name in enumerate(NAMES)}
    assert {track.id: track.label for track in catalog.tracks} == {name: name.split(".")[0] for name in NAMES}
    assert {track.path for track in catalog.tracks} == {file}
    assert all(track.artist == (gtzan.facts()[track.id]["artist"] or None) for track in catalog.tracks)
    assert catalog.genres == ("blues", "jazz", "rock")
    assert catalog.splits == {"fault_filtered": gtzan.fault_filtered_split(), "course": gtzan.course_split()}
    assert catalog.clip_accuracy_ceiling_percent == 94.5
    assert "precomputed features: 6 bins x 387 columns" in catalog.caption
    assert "4 of GTZAN's 1,000 clips" in catalog.caption
    assert feature.bins == 6


@pytest.mark.parametrize(
    "changes",
    [
        {"name": np.array(["song a", "song b", "song c", "song d"])},
        {"genre": np.array(["rock", "blues", "rock", "jazz"])},
    ],
)
def test_other_names_or_genres_are_not_recognised_as_gtzan(save, changes):
    catalog, _ = arrays.load(save(**changes))
    assert catalog.splits == {}
    assert catalog.clip_accuracy_ceiling_percent is None
    assert "GTZAN" not in catalog.caption
    assert [track.artist for track in catalog.tracks] == [None] * 4


def test_numeric_names_with_the_genres_of_fma_small_are_recognised_as_its_clips(tmp_path):
    genres = np.array([*fma.SMALL_GENRES, "Rock"])
    names = np.array([f"{number:06d}" for number in range(9)])
    path = tmp_path / "fma.npz"
    np.savez(path, X=np.ones((9, 4, 20), np.uint8), name=names, genre=genres)
    catalog, _ = arrays.load(path, seconds_per_column=1.5)
    assert "9 clips numbered and labelled like FMA-small's 8,000" in catalog.caption
    # Its official split is in the metadata, which is not here.
    assert catalog.splits == {}
    np.savez(path, X=np.ones((9, 4, 20), np.uint8), name=np.char.add("clip", names), genre=genres)
    catalog, _ = arrays.load(path, seconds_per_column=1.5)
    assert "FMA" not in catalog.caption


def test_seconds_per_column_follow_from_the_samples(save):
    _, feature = arrays.load(save())
    assert feature.columns_per_second == pytest.approx(COLUMNS / (661547 / 22050), rel=1e-9)


def test_seconds_per_column_can_be_given(save):
    _, feature = arrays.load(save(n_samples=None), seconds_per_column=0.05)
    assert feature.columns_per_second == pytest.approx(20)
    # A given value wins over the file's.
    _, feature = arrays.load(save(), seconds_per_column=0.05)
    assert feature.columns_per_second == pytest.approx(20)


@pytest.mark.parametrize("seconds", [0.0, -1.0, np.nan, np.inf])
def test_invalid_seconds_per_column_are_refused(save, seconds):
    with pytest.raises(SpecError, match=r"--seconds-per-column .* not a time step"):
        arrays.load(save(), seconds_per_column=seconds)


@pytest.mark.parametrize(
    ("dtype", "scale"), [("uint8", 1 / 255), ("int16", 1 / 32767), ("float16", 1), ("float32", 1), ("float64", 1)]
)
def test_values_are_read_in_their_range(save, tmp_path, dtype, scale):
    spectrograms = np.random.default_rng(0).integers(0, 255, (4, 6, COLUMNS)).astype(dtype)
    catalog, feature = arrays.load(save(X=spectrograms))
    assert feature.storage == StorageFormat(dtype="float32" if dtype == "float64" else dtype, scale=scale)
    index = prepare(catalog, feature, tmp_path / "cache")
    for track in index.tracks:
        values = feature.storage.decode(read_track(index, track))
        np.testing.assert_allclose(values, spectrograms[NAMES.index(track.id)].T * scale, rtol=1e-6)


def ragged() -> np.ndarray:
    clips = np.empty(4, dtype=object)
    for row in range(4):
        clips[row] = np.ones((6, 9 + row))
    return clips


BAD_CONTENT = {
    "rank 2": ({"X": np.ones((4, 6), np.uint8)}, r"X has rank 2, shape \(4, 6\); expected \(clips, bins, columns\)"),
    "rank 5": ({"X": np.ones((4, 6, 9, 1, 1), np.uint8)}, "X has rank 5"),
    "complex": ({"X": np.ones((4, 6, 9), complex)}, "X is complex128, expected one of uint8, int16, float16"),
    "int64": ({"X": np.ones((4, 6, 9), np.int64)}, "X is int64, expected one of"),
    "text": ({"X": np.full((4, 6, 9), "a")}, "X is <U1, expected one of"),
    "no track": ({"X": np.ones((0, 6, 9), np.uint8)}, r"X is empty, shape \(0, 6, 9\)"),
    "no column": ({"X": np.ones((4, 6, 0), np.uint8)}, r"X is empty, shape \(4, 6, 0\)"),
    "no X": ({"X": None}, "lacks X; found name, genre, n_samples"),
    "no names": ({"name": None, "genre": None}, "lacks name, genre; found X, n_samples"),
    "short names": ({"name": np.array(NAMES[:3])}, r"name has shape \(3,\), expected \(4,\)"),
    "long genres": ({"genre": np.array(["blues"] * 5)}, r"genre has shape \(5,\), expected \(4,\)"),
    "scalar name": ({"name": np.array("blues")}, r"name has shape \(\), expected \(4,\)"),
    "short samples": ({"n_samples": np.array([661794])}, r"n_samples has shape \(1,\)"),
    "numbers as names": ({"name": np.ones(4)}, "name is float64, expected integers or a NumPy array of str"),
    "truth values as genres": ({"genre": np.ones(4, bool)}, r"genre is bool, expected text \(a NumPy array of str\)"),
    "negative samples": ({"n_samples": np.array([9, 9, 9, -9])}, "n_samples must hold positive integers"),
    "no samples": ({"n_samples": np.zeros(4, int)}, "n_samples must hold positive integers"),
    "text as samples": ({"n_samples": np.array(["9"] * 4)}, "n_samples must hold positive integers"),
    "unknown time step": ({"n_samples": None}, "the time step of the columns is not known. Give --seconds-per-column"),
    "empty name": ({"name": np.array(["a", "", "c", "d"])}, r"rows without a name: 1 \(1 in all\)"),
    "empty genre": ({"genre": np.array(["a", "", "c", ""])}, r"rows without a genre: 1, 3 \(2 in all\)"),
    "duplicates": ({"name": np.array(["b", "a", "b", "a"])}, r"name holds repeated clips: a, b \(2 in all\)"),
    "pickled names": ({"name": np.array(NAMES, dtype=object)}, r"save it with name\.astype\(str\)"),
    "pickled genres": ({"genre": np.array(NAMES, dtype=object)}, r"save it with genre\.astype\(str\)"),
    "pickled lengths": ({"n_samples": np.array([1] * 4, dtype=object)}, r"save it with n_samples\.astype\(int\)"),
    "pickled numbers": ({"X": np.ones((4, 6, 9), object)}, r"save it with X\.astype\(np\.float32\)"),
    "pickled clips": (
        {"X": ragged()},
        r"np\.stack\(list\(X\)\) where all clips have the same shape, else one clip a file: FOLDER/<genre>/<clip>\.npy",
    ),
}


@pytest.mark.parametrize("case", BAD_CONTENT)
def test_unusable_arrays_are_refused(save, case):
    changes, reason = BAD_CONTENT[case]
    file = save(**changes)
    with pytest.raises(DataError, match=reason) as caught:
        arrays.load(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_pickles_are_never_loaded(tmp_path, bomb):
    objects = np.empty((4, 6, 9), dtype=object)
    objects[:] = bomb
    np.savez(tmp_path / "objects.npz", **content(X=objects))
    np.save(tmp_path / "objects.npy", objects, allow_pickle=True)
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(bomb))
    for name in ("objects.npz", "objects.npy", "raw.npz"):
        with pytest.raises(DataError, match=r"(pickled\)|is a pickle), which is never loaded") as caught:
            arrays.load(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_a_single_array_is_not_taken_for_an_archive(tmp_path):
    for name in ("single.npy", "single.npz"):
        with open(tmp_path / name, "wb") as file:
            np.save(file, np.ones((4, 6, 9)))
        with pytest.raises(DataError, match=r"is a single array\. Save it with .* or give a folder with X\.npy"):
            arrays.load(tmp_path / name)


def test_files_that_are_not_archives_are_refused(save, tmp_path):
    whole = save().read_bytes()
    cases = {"cut.npz": whole[:-200], "text.npz": b"hello", "empty.npz": b""}
    for name, damaged in cases.items():
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(DataError, match=r"not a readable \.npz|is text, not arrays") as caught:
            arrays.load(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_a_damaged_archive_is_refused_or_has_the_same_values(tmp_path, write):
    """Not every byte of an archive counts, but none leads to other values or to a traceback."""
    whole = content(X=content()["X"][:, :, :20])
    write(tmp_path / "whole.npz", **whole)
    expected = arrays.load(tmp_path / "whole.npz")[1]
    values = {row: spectrogram.T.tobytes() for row, spectrogram in enumerate(whole["X"])}
    intact = (tmp_path / "whole.npz").read_bytes()
    damaged = tmp_path / "damaged.npz"
    refused = 0
    for position in range(0, len(intact), 5):
        for bits in (1, 0xFF):
            changed = bytes([intact[position] ^ bits])
            damaged.write_bytes(intact[:position] + changed + intact[position + 1 :])
            try:
                catalog, feature = arrays.load(damaged, seconds_per_column=1 / expected.columns_per_second)
                with open_array_tracks(damaged, tmp_path) as tracks:
                    found = {row: tracks.read(row).tobytes() for row in values}
            except DataError:
                refused += 1
            else:
                assert feature.replace(columns_per_second=expected.columns_per_second) == expected
                assert ids(catalog) == sorted(NAMES)
                assert found == values
    assert refused > 0.5 * len(intact) / 5


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere.npz", r"does not exist; --dataset arrays needs an \.npz"), (".", r"holds no \.npy")]
)
def test_a_path_without_arrays_is_refused(tmp_path, name, reason):
    with pytest.raises(DataError, match=f"--data .*{reason}"):
        arrays.load(tmp_path / name)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(4, 6, 9, 1), (4, 1, 6, 9)])
def test_a_single_channel_is_left_out_without_a_change_of_values(save, tmp_path, shape, order):
    plain = np.random.default_rng(0).integers(1, 250, (4, 6, 9)).astype(np.uint8)
    catalog, feature = arrays.load(save(X=np.asarray(plain.reshape(shape), order=order)))
    assert feature.bins == 6
    assert "6 bins x 9 columns" in catalog.caption
    index = prepare(catalog, feature, tmp_path / "cache")
    for track in index.tracks:
        np.testing.assert_array_equal(read_track(index, track), plain[NAMES.index(track.id)].T)


def test_clips_without_names_are_named_by_their_rows(save):
    catalog, _ = arrays.load(save(name=None))
    assert [(track.id, track.row) for track in catalog.tracks] == [(f"row000{row}", row) for row in range(4)]
    assert catalog.caption.endswith("(without names: clips are named by their rows)")


def test_rows_of_fma_genres_without_names_are_not_taken_for_its_clips(tmp_path):
    genres = np.array(fma.SMALL_GENRES)
    np.savez(tmp_path / "own.npz", X=np.ones((8, 4, 20), np.uint8), genre=genres)
    catalog, _ = arrays.load(tmp_path / "own.npz", seconds_per_column=1)
    assert "FMA" not in catalog.caption
    assert known_dataset("arrays", catalog.genres, ids(catalog)) is None


OTHER_KEYS = {
    "y": ({"genre": None, "y": np.zeros(4)}, "lacks genre; found X, name, n_samples, y. Rename y to genre."),
    "Labels": ({"genre": None, "Labels": np.zeros(4)}, "Rename Labels to genre."),
    "x and y": ({"X": None, "genre": None, "x": np.zeros(4), "y": np.zeros(4)}, "Rename x to X and y to genre."),
    "filenames": ({"name": None, "filenames": np.array(NAMES)}, "Rename filenames to name."),
    # They may be the names.
    "unknown": ({"name": None, "nmae": np.array(NAMES)}, "lacks name; found X, genre, n_samples, nmae. Save the names"),
    "without names": ({"X": None, "arr_0": np.zeros(4)}, "Save each array under its name: np.savez(FILE, X=X, name="),
    "parts": (
        {"X": None, "genre": None, "X_train": np.zeros(4), "X_test": np.zeros(4), "y_train": np.zeros(4)},
        "Join X_train and X_test, and what belongs to them: X=np.concatenate([X_train, X_test]); Encore splits the",
    ),
}


@pytest.mark.parametrize("case", OTHER_KEYS)
def test_arrays_of_other_names_are_named_with_what_to_do(save, case):
    changes, advice = OTHER_KEYS[case]
    with pytest.raises(DataError) as caught:
        arrays.load(save(**changes))
    assert advice in str(caught.value)


def test_labels_are_named_and_odd_genres_and_names_are_kept(save, tmp_path, capsys):
    genres, names = ["Folk, World", "all", "a\nb", "50 % off_#1 | {x}"], ["a\nb", '"', "c\td", "民謡/♫"]
    catalog, feature = arrays.load(save(genre=np.array(genres), name=np.array(names)))
    # Line ends and tabs can be seen.
    genres, names = ([name.replace("\n", "\\n").replace("\t", "\\t") for name in given] for given in (genres, names))
    assert catalog.genres == tuple(sorted(genres))
    # Written as JSON and read again.
    index = prepare(catalog, feature, tmp_path / "cache")
    assert {track.id: track.label for track in index.tracks} == dict(zip(names, genres, strict=True))
    named, _ = arrays.load(save(genre=np.array([0, 1, 2, 1])), genre_names="a b, c,d")
    assert {track.id: track.label for track in named.tracks} == dict(zip(NAMES, ["a b", "c", "d", "c"], strict=True))
    assert "warning" not in capsys.readouterr().err


def test_names_and_genres_of_a_folder_are_read_as_those_of_an_archive(tmp_path, save):
    folder = tmp_path / "mine"
    folder.mkdir()
    for key, values in content().items():
        np.save(folder / f"{key}.npy", values)
    (folder / "readme.txt").write_text("mine")
    (folder / "._X.npy").write_bytes(b"what macOS adds")
    from_archive, from_folder = arrays.load(save()), arrays.load(folder)
    assert from_folder[1] == from_archive[1]
    assert from_folder[0].title == "mine"
    assert from_folder[0].extra == ("readme.txt",)
    assert [t.path for t in from_folder[0].tracks] == [folder / "X.npy"] * 4
    assert [(t.id, t.label, t.row, t.artist) for t in from_folder[0].tracks] == [
        (t.id, t.label, t.row, t.artist) for t in from_archive[0].tracks
    ]
    indices = [prepare(*loaded, tmp_path / "cache") for loaded in (from_archive, from_folder)]
    # The same data, whatever file they are in.
    assert indices[0].data_digest == indices[1].data_digest
    for first, second in zip(*(index.tracks for index in indices), strict=True):
        np.testing.assert_array_equal(read_track(indices[0], first), read_track(indices[1], second))


def test_a_damaged_file_of_a_folder_is_named(tmp_path):
    for key, values in content().items():
        np.save(tmp_path / f"{key}.npy", values)
    (tmp_path / "genre.npy").write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(DataError, match=r"genre\.npy: not a readable \.npy \(EOF"):
        arrays.load(tmp_path)


def test_an_array_that_unpacks_to_very_much_more_is_pointed_out(tmp_path, save, monkeypatch, capsys):
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, **content(X=np.ones((4, 600, 800), np.uint8)))
    arrays.load(path)
    assert "unpacked" not in capsys.readouterr().err
    monkeypatch.setattr(arrays, "_LARGE_BYTES", 1 << 20)
    arrays.load(path)
    assert "times as much: nearly all its values are the same" in capsys.readouterr().err
    arrays.load(save(X=np.ones((4, 600, 800), np.uint8)))  # not compressed
    assert "unpacked" not in capsys.readouterr().err
