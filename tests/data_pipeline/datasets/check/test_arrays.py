"""Checks of files of arrays: values that the extraction would refuse are found, in whichever order they are stored."""

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
