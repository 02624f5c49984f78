"""Datasets: what a folder or a file is taken for, and what is said about what it lacks."""

import pickle
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.errors import DataError, SpecError
from data_pipeline.datasets import arrays, gtzan, registry
from data_pipeline.features import LogMel, StorageFormat
from data_pipeline.prepare import prepare
from data_pipeline.shards import read_track


def touch(folder: Path, clips: list[str], suffix: str = ".wav") -> None:
    """Empty files in place of clips; only the one that is known to be broken is opened."""
    for clip in clips:
        path = folder / clip.split(".")[0] / f"{clip}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


SOME = ["blues.00000", "blues.00099", "jazz.00053", "rock.00007"]


def ids(catalog) -> list[str]:
    return [track.id for track in catalog.tracks]


def test_gtzan_facts():
    facts = gtzan.facts()
    assert sorted(facts) == [f"{genre}.{number:05d}" for genre in gtzan.GENRES for number in range(100)]
    parts = Counter(gtzan.fault_filtered_split().values())
    assert parts == {"train": 443, "valid": 197, "test": 290, "removed": 70}
    train = Counter(clip.split(".")[0] for clip, part in gtzan.fault_filtered_split().items() if part == "train")
    assert train == {
        "blues": 46,
        "classical": 48,
        "country": 45,
        "disco": 42,
        "hiphop": 47,
        "jazz": 43,
        "metal": 44,
        "pop": 41,
        "reggae": 43,
        "rock": 44,
    }
    assert sum(not fact["artist"] for fact in facts.values()) == 81
    checksums = Counter(fact["wav_sha256"] for fact in facts.values())
    assert Counter(checksums.values()) == {1: 972, 2: 14}
    assert all(len(checksum) == 64 and set(checksum) <= set("0123456789abcdef") for checksum in checksums)


def test_no_artist_of_the_fault_filtered_split_is_trained_and_tested():
    artists = {"train": set(), "valid": set(), "test": set(), "removed": set()}
    for fact in gtzan.facts().values():
        artists[fact["fault_filtered"]].add(fact["artist"])
    assert (artists["train"] | artists["valid"]) & artists["test"] - {""} == set()


@pytest.mark.parametrize("inner", ["genres", "genres_original", "."])
@pytest.mark.parametrize("suffix", [".wav", ".au", ".WAV"])
def test_gtzan_is_found_in_every_common_layout(tmp_path, inner, suffix):
    touch(tmp_path / inner, SOME, suffix)
    catalog = gtzan.load(tmp_path)
    assert ids(catalog) == SOME
    assert [track.label for track in catalog.tracks] == ["blues", "blues", "jazz", "rock"]
    assert catalog.tracks[3].path == tmp_path / inner / "rock" / f"rock.00007{suffix}"
    assert catalog.genres == gtzan.GENRES
    assert catalog.dataset == "gtzan"
    assert catalog.expected == 1000
    assert catalog.extra == ()
    assert catalog.known_bad == ()
    assert catalog.clip_accuracy_ceiling_percent == 94.5
    assert catalog.splits["fault_filtered"]["blues.00000"] in ("train", "valid", "test", "removed")


def test_artists_come_from_the_index(tmp_path):
    known = next(clip for clip, fact in gtzan.facts().items() if fact["artist"])
    unknown = next(clip for clip, fact in gtzan.facts().items() if not fact["artist"])
    touch(tmp_path, [known, unknown])
    artists = {track.id: track.artist for track in gtzan.load(tmp_path).tracks}
    assert artists == {known: gtzan.facts()[known]["artist"], unknown: None}


def test_one_genre_folder_alone_is_found(tmp_path):
    touch(tmp_path / "genres", SOME)
    assert ids(gtzan.load(tmp_path / "genres" / "blues")) == SOME[:2]


