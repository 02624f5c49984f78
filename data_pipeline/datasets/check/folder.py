"""Checks a folder of audio: GTZAN, FMA or a user's own."""

import hashlib
import os
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed

from common.core.console import progress
from common.core.errors import DataError
from common.core.words import printable
from data_pipeline.audio.decode import ReadLimits, read_audio, read_header
from data_pipeline.datasets import fma, gtzan, gtzan_names
from data_pipeline.datasets import folder as own_folder
from data_pipeline.datasets.about import is_own_folder
from data_pipeline.datasets.artists import artist_keys
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track, fault_of
from data_pipeline.datasets.check.report import (
    CopyComparison,
    DataReport,
    Finding,
    GenreCount,
    GenreSummary,
    part_sizes,
)
from data_pipeline.datasets.unpacked import unpacked_below

# A clip that is longer or shorter by more than this is named; GTZAN's last 29.9 to 30.7 s.
_LENGTH_TOLERANCE_SECONDS = 1.0
_CHECKSUMS_NAME = "checksums"
_CHECKSUM_LINE = re.compile(r"([0-9a-f]{40})\s+\*?(\S+)")


@dataclass(frozen=True)
class _Clip:
    """One file as it was read.

    Args:
        reason: what is wrong with it; empty where nothing is.
        sha256, sha1: empty where its bytes were not read.
    """

    id: str
    path: Path
    reason: str = ""
    sample_rate: int = 0
    channels: int = 0
    seconds: float = 0.0
    sha256: str = ""
    sha1: str = ""


def check_folder(
    dataset: str,
    folder: Path,
    *,
    quick: bool = False,
    labels: Path | None = None,
    artist_level: int | None = None,
    cache: Path | None = None,
) -> DataReport:
    """Look for the clips of a data set and read each of them.

    Args:
        dataset: `gtzan`, `fma_small`, `fma_large` or `folder`.
        folder: as for `--data`.
        cache: folder of all caches, where GTZAN is unpacked if it comes packed; None leaves it packed.
        quick: read headers only, instead of decoding every clip and comparing checksums.
        labels, artist_level: of an own folder, see `data_pipeline.datasets.folder.load`.

    Raises:
        DataError: the folder does not exist or holds none of the clips, metadata are missing, or a file must not be
            read.
    """
    folder = Path(folder).expanduser().absolute()
    is_own = is_own_folder(dataset)
    if is_own:
        catalog = own_folder.load(folder, labels=labels, artist_level=artist_level)
    else:
        catalog = gtzan.load(folder, cache=cache) if dataset == "gtzan" else fma.load(folder, dataset)
    clips = _read_all(catalog, quick=quick)
    root = folder if is_own else _root(catalog)
    is_unpacked = cache is not None and root.is_relative_to(unpacked_below(cache)) and not is_own
    # Files of a packed data set are named by their paths in the folder that it was unpacked to.
    base = root.parent if is_unpacked else folder
    left_out = {bad.id for bad in (*catalog.known_bad, *catalog.bad)}
    good = [clip for clip in clips if not clip.reason and clip.id not in left_out]
    usable = {clip.id for clip in good}
    groups = None if quick else _same_bytes(clips)
    label = {track.id: track.label for track in catalog.tracks}
    counts = Counter(label[clip] for clip in usable)
    expected = Counter(catalog.genre_of.values())
    broken = [
        *(_finding(bad, base) for bad in catalog.bad),
        *(Finding(clip.id, _below(clip.path, base), clip.reason) for clip in clips if clip.reason),
    ]
    return DataReport(
        dataset=dataset,
        title=catalog.title,
        known_as=None if is_own else catalog.title,
        data=str(folder),
        clips_in=_below(root, folder),
        quick=quick,
        usable=len(usable),
        expected=catalog.expected,
        genres={genre: GenreCount(counts[genre], expected[genre]) for genre in catalog.genres},
        read_with=(
            *(() if labels is None else ("--labels", str(labels))),
            *(() if artist_level is None else ("--artist-level", str(artist_level))),
        ),
        missing=catalog.missing,
        extra=catalog.extra,
        broken=tuple(finding for finding in broken if finding.clip not in {bad.id for bad in catalog.known_bad}),
        known_broken=tuple(_finding(bad, base) for bad in catalog.known_bad),
        unlike=() if is_own else tuple(_unlike(dataset, good, base)),
        formats=dict(Counter(_format(clip, with_suffix=is_own) for clip in good).most_common()),
        seconds={clip.id: clip.seconds for clip in good},
        copy=None if quick or is_own else _compared(dataset, clips, root),
        same_bytes=groups,
        same_bytes_known=_known_groups(dataset, groups or ()),
        with_artist=sum(track.artist is not None for track in catalog.tracks if track.id in usable),
        by_genre=_by_genre(catalog, good) if is_own else {},
        splits={name: part_sizes(parts, usable) for name, parts in catalog.splits.items()},
        notes=tuple(_notes(catalog, root, folder, is_unpacked=is_unpacked)),
    )


