"""Data sets of mirdata: faked on disk, with mirdata's own readers of genres and artists."""

import json
import re
from pathlib import Path

import pytest

from common.core.console import collected
from common.core.errors import DataError, ExtraError, SpecError
from data_pipeline.datasets import gtzan, registry
from data_pipeline.datasets import mirdata as module
from data_pipeline.datasets.about import MIRDATA_WITH_GENRES
from data_pipeline.datasets.recognise import known_dataset
from data_pipeline.datasets.request import DataRequest

mirdata = pytest.importorskip("mirdata")


@pytest.fixture
def with_index(monkeypatch, tmp_path):
    """Give mirdata a list of tracks, which it would download: id -> kind of file -> path."""

    def write(tracks: dict[str, dict[str, str | None]]) -> None:
        listed = {clip: {kind: [path, None] for kind, path in files.items()} for clip, files in tracks.items()}
        (tmp_path / "index.json").write_text(json.dumps({"version": "1.0", "tracks": listed}), encoding="utf-8")

    monkeypatch.setattr("mirdata.core.Index.get_path", lambda self: str(tmp_path / "index.json"))
    return write


def write_files(home: Path, *names: str, content: str = "") -> None:
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content, encoding="utf-8")


def ballroom(*names: str) -> dict[str, dict[str, str]]:
    return {Path(name).stem: {"audio": name, "beats": None, "tempo": None} for name in names}


def test_tracks_have_mirdatas_ids_genres_and_paths(with_index, tmp_path):
    names = "B/ChaChaCha/a-1.wav", "B/ChaChaCha/b-2.wav", "B/Tango/c-3.wav"
    with_index(ballroom(*names))
    write_files(tmp_path / "home", *names)
    catalog = module.load("ballroom", tmp_path / "home")
    assert [(track.id, track.label, track.path, track.artist) for track in catalog.tracks] == [
        ("a-1", "chachacha", tmp_path / "home" / names[0], None),
        ("b-2", "chachacha", tmp_path / "home" / names[1], None),
        ("c-3", "tango", tmp_path / "home" / names[2], None),
    ]
    assert (catalog.dataset, catalog.title, catalog.genres) == (
        "mirdata_ballroom",
        "ballroom (mirdata)",
        ("chachacha", "tango"),
    )
    assert (catalog.expected, catalog.missing, catalog.bad, catalog.splits) == (3, (), (), {})
    assert re.fullmatch(r"listed by mirdata \d[\w.]* in version 1\.0", catalog.caption)


def test_missing_files_are_counted_with_mirdatas_own_command_to_get_them(with_index, tmp_path):
    names = "B/Jive/a.wav", "B/Tango/b.wav"
    with_index(ballroom(*names))
    write_files(tmp_path, names[0])
    with collected() as lines:
        catalog = module.load("ballroom", tmp_path)
    assert (catalog.expected, catalog.missing, catalog.genres) == (2, ("b",), ("jive", "tango"))
    assert f"mirdata.initialize('ballroom', data_home='{tmp_path}').download()" in lines[-1]
    (tmp_path / names[0]).unlink()
    with pytest.raises(DataError, match=r"no usable track of mirdata's ballroom: 2 files of 2 tracks .*download\(\)"):
        module.load("ballroom", tmp_path)


def beatport(home: Path, with_index, metadata: dict[str, tuple[list[str], list[str]]]) -> None:
    """Track -> genres and artists."""
    with_index({clip: {"audio": f"audio/{clip}.mp3", "key": None, "meta": f"meta/{clip}.json"} for clip in metadata})
    for clip, (genres, artists) in metadata.items():
        meta = {
            "genres": [{"name": name} for name in genres],
            "sub_genres": [],
            "artists": [{"name": a} for a in artists],
        }
        write_files(home, f"meta/{clip}.json", content=json.dumps(meta))
        write_files(home, f"audio/{clip}.mp3")


def test_artists_come_from_mirdata(with_index, tmp_path):
    beatport(tmp_path, with_index, {"1": (["House"], ["A"]), "2": (["House"], ["B", "A"]), "3": (["Trance"], [])})
    catalog = module.load("beatport_key", tmp_path)
    assert {track.id: track.artist for track in catalog.tracks} == {"1": "A", "2": "B, A", "3": None}
    assert {track.id: track.label for track in catalog.tracks} == {"1": "House", "2": "House", "3": "Trance"}


def test_names_that_stand_for_no_artist_are_no_artists(with_index, tmp_path):
    beatport(tmp_path, with_index, {"1": (["House"], ["Various Artists"]), "2": (["Trance"], ["Unknown", "A"])})
    assert {track.id: track.artist for track in module.load("beatport_key", tmp_path).tracks} == {"1": None, "2": "A"}


def test_tracks_with_several_genres_cannot_be_used_and_those_with_none_are_left_out(with_index, tmp_path):
    beatport(
        tmp_path, with_index, {"1": (["House"], []), "2": (["House", "Trance"], []), "3": ([], []), "4": (["Dub"], [])}
    )
    catalog = module.load("beatport_key", tmp_path)
    assert [track.id for track in catalog.tracks] == ["1", "4"]
    assert [(bad.id, bad.path, bad.reason) for bad in catalog.bad] == [
        ("2", tmp_path / "audio" / "2.mp3", "2 has 2 genres (House, Trance)")
    ]
    assert (catalog.expected, catalog.missing) == (2, ())
    assert catalog.bad_advice == "Choose a data set whose tracks have one genre each"
    assert catalog.caption.endswith("; 1 track without a genre is not used")


