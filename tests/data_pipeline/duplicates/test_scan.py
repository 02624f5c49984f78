"""Clips that are one recording: planted copies are found, and nothing else; exact ones by their bytes."""

import numpy as np
import pytest
import soundfile

from common.cli.app import run_app
from common.duplicates import app
from common.leakage.audit import cached_scan
from common.paper.protocol import Protocol
from common.splits.windows import folds_of_windows
from data_pipeline.cache.shards import ShardTrack
from data_pipeline.datasets import gtzan
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.demo import corpus
from data_pipeline.datasets.folder import load_folder
from data_pipeline.duplicates.fingerprints import fingerprint_shards
from data_pipeline.duplicates.scan import (
    SIMILARITY_THRESHOLD,
    exact_pairs,
    find_duplicates,
    first_of_source,
    similarities,
)

RATE = corpus.SAMPLE_RATE
# The first two share drums, tempo and key like no others of the corpus.
CLIPS = [("hiphop", 5), ("hiphop", 6), ("rock", 1), ("rock", 2), ("jazz", 3), ("rock", 6), ("classical", 1)]


def shard_track(name: str, source: str) -> ShardTrack:
    return ShardTrack(id=name, label="a", artist=None, shard=0, first_row=0, frames=1, source_sha256=source)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Clips of the demo corpus with altered copies of some: (folder, pairs that are one recording)."""
    folder = tmp_path_factory.mktemp("planted")
    clips = {f"{genre}.{number:05d}": corpus.render_clip(genre, number) for genre, number in CLIPS}
    copies = {
        "hiphop.00005": ("encoded.mp3", lambda samples: samples),
        "rock.00001": ("encoded.ogg", lambda samples: samples),
        "jazz.00003": ("quiet.wav", lambda samples: 0.1 * samples),
        "classical.00001": ("later.wav", lambda samples: samples[int(3.37 * RATE) :]),
        "rock.00006": ("all.mp3", lambda samples: np.clip(2 * samples[int(11.9 * RATE) :], -1, 1)),
    }
    pairs = set()
    for name, samples in clips.items():
        place = folder / name.partition(".")[0]
        place.mkdir(exist_ok=True)
        soundfile.write(place / f"{name}.wav", samples, RATE, subtype="PCM_16")
        if name in copies:
            copy, alter = copies[name]
            soundfile.write(place / copy, alter(samples), RATE)
            pairs.add(tuple(sorted((f"{place.name}/{name}.wav", f"{place.name}/{copy}"))))
    same = folder / "classical" / "same.wav"
    same.write_bytes((folder / "classical" / "classical.00001.wav").read_bytes())
    (folder / "notes.txt").write_text("no audio")
    return folder, pairs


def test_planted_copies_are_found_and_nothing_else(planted, tmp_path, capsys):
    folder, pairs = planted
    places = ("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"))
    assert run_app(app, ["--folder", str(folder), *places]) == 0
    told = capsys.readouterr()
    assert "1 files are no clips and not compared: notes.txt" in told.err.replace("\n", " ")
    lines = (tmp_path / "out" / "duplicates" / folder.name / "table_duplicates.csv").read_text().splitlines()
    found = {tuple(line.split(",")[:2]): line.split(",") for line in lines[1:] if not line.startswith("#")}
    exact = ("classical/classical.00001.wav", "classical/same.wav")
    # The shifted copy is one of both.
    later = ("classical/later.wav", "classical/same.wav")
    assert set(found) == pairs | {exact, later}
    assert found[exact][4] == "yes"
    assert float(found[("classical/classical.00001.wav", "classical/later.wav")][3]) == pytest.approx(3.37, abs=0.1)
    assert float(found[later][3]) == pytest.approx(-3.37, abs=0.1)
    assert min(float(cells[2]) for cells in found.values()) > 0.85


def test_a_scan_is_kept_and_read_again(planted, tmp_path, monkeypatch):
    catalog = Catalog(
        dataset="two",
        title="two",
        genres=("rock",),
        tracks=tuple(
            Track(id=path.name, label="rock", path=path) for path in sorted((planted[0] / "rock").glob("rock.*"))
        ),
    )
    index = fingerprint_shards(catalog, None, tmp_path)
    first = cached_scan(index, tmp_path)
    monkeypatch.setattr("common.leakage.audit.find_duplicates", None)
    assert cached_scan(index, tmp_path) == first


def test_the_exact_copies_of_gtzan():
    tracks = [shard_track(name, fact["wav_sha256"]) for name, fact in gtzan.facts().items()]
    pairs = exact_pairs(tracks)
    assert len(pairs) == 14
    assert ("metal.00058", "rock.00016") in pairs
    assert ("pop.00054", "pop.00060") in pairs
    first = first_of_source(tracks)
    assert sum(name != one for name, one in first.items()) == 14
    assert first["rock.00016"] == "metal.00058"


def test_three_copies_are_three_pairs_and_follow_the_first():
    tracks = [shard_track("c", "x"), shard_track("a", "x"), shard_track("b", "x"), shard_track("d", "y")]
    assert exact_pairs(tracks) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert first_of_source(tracks) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def by_hand(one, other, least):
    """Normalised correlation at each shift, in a loop."""
    best = (0.0, 0)
    for shift in range(-other.shape[1] + 1, one.shape[1]):
        begin, end = max(0, shift), min(one.shape[1], other.shape[1] + shift)
        if end - begin < max(least, min(one.shape[1], other.shape[1]) / 2):
            continue
        a, b = one[:, begin:end], other[:, begin - shift : end - shift]
        value = float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
        best = max(best, (value, shift))
    return best


@pytest.mark.parametrize("lengths", [(40, 40, 40), (40, 25, 33)])
def test_similarities_are_those_of_the_definition(lengths):
    rng = np.random.default_rng(0)
    prints = [rng.normal(size=(5, length)).astype(np.float32) for length in lengths]
    # The second is a piece of the first.
    prints[1][:, :20] = 3 * prints[0][:, 12:32]
    found, shifts = similarities(prints, prints, 8)
    for one in range(3):
        for other in range(3):
            value, shift = by_hand(prints[one], prints[other], 8)
            assert found[one, other] == pytest.approx(value, abs=1e-5)
            assert shifts[one, other] == shift
    assert shifts[0, 1] == 12


def test_silence_is_like_nothing(make_shards, tmp_path):
    rng = np.random.default_rng(0)
    loud = rng.random((80, 8), np.float32)
    index = make_shards(
        tmp_path / "shards", [[np.zeros((80, 8), np.float32), loud, np.ones((80, 8), np.float32), loud]]
    )
    found = find_duplicates(index)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("t1", "t3")]
    assert found.pairs[0].similarity == pytest.approx(1, abs=1e-3)


def test_arrays_of_samples_are_compared_by_their_spectra(tmp_path, capsys):
    rng = np.random.default_rng(0)
    samples = rng.integers(-9000, 9000, (3, 8 * 22050)).astype(np.int16)
    samples[2, :-4410] = samples[0, 4410:] // 4
    names = np.array(["a", "b", "c"])
    path = tmp_path / "samples.npz"
    np.savez(path, X=samples[:, None], name=names, genre=names, n_samples=np.full(3, 8 * 22050))
    arguments = ["--dataset", "arrays", "--data", str(path), "--cache", str(tmp_path), "--out", str(tmp_path / "out")]
    assert run_app(app, arguments) == 0
    lines = (tmp_path / "out" / "duplicates" / "samples.npz" / "table_duplicates.csv").read_text().splitlines()
    assert lines[1].startswith("a,c,")
    assert lines[2].startswith("#")


def test_a_few_long_columns_are_not_compared(make_shards, tmp_path):
    rng = np.random.default_rng(0)
    index = make_shards(tmp_path / "shards", [[rng.random((2, 8), np.float32) for _ in range(3)]])
    slow = index.model_copy(update={"feature": index.feature.replace(columns_per_second=0.1)})
    assert find_duplicates(slow).too_short == 3


def test_unusable_clips_are_named(planted, tmp_path, capsys):
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("one.wav", "two.wav"):
        (folder / name).write_bytes((planted[0] / "rock" / "rock.00001.wav").read_bytes())
    (folder / "broken.wav").write_bytes(b"RIFF, but no more")
    arguments = ["--folder", str(folder), "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    assert run_app(app, arguments) == 2
    assert "broken.wav" in capsys.readouterr().err
    assert run_app(app, [*arguments, "--skip-bad"]) == 0
    assert "1 unusable clips are not compared: broken.wav" in capsys.readouterr().err.replace("\n", " ")
    assert "broken.wav" in (tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.md").read_text()


def test_files_of_one_name_are_told_apart(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "01.wav").write_bytes(place.encode())
    catalog = load_folder(tmp_path)
    before = catalog.source_digest
    assert load_folder(tmp_path).source_digest == before
    for place in ("a", "b"):
        content = (tmp_path / place / "01.wav").read_bytes()
        (tmp_path / place / "01.wav").write_bytes(content * 2)
        assert catalog.source_digest != before
        (tmp_path / place / "01.wav").write_bytes(content)
        before = catalog.source_digest


def test_short_clips_are_compared_by_their_bytes_alone(make_shards, tmp_path):
    # At 10 frames a second.
    one = np.random.default_rng(0).random((40, 8), np.float32)
    long = np.random.default_rng(1).random((60, 8), np.float32)
    found = find_duplicates(make_shards(tmp_path / "shards", [[one, one, long, long]]))
    assert found.too_short == 2
    assert [(pair.first, pair.second) for pair in found.pairs] == [("t2", "t3")]
    assert found.above == SIMILARITY_THRESHOLD


@pytest.mark.parametrize("unit", ["clip", "segment"])
def test_exact_copies_can_be_left_out_of_a_split(unit):
    ids = [f"{genre}.{number}" for genre in "ab" for number in range(20)]
    first = {name: name for name in ids} | {"a.7": "a.3", "b.1": "a.3"}
    windows = np.repeat(np.arange(40), 3)
    given = {
        "track_ids": ids,
        "track_labels": [name[0] for name in ids],
        "window_tracks": windows,
        "window_starts": np.tile(np.arange(3), 40),
        "first_of_source": first,
    }
    (whole,) = folds_of_windows(Protocol(unit=unit), **given)
    (fold,) = folds_of_windows(Protocol(unit=unit, duplicates="drop"), **given)
    dealt = {ids[windows[place]] for part in ("train", "valid", "test") for place in getattr(fold, part)}
    assert dealt == set(ids) - {"a.7", "b.1"}
    assert len(fold.train) + len(fold.valid) + len(fold.test) == 38 * 3
    assert len(whole.train) + len(whole.valid) + len(whole.test) == 40 * 3
    assert Protocol(duplicates="drop").name == "60/10/30 over clips, exact duplicates left out"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--folder", "nowhere"), "nowhere: does not exist"),
        (("--folder", ".", "--dataset", "gtzan"), "takes the place of --dataset"),
        (("--dataset", "gtzan"), "needs --data"),
    ],
)
def test_what_cannot_be_scanned_is_said(arguments, told, tmp_path, capsys):
    assert run_app(app, [*arguments, "--cache", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err.replace("\n", " ")
