"""FMA: 30 s clips of Creative-Commons music; FMA-small has 8,000 in eight equal genres, FMA-large 106,574.

Where to get it, licence, citation: `data_pipeline.datasets.about`.

Layout: `fma_small/000/000002.mp3` (or `fma_large/...`) beside `fma_metadata/tracks.csv`, as the official archives
unpack. The table has three header lines; used are the top genre (`track.genre_top`), the artist (`artist.id`), the
subset and the official split (`set.subset`, `set.split`: 80/10/10, each artist in one part).

Facts: 49,598 clips of FMA-large have a top genre, out of 16; the others have no single label and are not used. Six
clips of FMA-small are known to be unusable: three hold no audio, three last under two seconds.
"""

import csv
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio
from data_pipeline.datasets.about import ABOUT
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track
from data_pipeline.datasets.files import clip_files
from data_pipeline.datasets.packed import advice_on

SMALL_GENRES = ("Electronic", "Experimental", "Folk", "Hip-Hop", "Instrumental", "International", "Pop", "Rock")
GENRES = tuple(
    sorted(
        (
            *SMALL_GENRES,
            *("Blues", "Classical", "Country", "Easy Listening", "Jazz", "Old-Time / Historic", "Soul-RnB", "Spoken"),
        )
    )
)
WITHOUT_AUDIO = ("099134", "108925", "133297")
TOO_SHORT = ("098565", "098567", "098569")
# The known short ones last 0.5 to 1.6 s; every other clip about 30.
CLIP_SECONDS, MIN_CLIP_SECONDS = 30.0, 5.0
# A header that declares more is wrong.
MOST_SECONDS = 10 * CLIP_SECONDS
METADATA = "fma_metadata/tracks.csv"
_PARTS = {"training": "train", "validation": "valid", "test": "test"}
_COLUMNS = {
    "genre": ("track", "genre_top"),
    "artist": ("artist", "id"),
    "split": ("set", "split"),
    "subset": ("set", "subset"),
}


@dataclass(frozen=True)
class Subset:
    """One of the official archives.

    Args:
        title: name of the dataset in tables.
        members: values of `set.subset` that belong to it.
        clips: rows of `tracks.csv` that belong to it.
        labelled: those with a top genre.
        genres: number of top genres.
        parts: clips in train, valid and test; None where not published.
    """

    title: str
    members: frozenset[str]
    clips: int
    labelled: int
    genres: int
    parts: tuple[int, int, int] | None


SUBSETS = {
    "fma_small": Subset("FMA-small", frozenset({"small"}), 8_000, 8_000, 8, (6_400, 800, 800)),
    "fma_large": Subset("FMA-large", frozenset({"small", "medium", "large"}), 106_574, 49_598, 16, None),
}


@dataclass(frozen=True)
class Fact:
    """Metadata of one clip in `tracks.csv`; `genre` is empty where there is no top genre."""

    genre: str
    artist: str
    split: str


def load(folder: Path, dataset: str) -> Catalog:
    """Find the clips of a subset.

    Args:
        folder: holds `fma_small/` (or `fma_large/`) and `fma_metadata/`, or is the former, with the latter beside it.
        dataset: `fma_small` or `fma_large`.

    Raises:
        DataError: folder, clips or metadata are missing, or the metadata are not the official ones.
    """
    subset, where = SUBSETS[dataset], ABOUT[dataset].where
    folder = Path(folder).expanduser().absolute()
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"--data {folder}: {kind}. {advice_on(folder, where=where)}.")
    root = folder / dataset if (folder / dataset).is_dir() else folder
    # Some tools unpack an archive into a folder of its own name.
    candidates = [parent / METADATA for base in (folder, root.parent) for parent in (base, base / "fma_metadata")]
    table = next((candidate for candidate in candidates if candidate.is_file()), None)
    if table is None:
        raise DataError(f"--data {folder}: lacks {METADATA}, which holds the genres. {where}.")
    facts = read_metadata(table, dataset)
    found, extra = _files(root, facts)
    if not found:
        raise DataError(
            f"--data {folder}: no clip of {subset.title} in it, expected e.g. {dataset}/000/000002.mp3. "
            f"{advice_on(folder, where=where)}."
        )
    known_bad = _known_bad(found, facts)
    # Many people have deleted these files, so they are not reported as missing either.
    known_unusable = {bad.id for bad in known_bad} | ({*WITHOUT_AUDIO, *TOO_SHORT} - set(found))
    unlabelled = [clip for clip in facts if not facts[clip].genre]
    # All clips of FMA-small are labelled, so a missing genre is an error there; in FMA-large many clips have none.
    is_fault = subset.labelled == subset.clips
    bad = tuple(
        BadTrack(id=clip, path=found[clip], reason=f"{found[clip]}: {table} gives no top genre for clip {clip}")
        for clip in unlabelled
        if is_fault and clip in found
    )
    usable = {clip: path for clip, path in found.items() if facts[clip].genre and clip not in known_unusable}
    if not usable:
        reason = (*known_bad, *bad)[0].reason if known_bad or bad else "none of those found has a top genre"
        raise DataError(f"--data {folder}: no usable clip of {subset.title} in it: {reason}. {where}.")
    genres = tuple(sorted({fact.genre for fact in facts.values() if fact.genre}))
    return Catalog(
        dataset=dataset,
        title=subset.title,
        genres=genres,
        tracks=tuple(
            Track(id=clip, label=facts[clip].genre, path=path, artist=facts[clip].artist or None)
            for clip, path in sorted(usable.items())
        ),
        expected=subset.labelled,
        missing=tuple(
            sorted(clip for clip in facts if facts[clip].genre and clip not in found and clip not in known_unusable)
        ),
        extra=extra,
        known_bad=known_bad,
        bad=bad,
        most_seconds=MOST_SECONDS,
        splits={"official": {clip: fact.split for clip, fact in facts.items()}},
        genre_of={clip: fact.genre for clip, fact in facts.items() if fact.genre},
        caption="" if is_fault else f"the archive's {len(unlabelled):,} clips without a top genre are not used",
    )