def test_a_complete_folder_lacks_nothing(tmp_path):
    touch(tmp_path / "genres", [clip for clip in gtzan.facts() if clip != "jazz.00054"])
    soundfile.write(tmp_path / "genres" / "jazz" / "jazz.00054.wav", np.sin(np.arange(5000) / 9), 22050)
    catalog = gtzan.load(tmp_path)
    assert len(catalog.tracks) == 1000
    assert catalog.missing == ()
    assert catalog.known_bad == ()
    assert len(catalog.first_of_each_genre(3).tracks) == 30


def test_missing_and_extra_files_are_listed(tmp_path):
    root = tmp_path / "genres"
    touch(root, [clip for clip in gtzan.facts() if clip not in ("disco.00042", "metal.00000")])
    soundfile.write(root / "jazz" / "jazz.00054.wav", np.sin(np.arange(5000) / 9), 22050)
    (root / "blues" / "cover.jpg").touch()
    (root / "blues" / ".DS_Store").touch()
    (root / "blues" / "blues.00000.mf").touch()
    touch(root / "rock", ["blues.00001"])  # another copy, one folder deeper
    (root / "pop" / "rock.00001.wav").touch()  # in the wrong folder
    (root / "pop" / "pop.00100.wav").touch()  # there is no such clip
    (root / "blues" / "blues.00002.au").touch()  # the same clip twice
    catalog = gtzan.load(tmp_path)
    assert catalog.missing == ("disco.00042", "metal.00000")
    assert len(catalog.tracks) == 998
    assert sorted(catalog.extra) == [
        "blues/blues.00000.mf",
        "blues/blues.00002.wav",
        "blues/cover.jpg",
        "pop/pop.00100.wav",
        "pop/rock.00001.wav",
        "rock/blues/blues.00001.wav",
    ]


def test_the_broken_clip_is_left_out_and_not_called_missing(tmp_path):
    touch(tmp_path / "genres", [*SOME, "jazz.00054"])
    catalog = gtzan.load(tmp_path)
    assert [bad.id for bad in catalog.known_bad] == ["jazz.00054"]
    assert catalog.known_bad[0].path == tmp_path / "genres" / "jazz" / "jazz.00054.wav"
    assert "does not decode" in catalog.known_bad[0].reason
    assert ids(catalog) == SOME
    assert "jazz.00054" not in catalog.missing
    assert len(catalog.missing) == 1000 - len(SOME) - 1


def test_the_broken_clip_is_used_where_it_is_whole(tmp_path):
    touch(tmp_path / "genres", SOME)
    soundfile.write(tmp_path / "genres" / "jazz" / "jazz.00054.wav", np.sin(np.arange(5000) / 9), 22050)
    catalog = gtzan.load(tmp_path)
    assert ids(catalog) == sorted([*SOME, "jazz.00054"])
    assert catalog.known_bad == ()


def test_the_broken_clip_is_missing_where_it_is_not_there(tmp_path):
    touch(tmp_path / "genres", SOME)
    assert "jazz.00054" in gtzan.load(tmp_path).missing


def test_the_broken_clip_alone_is_no_dataset(tmp_path):
    touch(tmp_path / "genres", ["jazz.00054"])
    with pytest.raises(DataError, match=r"no usable GTZAN clip in it: .*jazz\.00054"):
        gtzan.load(tmp_path)


def test_folders_without_gtzan_are_refused(tmp_path):
    (tmp_path / "empty" / "genres").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "song.wav").touch()
    (tmp_path / "file").touch()
    for name, reason in {
        "nowhere": "does not exist",
        "file": "is a file, not a folder",
        "empty": "no GTZAN clip in it",
        "other": "no GTZAN clip in it",
    }.items():
        with pytest.raises(DataError, match=reason) as caught:
            gtzan.load(tmp_path / name)
        assert str(caught.value).startswith(f"--data {tmp_path / name}: ")
        assert "GTZAN is not part of Encore" in str(caught.value)


