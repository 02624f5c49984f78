"""Opening the data of a command: an own folder of songs, options that do not fit, and data of one genre."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import BudgetError, DataError, SpecError
from common.launch import load_paper, paper_keys
from common.records.record import read_records
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import plan
from common.training.memory import MemoryLimit
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER
from tests.helpers.own_folder import write_own_folder, write_song


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """36 songs of 5 s in three genres, by 18 artists; read them only."""
    return write_own_folder(tmp_path_factory.mktemp("own") / "songs")


@pytest.fixture
def options(songs, tmp_path):
    """Options of a quick run on the songs."""

    def make(**changes) -> Options:
        values = {"dataset": "folder", "data": songs, "cache": tmp_path / "cache", "out": tmp_path / "out"}
        values |= {"tables": ("5.1",), "rows": ("5",), "features": "small", "seeds": 1, "epochs": 1}
        return Options(**values | changes)

    return make


def table_of(songs, path, *, parts: bool = True):
    """A table of the songs: the first six of each genre are for training, three each for the other parts."""
    part = ["train"] * 6 + ["valid"] * 3 + ["test"] * 3
    lines = [
        f"{genre}/{number:02d}.flac,{part[number] if parts else ''}"
        for genre in ("ambient", "bebop", "cumbia")
        for number in range(12)
    ]
    path.write_text("\n".join(["path,split", *lines]), encoding="utf-8")
    return path


def test_a_split_of_the_table_reaches_the_record_and_the_table(songs, tmp_path, kept_models):
    labels = table_of(songs, tmp_path / "labels.csv")
    places = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    data = ["--dataset", "folder", "--data", str(songs), "--labels", str(labels), "--split", "labels"]
    quick = ["--table", "5.1", "--row", "se-5", "--features", "small", "--epochs", "1", "--seeds", "1"]
    assert run_app(make_app(PAPER), [*data, *quick, *places]) == 0
    results = tmp_path / "out" / "se_cnn" / "folder_songs"
    (record,) = read_records(results / "runs")
    assert {part: count.clips for part, count in record.parts.items()} == {"train": 18, "valid": 9, "test": 9}
    assert {clip.id for clip in record.clips} == {
        f"{genre}/{number:02d}.flac" for genre in ("ambient", "bebop", "cumbia") for number in (9, 10, 11)
    }
    assert {clip.artist for clip in record.clips if clip.id.startswith("bebop")} == {"bebop 3", "bebop 4", "bebop 5"}
    caption = json.loads((results / "table_5.1_labels_small_features_1_epoch.json").read_text())["caption"]
    expected = "Data: own folder songs, 36 clips; FLAC, 3 genres, 5.0 s, artists of 36 of 36 clips known (tags)."
    assert expected in caption
    assert "Protocol: labels, by clip; train 18 clips" in " ".join(caption)
    assert "OTHER DATA: the published numbers are for GTZAN" in " ".join(caption)
    assert str(tmp_path) not in " ".join(caption)


def test_the_artist_filter_on_songs_without_artists_says_where_else_these_can_come_from(options, tmp_path):
    for genre in ("bebop", "dub"):
        write_song(tmp_path / "nameless" / genre / "anna" / "1.wav")
    with pytest.raises(SpecError, match=r"^--split artist: no artist is known from tags; --artist-level 1 takes them"):
        open_data(PAPER, options(data=tmp_path / "nameless", split="artist"))
    opened = open_data(PAPER, options(data=tmp_path / "nameless", split="artist", artist_level=1))
    assert [track.artist for track in opened.catalog.tracks] == ["anna", "anna"]


def test_the_artist_filter_puts_no_artist_in_two_parts(options):
    work = plan(PAPER, options(split="artist"))
    (planned,) = work.runs
    tracks, of_window = planned.reader.index.tracks, planned.reader.windows.tracks
    parts = [getattr(planned.run.fold, part) for part in ("train", "valid", "test")]
    artists = [{tracks[track].artist for track in of_window[part]} for part in parts]
    assert all(artists)
    assert sum(map(len, artists)) == len(set.union(*artists)) == 18
    work.close()


def test_a_length_of_clips_is_part_of_what_the_data_are(options):
    whole, cut, longer = (plan(PAPER, options(clip_seconds=seconds)) for seconds in (None, 4.0, 60.0))
    digests = {work.setting.data_digest for work in (whole, cut, longer)}
    assert len(digests) == len({work.runs[0].run.id for work in (whole, cut, longer)}) == 3
    frames = [work.runs[0].reader.index.tracks[0].frames for work in (whole, cut, longer)]
    assert frames[1] < frames[0] == frames[2]
    assert [len(work.runs[0].reader.windows) for work in (whole, cut)] == [72, 36]
    assert cut.facts.caption.endswith("(tags); of each clip the middle 4 s")
    for work in (whole, cut, longer):
        work.close()


def test_other_genres_artists_or_parts_of_the_same_songs_make_other_runs(songs, options, tmp_path):
    listed = [f"{genre}/{number:02d}.flac" for genre in ("ambient", "bebop", "cumbia") for number in range(12)]
    ids = set()
    for number, column in enumerate(("genre", "artist", "split")):
        cells = {"genre": ("x", "y"), "artist": ("ABBA", "Queen"), "split": ("train", "test")}[column]
        path = tmp_path / f"{number}.csv"
        rows = [f"{name},{cells[place % 2]}" for place, name in enumerate(listed)]
        path.write_text("\n".join([f"path,{column}", *rows]), encoding="utf-8")
        work = plan(PAPER, options(labels=path))
        ids.add(work.runs[0].run.id)
        work.close()
    plain = plan(PAPER, options())
    plain.close()
    # A split that is not asked for changes nothing.
    assert len(ids) == 3
    assert plain.runs[0].run.id in ids


def test_features_with_a_length_of_their_own_are_made_from_what_is_left(options, capsys):
    row = CRNN.default_row
    work = plan(CRNN, options(clip_seconds=2.0, tables=(row[0],), rows=(row[1],)))
    work.close()
    said = " ".join(capsys.readouterr().err.split())
    assert "--clip-seconds 2: the features of crnn cut what is left of each clip, or fill it up, to 30 s" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": "x.csv"}, "--labels: goes with --dataset folder, received --dataset arrays"),
        ({"artist_level": 1}, "--artist-level: goes with --dataset folder, received --dataset arrays"),
        ({"clip_seconds": 1.0}, "--clip-seconds: goes with your own files of audio, received --dataset arrays"),
        ({"dataset": "demo", "clip_seconds": 1.0}, "--clip-seconds: goes with .* received --dataset demo"),
        (
            {"dataset": "folder", "seconds_per_column": 1.0},
            "--seconds-per-column: goes with --dataset arrays, received",
        ),
        ({"dataset": "folder", "clip_seconds": float("inf")}, "--clip-seconds inf: not a length"),
        ({"dataset": "folder", "artist_level": 0}, "--artist-level 0: expected 1"),
    ],
)
def test_options_of_other_data_sets_are_refused(tiny_arrays, tmp_path, changes, message):
    values = {"dataset": "arrays", "data": tiny_arrays, "cache": tmp_path} | changes
    with pytest.raises(SpecError, match=message):
        open_data(PAPER, Options(**values))


def test_data_of_one_genre_are_refused(tiny_arrays, tmp_path):
    with np.load(tiny_arrays) as file:
        values = dict(file)
    np.savez(tmp_path / "one.npz", **values | {"genre": np.full(40, "dub")})
    with pytest.raises(DataError, match=r"one\.npz: 40 clips of 1 genre \(dub\), and a classifier needs at least two"):
        open_data(PAPER, Options(dataset="arrays", data=tmp_path / "one.npz", cache=tmp_path))
    for number in range(3):
        write_song(tmp_path / "music" / "rock" / f"{number}.wav")
    with pytest.raises(DataError, match=r"own folder music: 3 clips of 1 genre \(rock\)"):
        open_data(PAPER, Options(dataset="folder", data=tmp_path / "music", cache=tmp_path))


def test_songs_in_other_formats_stop_a_command_unless_they_are_skipped(songs, options, tmp_path, capsys):
    folder = tmp_path / "music"
    shutil.copytree(songs, folder)
    (folder / "bebop" / "new.m4a").write_bytes(b"x")
    expected = r"1 clip cannot be used: .*new\.m4a: Encore does not read \.m4a: .*\. Convert or remove them, or skip"
    with pytest.raises(DataError, match=expected):
        open_data(PAPER, options(data=folder))
    work = plan(PAPER, options(data=folder, skip_bad=True))
    assert (work.facts.clips, work.facts.skipped, work.facts.skipped_clips) == (36, 1, ("bebop/new.m4a",))
    work.close()


def test_a_genre_whose_clips_all_break_leaves_too_few(options, tmp_path):
    folder = write_own_folder(tmp_path / "music", genres=2)
    for path in (folder / "bebop").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(DataError, match=r"12 clips of 1 genre \(ambient\), and a classifier needs at least two"):
        plan(PAPER, options(data=folder, skip_bad=True))


def test_few_clips_of_each_genre_are_split_by_artist_without_regard_to_genre_if_allowed(options, tmp_path):
    folder = write_own_folder(tmp_path / "music", genres=2, clips=8, artists=16)
    with pytest.raises(DataError, match="one genre needs 10 or more"):
        plan(PAPER, options(data=folder, split="artist"))
    work = plan(PAPER, options(data=folder, split="artist", allow_incomplete=True))
    assert not work.setting.stratified
    work.close()


def test_listed_songs_that_are_gone_stop_a_command_unless_that_is_allowed(songs, options, tmp_path):
    labels = table_of(songs, tmp_path / "labels.csv", parts=False)
    with open(labels, "a", encoding="utf-8") as file:
        file.write("\nbebop/gone.flac,\n")
    with pytest.raises(DataError, match=r"36 of 37 clips found, 1 are missing \(first missing: bebop/gone\.flac\)"):
        open_data(PAPER, options(labels=labels))
    opened = open_data(PAPER, options(labels=labels, allow_incomplete=True))
    assert (len(opened.catalog.tracks), opened.catalog.missing) == (36, ("bebop/gone.flac",))


def test_clips_of_genres_are_counted_before_genres_and_clips_are_left_out(options):
    opened = open_data(PAPER, options(genres=("ambient,cumbia",), scale="smoke"))
    assert opened.clips_of_genres == {"ambient": 12, "bebop": 12, "cumbia": 12}
    few = replace(PAPER, left_out_genres=("bebop",), smoke_tracks_per_genre=2)
    opened = open_data(few, options(scale="smoke"))
    assert opened.catalog.genres == ("ambient", "cumbia")
    assert len(opened.catalog.tracks) == 4
    assert opened.clips_of_genres == {"ambient": 12, "bebop": 12, "cumbia": 12}


# Embeddings need the trained weights of musicnn.
@pytest.mark.parametrize(
    "key", [key for key in paper_keys() if load_paper(key).default_experiment.feature.kind != "musicnn"]
)
def test_every_paper_plans_its_recommended_row_on_an_own_folder(key, options):
    paper = load_paper(key)
    table, row = paper.default_row
    work = plan(paper, options(tables=(table,), rows=(row,), scale="smoke", genres=("all",)))
    assert work.setting.dataset == "folder_songs"
    for planned in work.runs:
        assert {track.label for track in planned.reader.index.tracks} == {"ambient", "bebop", "cumbia"}
        assert all(len(getattr(planned.run.fold, part)) for part in ("train", "valid", "test"))
    work.close()


def test_arrays_and_tables_are_opened_within_the_memory_limit(songs, options, tmp_path, monkeypatch):
    held = 500 << 20
    for name in ("resident_bytes", "peak_resident_bytes"):
        monkeypatch.setattr(f"common.training.memory.{name}", lambda: held)
    names = np.full(1000, "x" * 1000)
    np.savez_compressed(tmp_path / "a.npz", X=np.ones((1000, 8, 8), np.uint8), name=names, genre=names)
    with pytest.raises(
        BudgetError, match=r"a\.npz: declares 1,000 clips, whose names and genres take 24 MB of memory, "
    ):
        open_data(
            PAPER, options(dataset="arrays", data=tmp_path / "a.npz", memory_limit=MemoryLimit(held + (20 << 20)))
        )
    labels = tmp_path / "labels.csv"
    labels.write_text("path\n" + "bebop/00.flac\n" * 200_000, encoding="utf-8")
    with pytest.raises(BudgetError, match=r"labels\.csv: takes 3 MB, which need 21 MB .* --memory-limit leaves 20 MB"):
        open_data(PAPER, options(labels=labels, memory_limit=MemoryLimit(held + (20 << 20))))
    with pytest.raises(BudgetError, match="after loading the program the process peaked at 500 MB"):
        open_data(PAPER, options(memory_limit=MemoryLimit(held - 1)))
