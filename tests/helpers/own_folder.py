"""A user's own folder of songs, tiny, with artists in its tags."""

from pathlib import Path

import numpy as np
import soundfile


def id3_tag(**frames: str) -> bytes:
    """An ID3v2.3 tag with text frames, e.g. `TPE1="ABBA"` (artist) or `TPE2` (artist of the album)."""
    body = b""
    for name, text in frames.items():
        content = b"\x01" + text.encode("utf-16")
        body += name.encode() + len(content).to_bytes(4, "big") + b"\0\0" + content
    size = len(body)
    return b"ID3\x03\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + body


def write_song(
    path: Path,
    *,
    artist: str | None = None,
    seconds: float = 5.0,
    pitch: float = 220.0,
    seed: int = 0,
    sample_rate: int = 22050,
) -> None:
    """A noisy tone as WAV or FLAC; FLAC files get the artist as a tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    samples = 0.5 * np.sin(2 * np.pi * pitch * time) + 0.05 * rng.standard_normal(time.size)
    with soundfile.SoundFile(path, "w", sample_rate, 1, "PCM_16") as file:
        if artist is not None:
            file.artist = artist
        file.write(samples)


def write_own_folder(folder: Path, *, genres: int = 3, clips: int = 12, artists: int = 6) -> Path:
    """Songs of 5 s as `<genre>/<number>.flac`; each genre has artists of its own, who take turns.

    Returns:
        The folder.
    """
    for place, genre in enumerate(("ambient", "bebop", "cumbia", "dub")[:genres]):
        for number in range(clips):
            write_song(
                folder / genre / f"{number:02d}.flac",
                artist=f"{genre} {number % artists}",
                pitch=220.0 * 2 ** (place + number / 24),
                seed=100 * place + number,
            )
    return folder
