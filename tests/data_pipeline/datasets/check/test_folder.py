"""Checks of folders of audio: every kind of damage is found, named, and told apart."""

import hashlib

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.datasets import gtzan
from data_pipeline.datasets.check import folder as checking
from data_pipeline.datasets.check.folder import check_folder
from data_pipeline.datasets.check.report import CopyComparison, Finding, GenreCount
from tests.helpers.fma import write_mp3, write_table
from tests.helpers.packed_gtzan import tar_member, write_tar

PRESENT = {f"{genre}.{number:05d}" for genre in ("blues", "classical", "country") for number in range(4)}


@pytest.fixture
def as_common_copy(monkeypatch):
    """Let the index hold the SHA-256 of given files."""

    def patch(corpus, clips) -> None:
        facts = {clip: dict(fact) for clip, fact in gtzan.facts().items()}
        for clip in clips:
            genre, number = clip.split(".")
            content = corpus.path(genre, int(number)).read_bytes()
            facts[clip]["wav_sha256"] = hashlib.sha256(content).hexdigest()
        monkeypatch.setattr(gtzan, "facts", lambda: facts)

    return patch


def test_a_part_of_gtzan_is_counted_by_genre(tiny_corpus):
    report = check_folder("gtzan", tiny_corpus.folder)
    assert (report.usable, report.expected, report.clips_in) == (12, 1000, "genres")
    assert report.genres["blues"] == GenreCount(usable=4, expected=100)
    assert report.genres["rock"] == GenreCount(usable=0, expected=100)
    assert set(report.missing) == set(gtzan.facts()) - PRESENT
    assert (report.extra, report.broken, report.known_broken, report.same_bytes) == ((), (), (), ())
    assert report.formats == {"22,050 Hz, mono": 12}
    assert report.seconds == dict.fromkeys(sorted(PRESENT), 5.0)
    assert (report.is_complete, report.flags) == (False, ("--allow-incomplete",))
    known = sum(bool(gtzan.facts()[clip]["artist"]) for clip in PRESENT)
    assert report.with_artist == known
    parts = [gtzan.facts()[clip]["fault_filtered"] for clip in PRESENT]
    assert report.splits["fault_filtered"] == {part: parts.count(part) for part in dict.fromkeys(parts)}


def test_every_damage_is_named(own_corpus):
    truncated = own_corpus.path("blues", 1)
    truncated.write_bytes(truncated.read_bytes()[:-1000])
    own_corpus.path("blues", 2).write_bytes(b"no audio")
    soundfile.write(own_corpus.path("blues", 3), np.zeros(22050 * 30), 22050, subtype="PCM_16")
    own_corpus.path("classical", 0).unlink()
    own_corpus.path("classical", 2).write_bytes(own_corpus.path("classical", 1).read_bytes())
    time = np.arange(30 * 44100) / 44100
    soundfile.write(own_corpus.path("country", 0), np.stack([np.sin(time), np.cos(time)], 1), 44100, subtype="PCM_16")
    (own_corpus.folder / "genres" / "blues" / "cover.jpg").touch()
    report = check_folder("gtzan", own_corpus.folder)
    assert report.broken == (
        Finding(
            "blues.00001",
            "genres/blues/blues.00001.wav",
            "truncated: the header declares 220500 bytes of samples, the file holds 219500",
        ),
        Finding(
            "blues.00002",
            "genres/blues/blues.00002.wav",
            "does not decode as audio (Format not recognised). Expected WAV, AU, FLAC, OGG or MP3",
        ),
        Finding("blues.00003", "genres/blues/blues.00003.wav", "all 661500 frames are zero (digital silence)"),
    )
    assert "classical.00000" in report.missing
    assert "blues.00001" not in report.missing
    assert report.extra == ("blues/cover.jpg",)
    assert report.same_bytes == (("classical.00001", "classical.00002"),)
    assert report.same_bytes_known == ()
    unlike = {finding.clip: finding.reason for finding in report.unlike}
    assert unlike.pop("country.00000") == "44,100 Hz, stereo"
    assert set(unlike.values()) == {"5.0 s"}
    assert report.formats == {"22,050 Hz, mono": 7, "44,100 Hz, stereo": 1}
    assert report.usable == 8
    assert report.genres["blues"].usable == 1
    assert report.flags == ("--allow-incomplete", "--skip-bad")


