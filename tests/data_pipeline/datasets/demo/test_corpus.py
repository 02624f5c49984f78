"""The demo corpus: music that can be classified, but not too well, and artists that leak."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from librosa.filters import mel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common.core.errors import DataError
from common.core.leftovers import temporary_path
from data_pipeline.datasets.demo import corpus as demo
from data_pipeline.datasets.demo.composition import SCALES, parse_chord, parse_pattern
from data_pipeline.datasets.demo.drum_kit import DRUMS
from data_pipeline.datasets.demo.genres import STYLES
from data_pipeline.datasets.demo.instruments import INSTRUMENTS
from data_pipeline.datasets.demo.mixing import Sound

FRAME_SAMPLES = 2048


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo")
    return root, demo.load(root)


@pytest.fixture(scope="module")
def log_mels(corpus):
    """Per clip the 30-second mean of the log-mel energies, (clips, 40)."""
    filters = mel(sr=demo.SAMPLE_RATE, n_fft=FRAME_SAMPLES, n_mels=40).T.astype(np.float32)
    window = np.hanning(FRAME_SAMPLES).astype(np.float32)
    rows = []
    for track in corpus[1].tracks:
        samples = soundfile.read(track.path, dtype="float32")[0]
        frames = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        power = np.abs(np.fft.rfft(frames * window)) ** 2
        rows.append(np.log(power.astype(np.float32) @ filters + 1e-6).mean(axis=0))
    return np.array(rows)


@pytest.fixture
def quick_clips(monkeypatch):
    """Replace the synthesis, and record which clips are rendered."""
    rendered = []

    def render(genre, index, *, seed=0):
        rendered.append((genre, index))
        return np.full(demo.CLIP_SAMPLES, (seed + 1) / 8, dtype=np.float32)

    monkeypatch.setattr(demo, "render_clip", render)
    return rendered


def test_catalog_describes_the_whole_corpus(corpus):
    root, catalog = corpus
    assert (catalog.dataset, catalog.title, catalog.expected) == ("demo", "Encore demo corpus (synthetic)", None)
    assert catalog.caption == "synthetic audio: the demo corpus is generated music, not recordings"
    assert catalog.genres == demo.GENRES == tuple(sorted(demo.GENRES))
    assert len(catalog.tracks) == 120
    assert catalog.tracks[1].path == root / "genres" / "blues" / "blues.00001.wav"
    assert [track.id for track in catalog.tracks] == sorted(track.id for track in catalog.tracks)
    artists = [track.artist for track in catalog.tracks]
    assert len(set(artists)) == 40
    assert {artists.count(artist) for artist in artists} == {3}
    assert demo.artist_of("blues", 5) == "blues artist 2"


def test_files_are_16_bit_mono_of_30_seconds(corpus):
    for track in corpus[1].tracks:
        info = soundfile.info(track.path)
        assert (info.frames, info.samplerate, info.channels) == (661_500, 22_050, 1)
        assert (info.format, info.subtype) == ("WAV", "PCM_16")


def test_clips_are_audible_throughout_and_never_clip(corpus):
    for track in corpus[1].tracks[::3]:
        samples = soundfile.read(track.path, dtype="float32")[0]
        assert np.abs(samples).max() <= 0.951
        two_seconds = np.sqrt(np.mean(samples[: 15 * 44_100].reshape(15, -1) ** 2, axis=1))
        assert two_seconds.min() > 10 ** (-50 / 20), track.id


def test_a_clip_depends_only_on_its_name_and_seed(corpus):
    """The same samples in this process, and in another one with another hash seed and another clip before it."""
    clip = demo.render_clip("reggae", 7)
    assert clip.dtype == np.float32
    assert clip.shape == (demo.CLIP_SAMPLES,)
    assert np.all(np.isfinite(clip))
    written = soundfile.read(demo.clip_path(corpus[0], "reggae", 7), dtype="float32")[0]
    np.testing.assert_allclose(clip, written, rtol=0, atol=1e-4)
    program = (
        "import sys, numpy; from data_pipeline.datasets.demo import corpus as demo;"
        "demo.render_clip('rock', 3); sys.stdout.buffer.write(demo.render_clip('reggae', 7).tobytes())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(demo.__file__).parents[3])}
    other = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout
    assert np.array_equal(np.frombuffer(other, np.float32), clip)
    assert not np.allclose(demo.render_clip("reggae", 7, seed=1), clip, atol=0.01)
    assert not np.allclose(demo.render_clip("reggae", 3), clip, atol=0.01)


def test_genres_can_be_learned_but_not_perfectly_and_artists_leak(corpus, log_mels):
    tracks = corpus[1].tracks
    labels = np.array([track.label for track in tracks])
    artists = np.array([track.artist for track in tracks])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    splits = StratifiedShuffleSplit(12, train_size=0.6, random_state=0)
    by_clip = cross_val_score(model, log_mels, labels, cv=splits).mean()
    without_artist = cross_val_score(model, log_mels, labels, groups=artists, cv=GroupKFold(4)).mean()
    assert 0.5 <= by_clip <= 0.9
    assert without_artist <= by_clip - 0.08
    # Far above chance: what is learned is more than the artist.
    assert without_artist >= 0.25


def test_a_complete_corpus_is_not_written_again_and_a_deleted_clip_is_restored(corpus, tmp_path):
    lost = demo.clip_path(corpus[0], "jazz", 4)
    before = lost.read_bytes()
    marker = json.loads((corpus[0] / "corpus.json").read_text())
    assert (marker["seed"], marker["clips_per_genre"], len(marker["sha256"])) == (0, 12, 120)
    times = {track.path: track.path.stat().st_mtime_ns for track in corpus[1].tracks}
    assert demo.load(corpus[0]) == corpus[1]
    lost.unlink()
    assert demo.load(corpus[0]) == corpus[1]
    assert lost.read_bytes() == before
    assert json.loads((corpus[0] / "corpus.json").read_text()) == marker
    assert [path.stem for path, time in times.items() if path.stat().st_mtime_ns != time] == ["jazz.00004"]


def test_interrupted_writing_continues_where_it_stopped(tmp_path, quick_clips, monkeypatch):
    quick = demo.render_clip

    def fail_at_pop(genre, index, *, seed=0):
        if genre == "pop":
            raise KeyboardInterrupt
        return quick(genre, index, seed=seed)

    monkeypatch.setattr(demo, "render_clip", fail_at_pop)
    with pytest.raises(KeyboardInterrupt):
        demo.write_corpus(tmp_path, clips_per_genre=1)
    assert not (tmp_path / "corpus.json").exists()
    written = {path.stem.split(".")[0] for path in (tmp_path / "genres").rglob("*.wav")}
    assert {"blues", "classical", "country"} <= written
    quick_clips.clear()
    monkeypatch.setattr(demo, "render_clip", quick)
    demo.write_corpus(tmp_path, clips_per_genre=1)
    assert "pop" in {genre for genre, _ in quick_clips} <= set(demo.GENRES) - written
    assert (tmp_path / "corpus.json").is_file()
    monkeypatch.setattr(demo, "render_clip", fail_at_pop)
    with pytest.raises(KeyboardInterrupt):
        demo.write_corpus(tmp_path, clips_per_genre=1, seed=1)
    # The marker of seed 0 would be wrong for the clips of seed 1 that are already there.
    assert not (tmp_path / "corpus.json").exists()


def test_files_that_a_killed_process_left_are_removed(tmp_path, quick_clips):
    left = temporary_path(demo.clip_path(tmp_path, "jazz", 0))
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half of a clip")
    demo.write_corpus(tmp_path, clips_per_genre=1)
    assert [path.name for path in left.parent.iterdir()] == ["jazz.00000.wav"]


def test_other_settings_replace_what_differs(tmp_path, quick_clips, monkeypatch):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    demo.write_corpus(tmp_path, clips_per_genre=1)
    assert len(quick_clips) == 10
    catalog = demo.load(tmp_path, clips_per_genre=2)
    assert len(quick_clips) == 20
    assert len(catalog.tracks) == 20
    demo.load(tmp_path, clips_per_genre=2, seed=1)
    assert len(quick_clips) == 40
    assert soundfile.read(catalog.tracks[0].path, frames=1)[0][0] == pytest.approx(2 / 8, abs=1e-4)
    monkeypatch.setattr(demo, "SYNTHESIS_VERSION", demo.SYNTHESIS_VERSION + 1)
    (tmp_path / "genres" / "blues" / "notes.txt").write_text("mine")
    extra = {f"genres/{genre}/{genre}.00001.wav" for genre in demo.GENRES} | {"genres/blues/notes.txt"}
    assert set(demo.load(tmp_path, clips_per_genre=1, seed=1).extra) == extra
    assert len(quick_clips) == 50


def test_a_damaged_clip_or_marker_is_written_again(tmp_path, quick_clips):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    (tmp_path / "corpus.json").write_text("{")
    shutil.copy(__file__, demo.clip_path(tmp_path, "rock", 0))
    demo.write_corpus(tmp_path, clips_per_genre=1)
    assert quick_clips[10:] == [("rock", 0)]


def edit_clip(path: Path) -> None:
    """Change the last sample, and leave the header as it is."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_a_changed_clip_is_named_until_it_is_written_again(tmp_path, quick_clips):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    path = demo.clip_path(tmp_path, "jazz", 0)
    edit_clip(path)
    with pytest.raises(DataError, match=r"jazz\.00000\.wav: its SHA-256 .* in corpus\.json: .* Delete the clip"):
        demo.load(tmp_path, clips_per_genre=1)
    # A larger corpus would get a new marker, which must not be made of a changed clip.
    with pytest.raises(DataError, match=r"jazz\.00000\.wav: its SHA-256"):
        demo.load(tmp_path, clips_per_genre=2)
    path.unlink()
    demo.load(tmp_path, clips_per_genre=1)
    assert quick_clips[10:] == [("jazz", 0)]