def test_where_every_track_has_several_genres_one_is_named(with_index, tmp_path):
    beatport(tmp_path, with_index, {"1": (["House", "Dub"], [])})
    with pytest.raises(DataError, match=r"1 track with several genres, e\.g\. 1 has 2 genres \(House, Dub\)"):
        module.load("beatport_key", tmp_path)


def test_files_that_mirdata_cannot_read_are_named(with_index, tmp_path):
    beatport(tmp_path, with_index, {"1": (["House"], [])})
    write_files(tmp_path, "meta/1.json", content="{}")
    with pytest.raises(DataError, match=r"mirdata:beatport_key: mirdata cannot read track 1 \('genres'\)\. Get it: "):
        module.load("beatport_key", tmp_path)
    (tmp_path / "meta/1.json").unlink()
    with pytest.raises(DataError, match=r"cannot read track 1 \(.*No such file.*\)\. Get it: .*download\(\)"):
        module.load("beatport_key", tmp_path)


def test_the_clips_of_gtzan_get_its_genres_artists_and_splits(with_index, tmp_path):
    clips = ["blues.00000", "hiphop.00001", "rock.00002"]
    with_index({clip: {"audio": f"genres/{clip[:3]}/{clip}.wav", "beats": None, "tempo": None} for clip in clips})
    write_files(tmp_path, *(f"genres/{clip[:3]}/{clip}.wav" for clip in clips))
    catalog = module.load("gtzan_genre", tmp_path)
    assert [(track.id, track.label) for track in catalog.tracks] == [
        ("blues.00000", "blues"),
        ("hiphop.00001", "hiphop"),
        ("rock.00002", "rock"),
    ]
    assert [track.artist for track in catalog.tracks] == [gtzan.facts()[clip]["artist"] or None for clip in clips]
    assert set(catalog.splits) == {"fault_filtered", "course"}
    assert catalog.clip_accuracy_ceiling_percent == 94.5
    assert catalog.most_seconds == 300
    assert known_dataset(catalog.dataset, catalog.genres, clips) == "GTZAN"
    assert known_dataset("mirdata_ballroom", ("tango",), ("a",)) is None


def test_the_index_that_mirdata_downloads_may_be_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("mirdata.core.Index.get_path", lambda self: str(tmp_path / "absent.json"))
    with pytest.raises(DataError, match=r"cannot read the list of its tracks \(.*must be downloaded.*download\(\)"):
        module.load("ballroom", tmp_path)


def test_a_folder_that_is_none_is_named_with_the_command(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=rf"--data {tmp_path}/absent: does not exist; .*ballroom.*download\(\)"):
        module.load("ballroom", tmp_path / "absent")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match=rf"--data {tmp_path}/mir_datasets/ballroom: does not exist"):
        module.load("ballroom", None)


def test_unknown_names_get_the_nearest(tmp_path):
    with pytest.raises(SpecError, match=r"mirdata:gtzan: mirdata has no such data set; did you mean gtzan_genre\?"):
        module.load("gtzan", tmp_path)


def test_data_sets_without_genres_or_audio_are_named(with_index, tmp_path):
    with_index({"1": {"audio": "a.wav", "beat": "a", "sections": "a", "chords": "a", "keys": "a"}})
    write_files(tmp_path, "a.wav")
    with pytest.raises(SpecError, match=r"mirdata:beatles: its tracks have no genre\. Of mirdata's .*: ballroom, "):
        module.load("beatles", tmp_path)
    with_index({"a#b#c#d#rock": {"data": "a.json"}})
    with pytest.raises(SpecError, match=r"mirdata:acousticbrainz_genre: its tracks have no audio"):
        module.load("acousticbrainz_genre", tmp_path)


def test_without_mirdata_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("common.core.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExtraError, match=r"--dataset mirdata:ballroom: needs the extra `mirdata`"):
        module.load("ballroom", tmp_path)


def test_what_mirdata_needs_for_one_data_set_alone_is_named(tmp_path, monkeypatch):
    def initialize(*arguments, **options):
        raise ImportError("No module named 'DALI'")

    monkeypatch.setattr(mirdata, "initialize", initialize)
    with pytest.raises(ExtraError, match=r"needs more for it \(No module named 'DALI'\)\. .*\"mirdata\[dali\]\""):
        module.load("dali", tmp_path)


def test_the_registry_opens_mirdatas_data_sets_by_either_name(with_index, tmp_path):
    with_index(ballroom("Tango/a.wav", "Jive/b.wav"))
    write_files(tmp_path, "Tango/a.wav", "Jive/b.wav")
    loaded = [registry.load(DataRequest(name, tmp_path, tmp_path)) for name in ("mirdata:ballroom", "mirdata_ballroom")]
    assert loaded[0] == loaded[1]
    assert [track.id for track in loaded[0][0].tracks] == ["a", "b"]


def test_the_data_sets_with_genres_are_those_whose_tracks_have_one():
    found = []
    for name in mirdata.list_datasets():
        source = (Path(mirdata.__file__).parent / "datasets" / f"{name}.py").read_text(encoding="utf-8")
        if re.search(r"def genres?\(self|self\.genre = ", source) and "audio_path" in source:
            found.append(name)
    # dali: its audio is on YouTube, and mirdata gets none of it.
    assert sorted({*MIRDATA_WITH_GENRES, "dali"}) == found