def test_quick_reads_headers_only(own_corpus):
    truncated = own_corpus.path("blues", 1)
    truncated.write_bytes(truncated.read_bytes()[:-1000])
    silent = own_corpus.path("blues", 2)
    soundfile.write(silent, np.zeros(22050 * 5), 22050, subtype="PCM_16")
    quick = check_folder("gtzan", own_corpus.folder, quick=True)
    assert [finding.clip for finding in quick.broken] == ["blues.00001"]
    assert (quick.copy, quick.same_bytes) == (None, None)
    assert quick.seconds["blues.00002"] == 5.0
    whole = check_folder("gtzan", own_corpus.folder)
    assert [finding.clip for finding in whole.broken] == ["blues.00001", "blues.00002"]


def test_files_are_compared_with_the_common_copy(own_corpus, as_common_copy):
    as_common_copy(own_corpus, PRESENT)
    assert check_folder("gtzan", own_corpus.folder).copy == CopyComparison("the common copy", 12, (), 0)
    changed = own_corpus.path("country", 3)
    content = bytearray(changed.read_bytes())
    content[1000] ^= 1
    changed.write_bytes(content)
    samples, rate = soundfile.read(own_corpus.path("blues", 0))
    own_corpus.path("blues", 0).unlink()
    soundfile.write(own_corpus.path("blues", 0).with_suffix(".au"), samples, rate, subtype="PCM_16")
    assert check_folder("gtzan", own_corpus.folder).copy == CopyComparison("the common copy", 10, ("country.00003",), 1)


def test_files_without_checksums_are_not_compared(own_corpus):
    for genre in own_corpus.GENRES:
        for number in range(own_corpus.CLIPS_PER_GENRE):
            own_corpus.path(genre, number).rename(own_corpus.path(genre, number).with_suffix(".flac"))
    assert check_folder("gtzan", own_corpus.folder).copy is None


def test_known_duplicates_are_told_from_others(own_corpus, as_common_copy):
    for first, second in ((0, 1), (2, 3)):
        own_corpus.path("blues", second).write_bytes(own_corpus.path("blues", first).read_bytes())
    as_common_copy(own_corpus, ["blues.00002", "blues.00003"])
    report = check_folder("gtzan", own_corpus.folder)
    assert report.same_bytes == (("blues.00000", "blues.00001"), ("blues.00002", "blues.00003"))
    assert report.same_bytes_known == (("blues.00002", "blues.00003"),)


def test_the_broken_clip_of_the_common_copy_needs_no_flag(own_corpus):
    broken = own_corpus.folder / "genres" / "jazz" / "jazz.00054.wav"
    broken.parent.mkdir()
    broken.write_bytes(b"\0" * 5000)
    report = check_folder("gtzan", own_corpus.folder)
    (known,) = report.known_broken
    assert (known.clip, known.file) == ("jazz.00054", "genres/jazz/jazz.00054.wav")
    assert report.broken == ()
    assert "jazz.00054" not in report.missing
    assert report.usable == 12
    # Its bytes are compared nevertheless.
    assert "jazz.00054" in report.copy.other


def test_the_folder_above_that_of_kaggle_is_read_and_the_better_one_named(own_corpus):
    inner = own_corpus.folder / "Data"
    inner.mkdir()
    (own_corpus.folder / "genres").rename(inner / "genres_original")
    (inner / "features_30_sec.csv").touch()
    report = check_folder("gtzan", own_corpus.folder)
    assert (report.usable, report.clips_in, report.extra) == (12, "Data/genres_original", ("Data/features_30_sec.csv",))
    assert report.notes[-1] == f"the clips are in Data/genres_original: give {inner} to leave the other files out"
    assert not any("give" in note for note in check_folder("gtzan", inner).notes)


def test_a_file_that_must_not_be_read_is_not_called_broken(tiny_corpus, monkeypatch):
    def refuse(path, limits):
        raise DataError(f"{path}: cannot be read") from PermissionError()

    monkeypatch.setattr(checking, "read_header", refuse)
    with pytest.raises(DataError, match="cannot be read"):
        check_folder("gtzan", tiny_corpus.folder)


