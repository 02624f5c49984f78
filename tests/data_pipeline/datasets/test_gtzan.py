"""GTZAN: its index, the layouts it comes in, and what is reported of missing and extra files."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.core.console import collected
from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets import gtzan, registry
from data_pipeline.datasets.request import DataRequest
from data_pipeline.features.spectrograms import LogMel
from tests.helpers.packed_gtzan import tar_member, write_parquet, write_tar, write_zip


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


LAYOUTS = {
    "Kaggle": ["Data/genres_original/blues/blues.00000.wav", "Data/genres_original/pop/pop.00001.wav"],
    "nested twice": ["genres/genres/blues/blues.00000.wav", "genres/genres/pop/pop.00001.wav"],
    "TensorFlow Datasets": [
        "downloads/extracted/TAR_GZ.opihi/genres/blues/blues.00000.wav",
        "downloads/extracted/TAR_GZ.opihi/genres/pop/pop.00001.wav",
    ],
    "one folder": ["blues.00000.wav", "pop.00001.wav"],
    "folders of a split": ["train/blues.00000.wav", "test/pop.00001.wav"],
    "a split of genres": ["train/blues/blues.00000.wav", "test/pop/pop.00001.wav"],
    "upper case": ["GENRES/Blues/Blues.00000.WAV", "GENRES/Pop/Pop.00001.WAV"],
    "underscores": ["genres/blues/blues_00000.wav", "genres/pop/pop_00001.wav"],
    "a suffix twice": ["genres/blues/blues.00000.wav.wav", "genres/pop/pop.00001.wav.wav"],
}


@pytest.mark.parametrize("names", LAYOUTS.values(), ids=LAYOUTS)
def test_clips_are_found_in_every_layout(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    catalog = gtzan.load(tmp_path)
    assert {track.id: track.path for track in catalog.tracks} == {
        "blues.00000": tmp_path / names[0],
        "pop.00001": tmp_path / names[1],
    }
    assert [track.label for track in catalog.tracks] == ["blues", "pop"]
    assert catalog.extra == ()


@pytest.mark.parametrize("others", [[], ["blues.00000"]])
def test_of_the_folders_with_its_names_the_one_with_most_clips_is_taken(tmp_path, others):
    (tmp_path / "genres").mkdir()
    touch(tmp_path / "genres", others)
    touch(tmp_path / "genres_original", SOME)
    touch(tmp_path / "images_original", ["blues.00000"], ".png")
    catalog = gtzan.load(tmp_path)
    assert ids(catalog) == SOME
    assert {track.path.relative_to(tmp_path).parts[0] for track in catalog.tracks} == {"genres_original"}
    assert catalog.extra == ()


def test_an_empty_folder_with_its_name_hides_nothing(tmp_path):
    (tmp_path / "genres").mkdir()
    (tmp_path / "blues.00000.wav").touch()
    assert ids(gtzan.load(tmp_path)) == ["blues.00000"]


def test_a_folder_that_must_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(DataError, match=r"the folder cannot be read \(Permission denied\)\. Check its permissions"):
        gtzan.load(tmp_path)


def test_links_that_lead_nowhere_are_named_and_their_clips_are_missing(tmp_path):
    touch(tmp_path / "genres", SOME)
    for number in (1, 2):
        (tmp_path / "genres" / "rock" / f"rock.0000{number}.wav").symlink_to(tmp_path / "nowhere")
    with collected() as lines:
        catalog = gtzan.load(tmp_path)
    folder = tmp_path / "genres"
    assert lines == [f"warning: {folder}: 2 links lead to no file: rock/rock.00001.wav and 1 more"]
    assert ids(catalog) == SOME
    assert {"rock.00001", "rock.00002"} <= set(catalog.missing)


def test_copies_with_loss_are_used_and_named(tmp_path):
    time = np.arange(5000) / 22050
    for place, (clip, suffix) in enumerate([("blues.00000", ".mp3"), ("pop.00001", ".ogg"), ("rock.00002", ".wav")]):
        (tmp_path / clip.split(".")[0]).mkdir()
        path = tmp_path / clip.split(".")[0] / f"{clip}{suffix}"
        soundfile.write(path, np.sin(2000 * (place + 1) * time), 22050)
    some = gtzan.load(tmp_path)
    assert ids(some) == ["blues.00000", "pop.00001", "rock.00002"]
    assert some.caption.endswith(
        " s; MP3 and OGG copies in place of 2 clips, compressed with loss, which GTZAN's own files are not"
    )
    all_lossy = gtzan.load(tmp_path / "blues").caption
    assert all_lossy.endswith(" s; MP3 copies, compressed with loss, which GTZAN's own files are not")
    assert all_lossy.startswith("excerpts of 0.2 to ")
    assert "loss" not in gtzan.load(tmp_path / "rock").caption


def test_pieces_of_clips_are_named_for_what_they_are(tmp_path):
    touch(tmp_path / "genres", [f"blues.00000.{piece}" for piece in range(10)])
    with pytest.raises(DataError, match=r"10 files are pieces of clips \(blues\.00000\.0\.wav\): give the whole clips"):
        gtzan.load(tmp_path)


def test_clips_that_are_counted_from_1_are_not_taken_for_others(tmp_path):
    touch(tmp_path / "genres", [f"blues.{number}" for number in range(1, 101)])
    with pytest.raises(DataError, match=r"100 files are numbered otherwise than GTZAN's \(blues\.1\.wav\)"):
        gtzan.load(tmp_path)


def test_pointers_of_git_lfs_are_not_taken_for_clips(tmp_path):
    touch(tmp_path / "genres", SOME)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1323632\n"
    (tmp_path / "genres" / "rock" / "rock.00007.wav").write_text(pointer)
    with pytest.raises(DataError, match=r"rock\.00007\.wav is a pointer of Git LFS, .*: run git lfs pull\.$"):
        gtzan.load(tmp_path)


PACKED = {
    "genres.tar.gz": lambda folder, clips: write_tar(
        folder / "genres.tar.gz",
        *(tar_member(f"genres/{clip.split('.')[0]}/{clip}.wav", b) for clip, b in clips.items()),
    ),
    "Kaggle's zip": lambda folder, clips: write_zip(
        folder / "archive.zip",
        {f"Data/genres_original/{clip.split('.')[0]}/{clip}.wav": content for clip, content in clips.items()},
    ),
    "Hugging Face's tables": lambda folder, clips: min(
        write_parquet(folder / "data" / f"train-{number}.parquet", {clip: clips[clip]})
        for number, clip in enumerate(clips)
    ),
}


@pytest.fixture(params=PACKED.values(), ids=PACKED)
def packed(request, tiny_corpus, tmp_path):
    """A folder that holds some clips packed, a packed file of it, and the clips."""
    if request.param is PACKED["Hugging Face's tables"]:
        pytest.importorskip("pyarrow")
    clips = {track.id: track.path.read_bytes() for track in tiny_corpus.catalog.tracks[2:7]}
    return tmp_path / "given", request.param(tmp_path / "given", clips), clips


def test_packed_clips_are_unpacked_below_the_cache(packed, tmp_path):
    folder, _, clips = packed
    catalog = gtzan.load(folder, cache=tmp_path / "cache")
    assert {track.id: track.path.read_bytes() for track in catalog.tracks} == clips
    (root,) = {track.path.parents[2] for track in catalog.tracks}
    assert root.parent == tmp_path / "cache" / "unpacked"
    assert root.name.startswith("gtzan-")
    assert [track.label for track in catalog.tracks] == [clip.split(".")[0] for clip in clips]
    assert catalog.extra == ()
    assert len(catalog.missing) == 1000 - len(clips)


def test_packed_clips_keep_their_digest_when_they_are_unpacked_again(packed, tmp_path):
    folder, _, _ = packed
    digests = {gtzan.load(folder, cache=tmp_path / name).source_digest for name in ("one", "one", "two")}
    assert len(digests) == 1


def test_a_packed_file_itself_may_be_given(packed, tmp_path):
    _, file, clips = packed
    given = clips if file.suffix != ".parquet" else dict(list(clips.items())[:1])
    assert ids(gtzan.load(file, cache=tmp_path / "cache")) == list(given)


def test_without_a_cache_packed_clips_stay_packed(packed):
    folder, file, _ = packed
    with pytest.raises(DataError, match=r"unpack|does not read \.parquet"):
        gtzan.load(folder)
    with pytest.raises(DataError, match="is a file, not a folder"):
        gtzan.load(file)


def test_clips_that_are_unpacked_already_are_used_where_they_are(packed, tmp_path):
    folder, _, _ = packed
    touch(folder / "genres", SOME)
    catalog = gtzan.load(folder, cache=tmp_path / "cache")
    assert ids(catalog) == SOME
    assert all(track.path.is_relative_to(folder) for track in catalog.tracks)
    assert not (tmp_path / "cache").exists()


def test_members_of_an_archive_that_are_no_clips_are_left_out_and_listed(tmp_path):
    names = [
        "Data/features_30_sec.csv",
        "Data/genres_original/pop/pop.00000.wav",
        "Data/images_original/pop/pop00000.png",
    ]
    file = write_zip(tmp_path / "archive.zip", dict.fromkeys(names, b"1"))
    catalog = gtzan.load(file, cache=tmp_path / "cache")
    assert ids(catalog) == ["pop.00000"]
    assert catalog.extra == (names[0], names[2])
    assert [path.name for path in (tmp_path / "cache").rglob("*.*") if path.suffix in (".csv", ".png")] == []


def test_of_several_archives_the_one_with_its_name_is_taken(tmp_path):
    write_zip(tmp_path / "fma_small.zip", {"pop/pop.00000.wav": b"1"})
    write_zip(tmp_path / "other.zip", {"pop/pop.00001.wav": b"1"})
    with pytest.raises(DataError, match=r"holds 2 archives \(fma_small\.zip, other\.zip\) and no clips\. Give the one"):
        gtzan.load(tmp_path, cache=tmp_path / "cache")
    write_tar(tmp_path / "genres.tar.gz", tar_member("genres/pop/pop.00002.wav", b"1"))
    assert ids(gtzan.load(tmp_path, cache=tmp_path / "cache")) == ["pop.00002"]


def test_archives_of_other_things_are_named(tmp_path):
    file = write_zip(tmp_path / "songs.zip", {"a.wav": b"1", "b.wav": b"1"})
    with pytest.raises(DataError, match=r"songs\.zip: no GTZAN clip among its 2 files, expected e\.g\. genres/blues/"):
        gtzan.load(file, cache=tmp_path / "cache")
    pieces = write_zip(tmp_path / "pieces.zip", {"blues/blues.00000.0.wav": b"1"})
    with pytest.raises(DataError, match=r"1 file is a piece of a clip \(blues\.00000\.0\.wav\): give the whole clips"):
        gtzan.load(pieces, cache=tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache" / "unpacked").iterdir() if path.suffix != ".lock"] == []


def test_a_table_whose_labels_contradict_its_names_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    file = write_parquet(tmp_path / "a.parquet", {"pop.00000": b"1", "pop.00001": b"2"}, labels={"pop.00001": "rock"})
    with pytest.raises(DataError, match=r"a\.parquet: the row of pop\.00001\.wav has the genre rock"):
        gtzan.load(file, cache=tmp_path / "cache")


def test_a_pointer_in_place_of_an_archive_is_named(tmp_path):
    (tmp_path / "genres.tar.gz").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n")
    for data in (tmp_path, tmp_path / "genres.tar.gz"):
        with pytest.raises(DataError, match=r"genres\.tar\.gz is a pointer of Git LFS"):
            gtzan.load(data, cache=tmp_path / "cache")


def test_the_registry_unpacks_below_the_cache_of_the_command(packed, tmp_path):
    folder, _, clips = packed
    catalog, _ = registry.load(DataRequest("gtzan", folder, tmp_path / "caches"))
    assert len(catalog.tracks) == len(clips)
    assert all(track.path.is_relative_to(tmp_path / "caches") for track in catalog.tracks)