def test_clips_are_compared_once_in_a_process(tmp_path, quick_clips, monkeypatch):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    demo.load(tmp_path, clips_per_genre=1)
    read = []
    monkeypatch.setattr(demo, "sha256_of_file", lambda path: read.append(path.name) or "other")
    demo.load(tmp_path, clips_per_genre=1)
    assert read == []
    edit_clip(demo.clip_path(tmp_path, "pop", 0))
    with pytest.raises(DataError, match="SHA-256 other"):
        demo.load(tmp_path, clips_per_genre=1)
    assert read == ["pop.00000.wav"]


@pytest.mark.parametrize(
    "change",
    [
        lambda marker: marker.update(seed=1),
        lambda marker: marker["sha256"].update({"rock.00000": "0" * 64}),
        lambda marker: marker["sha256"].pop("rock.00000"),
        lambda marker: marker.update(sha256_of_marker="0" * 64),
        lambda marker: marker.update(sha256_of_markes=marker.pop("sha256_of_marker")),
    ],
)
def test_an_edited_marker_is_named_and_written_again(tmp_path, quick_clips, capsys, change):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    path = tmp_path / demo.MARKER_NAME
    before = path.read_text()
    marker = json.loads(before)
    change(marker)
    path.write_text(json.dumps(marker))
    with pytest.raises(DataError, match=r"corpus\.json: "):
        demo.read_marker(tmp_path)
    capsys.readouterr()
    demo.load(tmp_path, clips_per_genre=1)
    assert "it is written again, with the clips as they are" in " ".join(capsys.readouterr().err.split())
    assert path.read_text() == before
    assert len(quick_clips) == 10


