"""The demo corpus: generated music in the layout of GTZAN, so that everything can be tried without a download.

Facts: 10 genres x 12 clips, each 30 s of 16-bit mono WAV at 22,050 Hz (661,500 samples, 1.3 MB; 159 MB in all). Every
genre has 4 artists, whose clips share instruments, drum kit, reverb and mastering. A clip depends only on the seed, its
genre and its index. The genres are modelled on those of GTZAN; the music is not based on any recording, sample or
composition.

Citation: none; cite Encore. The layout is that of GTZAN (G. Tzanetakis and P. Cook, "Musical genre classification of
audio signals", IEEE Transactions on Speech and Audio Processing 10(5), 2002).

Index: `genres/<genre>/<genre>.<index, five digits>.wav`, the artists taking turns, and `corpus.json` with the settings
and the SHA-256 of every clip, and of itself. It is written last: where it exists, the corpus is complete. The clips are
compared with it once in a process.

Licence: the clips are the output of this program and come without any conditions (CC0).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from joblib import Parallel, cpu_count, delayed

from common.core.console import progress, warn
from common.core.errors import DataError
from common.core.files import read_json, sha256_of_file, sha256_of_json, write_atomically, write_json
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from data_pipeline.audio.sound_file import source_of
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.demo.composition import Event, Player, choose_band, compose
from data_pipeline.datasets.demo.drum_kit import DRUMS
from data_pipeline.datasets.demo.genres import STYLES
from data_pipeline.datasets.demo.instruments import INSTRUMENTS
from data_pipeline.datasets.demo.mixing import SAMPLE_RATE, Sound, master, paste

TITLE = "Encore demo corpus (synthetic)"
CAPTION = "synthetic audio: the demo corpus is generated music, not recordings"
GENRES: tuple[str, ...] = tuple(sorted(STYLES))
CLIP_SAMPLES = 661_500
CLIPS_PER_GENRE = 12
ARTISTS_PER_GENRE = 4
SYNTHESIS_VERSION = 1
"""Increased whenever the samples of a clip change, so that an older corpus on disk is rewritten."""
MARKER_NAME = "corpus.json"
# Its field `sha256` holds those of the clips.
_MARKER_DIGEST = "sha256_of_marker"
_MAX_CLIPS_PER_GENRE = 100_000
_MAX_THREADS = 8
# Separate random streams for the settings of an artist and the choices of a clip.
_ARTIST_STREAM, _CLIP_STREAM = 1, 2


def artist_of(genre: str, index: int) -> str:
    """The artist of a clip, e.g. `blues artist 2`; artists take turns.

    Raises:
        DataError: there is no such clip.
    """
    _require_clip(genre, index)
    return f"{genre} artist {index % ARTISTS_PER_GENRE + 1}"


def _require_clip(genre: str, index: int, seed: int = 0) -> None:
    if genre not in STYLES:
        raise DataError(f"The demo corpus has no genre {genre!r}. Choose one of: {', '.join(GENRES)}.")
    if not 0 <= index < _MAX_CLIPS_PER_GENRE or seed < 0:
        raise DataError(f"A demo clip needs an index of 0 to 99999 and a seed of at least 0, found {index} and {seed}.")


@cache
def _artist(genre: str, number: int, seed: int) -> tuple[Sound, tuple[tuple[Player, ...], bool], float]:
    """Sound, band and loudness in dB that all clips of an artist share."""
    rng = np.random.default_rng([seed, _ARTIST_STREAM, GENRES.index(genre), number])
    return Sound.draw(rng), choose_band(STYLES[genre], rng), rng.uniform(*STYLES[genre].loudness_db)


def _perform(events: list[Event], sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Play all events into one float32 array (CLIP_SAMPLES,); equal notes are synthesised once."""
    bus = np.zeros(CLIP_SAMPLES, dtype=np.float32)
    rendered: dict[tuple, np.ndarray] = {}
    for event in events:
        key = (event.instrument, event.notes, event.seconds if event.notes else 0)
        if key not in rendered:
            if event.notes:
                hz = 440 * 2 ** ((np.array(event.notes) - 69) / 12 + sound.tuning_cents / 1200)
                rendered[key] = INSTRUMENTS[event.instrument](hz, event.seconds, sound, rng)
            else:
                rendered[key] = DRUMS[event.instrument](sound, rng)
        paste(bus, rendered[key], round(event.start_seconds * SAMPLE_RATE), event.gain)
    return bus


