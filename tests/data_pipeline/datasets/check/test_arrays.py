"""Checks of files of arrays: values that the extraction would refuse are found, in whichever order they are stored."""

import tracemalloc

import numpy as np
import pytest

from data_pipeline.datasets import gtzan
from data_pipeline.datasets.check import arrays as checking
from data_pipeline.datasets.check.arrays import check_arrays
from data_pipeline.datasets.check.report import ArrayFacts, Finding, GenreCount


def faulty(dtype) -> np.ndarray:
    """Forty tracks: one all zero; of floats one with NaN, one with a number beyond float32 where there are such."""
    values = np.random.default_rng(0).integers(1, 100, (40, 8, 129)).astype(dtype)
    values[7] = 0
    values[8, :4] = 0
    if np.dtype(dtype).kind == "f":
        values[20, 3, 4] = np.nan
    if dtype == "float64":
        values[39, 7, 128] = 1e300
    return values


def write(path, values, **changes):
    count = len(values)
    arrays = {
        "X": values,
        "name": np.array([f"clip{row:03d}" for row in range(count)]),
        "genre": np.array(["ambient", "bebop"] * (count // 2)),
        "n_samples": np.full(count, 10 * 22050),
    }
    np.savez(path, **(arrays | changes))
    return path


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("piece_bytes", [None, 1000])
def test_faulty_tracks_are_named(tmp_path, monkeypatch, order, dtype, piece_bytes):
    if piece_bytes:
        # Pieces that end within a track and within a value.
        monkeypatch.setattr("data_pipeline.datasets.npy._PIECE_BYTES", piece_bytes + 1)
    report, feature = check_arrays(write(tmp_path / "x.npz", np.asarray(faulty(dtype), order=order)))
    expected = [Finding("clip007", "X[7]", "all zero")]
    if dtype != "uint8":
        expected.append(Finding("clip020", "X[20]", "holds values that are not finite"))
    if dtype == "float64":
        expected.append(Finding("clip039", "X[39]", "holds values that are not finite"))
    assert report.broken == tuple(expected)
    assert report.usable == 40 - len(expected)
    assert (report.is_complete, report.flags) == (False, ("--skip-bad",))
    assert feature.bins == 8


def test_a_sound_file_is_described(tiny_arrays):
    report, _ = check_arrays(tiny_arrays)
    assert report.arrays == ArrayFacts(40, 32, 129, "uint8", pytest.approx(10 / 129))
    assert report.genres == {genre: GenreCount(10, None) for genre in ("ambient", "bebop", "cumbia", "dub")}
    assert report.is_complete
    assert (report.with_artist, report.known_as, report.notes, report.splits) == (0, None, (), {})


@pytest.mark.parametrize("order", ["C", "F"])
def test_faulty_clips_of_a_folder_are_named(tmp_path, order):
    values = faulty("float64")[[7, 8, 20, 39, 0]]
    for row, clip in enumerate(values):
        folder = tmp_path / "ab"[row % 2]
        folder.mkdir(exist_ok=True)
        np.save(folder / f"clip{row}.npy", np.asarray(np.roll(clip, 10, axis=1)[:, : 120 + row], order=order))
    (tmp_path / "a" / "cut.npy").write_bytes(b"")
    report, feature = check_arrays(tmp_path, seconds_per_column=0.1)
    assert [(found.clip, found.file) for found in report.broken] == [
        ("cut", "a/cut.npy"),
        ("clip0", "a/clip0.npy"),
        ("clip2", "a/clip2.npy"),
        ("clip3", "b/clip3.npy"),
    ]
    assert [found.reason for found in report.broken[1:]] == [
        "all zero",
        "holds values that are not finite",
        "holds values that are not finite",
    ]
    assert report.genres == {"a": GenreCount(1, None), "b": GenreCount(1, None)}
    assert report.seconds == pytest.approx({"clip1": 12.1, "clip4": 12.4})
    assert report.arrays == ArrayFacts(5, 8, 120, "float64", pytest.approx(0.1), most_columns=124)
    assert (feature.bins, report.usable) == (8, 2)
    assert len(check_arrays(tmp_path, seconds_per_column=0.1, quick=True)[0].broken) == 1


def test_the_arrays_of_a_folder_are_checked_as_those_of_an_archive(tmp_path):
    archive = write(tmp_path / "x.npz", faulty("uint8"))
    with np.load(archive) as loaded:
        (tmp_path / "x").mkdir()
        for key in loaded:
            np.save(tmp_path / "x" / f"{key}.npy", loaded[key])
    expected, found = (check_arrays(path)[0] for path in (archive, tmp_path / "x"))
    assert found.broken == expected.broken
    assert (found.arrays, found.genres, found.usable) == (expected.arrays, expected.genres, expected.usable)


def test_quick_leaves_the_values_out(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "_faults", None)
    report, _ = check_arrays(write(tmp_path / "x.npz", faulty("uint8")), quick=True)
    assert (report.broken, report.usable, report.quick) == ((), 40, True)


def test_clips_of_gtzan_are_recognised(tmp_path):
    clips = [clip for clip in gtzan.facts() if clip != "jazz.00054"]
    values = np.ones((999, 2, 3), np.uint8)
    genres = np.array([clip.split(".")[0] for clip in clips])
    path = write(tmp_path / "x.npz", values, name=np.array(clips), genre=genres)
    report, _ = check_arrays(path)
    assert report.known_as == "GTZAN"
    assert report.notes == ("the clips are named like GTZAN's: 999 of its 1,000, without jazz.00054",)
    assert report.with_artist == 919
    assert report.splits["fault_filtered"] == {"train": 442, "valid": 197, "test": 290, "removed": 70}


def test_a_long_track_is_looked_at_in_pieces(tmp_path):
    values = np.zeros((2, 1, 20 << 20), np.uint8)
    values[1, 0, -1] = 1
    write(tmp_path / "x.npz", values)
    tracemalloc.start()
    try:
        report, _ = check_arrays(tmp_path / "x.npz")
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()
    assert report.broken == (Finding("clip000", "X[0]", "all zero"),)