def _paths(catalog: Catalog) -> list[Path]:
    return [entry.path for entry in (*catalog.tracks, *catalog.known_bad, *catalog.bad)]


def _root(catalog: Catalog) -> Path:
    """The folder that holds the genres, or the clips themselves where they are not in folders of genres."""
    is_sorted = all(gtzan_names.genre_in(path.parent.name) for path in _paths(catalog))
    folders = [
        path.parent.parent if catalog.dataset != "gtzan" or is_sorted else path.parent for path in _paths(catalog)
    ]
    return Path(os.path.commonpath(folders))


def _read_all(catalog: Catalog, *, quick: bool) -> list[_Clip]:
    """Every clip, in parallel: threads suffice, because decoding and hashing release the interpreter lock."""
    files = {entry.id: entry.path for entry in (*catalog.tracks, *catalog.known_bad)}
    limits = ReadLimits(catalog.most_seconds)
    reading = f"reading {'headers' if quick else 'every clip'} of {catalog.title}"
    with progress(reading, len(files), unit="clips") as advance:
        clips = []
        results = Parallel(n_jobs=-1, prefer="threads", return_as="generator")(
            delayed(_read)(clip, path, limits, quick=quick) for clip, path in sorted(files.items())
        )
        for clip in results:
            clips.append(clip)
            advance(1)
    return clips


def _read(clip: str, path: Path, limits: ReadLimits, *, quick: bool) -> _Clip:
    sums = {} if quick else _checksums(path)
    try:
        header = read_header(path, limits)
        frames = header.frames if quick else len(read_audio(path, limits=limits))
    except DataError as error:
        if isinstance(error.__cause__, PermissionError):
            raise  # the file itself may be fine, so it is not reported as broken
        return _Clip(clip, path, fault_of(str(error), path), **sums)
    return _Clip(clip, path, "", header.sample_rate, header.channels, frames / header.sample_rate, **sums)


def _checksums(path: Path) -> dict[str, str]:
    try:
        content = path.read_bytes()
    except OSError:
        return {}  # reported where the same file is decoded
    return {"sha256": hashlib.sha256(content).hexdigest(), "sha1": hashlib.sha1(content).hexdigest()}


def _finding(bad: BadTrack, folder: Path) -> Finding:
    return Finding(bad.id, _below(bad.path, folder), bad.fault)


def _below(path: Path, folder: Path) -> str:
    return printable(path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path))


def _format(clip: _Clip, *, with_suffix: bool = False) -> str:
    channels = {1: "mono", 2: "stereo"}.get(clip.channels, f"{clip.channels} channels")
    kind = f"{clip.path.suffix[1:].upper()}, " if with_suffix else ""
    return f"{kind}{clip.sample_rate:,} Hz, {channels}"