def render_clip(genre: str, index: int, *, seed: int = 0) -> np.ndarray:
    """Synthesise one clip.

    Args:
        genre: one of `GENRES`.
        index: number of the clip within its genre, from 0; its artist is `artist_of(genre, index)`.
        seed: another seed gives another corpus, with other artists.

    Returns:
        float32 (CLIP_SAMPLES,) at `SAMPLE_RATE`, finite, peak at most 0.95; the same for the same arguments.

    Raises:
        DataError: there is no such genre, or the index or the seed is negative.
    """
    _require_clip(genre, index, seed)
    sound, band, loudness_db = _artist(genre, index % ARTISTS_PER_GENRE, seed)
    rng = np.random.default_rng([seed, _CLIP_STREAM, GENRES.index(genre), index])
    loudness_db += rng.uniform(-1.5, 1.5)
    events = compose(STYLES[genre], band, rng, seconds=CLIP_SAMPLES / SAMPLE_RATE, drums_db=sound.drums_db)
    return master(_perform(events, sound, rng), sound, rng, loudness_db=loudness_db)


def clip_path(root: Path, genre: str, index: int) -> Path:
    """Path of a clip of the corpus in `root`, whether written or not."""
    return Path(root) / "genres" / genre / f"{genre}.{index:05d}.wav"


def _clips(clips_per_genre: int) -> list[tuple[str, int]]:
    if not 1 <= clips_per_genre <= _MAX_CLIPS_PER_GENRE:
        raise DataError(f"The demo corpus needs 1 to {_MAX_CLIPS_PER_GENRE} clips per genre, found {clips_per_genre}.")
    return [(genre, index) for genre in GENRES for index in range(clips_per_genre)]


def _comment(seed: int) -> str:
    return f"Encore demo corpus, synthetic audio, synthesis {SYNTHESIS_VERSION}, seed {seed}"


def _is_written(path: Path, seed: int) -> bool:
    """Whether the file is a whole clip of this seed and synthesis version, which its header names."""
    try:
        with soundfile.SoundFile(source_of(path)) as file:
            return file.frames == CLIP_SAMPLES and file.comment == _comment(seed)
    except soundfile.LibsndfileError:
        return False


def _write_clip(root: Path, genre: str, index: int, seed: int) -> None:
    samples = render_clip(genre, index, seed=seed)

    def write(target: BinaryIO) -> None:
        with soundfile.SoundFile(target, "w", SAMPLE_RATE, 1, "PCM_16", format="WAV") as file:
            file.comment = _comment(seed)
            file.artist = artist_of(genre, index)
            file.write(samples)

    write_atomically(clip_path(root, genre, index), write)


def _settings(clips_per_genre: int, seed: int) -> dict[str, Any]:
    return {"dataset": "demo", "synthesis_version": SYNTHESIS_VERSION, "seed": seed, "clips_per_genre": clips_per_genre}


@dataclass(frozen=True)
class Marker:
    """What `corpus.json` says.

    Args:
        settings: of the corpus, see `_settings`; fewer in a damaged one.
        digests: path -> SHA-256 of each clip.
        has_digest: whether it holds its own digest, as markers of earlier versions do not.
    """

    settings: dict[str, Any]
    digests: dict[Path, str]
    has_digest: bool


def read_marker(root: Path) -> Marker:
    """Read the marker of a corpus.

    Raises:
        DataError: it is missing, damaged or edited.
    """
    path = Path(root) / MARKER_NAME
    try:
        values = read_json(path, what="the marker of the demo corpus")
    except OSError as error:
        raise DataError(f"{path}: the marker of the demo corpus cannot be read ({error.strerror or error}).") from error
    digests = values.get("sha256") if isinstance(values, dict) else None
    if not isinstance(digests, dict) or not all(isinstance(digest, str) for digest in digests.values()):
        raise DataError(f"{path}: the marker of the demo corpus does not name the SHA-256 of its clips.")
    stated = values.pop(_MARKER_DIGEST, None)
    if stated is not None and stated != sha256_of_json(values):
        raise DataError(f"{path}: the marker of the demo corpus was edited: its values do not match its SHA-256.")
    settings = {name: value for name, value in values.items() if name != "sha256"}
    unknown = settings.keys() - _settings(0, 0).keys()
    if unknown:
        raise DataError(f"{path}: the marker of the demo corpus holds {min(unknown)!r}, which it never does.")
    clips = {Path(root) / "genres" / clip.partition(".")[0] / f"{clip}.wav": digests[clip] for clip in digests}
    return Marker(settings, clips, stated is not None)


def _is_complete(root: Path, clips_per_genre: int, seed: int) -> bool:
    """Whether all clips of these settings are there.

    Raises:
        DataError: a clip is not the one that was written.
    """
    try:
        marker = read_marker(root)
    except DataError:
        # With a missing or damaged marker, every clip has to be checked.
        return False
    if marker.settings != _settings(clips_per_genre, seed):
        return False
    wanted = [clip_path(root, genre, index) for genre, index in _clips(clips_per_genre)]
    if not all(path.is_file() for path in wanted):
        return False
    missing = next((path for path in wanted if path not in marker.digests), None)
    if missing is not None:
        raise DataError(
            f"{root / MARKER_NAME}: names no SHA-256 of {missing.name}. Delete it; the clips are checked then, and it "
            "is written again."
        )
    _require_same(marker.digests, wanted)
    return True