def test_the_tiny_corpus_prepares_as_gtzan(tiny_corpus, tmp_path):
    catalog = gtzan.load(tiny_corpus.folder)
    assert ids(catalog) == ids(tiny_corpus.catalog)
    assert all(track.row is None for track in catalog.tracks)
    index = prepare(catalog, LogMel(n_fft=512, n_mels=8), tmp_path)
    assert [(track.id, track.label) for track in index.tracks] == [(track.id, track.label) for track in catalog.tracks]


NAMES = ["blues.00003", "blues.00001", "rock.00000", "jazz.00054"]
COLUMNS = 387


def content(**changes) -> dict[str, np.ndarray]:
    """A valid file of four GTZAN clips, with changes; None leaves an array out."""
    rng = np.random.default_rng(0)
    values = {
        "X": rng.integers(1, 255, (4, 6, COLUMNS)).astype(np.uint8),
        "name": np.array(NAMES),
        "genre": np.array([name.split(".")[0] for name in NAMES]),
        "n_samples": np.array([661794, 661500, 661794, 661100]),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


@pytest.fixture
def save(tmp_path):
    """Write an `.npz` of `content` with changes and return its path."""

    def write(**changes):
        np.savez(tmp_path / "given.npz", **content(**changes))
        return tmp_path / "given.npz"

    return write


def test_arrays_with_gtzan_names_get_gtzan_facts(save):
    file = save()
    catalog, feature = arrays.load(file)
    assert ids(catalog) == sorted(NAMES)
    # Sorting the tracks must not part them from their rows.
    assert {track.id: track.row for track in catalog.tracks} == {name: row for row, name in enumerate(NAMES)}
    assert {track.id: track.label for track in catalog.tracks} == {name: name.split(".")[0] for name in NAMES}
    assert {track.path for track in catalog.tracks} == {file}
    assert all(track.artist == (gtzan.facts()[track.id]["artist"] or None) for track in catalog.tracks)
    assert catalog.genres == ("blues", "jazz", "rock")
    assert catalog.splits == {"fault_filtered": gtzan.fault_filtered_split()}
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
def test_other_names_or_genres_are_not_taken_for_gtzan(save, changes):
    catalog, _ = arrays.load(save(**changes))
    assert catalog.splits == {}
    assert catalog.clip_accuracy_ceiling_percent is None
    assert "GTZAN" not in catalog.caption
    assert [track.artist for track in catalog.tracks] == [None] * 4


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
def test_seconds_per_column_that_are_none_are_refused(save, seconds):
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


BAD_CONTENT = {
    "rank 2": ({"X": np.ones((4, 6), np.uint8)}, r"X has rank 2, shape \(4, 6\); expected \(tracks, bins, columns\)"),
    "rank 4": ({"X": np.ones((4, 6, 9, 1), np.uint8)}, "X has rank 4"),
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
    "numbers as names": ({"name": np.arange(4)}, "name is int64, expected text"),
    "bytes as genres": ({"genre": np.array([b"blues"] * 4)}, r"genre is \|S5, expected text"),
    "negative samples": ({"n_samples": np.array([9, 9, 9, -9])}, "n_samples must hold positive integers"),
    "no samples": ({"n_samples": np.zeros(4, int)}, "n_samples must hold positive integers"),
    "text as samples": ({"n_samples": np.array(["9"] * 4)}, "n_samples must hold positive integers"),
    "unknown time step": ({"n_samples": None}, "the time step of its columns is not known. Give --seconds-per-column"),
    "empty name": ({"name": np.array(["a", "", "c", "d"])}, r"rows without a name or genre: 1 \(1 in all\)"),
    "empty genre": ({"genre": np.array(["a", "", "c", ""])}, r"rows without a name or genre: 1, 3 \(2 in all\)"),
    "duplicates": ({"name": np.array(["b", "a", "b", "a"])}, r"name holds repeated tracks: a, b \(2 in all\)"),
    "pickled names": ({"name": np.array(NAMES, dtype=object)}, "pickled objects, which are never loaded"),
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
        with pytest.raises(DataError, match="pickled objects, which are never loaded") as caught:
            arrays.load(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_a_single_array_is_not_taken_for_an_archive(tmp_path):
    for name in ("single.npy", "single.npz"):
        with open(tmp_path / name, "wb") as file:
            np.save(file, np.ones((4, 6, 9)))
        with pytest.raises(DataError, match=r"is a single array, expected an \.npz with X, name and genre"):
            arrays.load(tmp_path / name)


def test_files_that_are_no_archive_are_refused(save, tmp_path):
    whole = save().read_bytes()
    cases = {"cut.npz": whole[:-200], "text.npz": b"hello", "empty.npz": b""}
    for name, damaged in cases.items():
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(DataError, match=r"not a readable \.npz|is no \.npz at all") as caught:
            arrays.load(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_a_damaged_archive_is_refused_or_means_the_same(tmp_path, write):
    """Not every byte of an archive counts, but none leads to other values or to a traceback."""
    whole = content(X=content()["X"][:, :, :20])
    write(tmp_path / "whole.npz", **whole)
    expected = arrays.load(tmp_path / "whole.npz")[1]
    intact = (tmp_path / "whole.npz").read_bytes()
    damaged = tmp_path / "damaged.npz"
    refused = 0
    for position in range(0, len(intact), 5):
        for bits in (1, 0xFF):
            changed = bytes([intact[position] ^ bits])
            damaged.write_bytes(intact[:position] + changed + intact[position + 1 :])
            try:
                catalog, feature = arrays.load(damaged, seconds_per_column=1 / expected.columns_per_second)
            except DataError:
                refused += 1
            else:
                assert feature.but(columns_per_second=expected.columns_per_second) == expected
                assert ids(catalog) == sorted(NAMES)
    assert refused > 0.5 * len(intact) / 5


@pytest.mark.parametrize(("name", "reason"), [("nowhere.npz", "does not exist"), (".", "is a folder")])
def test_what_is_no_file_is_refused(tmp_path, name, reason):
    with pytest.raises(DataError, match=rf"{reason}; --dataset arrays needs an \.npz file"):
        arrays.load(tmp_path / name)


def test_the_registry_opens_datasets_by_name(tiny_corpus, save, tmp_path):
    catalog, feature = registry.load("gtzan", tiny_corpus.folder, tmp_path)
    assert (catalog.dataset, len(catalog.tracks), feature) == ("gtzan", 12, None)
    catalog, feature = registry.load("arrays", save(n_samples=None), tmp_path, seconds_per_column=0.1)
    assert (catalog.dataset, len(catalog.tracks), feature.columns_per_second) == ("arrays", 4, 10.0)


def test_the_registry_wants_data_where_there_are_some(tmp_path):
    with pytest.raises(SpecError, match=r"--data .*: the demo corpus is generated"):
        registry.load("demo", tmp_path, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset gtzan needs --data: GTZAN is not part of Encore"):
        registry.load("gtzan", None, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset arrays needs --data: give an \.npz"):
        registry.load("arrays", None, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset fma: unknown, expected one of: .* fma_small, fma_large"):
        registry.load("fma", tmp_path, tmp_path)


def test_the_catalog_refuses_contradictions(tiny_corpus):
    catalog = tiny_corpus.catalog
    with pytest.raises(SpecError, match=r"track ids must be unique, repeated: blues\.00000"):
        catalog.but(tracks=(*catalog.tracks, catalog.tracks[0]))
    with pytest.raises(SpecError, match="labels outside the genres"):
        catalog.but(genres=("blues", "classical"))


def test_the_source_digest_follows_the_files(own_corpus, tmp_path):
    catalog = own_corpus.catalog
    before = catalog.source_digest
    moved = own_corpus.copy_to(tmp_path / "moved").catalog
    assert moved.source_digest == before
    shutil.copyfile(own_corpus.path("blues", 1), own_corpus.path("blues", 0))
    assert catalog.source_digest != before