def read_metadata(table: Path, dataset: str) -> dict[str, Fact]:
    """Read `tracks.csv`: clip id (six digits) -> its metadata, for the clips of one subset.

    Raises:
        DataError: not the official table, or its counts are not those of the subset.
    """
    # Some fields hold whole biographies, longer than the default limit.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    subset, facts = SUBSETS[dataset], {}
    try:
        with open(table, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            pairs = list(zip(next(rows), next(rows), strict=True))
            column = {name: pairs.index(pair) for name, pair in _COLUMNS.items()}
            next(rows)
            for row in rows:
                if row[column["subset"]] in subset.members:
                    split = _PARTS[row[column["split"]]]
                    facts[f"{int(row[0]):06d}"] = Fact(row[column["genre"]], row[column["artist"]], split)
    except (OSError, ValueError, IndexError, KeyError, StopIteration, csv.Error) as error:
        raise DataError(
            f"{table}: not the official tracks.csv of FMA ({type(error).__name__}: {error}). Expected three header "
            "lines with track.genre_top, artist.id, set.split and set.subset. Unpack fma_metadata.zip again."
        ) from error
    _require_official(table, subset, facts)
    return facts


def _require_official(table: Path, subset: Subset, facts: dict[str, Fact]) -> None:
    counts = Counter(fact.split for fact in facts.values())
    parts = tuple(counts[part] for part in _PARTS.values())
    labels = [fact.genre for fact in facts.values() if fact.genre]
    if len(facts) == subset.clips and subset.parts in (None, parts):
        if len(set(labels)) != subset.genres or set(labels) - set(GENRES):
            raise DataError(
                f"{table}: names the top genres {', '.join(sorted(set(labels)))}; expected {subset.genres} of: "
                f"{', '.join(GENRES)}. Unpack the official fma_metadata.zip again."
            )
        if subset.labelled < subset.clips and len(labels) != subset.labelled:
            raise DataError(
                f"{table}: gives {len(labels):,} clips of {subset.title} a top genre, expected {subset.labelled:,}. "
                "Unpack the official fma_metadata.zip again."
            )
        return
    expected = f"{subset.clips:,}" + (f" ({'/'.join(map(str, subset.parts))})" if subset.parts else "")
    raise DataError(
        f"{table}: lists {len(facts):,} clips of {subset.title} ({'/'.join(map(str, parts))} to train, validate and "
        f"test), expected {expected}. Unpack the official fma_metadata.zip again."
    )


def _files(root: Path, facts: dict[str, Fact]) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Clip id -> file, and the files that are not clips of the subset."""
    found, extra = {}, []
    for path in clip_files(root):
        clip = path.stem
        is_clip = clip in facts and path.suffix.lower() == ".mp3" and path.parent.name == clip[:3]
        if is_clip and clip not in found:
            found[clip] = path
        elif "fma_metadata" not in path.relative_to(root).parts and path.name not in ("checksums", "README.txt"):
            extra.append(path.relative_to(root).as_posix())
    return found, tuple(extra)


def _known_bad(found: dict[str, Path], facts: dict[str, Fact]) -> tuple[BadTrack, ...]:
    """The clips known to be unusable that are also unusable in this copy."""
    bad = []
    for clip in (*WITHOUT_AUDIO, *TOO_SHORT):
        if clip not in found or clip not in facts:
            continue
        try:
            samples = read_audio(found[clip], sample_rate=22050)
        except DataError as error:
            if isinstance(error.__cause__, PermissionError):
                raise
            bad.append(BadTrack(id=clip, path=found[clip], reason=str(error)))
            continue
        seconds = len(samples) / 22050
        if seconds < MIN_CLIP_SECONDS:
            bad.append(BadTrack(id=clip, path=found[clip], reason=f"{found[clip]}: lasts {seconds:.1f} s of 30"))
    return tuple(bad)