# (path, bytes, time of change) of clips that this process has compared with their SHA-256.
_compared: set[tuple[Path, int, int]] = set()


def _require_same(digests: dict[Path, str], clips: Sequence[Path]) -> None:
    """Compare clips with their SHA-256, unless this process has done so since they were last changed.

    Raises:
        DataError: naming the first that differs or cannot be read.
    """

    def check(path: Path) -> None:
        try:
            status = path.stat()
            key = (path.absolute(), status.st_size, status.st_mtime_ns)
            if key in _compared:
                return
            found = sha256_of_file(path)
        except OSError as error:
            raise DataError(
                f"{path}: cannot be read ({error.strerror or error}). Make it readable, or delete it; it is written "
                "again then."
            ) from error
        if found != digests[path]:
            raise DataError(
                f"{path}: its SHA-256 {found[:12]}... differs from {digests[path][:12]}... in {MARKER_NAME}: one of "
                "the two was changed. Delete the clip; it is written again then."
            )
        _compared.add(key)

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(check, clips))


def _remove_marker(root: Path) -> None:
    """Remove the marker: a corpus that is being changed must not look complete if this process is killed."""
    try:
        (root / MARKER_NAME).unlink(missing_ok=True)
    except OSError as error:
        problem = error.strerror or error
        raise DataError(f"{root / MARKER_NAME}: cannot be replaced ({problem}). Give a writable folder.") from error


def write_corpus(root: Path, *, clips_per_genre: int = CLIPS_PER_GENRE, seed: int = 0) -> None:
    """Write the clips that are missing, then the marker `corpus.json`; a complete corpus is left as it is.

    Args:
        root: folder of the corpus; created if needed.
        clips_per_genre: 12 gives each of the four artists three clips.
        seed: as for `render_clip`; clips of another seed or an older synthesis version are replaced.

    Raises:
        DataError: the folder cannot be written to, a number is out of range, or a clip is not the one that was written.
    """
    root = Path(root).expanduser()
    clips = _clips(clips_per_genre)
    _require_clip(GENRES[0], 0, seed)
    if _is_complete(root, clips_per_genre, seed):
        return
    # Two commands that start at once would otherwise write every clip twice.
    with lock(root / ".lock", flag="--cache"):
        remove_leftovers(root, *(root / "genres" / genre for genre in GENRES), unchanged_seconds=0)
        if not _is_complete(root, clips_per_genre, seed):
            _write_missing(root, clips, clips_per_genre=clips_per_genre, seed=seed)


def _write_missing(root: Path, clips: list[tuple[str, int]], *, clips_per_genre: int, seed: int) -> None:
    missing = [clip for clip in clips if not _is_written(clip_path(root, *clip), seed)]
    marker = None
    if (root / MARKER_NAME).exists():
        try:
            marker = read_marker(root)
        except DataError as error:
            warn(f"{str(error).rstrip('.')}; it is written again, with the clips as they are")
    if marker is not None and marker.settings == _settings(marker.settings.get("clips_per_genre", 0), seed):
        # The new marker must not bless a clip that was changed since the old one was written.
        there = [clip_path(root, *clip) for clip in clips if clip not in missing]
        _require_same(marker.digests, [path for path in there if path in marker.digests])
    if missing:
        _remove_marker(root)
        # Threads: numpy releases the interpreter lock where the time goes, and processes would import numpy again.
        pool = Parallel(n_jobs=min(cpu_count(), _MAX_THREADS), backend="threading", return_as="generator_unordered")
        with progress("writing the demo corpus", len(missing), unit="clips") as advance:
            for _ in pool(delayed(_write_clip)(root, genre, index, seed) for genre, index in missing):
                advance(1)
    digests = {clip_path(root, *clip).stem: sha256_of_file(clip_path(root, *clip)) for clip in clips}
    values = {**_settings(clips_per_genre, seed), "sha256": digests}
    write_json(root / MARKER_NAME, values | {_MARKER_DIGEST: sha256_of_json(values)})


def load(root: Path, *, clips_per_genre: int = CLIPS_PER_GENRE, seed: int = 0) -> Catalog:
    """The catalog of the demo corpus in `root`; missing clips are written first.

    Args:
        root, clips_per_genre, seed: as for `write_corpus`.

    Raises:
        DataError: as for `write_corpus`.
    """
    root = Path(root).expanduser()
    write_corpus(root, clips_per_genre=clips_per_genre, seed=seed)
    tracks = tuple(
        Track(id=path.stem, label=genre, path=path, artist=artist_of(genre, index))
        for genre, index in _clips(clips_per_genre)
        for path in (clip_path(root, genre, index),)
    )
    wanted = {track.path for track in tracks}
    found = sorted(path for path in (root / "genres").rglob("[!.]*") if path.is_file() and path not in wanted)
    extra = tuple(path.relative_to(root).as_posix() for path in found)
    return Catalog(dataset="demo", title=TITLE, genres=GENRES, tracks=tracks, extra=extra, caption=CAPTION)
