"""One array for each clip, in genre folders."""

import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets import arrays, gtzan
from data_pipeline.datasets.catalog import BadTrack


def values_of(columns: int, dtype="float32", bins: int = 6) -> np.ndarray:
    return np.random.default_rng(columns).integers(1, 99, (bins, columns)).astype(dtype)


@pytest.fixture
def write(tmp_path):
    """Write clips by their paths below a folder, and return the folder."""

    def write_clips(clips: dict[str, np.ndarray | bytes]):
        for name, values in clips.items():
            path = tmp_path / "mine" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(values, bytes):
                path.write_bytes(values)
            else:
                np.save(path, values, allow_pickle=True)
        return tmp_path / "mine"

    return write_clips


CLIPS = {"ska/one.npy": values_of(40), "ska/two.npy": values_of(55), "polka/a/three.npy": values_of(47)}


def load(folder, **options):
    return arrays.load(folder, **{"seconds_per_column": 0.1} | options)


def test_names_genres_and_values_of_clips_of_unlike_lengths(write, tmp_path):
    folder = write(CLIPS)
    catalog, feature = load(folder)
    assert [(t.id, t.label, t.path.relative_to(folder).as_posix(), t.row) for t in catalog.tracks] == [
        ("one", "ska", "ska/one.npy", None),
        ("three", "polka", "polka/a/three.npy", None),
        ("two", "ska", "ska/two.npy", None),
    ]
    assert (catalog.dataset, catalog.title, catalog.genres) == ("arrays", "mine", ("polka", "ska"))
    assert catalog.caption == "precomputed features: 6 bins x 40 to 55 columns per clip, from .npy files"
    assert (feature.bins, feature.columns_per_second, feature.storage.dtype) == (6, 10, "float32")
    index = prepare(catalog, feature, tmp_path / "cache")
    assert {track.id: track.frames for track in index.tracks} == {"one": 40, "two": 55, "three": 47}
    for track, path in zip(index.tracks, ("ska/one.npy", "polka/a/three.npy", "ska/two.npy"), strict=True):
        np.testing.assert_array_equal(read_track(index, track), CLIPS[path].T)