def _by_genre(catalog: Catalog, good: list[_Clip]) -> dict[str, GenreSummary]:
    seconds = {clip.id: clip.seconds for clip in good}
    usable = [track for track in catalog.tracks if track.id in seconds]
    keys = dict(zip(usable, artist_keys([t.id for t in usable], [t.artist for t in usable]), strict=True))
    of_genre: dict[str, list[Track]] = defaultdict(list)
    for track in usable:
        of_genre[track.label].append(track)
    found = {}
    for genre in catalog.genres:
        mine = of_genre[genre]
        lengths = sorted(seconds[track.id] for track in mine)
        found[genre] = GenreSummary(
            clips=len(mine),
            artists=len({keys[track] for track in mine if track.artist}),
            unknown_artist=sum(track.artist is None for track in mine),
            seconds=(lengths[0], statistics.median(lengths), lengths[-1]) if lengths else (0.0, 0.0, 0.0),
        )
    return found


def _unlike(dataset: str, clips: Iterable[_Clip], folder: Path) -> Iterator[Finding]:
    """Clips unlike the others; those of FMA differ in sample rate and channels by nature."""
    seconds = gtzan.CLIP_SECONDS if dataset == "gtzan" else fma.CLIP_SECONDS
    for clip in clips:
        differences = []
        if abs(clip.seconds - seconds) > _LENGTH_TOLERANCE_SECONDS:
            differences.append(f"{clip.seconds:.1f} s")
        if dataset == "gtzan" and (clip.sample_rate, clip.channels) != (gtzan.SAMPLE_RATE, 1):
            differences.append(_format(clip))
        if differences:
            yield Finding(clip.id, _below(clip.path, folder), ", ".join(differences))


def _compared(dataset: str, clips: list[_Clip], root: Path) -> CopyComparison | None:
    if dataset == "gtzan":
        known = {clip: fact["wav_sha256"] for clip, fact in gtzan.facts().items()}
        found = {clip.id: clip.sha256 for clip in clips if clip.path.suffix.lower() == ".wav"}
        reference = "the common copy"
    else:
        known = _archive_checksums(root)
        found = {clip.id: clip.sha1 for clip in clips}
        reference = f"the archive's own list, {_CHECKSUMS_NAME}"
    comparable = [clip for clip in clips if clip.id in known and clip.id in found]
    if not comparable:
        return None
    other = tuple(clip.id for clip in comparable if found[clip.id] != known[clip.id])
    return CopyComparison(reference, len(comparable) - len(other), other, len(clips) - len(comparable))


def _archive_checksums(root: Path) -> dict[str, str]:
    """Clip id -> SHA-1, from the list that FMA's archives hold; empty where it was removed.

    Raises:
        DataError: the list cannot be read.
    """
    path = root / _CHECKSUMS_NAME
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text ({error}). Unpack the archive again, or remove it.") from error
    matches = (_CHECKSUM_LINE.fullmatch(line.strip()) for line in lines)
    return {Path(match[2]).stem: match[1] for match in matches if match and match[2].endswith(".mp3")}


def _same_bytes(clips: list[_Clip]) -> tuple[tuple[str, ...], ...]:
    by_bytes: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        if clip.sha256:
            by_bytes[clip.sha256].append(clip.id)
    return tuple(sorted(tuple(sorted(group)) for group in by_bytes.values() if len(group) > 1))


def _known_groups(dataset: str, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The groups whose clips also have the same bytes in the common copy of GTZAN."""
    if dataset != "gtzan":
        return ()
    facts = gtzan.facts()
    return tuple(group for group in groups if len({facts[clip]["wav_sha256"] for clip in group}) == 1)


def _is_inner(root: Path, folder: Path) -> bool:
    """Whether the clips are in a folder of GTZAN's own name, more than one level below the one that was checked."""
    return root.is_relative_to(folder) and root.name in gtzan.FOLDERS and root.parent != folder


def _notes(catalog: Catalog, root: Path, folder: Path, *, is_unpacked: bool) -> Iterator[str]:
    if is_unpacked:
        yield f"the clips are packed; Encore unpacked them to {root}"
    if catalog.caption:
        yield catalog.caption
    if catalog.dataset == "gtzan" and catalog.extra and _is_inner(root, folder):
        yield f"the clips are in {_below(root, folder)}: give {root.parent} to leave the other files out"
