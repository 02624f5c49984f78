"""GTZAN: its index, the layouts it comes in, and what is reported of missing and extra files."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets import gtzan
from data_pipeline.features.spectrograms import LogMel


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


def test_a_single_genre_folder_is_found(tmp_path):
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


def test_the_broken_clip_is_skipped_and_not_called_missing(tmp_path):
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


def test_a_folder_with_only_the_broken_clip_is_refused(tmp_path):
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


def test_the_module_is_loaded_without_scikit_learn():
    line = "import sys; import data_pipeline.datasets.gtzan; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", line], check=False).returncode == 0
