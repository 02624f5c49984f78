"""Folders in the layout of FMA."""

import csv
import functools
import io

import numpy as np
import soundfile

from data_pipeline.datasets import fma

RATE = 44100


def write_table(folder, *, changes=None, rows=8000, headers=True):
    """A table of FMA-small's size in the official form: clip 2, 3, 4, ... genres, artists and parts taking turns."""
    path = folder / "fma_metadata" / "tracks.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if headers:
            writer.writerow(["", "album", "artist", "set", "set", "track", "track"])
            writer.writerow(["", "id", "id", "split", "subset", "genre_top", "title"])
            writer.writerow(["track_id", "", "", "", "", "", ""])
        known_bad = [int(clip) for clip in (*fma.WITHOUT_AUDIO, *fma.TOO_SHORT)]
        ids = [*range(2, 2 + rows - len(known_bad)), *known_bad]
        for place, number in enumerate(ids):
            split = "training" if place % 10 < 8 else "validation" if place % 10 == 8 else "test"
            row = {
                "subset": "small",
                "genre": fma.SMALL_GENRES[place % 8],
                "artist": str(100 + place // 4),
                "split": split,
                **(changes or {}).get(f"{number:06d}", {}),
            }
            writer.writerow(
                [number, 1, row["artist"], row["split"], row["subset"], row["genre"], 'a "title",\nof two lines']
            )
        writer.writerow([200000, 1, 7, "training", "large", "Jazz", "in another subset"])
    return path


def write_mp3(folder, clip: str, *, seconds: float = 6.0, channels: int = 1) -> None:
    """Write a tone as a clip of FMA-small."""
    path = folder / "fma_small" / clip[:3] / f"{clip}.mp3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_mp3_of_tone(220 + int(clip) % 50, seconds, channels))


@functools.cache
def _mp3_of_tone(hz: int, seconds: float, channels: int) -> bytes:
    time = np.arange(int(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * hz * time)
    file = io.BytesIO()
    soundfile.write(file, np.stack([tone] + [0.5 * tone] * (channels - 1), axis=1), RATE, format="MP3")
    return file.getvalue()
