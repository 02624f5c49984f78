"""GTZAN: 1,000 clips of 30 s, ten genres of 100, 22,050 Hz, 16-bit, mono.

Where to get it, licence, citation: `data_pipeline.datasets.about`. Faults: B. L. Sturm, "The GTZAN dataset: its
contents, its faults, their effects on evaluation, and its future use", 2013. Fault-filtered split: C. Kereliuk, B. L.
Sturm, J. Larsen, "Deep learning and music adversaries", IEEE Transactions on Multimedia 17(11), 2015.

Index: `gtzan_index.csv` holds, per clip, the artist (81 unknown), its part in the fault-filtered split (443 train,
197 valid, 290 test, 70 removed) and the SHA-256 of its WAV in the common copy (14 pairs are exact duplicates).
"""

import csv
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from importlib import resources
from pathlib import Path

import soundfile

from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio
from data_pipeline.audio.sound_file import source_of
from data_pipeline.datasets.about import ABOUT
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track
from data_pipeline.datasets.files import files_below
from data_pipeline.datasets.packed import advice_on

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
CLIPS, CLIP_SECONDS, SAMPLE_RATE = 1000, 30.0, 22050
# Highest accuracy that the mislabelled and repeated clips allow (after Sturm).
CLIP_ACCURACY_CEILING_PERCENT = 94.5
COURSE_VALID, COURSE_SEED = 40, 1004
FOLDERS = ("genres", "genres_original")
SUFFIXES = (".wav", ".au", ".flac")
# Truncated in the copy that most people have; the published split lists it nevertheless.
UNREADABLE_IN_COMMON_COPY = ("jazz.00054",)
WHERE = ABOUT["gtzan"].where


@lru_cache(maxsize=1)
def facts() -> dict[str, dict[str, str]]:
    """Clip id -> {`artist` (empty where unknown), `fault_filtered`, `wav_sha256`} of all 1,000 clips."""
    text = resources.files("data_pipeline.datasets").joinpath("gtzan_index.csv").read_text(encoding="utf-8")
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}


def fault_filtered_split() -> dict[str, str]:
    """Clip id -> `train`, `valid`, `test` or `removed`."""
    return {name: fact["fault_filtered"] for name, fact in facts().items()}


def course_split() -> dict[str, str]:
    """Clip id -> part in the split of a course at KAIST that uses eight of the genres: 540 train, 40 valid, 150 test.

    Reconstructed from its counts: its test clips are the validation clips of the fault-filtered split without blues and
    rock; five of the other clips of each genre are for validation.
    """
    # Loaded here, because it takes longer than everything else that this module needs.
    from sklearn.model_selection import StratifiedShuffleSplit

    clips = {name: part for name, part in fault_filtered_split().items() if name.split(".")[0] not in ("blues", "rock")}
    parts = {name: "test" if part == "valid" else "removed" for name, part in clips.items()}
    rest = sorted(name for name, part in clips.items() if part in ("train", "test"))
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=COURSE_VALID, random_state=COURSE_SEED)
    train, valid = next(splitter.split(rest, [name.split(".")[0] for name in rest]))
    return parts | {rest[position]: "train" for position in train} | {rest[position]: "valid" for position in valid}


def load(folder: Path) -> Catalog:
    """Find GTZAN's clips below `folder`.

    Args:
        folder: holds `genres/` or `genres_original/`, or is one of them.

    Raises:
        DataError: the folder does not exist or holds none of the clips.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"--data {folder}: {kind}. {advice_on(folder, where=WHERE)}.")
    root = next((folder / name for name in FOLDERS if (folder / name).is_dir()), folder)
    found: dict[str, Path] = {}
    extra = []
    for path in files_below(root).files:
        clip = path.stem
        is_clip = clip in facts() and path.suffix.lower() in SUFFIXES and path.parent.name == clip.split(".")[0]
        if is_clip and clip not in found:
            found[clip] = path
        else:
            extra.append(path.relative_to(root).as_posix())
    if not found:
        raise DataError(
            f"--data {folder}: no GTZAN clip in it, expected e.g. genres/blues/blues.00000.wav (or .au). "
            f"{advice_on(folder, where=WHERE)}."
        )
    known_bad = _unreadable(found)
    for bad in known_bad:
        found.pop(bad.id, None)
    if not found:
        raise DataError(f"--data {folder}: no usable GTZAN clip in it: {known_bad[0].reason} {WHERE}.")
    return Catalog(
        dataset="gtzan",
        title="GTZAN",
        genres=GENRES,
        tracks=tuple(track(clip, path) for clip, path in sorted(found.items())),
        expected=CLIPS,
        missing=tuple(sorted(set(facts()) - set(found) - {bad.id for bad in known_bad})),
        extra=tuple(extra),
        known_bad=known_bad,
        splits={"fault_filtered": fault_filtered_split(), "course": course_split()},
        caption=_excerpt_caption(found.values()),
        genre_of={clip: clip.split(".")[0] for clip in facts()},
        clip_accuracy_ceiling_percent=CLIP_ACCURACY_CEILING_PERCENT,
    )


def track(clip: str, path: Path, row: int | None = None) -> Track:
    """A track with its artist from the index."""
    return Track(id=clip, label=clip.split(".")[0], path=path, row=row, artist=facts()[clip]["artist"] or None)


def _excerpt_caption(paths: Iterable[Path]) -> str:
    """Caption for a folder of excerpts; empty for whole clips."""
    seconds = []
    for path in paths:
        with suppress(soundfile.SoundFileError):  # a broken file is reported where it is decoded
            seconds.append(soundfile.info(source_of(path)).duration)
    if not seconds or max(seconds) >= CLIP_SECONDS / 2:
        return ""
    return f"excerpts of {min(seconds):.1f} to {max(seconds):.1f} s instead of clips of {CLIP_SECONDS:g} s"


def _unreadable(found: dict[str, Path]) -> tuple[BadTrack, ...]:
    """The clips known to be broken in the common copy that are also broken in this one."""
    bad = []
    for clip in UNREADABLE_IN_COMMON_COPY:
        if clip not in found:
            continue
        try:
            read_audio(found[clip])
        except DataError as error:
            bad.append(BadTrack(id=clip, path=found[clip], reason=str(error)))
    return tuple(bad)
