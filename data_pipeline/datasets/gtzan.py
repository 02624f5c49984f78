"""GTZAN: 1,000 clips of 30 s, ten genres of 100, 22,050 Hz, 16-bit, mono.

Where to get it, licence, citation: `data_pipeline.datasets.about`. Faults: B. L. Sturm, "The GTZAN dataset: its
contents, its faults, their effects on evaluation, and its future use", 2013. Fault-filtered split: C. Kereliuk, B. L.
Sturm, J. Larsen, "Deep learning and music adversaries", IEEE Transactions on Multimedia 17(11), 2015.

Index: `gtzan_index.csv` holds, per clip, the artist (81 unknown), its part in the fault-filtered split (443 train,
197 valid, 290 test, 70 removed) and the SHA-256 of its WAV in the common copy (14 pairs are exact duplicates).
"""

import csv
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath

import soundfile

from common.core.errors import DataError
from common.core.words import counted
from data_pipeline.audio.decode import read_audio
from data_pipeline.audio.sound_file import declared_seconds
from data_pipeline.datasets.about import ABOUT
from data_pipeline.datasets.archives import open_archive
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track
from data_pipeline.datasets.files import clip_files, files_below
from data_pipeline.datasets.gtzan_names import CLIPS_PER_GENRE, GENRES, LOSSY, NamedClips, genre_in, named_clips
from data_pipeline.datasets.packed import advice_on, is_archive, is_pointer, pointer_advice
from data_pipeline.datasets.parquet import AudioRows, open_audio_rows
from data_pipeline.datasets.unpacked import Members, unpacked

CLIPS, CLIP_SECONDS, SAMPLE_RATE = len(GENRES) * CLIPS_PER_GENRE, 30.0, 22050
# A header that declares more is wrong.
MOST_SECONDS = 10 * CLIP_SECONDS
# Highest accuracy that the mislabelled and repeated clips allow (after Sturm).
CLIP_ACCURACY_CEILING_PERCENT = 94.5
COURSE_VALID, COURSE_SEED = 40, 1004
FOLDERS = ("genres", "genres_original")
_PARQUET = ".parquet"
# What Hugging Face's and Kaggle's archives, and that of the authors, are called.
_OWN_ARCHIVES = ("genres.tar.gz", "genres.tar", "genres.zip", "archive.zip")
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


def load(data: Path, *, cache: Path | None = None) -> Catalog:
    """Find GTZAN's clips in a folder, an archive or .parquet files.

    Args:
        data: a folder that holds the clips at any depth, named as `data_pipeline.datasets.gtzan_names` says; or one
            that holds an archive of them or Hugging Face's .parquet files; or such a file itself.
        cache: folder of all caches, where archives and .parquet files are unpacked; None leaves them packed.

    Raises:
        DataError: there is no such folder or file, or it holds none of the clips.
        ExtraError: pyarrow is needed for .parquet files, and is not installed.
    """
    data = Path(data).expanduser()
    left_out: tuple[str, ...] = ()
    if data.is_dir():
        root, found = _clips_below(data)
        if not found.clips and (files := _packed_in(data)) and cache is not None:
            root, left_out = _unpacked(files, cache)
            found = named_clips(files_below(root).files)
    elif data.is_file() and cache is not None and not is_pointer(data) and _is_packed(data.name):
        root, left_out = _unpacked((data,), cache)
        found = named_clips(files_below(root).files)
    else:
        kind = "is a file, not a folder" if data.exists() else "does not exist"
        raise DataError(f"--data {data}: {kind}. {advice_on(data, where=WHERE)}.")
    if not found.clips:
        raise DataError(
            f"--data {data}: no GTZAN clip in it, expected e.g. genres/blues/blues.00000.wav (or .au). "
            f"{_advice_on(found, data)}."
        )
    pointers = [path.name for path in found.clips.values() if is_pointer(path)]
    if pointers:
        raise DataError(f"--data {data}: {pointer_advice(pointers)}.")
    clips = dict(found.clips)
    known_bad = _unreadable(clips)
    for bad in known_bad:
        clips.pop(bad.id, None)
    if not clips:
        raise DataError(f"--data {data}: no usable GTZAN clip in it: {known_bad[0].reason} {WHERE}.")
    return Catalog(
        dataset="gtzan",
        title="GTZAN",
        genres=GENRES,
        tracks=tuple(track(clip, path) for clip, path in clips.items()),
        expected=CLIPS,
        missing=tuple(sorted(set(facts()) - set(clips) - {bad.id for bad in known_bad})),
        extra=left_out or tuple(path.relative_to(root).as_posix() for path in found.extra),
        known_bad=known_bad,
        most_seconds=MOST_SECONDS,
        splits={"fault_filtered": fault_filtered_split(), "course": course_split()},
        caption="; ".join(filter(None, (_excerpt_caption(clips.values()), _lossy_caption(clips.values())))),
        genre_of={clip: clip.split(".")[0] for clip in facts()},
        clip_accuracy_ceiling_percent=CLIP_ACCURACY_CEILING_PERCENT,
    )