def test_a_marker_of_an_earlier_version_is_used(tmp_path, quick_clips):
    demo.write_corpus(tmp_path, clips_per_genre=1)
    path = tmp_path / demo.MARKER_NAME
    values = json.loads(path.read_text())
    del values["sha256_of_marker"]
    path.write_text(json.dumps(values))
    demo.load(tmp_path, clips_per_genre=1)
    assert json.loads(path.read_text()) == values
    assert not demo.read_marker(tmp_path).has_digest
    edit_clip(demo.clip_path(tmp_path, "jazz", 0))
    with pytest.raises(DataError, match=r"jazz\.00000\.wav: its SHA-256"):
        demo.load(tmp_path, clips_per_genre=1)


@pytest.mark.parametrize("arguments", [("polka", 0), ("jazz", -1), ("jazz", 100_000)])
def test_a_clip_that_does_not_exist_is_refused(arguments):
    with pytest.raises(DataError):
        demo.render_clip(*arguments)
    with pytest.raises(DataError):
        demo.artist_of(*arguments)


def test_a_root_that_is_a_file_is_refused(tmp_path, quick_clips):
    (tmp_path / "corpus").write_text("")
    with pytest.raises(DataError, match="corpus"):
        demo.load(tmp_path / "corpus")


def test_numbers_out_of_range_write_nothing(tmp_path):
    with pytest.raises(DataError, match="found 0"):
        demo.write_corpus(tmp_path, clips_per_genre=0)
    with pytest.raises(DataError, match="seed"):
        demo.write_corpus(tmp_path, seed=-1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("genre", demo.GENRES)
def test_every_style_uses_notation_and_instruments_that_exist(genre):
    style = STYLES[genre]
    for numerals, scale in style.progressions:
        assert scale in SCALES
        assert all(parse_chord(chord) for bar in numerals.split() for chord in bar.split(","))
    for part in style.parts:
        assert set(part.instruments.split()) <= set(INSTRUMENTS)
        assert all(bar for pattern in part.patterns.split("/") for bar in parse_pattern(pattern)[:1])
    for groove in style.drums:
        assert set(groove) <= set(DRUMS)


def test_notation():
    assert parse_chord("bVII7") == (10, (0, 4, 7, 10))
    assert parse_chord("iih7") == (2, (0, 3, 6, 10))
    assert parse_pattern("x-.o | .X") == (((0.0, 0.5, "x", True), (0.75, 0.25, "o", False)), ((0.5, 0.5, "X", False),))
    with pytest.raises(ValueError, match="H7"):
        parse_chord("H7")


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_instruments_play_in_tune(name):
    """Nearly all energy lies within a quarter tone of the harmonics of the note."""
    hz = 185.0
    rng = np.random.default_rng(3)
    note = INSTRUMENTS[name](np.array([hz]), 1.0, Sound.draw(rng), rng)
    power = np.abs(np.fft.rfft(note * np.hanning(note.size))) ** 2
    frequencies = np.fft.rfftfreq(note.size, 1 / demo.SAMPLE_RATE)
    harmonic = np.maximum(np.round(frequencies / hz), 1)
    in_tune = np.abs(1200 * np.log2(np.maximum(frequencies, 1) / (harmonic * hz))) < 50
    assert power[in_tune].sum() > 0.85 * power.sum()