@pytest.fixture(scope="module")
def fma_small(tmp_path_factory):
    """Four clips of FMA-small, one without a genre, one broken, two known to be broken, one of these whole."""
    folder = tmp_path_factory.mktemp("fma")
    write_table(folder, changes={"000003": {"genre": ""}})
    for clip in ("000002", "000003", "000005"):
        write_mp3(folder, clip)
    write_mp3(folder, "098565", seconds=1.6)
    write_mp3(folder, "098567", seconds=30, channels=2)
    (folder / "fma_small" / "000" / "000004.mp3").write_bytes(b"no audio")
    files = sorted((folder / "fma_small").rglob("*.mp3"))
    sums = {path.stem: hashlib.sha1(path.read_bytes()).hexdigest() for path in files}
    sums["000005"] = "0" * 40
    del sums["098565"]
    lines = [f"{digest}  {clip[:3]}/{clip}.mp3" for clip, digest in sums.items()]
    (folder / "fma_small" / "checksums").write_text("\n".join([*lines, "0" * 40 + "  README.txt"]) + "\n")
    return folder


def test_a_part_of_fma_is_checked(fma_small):
    report = check_folder("fma_small", fma_small)
    assert (report.usable, report.expected, report.clips_in) == (3, 8000, "fma_small")
    assert [(finding.clip, finding.file) for finding in report.broken] == [
        ("000003", "fma_small/000/000003.mp3"),
        ("000004", "fma_small/000/000004.mp3"),
    ]
    assert report.broken[0].reason.endswith("gives no top genre for clip 000003")
    assert [(finding.clip, finding.reason) for finding in report.known_broken] == [("098565", "lasts 1.6 s of 30")]
    assert len(report.missing) == 8000 - 4 - 6
    # 000002 and 000005 last 6 s; sample rate and channels differ within FMA.
    assert [finding.clip for finding in report.unlike] == ["000002", "000005"]
    assert report.formats == {"44,100 Hz, mono": 2, "44,100 Hz, stereo": 1}
    assert sum(report.splits["official"].values()) == 3
    assert report.extra == ()


def test_fma_is_compared_with_the_list_in_its_archive(fma_small):
    copy = check_folder("fma_small", fma_small).copy
    # Clip 000003 has no genre and is not read; 098565 is not in the list.
    assert (copy.same, copy.other, copy.without_checksum) == (3, ("000005",), 1)
    assert copy.reference == "the archive's own list, checksums"


def test_clips_without_folders_of_genres_are_placed_in_the_folder_that_was_checked(tiny_corpus, tmp_path):
    for track in tiny_corpus.catalog.tracks:
        (tmp_path / track.path.name).write_bytes(track.path.read_bytes())
    (tmp_path / "blues.00001.wav").write_bytes(b"no audio")
    report = check_folder("gtzan", tmp_path, cache=tmp_path / "cache")
    assert (report.usable, report.clips_in) == (11, ".")
    assert [finding.file for finding in report.broken] == ["blues.00001.wav"]
    assert not any("unpacked" in note for note in report.notes)


def test_a_packed_data_set_is_checked_like_a_folder(tiny_corpus, tmp_path):
    contents = {
        track.path.relative_to(tiny_corpus.folder).as_posix(): track.path.read_bytes()
        for track in tiny_corpus.catalog.tracks
    }
    contents |= {"genres/blues/blues.00001.wav": b"no audio", "genres/readme.txt": b"1"}
    members = (tar_member(name, content) for name, content in contents.items())
    file = write_tar(tmp_path / "genres.tar.gz", *members)
    report = check_folder("gtzan", file, cache=tmp_path / "cache")
    assert (report.usable, report.data, report.extra) == (11, str(file), ("genres/readme.txt",))
    assert [(finding.clip, finding.file) for finding in report.broken] == [
        ("blues.00001", "genres/blues/blues.00001.wav")
    ]
    (note,) = (note for note in report.notes if "packed" in note)
    root = report.clips_in
    assert note == f"the clips are packed; Encore unpacked them to {root}"
    assert root.startswith(str(tmp_path / "cache" / "unpacked" / "gtzan-"))


@pytest.mark.parametrize("quick", [False, True])
def test_a_clip_that_is_far_too_long_is_broken(own_corpus, quick):
    soundfile.write(own_corpus.path("blues", 1), np.full(4000 * 301, 0.1), 4000)
    report = check_folder("gtzan", own_corpus.folder, quick=quick)
    reason = (
        "lasts 301 s (1,204,000 frames at 4,000 Hz), expected at most 300 s beside the other clips: its header is "
        "wrong, or it is no clip"
    )
    assert report.broken == (Finding("blues.00001", "genres/blues/blues.00001.wav", reason),)