def _clips_below(folder: Path) -> tuple[Path, NamedClips[Path]]:
    """The clips below a folder, and the folder that they were looked for in.

    Folders come with pictures and tables beside the audio, and with one of two folders of audio empty: of those with
    GTZAN's own names, the one with most clips is taken alone.
    """
    inner: list[Path] = []
    with suppress(OSError):  # a folder that must not be read is reported where its files are listed
        inner = sorted(path for path in folder.iterdir() if path.name.lower() in FOLDERS and path.is_dir())
    within = [(path, named_clips(clip_files(path))) for path in inner]
    root, found = max(within, key=lambda one: len(one[1].clips), default=(folder, None))
    return (root, found) if found is not None and found.clips else (folder, named_clips(clip_files(folder)))


def _is_packed(name: str) -> bool:
    return is_archive(name) or name.lower().endswith(_PARQUET)


def _packed_in(folder: Path) -> tuple[Path, ...]:
    """The archive, or else the .parquet files, in a folder without clips; empty where there are none.

    Raises:
        DataError: there are several archives, and none has the name that GTZAN's has.
    """
    files = [path for path in files_below(folder).files if not is_pointer(path)]
    packed = [path for path in files if is_archive(path.name)]
    own = [path for path in packed if path.name.lower() in _OWN_ARCHIVES]
    if len(packed) > 1 and len(own) != 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in packed[:3])
        raise DataError(
            f"--data {folder}: holds {len(packed)} archives ({names}{', ...' if len(packed) > 3 else ''}) and no "
            "clips. Give the one that holds GTZAN with --data."
        )
    tables = [path for path in files if path.name.lower().endswith(_PARQUET)]
    return tuple(own or packed or tables)


def _unpacked(files: tuple[Path, ...], cache: Path) -> tuple[Path, tuple[str, ...]]:
    """Folder of the clips that the files hold, and the members that are no clips.

    Raises:
        DataError: the files cannot be read, or hold no clip of GTZAN.
    """
    is_table = files[0].name.lower().endswith(_PARQUET)

    def choose(members: Members) -> dict[int, str]:
        # Several members may have the same path; the last one counts, as it does where an archive is unpacked by hand.
        places = {path: place for place, path in enumerate(members.paths)}
        found = named_clips(places)
        if not found.clips:
            raise DataError(
                f"--data {files[0]}: no GTZAN clip among its {counted(len(members.paths), 'file')}, expected e.g. "
                f"genres/blues/blues.00000.wav (or .au). {_advice_on(found, None)}."
            )
        if isinstance(members, AudioRows):
            _require_same_genres(files[0], members, found, places)
        return {
            places[path]: f"genres/{clip.partition('.')[0]}/{clip}{path.suffix.lower()}"
            for clip, path in found.clips.items()
        }

    def opened() -> AbstractContextManager[Members]:
        return open_audio_rows(files, label_column="genre") if is_table else open_archive(files[0])

    made = unpacked(files, cache, dataset="gtzan", opened=opened, choose=choose)
    return made.folder / "genres", made.left_out


def _require_same_genres(
    file: Path, rows: AudioRows, found: NamedClips[PurePosixPath], places: dict[PurePosixPath, int]
) -> None:
    for clip, path in found.clips.items():
        label = rows.labels[places[path]] if rows.labels is not None else clip.partition(".")[0]
        if genre_in(label) != clip.partition(".")[0]:
            raise DataError(
                f"{file}: the row of {path} has the genre {label}, which is not the one in its name. Get the file anew."
            )


def _advice_on(found: NamedClips, data: Path | None) -> str:
    """What to do where there are no clips.

    Args:
        data: folder that was looked in; None for an archive.
    """
    if found.pieces:
        are = "file is a piece of a clip" if len(found.pieces) == 1 else "files are pieces of clips"
        return (
            f"{len(found.pieces):,} {are} ({found.pieces[0].name}): give the whole clips, of which Encore cuts its own "
            "windows"
        )
    if found.uncertain:
        are = "file is" if len(found.uncertain) == 1 else "files are"
        return (
            f"{len(found.uncertain):,} {are} numbered otherwise than GTZAN's ({found.uncertain[0].name}), whose clips "
            "count from 0 to 99 in each genre, so that it is not certain which clips they are. Name them as GTZAN "
            "does: blues.00000.wav"
        )
    return WHERE if data is None else advice_on(data, where=WHERE)


def track(clip: str, path: Path, row: int | None = None) -> Track:
    """A track with its artist from the index."""
    return Track(id=clip, label=clip.split(".")[0], path=path, row=row, artist=facts()[clip]["artist"] or None)


def _excerpt_caption(paths: Iterable[Path]) -> str:
    """Caption for a folder of excerpts; empty for whole clips."""
    seconds = []
    for path in paths:
        with suppress(soundfile.SoundFileError):  # a broken file is reported where it is decoded
            seconds.append(declared_seconds(path))
    seconds = [length for length in seconds if length is not None]
    if not seconds or max(seconds) >= CLIP_SECONDS / 2:
        return ""
    return f"excerpts of {min(seconds):.1f} to {max(seconds):.1f} s instead of clips of {CLIP_SECONDS:g} s"


def _lossy_caption(paths: Iterable[Path]) -> str:
    """Caption for clips that were compressed with loss, which GTZAN's own are not; empty for others."""
    suffixes = [path.suffix.lower() for path in paths]
    lossy = [suffix for suffix in suffixes if suffix in LOSSY]
    if not lossy:
        return ""
    kinds = " and ".join(suffix[1:].upper() for suffix in LOSSY if suffix in lossy)
    count = "" if len(lossy) == len(suffixes) else f" in place of {counted(len(lossy), 'clip')}"
    return f"{kinds} copies{count}, compressed with loss, which GTZAN's own files are not"


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