@pytest.mark.parametrize("dtype", ["uint8", ">i2", "float16", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [None, 0, 2])
def test_values_are_those_that_numpy_loads(write, tmp_path, dtype, order, axis):
    plain = {"a/1.npy": values_of(9, dtype), "b/2.npy": values_of(12, dtype)}
    given = {name: values if axis is None else np.expand_dims(values, axis) for name, values in plain.items()}
    catalog, feature = load(write({name: np.asarray(values, order=order) for name, values in given.items()}))
    index = prepare(catalog, feature, tmp_path / "cache")
    for track, values in zip(index.tracks, plain.values(), strict=True):
        np.testing.assert_array_equal(read_track(index, track), values.T)


def test_clips_named_like_gtzan_get_its_facts(write):
    clips = {f"{name.split('.')[0]}/{name}.npy": values_of(9) for name in ("blues.00003", "rock.00000")}
    catalog, _ = load(write(clips))
    assert set(catalog.splits) == {"fault_filtered", "course"}
    assert [track.artist for track in catalog.tracks] == [gtzan.facts()[track.id]["artist"] for track in catalog.tracks]
    assert catalog.caption.endswith("(2 of GTZAN's 1,000 clips)")


def test_a_name_that_occurs_twice_is_given_with_its_folder(write):
    catalog, _ = load(write({"ska/1.npy": values_of(9), "polka/1.npy": values_of(9)}))
    assert [track.id for track in catalog.tracks] == ["polka/1", "ska/1"]


def test_a_single_folder_of_genre_folders_is_entered(write, capsys):
    folder = write({f"features/{name}": values for name, values in CLIPS.items()})
    catalog, _ = load(folder)
    assert catalog.genres == ("polka", "ska")
    assert f"the genre folders are in {folder / 'features'}" in capsys.readouterr().err


def test_a_single_genre_folder_is_not_entered(write):
    assert load(write({"ska/a/one.npy": values_of(9), "ska/a/two.npy": values_of(9)}))[0].genres == ("ska",)


def test_clips_that_cannot_be_used_are_bad_ones_and_other_files_are_named(write, tmp_path):
    objects = np.empty(2, dtype=object)
    folder = write(
        CLIPS
        | {
            "ska/cut.npy": b"\x93NUMPY\x01\x00",
            "ska/flat.npy": np.ones(5),
            "ska/high.npy": values_of(40, bins=7),
            "ska/objects.npy": objects,
            "ska/whole.npy": values_of(40, "int64"),
            "ska/uint8.npy": values_of(40, "uint8"),
            "ska/cover.png": b"picture",
        }
    )
    (folder / "ska" / "gone.npy").symlink_to(tmp_path / "nowhere.npy")
    catalog, _ = load(folder)
    assert [track.id for track in catalog.tracks] == ["one", "three", "two"]
    assert catalog.extra == ("ska/cover.png",)
    reasons = {bad.id: bad.reason for bad in catalog.bad}
    assert set(reasons) == {"cut", "flat", "gone", "high", "objects", "whole", "uint8"}
    for clip, reason in {
        "cut": "not a readable .npy (EOF",
        "flat": "X has rank 1, shape (5,); expected (bins, columns).",
        "gone": "is a broken link",
        "high": "7 bins of float32, where 3 of 9 clips have 6 bins that are stored as float32",
        "objects": "is an object array (pickled), which is never loaded",
        "whole": "X is int64, expected one of",
        "uint8": "6 bins of uint8, where 3 of 9 clips have 6 bins that are stored as float32",
    }.items():
        assert reasons[clip].startswith(f"{folder / 'ska' / clip}.npy: ")
        assert reason in reasons[clip]


def test_float64_and_float32_clips_go_together(write):
    catalog, _ = load(write({"a/1.npy": values_of(9), "b/2.npy": values_of(9, "float64")}))
    assert (len(catalog.tracks), catalog.bad) == (2, ())


def test_values_that_cannot_be_used_are_found_by_the_extraction(write, tmp_path):
    nan = values_of(9)
    nan[3, 4] = np.nan
    folder = write(CLIPS | {"ska/nan.npy": nan, "ska/zero.npy": np.zeros((6, 9), np.float32)})
    catalog, feature = load(folder)
    index = prepare(catalog, feature, tmp_path / "cache", skip_bad=True)
    assert [track.id for track in index.tracks] == ["one", "three", "two"]
    assert index.skipped[0] == BadTrack(
        id="nan",
        path=folder / "ska/nan.npy",
        reason=f"{folder / 'ska/nan.npy'} holds values that are not finite (NaN or infinity). Fix the array, or skip "
        "it with --skip-bad (skip_bad=True).",
    )
    assert "is all zero" in index.skipped[1].reason


REFUSED = {
    "no genre": (
        CLIPS | {"lost.npy": values_of(9)},
        r"1 \.npy files are not in a genre folder: lost\.npy\. Expected <genre>/<clip>\.npy",
    ),
    "names without X": (
        {"name.npy": np.array(["a"]), "genre.npy": np.array(["b"])},
        r"2 \.npy files are not in a genre folder: genre\.npy, name\.npy\. Expected .* or X\.npy, name\.npy and genre",
    ),
    "arrays below": ({"in/X.npy": values_of(9), "in/name.npy": values_of(9)}, r"are in a folder below\. Give .*/in\.$"),
    "time first": (
        {f"{genre}/{n}.npy": values_of(6, bins=30 + n) for genre, n in (("a", 1), ("a", 2), ("b", 3))},
        r"clips of 31 to 33 x 6 look transposed, .*: expected \(bins, columns\)\. Save the transpose of each, clip\.T",
    ),
    "none": ({"a/1.npy": np.ones(3), "b/2.npy": b""}, r"none of its 2 \.npy files can be used; first: .*1\.npy: X has"),
    "audio": ({"a/1.wav": b"RIFF", "a/2.wav": b"RIFF"}, r"no \.npy file \(2 \.wav\)\..* audio with --dataset folder"),
    "pictures": ({"a/1.png": b""}, r"no \.npy file \(1 \.png\)\. Expected <genre>/<clip>\.npy, or X\.npy, .*npy\.$"),
    "archive": ({"mine.npz": b"PK"}, r"holds no \.npy file; give one of its \.npz files, e\.g\. mine\.npz"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_folder_that_cannot_be_used_is_refused_with_the_way_out(write, case):
    clips, reason = REFUSED[case]
    with pytest.raises(DataError, match=reason):
        load(write(clips))


def test_the_time_step_must_be_given_and_names_of_labels_must_not(write):
    folder = write(CLIPS)
    with pytest.raises(DataError, match=r"have no n_samples.* Give --seconds-per-column, e\.g\. 0\.545 for 55 columns"):
        arrays.load(folder)
    with pytest.raises(SpecError, match=r"--genre-names: goes with genres that are numbers.* names of folders"):
        load(folder, genre_names="a,b")


def test_genre_folders_that_look_alike_are_pointed_out(write, capsys):
    load(write({"Rock/1.npy": values_of(9), "rock/2.npy": values_of(9)}))
    assert (
        "the genres 'Rock', 'rock' differ only in capitals, spaces or how accents are stored" in capsys.readouterr().err
    )
