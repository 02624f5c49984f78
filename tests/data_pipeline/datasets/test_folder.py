"""Any folder of audio files as a data set."""

import os
import re
from pathlib import Path

import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.datasets import folder as own_folder
from tests.helpers.odd_audio import flac_with_total
from tests.helpers.own_folder import id3_tag, write_song


def put(folder: Path, *names: str) -> Path:
    """Files that hold no audio, which finding them does not need."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def labelled(folder: Path, text: str) -> Path:
    path = folder.parent / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def genre_of(catalog) -> dict[str, str]:
    return {track.id: track.label for track in catalog.tracks}


def artist_of(catalog) -> dict[str, str | None]:
    return {track.id: track.artist for track in catalog.tracks}


def test_files_of_the_same_name_in_different_folders_are_distinguished(tmp_path):
    put(tmp_path, "a/01.wav", "b/01.wav")
    catalog = own_folder.load(tmp_path)
    before = catalog.source_digest
    assert own_folder.load(tmp_path).source_digest == before
    for place in ("a", "b"):
        content = (tmp_path / place / "01.wav").read_bytes()
        (tmp_path / place / "01.wav").write_bytes(content * 2)
        assert catalog.source_digest != before
        (tmp_path / place / "01.wav").write_bytes(content)
        before = catalog.source_digest


def test_the_genre_is_the_first_folder_and_the_id_the_path(tmp_path):
    put(tmp_path / "music", "rock/ABBA/Gold/1.MP3", "rock/2.flac", "jazz/3.ogg", "jazz/cover.jpg", "jazz/4.opus")
    catalog = own_folder.load(tmp_path / "music")
    expected = {"jazz/3.ogg": "jazz", "jazz/4.opus": "jazz", "rock/2.flac": "rock", "rock/ABBA/Gold/1.MP3": "rock"}
    assert genre_of(catalog) == expected
    assert (catalog.dataset, catalog.title, catalog.genres) == ("folder_music", "own folder music", ("jazz", "rock"))
    assert (catalog.extra, catalog.expected, catalog.splits) == (("jazz/cover.jpg",), None, {})


@pytest.mark.parametrize("spelled", [".", "../music", "a/.."])
def test_files_directly_in_the_folder_have_its_name_as_their_genre_where_none_is_needed(spelled, tmp_path, monkeypatch):
    folder = put(tmp_path / "music", "1.wav", "a/2.wav")
    monkeypatch.chdir(folder)
    catalog = own_folder.load(Path(spelled), needs_genres=False)
    assert genre_of(catalog) == {"1.wav": "music", "a/2.wav": "a"}
    assert catalog.dataset == "folder_music"


def test_files_without_a_genre_are_counted_and_named_with_the_way_out(tmp_path):
    put(tmp_path, "rock/1.wav", *(f"{number}.wav" for number in range(7)))
    expected = (
        rf"--data {re.escape(str(tmp_path))}: 7 audio files without a genre lie directly in this folder: 0.wav, 1.wav, "
        r"2.wav, 3.wav, 4.wav and 2 more\. .* give --labels FILE\.csv, a table with the columns path and genre\.$"
    )
    with pytest.raises(DataError, match=expected):
        own_folder.load(tmp_path)


def test_the_only_folder_in_a_folder_is_taken_where_it_holds_the_genres(tmp_path, capsys):
    put(tmp_path / "unpacked", "genres/rock/1.wav", "genres/jazz/2.wav", "readme.txt", "__MACOSX/x/y.wav")
    catalog = own_folder.load(tmp_path / "unpacked")
    assert genre_of(catalog) == {"genres/jazz/2.wav": "jazz", "genres/rock/1.wav": "rock"}
    assert (catalog.dataset, catalog.extra) == ("folder_unpacked", ("readme.txt",))
    put(tmp_path / "unpacked", "genres/rock/ABBA/3.wav")
    artists = artist_of(own_folder.load(tmp_path / "unpacked", artist_level=1))
    assert artists["genres/rock/ABBA/3.wav"] == "ABBA"
    assert "its only folder is genres; the folders in that are the genres" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "genres"),
    [
        (("rock/ABBA/1.wav", "rock/2.wav"), ("rock",)),
        (("rock/ABBA/1.wav", "rock/ABBA/2.wav"), ("rock",)),
        (("rock/ABBA/1.wav", "rock/Queen/2.wav", "jazz/cover.jpg"), ("rock",)),
        (("a/b/rock/1.wav", "a/b/jazz/2.wav"), ("a",)),
    ],
)
def test_a_single_folder_of_songs_is_a_genre(tmp_path, files, genres):
    assert own_folder.load(put(tmp_path, *files)).genres == genres


def test_folders_without_audio_are_named(tmp_path, capsys):
    put(tmp_path, "rock/1.wav", "jazz/2.wav", "scans/cover.jpg")
    (tmp_path / "pop").mkdir()
    own_folder.load(tmp_path)
    assert "folders without audio, not used as a genre: pop, scans" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a b.m4a", "x.WMA", "x.mp4", "x.ape", "x.wv", "x.aac"])
def test_files_of_formats_that_are_not_read_are_bad(tmp_path, name):
    put(tmp_path, "rock/1.wav", "jazz/2.wav", f"rock/{name}")
    (bad,) = own_folder.load(tmp_path).bad
    suffix = Path(name).suffix.lower()
    assert bad.id == f"rock/{name}"
    assert f"Encore does not read {suffix}: convert it, e.g. with ffmpeg -i " in bad.reason
    if " " in name:
        assert bad.reason.endswith("ffmpeg -i 'a b.m4a' 'a b.flac'")


def test_the_command_that_converts_a_file_takes_its_name_for_nothing_else(tmp_path):
    put(tmp_path, "rock/1.wav", "jazz/2.wav", "rock/-y; x.m4a", "jazz/a\nb\x1b.m4a")
    reasons = [bad.reason for bad in own_folder.load(tmp_path).bad]
    assert reasons[0].endswith(r"ffmpeg -i $'a\x0ab\x1b.m4a' $'a\x0ab\x1b.flac'")
    assert reasons[1].endswith("ffmpeg -i './-y; x.m4a' './-y; x.flac'")


def test_names_that_cannot_be_shown_are_used_with_escapes_and_stay_apart(tmp_path):
    put(tmp_path, "rock/1.wav", "ro\u200bck/1.wav", "ja\x1bzz/2\x07.wav", "ja\x1bzz/2\\x07.wav")
    catalog = own_folder.load(tmp_path)
    # Characters that cannot be seen stay, as names in some scripts need them; they are escaped where they are shown.
    assert catalog.genres == (r"ja\x1bzz", "rock", "ro\u200bck")
    assert [track.id for track in catalog.tracks] == [
        r"ja\x1bzz/2\x07.wav",
        r"ja\x1bzz/2\x07.wav_",
        "rock/1.wav",
        "ro\u200bck/1.wav",
    ]


def test_broken_links_to_audio_are_bad_and_other_broken_links_are_not(tmp_path):
    put(tmp_path, "rock/1.wav", "jazz/2.wav")
    for name in ("gone.mp3", "gone.m4a", "gone.txt"):
        (tmp_path / "rock" / name).symlink_to(tmp_path / "elsewhere")
    catalog = own_folder.load(tmp_path)
    assert [bad.id for bad in catalog.bad] == ["rock/gone.m4a", "rock/gone.mp3"]
    assert all("a link to a file that does not exist" in bad.reason for bad in catalog.bad)


def test_a_folder_whose_files_cannot_be_read_at_all_says_why(tmp_path):
    put(tmp_path, "rock/1.m4a", "jazz/2.m4a")
    with pytest.raises(
        DataError, match=r"none of its 2 audio files can be read; first: .*2\.m4a: Encore does not read"
    ):
        own_folder.load(tmp_path)


def test_a_folder_without_audio_names_the_archive_in_it(tmp_path):
    put(tmp_path, "music.zip")
    with pytest.raises(DataError, match=r"no audio file in it\. It holds music\.zip: unpack it"):
        own_folder.load(tmp_path)
    with pytest.raises(DataError, match=r"--folder .*gone: does not exist; expected a folder of audio files"):
        own_folder.load(tmp_path / "gone", flag="--folder")


def test_artists_are_those_of_the_tags_or_of_the_album(tmp_path):
    write_song(tmp_path / "rock" / "1.flac", artist="ABBA", seconds=0.1)
    write_song(tmp_path / "rock" / "2.flac", artist="Magnatune Compilation", seconds=0.1)
    write_song(tmp_path / "jazz" / "3.wav", seconds=0.1)
    (tmp_path / "jazz" / "4.mp3").write_bytes(id3_tag(TPE2="The Band") + b"\xff\xfb\x90\x00" + bytes(2000))
    (tmp_path / "jazz" / "5.flac").write_bytes(b"fLaX" + bytes(100))
    catalog = own_folder.load(tmp_path)
    assert artist_of(catalog) == {
        "jazz/3.wav": None,
        "jazz/4.mp3": "The Band",
        "jazz/5.flac": None,
        "rock/1.flac": "ABBA",
        "rock/2.flac": None,
    }
    assert "artists of 2 of 5 clips known (tags), tags of 1 clip not readable" in catalog.caption


def test_the_caption_says_what_the_folder_holds(tmp_path):
    for number, seconds in enumerate((0.4, 2.0, 12.3)):
        write_song(tmp_path / "rock" / f"{number}.flac", artist="ABBA", seconds=seconds)
    write_song(tmp_path / "jazz" / "1.wav", seconds=61.2, sample_rate=8000)
    expected = "FLAC and WAV, 2 genres, 0.4 to 61 s, artists of 3 of 4 clips known (tags)"
    assert own_folder.load(tmp_path).caption == expected


def test_artists_are_folders_at_the_level_that_was_asked_for(tmp_path):
    put(tmp_path, "rock/ABBA/Gold/1.wav", "rock/Various Artists/2.wav", "rock/3.wav", "jazz/Miles/4.wav")
    first = own_folder.load(tmp_path, artist_level=1)
    assert artist_of(first) == {
        "jazz/Miles/4.wav": "Miles",
        "rock/3.wav": None,
        "rock/ABBA/Gold/1.wav": "ABBA",
        "rock/Various Artists/2.wav": None,
    }
    assert "artists of 2 of 4 clips known (folders)" in first.caption
    second = own_folder.load(tmp_path, artist_level=2)
    assert [artist for artist in artist_of(second).values() if artist] == ["Gold"]
    with pytest.raises(SpecError, match=r"--artist-level 3: no file .* they have at most 2 levels of folders"):
        own_folder.load(tmp_path, artist_level=3)


def test_the_table_replaces_genres_and_artists_and_empty_cells_fall_back(tmp_path, capsys):
    folder = put(tmp_path / "music", "loose.wav", "rock/1.wav", "rock/2.wav", "jazz/3.wav", "jazz/4.wav")
    labels = labelled(
        folder,
        "path;genre;artist;split\nloose.wav;pop;ABBA;train\nrock/1.wav;;Various;validation\n./rock/2.wav;metal;;\n"
        "jazz/3.wav;;Miles;test\n",
    )
    catalog = own_folder.load(folder, labels=labels)
    assert genre_of(catalog) == {"jazz/3.wav": "jazz", "loose.wav": "pop", "rock/1.wav": "rock", "rock/2.wav": "metal"}
    assert artist_of(catalog) == {"jazz/3.wav": "Miles", "loose.wav": "ABBA", "rock/1.wav": None, "rock/2.wav": None}
    assert catalog.splits == {"labels": {"loose.wav": "train", "rock/1.wav": "valid", "jazz/3.wav": "test"}}
    assert "(table)" in catalog.caption
    said = " ".join(capsys.readouterr().err.split())
    assert re.search(r"left out, because --labels \S+ does not list them: 1 audio file", said)
    assert "column split is empty for 1 clip: --split labels leaves them out" in said


def test_without_a_column_of_artists_they_come_from_tags_and_without_one_of_splits_there_is_none(tmp_path):
    write_song(tmp_path / "m" / "a" / "1.flac", artist="ABBA", seconds=0.1)
    put(tmp_path / "m", "b/2.wav")
    catalog = own_folder.load(tmp_path / "m", labels=labelled(tmp_path / "m", "path\na/1.flac\nb/2.wav\n"))
    assert artist_of(catalog) == {"a/1.flac": "ABBA", "b/2.wav": None}
    assert catalog.splits == {}


def test_paths_of_the_table_may_be_below_either_folder_and_spell_accents_in_either_way(tmp_path):
    put(tmp_path / "m", "genres/rock/cafe\u0301.wav", "genres/jazz/2.wav")
    labels = labelled(tmp_path / "m", "path\ngenres/rock/caf\u00e9.wav\njazz/2.wav\n")
    assert list(genre_of(own_folder.load(tmp_path / "m", labels=labels)).values()) == ["jazz", "rock"]


def test_files_that_the_table_lists_and_the_folder_lacks_are_missing(tmp_path):
    put(tmp_path / "m", "rock/1.wav", "jazz/2.wav")
    labels = labelled(tmp_path / "m", "path\nrock/1.wav\njazz/2.wav\njazz/gone.wav\n")
    catalog = own_folder.load(tmp_path / "m", labels=labels)
    assert (catalog.missing, catalog.expected) == (("jazz/gone.wav",), 3)


def test_missing_files_belong_to_the_genres_of_their_rows(tmp_path):
    put(tmp_path / "m", "rock/1.wav", "jazz/2.wav", "pop/3.wav")
    text = "path,genre\nrock/1.wav,\njazz/2.wav,\npop/3.wav,\njazz/gone.wav,\njazz/other.wav,pop\n"
    catalog = own_folder.load(tmp_path / "m", labels=labelled(tmp_path / "m", text))
    of_two = catalog.only(("jazz", "rock"))
    assert (of_two.missing, of_two.expected) == (("jazz/gone.wav",), 3)
    assert catalog.only(("pop", "rock")).missing == ("jazz/other.wav",)


def test_genres_that_look_alike_are_pointed_out(tmp_path, capsys):
    put(tmp_path, "Rock/1.wav", "rock/2.wav", "jazz/3.wav", "caf\u00e9/4.wav", "cafe\u0301/5.wav")
    assert len(own_folder.load(tmp_path).genres) == 5
    said = " ".join(capsys.readouterr().err.split())
    assert "the genres 'Rock', 'rock' differ only in capitals, spaces or how accents are stored" in said
    assert "the genres 'cafe\u0301', 'caf\u00e9' differ only in" in said


def test_folders_of_systems_are_neither_genres_nor_in_the_way_of_them(tmp_path, capsys):
    put(tmp_path, "genres/rock/1.wav", "genres/jazz/2.wav", "@eaDir/1.wav", "genres/@eaDir/2.wav")
    assert own_folder.load(tmp_path).genres == ("jazz", "rock")
    assert "@eaDir" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\nx.wav\ny.wav\n", r"none of its 2 paths is that of a file below .*; the first is x\.wav, and the first"),
        ("path\nrock/1.wav\njazz/notes.txt\n", r"line 3: jazz/notes\.txt is not an audio file"),
        ("path\nrock/1.wav\n./rock/1.wav\n", r"line 3: rock/1\.wav is in line 2 already"),
        ("path\ngenres/rock/1.wav\nrock/1.wav\n", r"line 3: rock/1\.wav is the file of line 2"),
        ("path\nrock/1.wav\nloose.wav\n", r"none of its|1 audio file without a genre"),
    ],
)
def test_tables_that_do_not_fit_the_folder_are_refused(tmp_path, text, message):
    folder = put(tmp_path / "m", "genres/rock/1.wav", "genres/jazz/2.wav", "genres/jazz/notes.txt")
    if "loose" in text:
        put(folder, "loose.wav")
        text = text.replace("rock/1", "genres/rock/1")
    with pytest.raises(DataError, match=message):
        own_folder.load(folder, labels=labelled(folder, text))


def test_artists_of_the_table_and_of_folders_are_refused_together(tmp_path):
    put(tmp_path / "m", "rock/ABBA/1.wav", "jazz/2.wav")
    labels = labelled(tmp_path / "m", "path,artist\nrock/ABBA/1.wav,ABBA\n")
    with pytest.raises(SpecError, match=r"--artist-level 1, --labels .*: the table has a column artist"):
        own_folder.load(tmp_path / "m", labels=labels, artist_level=1)


def test_names_that_are_not_unicode_can_be_written_and_stay_distinct(tmp_path):
    write_song(tmp_path / "rock" / "whole.flac", artist="ABBA", seconds=0.5)
    os.rename(tmp_path / "rock" / "whole.flac", os.fsencode(tmp_path / "rock") + b"/\xfc.flac")
    folder = os.fsencode(tmp_path)
    for name in (b"caf\xe9.wav", b"caf\\xe9.wav"):
        with open(folder + b"/rock/" + name, "wb") as file:
            file.write(name)
    os.mkdir(folder + b"/jazz\xff")
    with open(folder + b"/jazz\xff/1.wav", "wb") as file:
        file.write(b"x")
    catalog = own_folder.load(tmp_path)
    names = ["jazz\\xff/1.wav", "rock/\\xfc.flac", "rock/caf\\xe9.wav", "rock/caf\\xe9.wav_"]
    assert sorted(genre_of(catalog)) == names
    assert artist_of(catalog)["rock/\\xfc.flac"] == "ABBA"
    assert "0.5 s" in catalog.caption
    assert catalog.genres == ("jazz\\xff", "rock")
    catalog.source_digest.encode()
    read = {track.id: track.path.read_bytes() for track in catalog.tracks}
    assert read["rock/caf\\xe9.wav"] == b"caf\\xe9.wav"
    assert read["rock/caf\\xe9.wav_"] == b"caf\xe9.wav"


def test_choosing_genres_also_chooses_the_bad_files(tmp_path):
    put(tmp_path, "rock/1.wav", "jazz/2.wav", "pop/3.wav", "pop/4.m4a")
    catalog = own_folder.load(tmp_path)
    assert len(catalog.bad) == 1
    chosen = catalog.only(("jazz", "rock"))
    assert (chosen.bad, chosen.expected, len(chosen.tracks)) == ((), None, 2)


def test_the_caption_leaves_out_lengths_that_headers_leave_open(tmp_path):
    for name, seconds in (("a/1.flac", 2.0), ("a/2.flac", 3.0), ("b/3.flac", 4.0)):
        write_song(tmp_path / name, seconds=seconds)
    longest = tmp_path / "b/3.flac"
    longest.write_bytes(flac_with_total(longest.read_bytes(), 0))
    assert own_folder.load(tmp_path).caption.startswith("FLAC, 2 genres, 2.0 to 3.0 s, ")


def test_a_clip_of_a_hundred_times_the_usual_length_and_of_an_hour_is_too_long(tmp_path, monkeypatch):
    for number, seconds in enumerate((1, 2, 3)):
        write_song(tmp_path / "rock" / f"{number}.flac", seconds=seconds)
    put(tmp_path, "jazz/broken.wav")
    # Among samples of single notes, whole songs are clips.
    assert own_folder.load(tmp_path).most_seconds == 3600
    monkeypatch.setattr(own_folder, "_ANY_CLIP_SECONDS", 60)
    catalog = own_folder.load(tmp_path)
    assert catalog.most_seconds == 200
    assert catalog.with_clip_seconds(1).most_seconds is None
