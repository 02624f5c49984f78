"""The catalog of a data set: contradictions, its digest, and a choice of its genres."""

import shutil
import time

import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track, commas_in_genres


def test_the_catalog_refuses_contradictions(tiny_corpus):
    catalog = tiny_corpus.catalog
    with pytest.raises(SpecError, match=r"track ids must be unique, repeated: blues\.00000"):
        catalog.replace(tracks=(*catalog.tracks, catalog.tracks[0]))
    with pytest.raises(SpecError, match="labels outside the genres"):
        catalog.replace(genres=("blues", "classical"))


def test_the_source_digest_follows_the_files(own_corpus, tmp_path):
    catalog = own_corpus.catalog
    before = catalog.source_digest
    moved = own_corpus.copy_to(tmp_path / "moved").catalog
    assert moved.source_digest == before
    shutil.copyfile(own_corpus.path("blues", 1), own_corpus.path("blues", 0))
    assert catalog.source_digest != before


def test_a_file_that_vanished_since_the_folder_was_listed_is_named(own_corpus):
    catalog = own_corpus.catalog
    own_corpus.path("blues", 0).unlink()
    with pytest.raises(DataError, match=r"blues\.00000\.wav: was listed, but cannot be read now \(No such file"):
        _ = catalog.source_digest


def catalog(tmp_path) -> Catalog:
    def track(name: str, genre: str) -> Track:
        return Track(id=name, label=genre, path=tmp_path / name)

    return Catalog(
        dataset="made",
        title="Made",
        genres=("a", "b", "c"),
        tracks=(track("1", "a"), track("2", "b"), track("3", "c")),
        expected=6,
        missing=("4", "5"),
        known_bad=(BadTrack(id="6", path=tmp_path / "6", reason="broken"),),
        genre_of={"1": "a", "2": "b", "3": "c", "4": "a", "5": "c", "6": "c"},
    )


def test_a_genre_in_a_command_to_copy_is_one_word_of_it():
    assert commas_in_genres(("Folk, World", "Pop")).endswith(': --genres "Folk, World" --genres "Pop".')
    assert commas_in_genres(('a, "$(x)"', "`y`")).endswith(""": --genres 'a, "$(x)"' --genres '`y`'.""")
    assert commas_in_genres(("it's, $x", "b")).endswith(""": --genres 'it'"'"'s, $x' --genres "b".""")


def test_missing_and_broken_clips_of_other_genres_are_not_counted(tmp_path):
    kept = catalog(tmp_path).only(("b", "a"))
    assert kept.genres == ("a", "b")
    assert [track.id for track in kept.tracks] == ["1", "2"]
    assert (kept.expected, kept.missing, kept.known_bad) == (3, ("4",), ())
    assert catalog(tmp_path).replace(genre_of={}).only(("a", "b")).expected is None
    with pytest.raises(SpecError, match="has no genre d"):
        catalog(tmp_path).only(("a", "d"))


def test_a_genre_for_each_clip_is_taken_at_once(tmp_path):
    names = tuple(f"{number:05d}" for number in range(20_000))
    tracks = tuple(Track.model_construct(id=name, label=name, path=tmp_path) for name in names)
    whole = Catalog.model_construct(dataset="made", title="Made", genres=names, tracks=tracks)
    begun = time.process_time()
    assert len(whole.only(names[1:]).tracks) == 19_999
    assert len(whole.first_of_each_genre(1).tracks) == 20_000
    assert len(whole.of_clips(names[2:]).tracks) == 19_998
    # Going through all clips for each genre takes a minute.
    assert time.process_time() - begun < 10


def test_messages_name_some_genres_of_many(tmp_path):
    names = tuple(f"{number:03d}" for number in range(200))
    whole = catalog(tmp_path).replace(genres=("a", "b", "c", *names))
    with pytest.raises(SpecError, match=r"has no genre x; it has: a, b, c, 000, .*, 096 and 103 more\.$"):
        whole.only(("a", "x"))


def test_the_first_clips_of_each_genre_are_the_first_by_id(tmp_path):
    tracks = tuple(Track(id=f"{number}", label="ab"[number % 2], path=tmp_path) for number in (5, 4, 3, 2, 1, 0))
    made = catalog(tmp_path).replace(tracks=tuple(sorted(tracks, key=lambda track: track.id)))
    assert [track.id for track in made.first_of_each_genre(2).tracks] == ["0", "1", "2", "3"]
