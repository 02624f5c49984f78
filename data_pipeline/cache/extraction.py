"""Feature extraction for a whole catalog: in parallel, with a progress bar, resumable after a kill at any moment."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from joblib import cpu_count

from common.core.console import progress, say
from common.core.errors import DataError
from common.core.files import require_usable_folder, require_writable_folder, sha256_of_json
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from common.core.words import counted
from data_pipeline.audio.decode import DECODING_VERSION, Decoder, require_decoder
from data_pipeline.cache import cache_folder
from data_pipeline.cache.shards import (
    FORMAT_VERSION,
    INDEX_NAME,
    Extracted,
    Shard,
    ShardIndex,
    ShardTrack,
    read_finished_shard,
    read_index,
    write_index,
    write_shard,
)
from data_pipeline.cache.track_extraction import FromArrays, FromAudio, FromOriginals, extractor
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track
from data_pipeline.features import Feature
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.names import feature_name
from data_pipeline.features.precomputed import Precomputed

_TARGET_SHARD_BYTES = 32 << 20
_NOMINAL_TRACK_SECONDS = 30
# Longer files, such as whole songs and mixes, are known by their size: MP3 files have 8 to 40 KB a second, others more.
_NOMINAL_BYTES_PER_SECOND = 64_000
# Embeddings are small but slow to compute, and a killed extraction loses the shard that it was working on.
_MAX_EMBEDDED_TRACKS_PER_SHARD = 64
_MAX_LISTED_BAD_TRACKS = 10
# Fields of features that are younger than caches.
_LATER_FIELDS = ("pooled_patches",)
# Applies a picklable function to each item on other workers, and yields the results in the order of the items. Closing
# the iterator cancels the rest.
ParallelMap = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]


def prepare(
    catalog: Catalog,
    feature: Feature,
    cache: Path,
    *,
    skip_bad: bool = False,
    decoder: Decoder = "soundfile",
    jobs: int = -1,
    parallel_map: ParallelMap | None = None,
    memory_left_bytes: int | None = None,
) -> ShardIndex:
    """Extract `feature` from every track once; a finished cache is opened and checked instead.

    Of a catalog with altered copies, the originals come from the finished cache without them, if there is one.

    Memory: of arrays two tracks; of audio, in each thread, one clip in the making (its file's bytes, and its samples as
    float32 two to five times, 20 times for an altered copy of another tempo) and two finished ones. Finished clips go
    to the shard's file one by one.

    Args:
        cache: folder of all caches; each dataset and feature gets its own subfolder.
        skip_bad: skip tracks that cannot be used (they are listed in the index and counted in tables).
        jobs: threads; -1 for one per core.
        parallel_map: extracts audio in other processes, possibly on other machines, instead of in threads of this
            process. This process still writes the shards, with the same bytes.
        memory_left_bytes: what the process may still take; None for no limit. Arrays and audio files that need more by
            their headers are refused before they are read, and threads wait for each other where their clips together
            need more.

    Returns:
        The index of the shards.

    Raises:
        DataError: a track cannot be used (all such tracks are named) and `skip_bad` is off; another machine does not
            see its file; the cache cannot be written, lacks space for arrays, or was changed.
        BudgetError: a shard of arrays, or an audio file, takes more memory than is left.
    """
    cache = require_usable_folder(cache_folder(cache), flag="--cache")
    require_decoder(decoder)
    folder = _folder_of(catalog, feature, decoder, cache)
    # Without the lock, so that a finished cache can be in a folder that others made, and that can only be read.
    if not _is_finished(folder):
        require_writable_folder(cache, flag="--cache")
        with lock(folder / ".lock", flag="--cache"):
            if not _is_finished(folder):
                remove_leftovers(folder, unchanged_seconds=0)
                _extract(
                    catalog,
                    feature,
                    folder,
                    skip_bad=skip_bad,
                    decoder=decoder,
                    jobs=jobs,
                    parallel_map=parallel_map,
                    memory_left_bytes=memory_left_bytes,
                )
    index = read_index(folder)
    _require_index_of(index, catalog, feature)
    if index.skipped and not skip_bad:
        raise _bad_tracks_error(index.skipped, len(catalog.tracks))
    return index


def _folder_of(catalog: Catalog, feature: Feature, decoder: Decoder, cache: Path) -> Path:
    return cache / "shards" / f"{catalog.dataset}-{_cache_key(catalog, feature, decoder)[:16]}"


def _is_finished(folder: Path) -> bool:
    """Whether a folder holds a finished cache, whose index is written last."""
    try:
        return (folder / INDEX_NAME).exists()
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be read ({error.strerror}). Let those who share the cache read it (chmod -R g+rX), or "
            "give another folder with --cache."
        ) from error


def _cache_key(catalog: Catalog, feature: Feature, decoder: Decoder) -> str:
    key = {
        "source": catalog.source_digest,
        "genres": catalog.genres,
        "feature": _values_of(feature),
        "extraction": feature.extraction_version,
        "copies": None if catalog.copies is None else catalog.copies.extraction_version,
        "decoder": decoder,
        "format": FORMAT_VERSION,
    }
    if not isinstance(feature, Precomputed):
        key["decoding"] = DECODING_VERSION
    return sha256_of_json(key)


def _values_of(feature: Feature) -> dict[str, Any]:
    """JSON values of a feature; those that came later are left out at their defaults, so that caches of before are
    found."""
    later = {name: field.default for name, field in type(feature).model_fields.items() if name in _LATER_FIELDS}
    return {name: value for name, value in feature.as_json().items() if name not in later or value != later[name]}


def _extract(
    catalog: Catalog,
    feature: Feature,
    folder: Path,
    *,
    skip_bad: bool,
    decoder: Decoder,
    jobs: int,
    parallel_map: ParallelMap | None,
    memory_left_bytes: int | None,
) -> None:
    plan = _plan(catalog, feature)
    finished = {
        number: shard
        for number, tracks in enumerate(plan)
        if (shard := read_finished_shard(folder, number)) and _holds(shard, tracks)
    }
    if finished:
        there = sum(len(plan[number]) for number in finished)
        say(f"features: {there:,} of {counted(len(catalog.tracks), 'clip')} are in the cache")
    pending = [number for number in range(len(plan)) if number not in finished]
    bad: list[BadTrack] = [entry for shard in finished.values() for entry in shard.skipped]
    shards = [plan[number] for number in pending]
    tracks = [track for shard in shards for track in shard]
    if pending:
        what = f"extracting {feature_name(feature)} of {_name_of(catalog)}"
        with (
            extractor(catalog, feature, decoder, folder, shards, memory_left_bytes) as extract,
            progress(what, len(tracks), unit="clips", short="features") as advance,
            closing(
                _extracted(extract, tracks, jobs, parallel_map)
                if parallel_map is not None  # the folder of all caches may be on this machine only
                else _extracted(_with_originals(extract, catalog, feature, folder, decoder), tracks, jobs, None)
            ) as results,
        ):
            for number in pending:
                outcomes = _next_outcomes(results, plan[number], advance)
                usable = _usable(outcomes, bad, skip_bad=skip_bad)
                # Without the shard, the rest is looked at too, so that one message can name all bad tracks.
                with suppress(_CannotBeUsedError):
                    finished[number] = write_shard(folder, number, feature, usable)
    if bad and not skip_bad:
        raise _bad_tracks_error(bad, len(catalog.tracks))
    if not any(shard.tracks for shard in finished.values()):
        raise DataError(
            f"{catalog.title}: none of its {len(catalog.tracks)} tracks can be used; first: {bad[0].reason}"
        )
    shards = tuple(finished[number] for number in sorted(finished))
    write_index(
        ShardIndex(
            folder=folder,
            dataset=catalog.dataset,
            genres=catalog.genres,
            feature=feature,
            shards=shards,
            extraction_version=feature.extraction_version,
            copies_version=None if catalog.copies is None else catalog.copies.extraction_version,
            clip_seconds=catalog.clip_seconds,
        )
    )


def _plan(catalog: Catalog, feature: Feature) -> list[list[Track]]:
    """Split the tracks into shards of about the target size; depends only on the catalog and the feature, so that a
    resumed extraction splits them in the same way."""
    tracks = catalog.tracks
    itemsize = np.dtype(feature.storage.dtype).itemsize
    second_bytes = feature.frames_per_second * feature.bins * itemsize
    count = max(1, int(_TARGET_SHARD_BYTES // (_NOMINAL_TRACK_SECONDS * second_bytes)))
    if isinstance(feature, MusicnnEmbedding):
        count = min(count, _MAX_EMBEDDED_TRACKS_PER_SHARD)
    if isinstance(feature, Precomputed):
        return [list(tracks[first : first + count]) for first in range(0, len(tracks), count)]
    shards: list[list[Track]] = []
    seconds = 0.0
    for track in tracks:
        length = _nominal_seconds(track, catalog.clip_seconds)
        if not shards or len(shards[-1]) == count or seconds + length > count * _NOMINAL_TRACK_SECONDS:
            shards.append([])
            seconds = 0.0
        shards[-1].append(track)
        seconds += length
    return shards


def _holds(shard: Shard, tracks: list[Track]) -> bool:
    """Whether a shard is that of these tracks; one that was planned in another way is not."""
    return not _difference(shard.tracks, shard.skipped, tracks)


def _require_index_of(index: ShardIndex, catalog: Catalog, feature: Feature) -> None:
    """Compare an index with what it is of: indexes of earlier versions hold no digest.

    Raises:
        DataError: it lists other genres, another feature or other tracks.
    """
    copies_version = None if catalog.copies is None else catalog.copies.extraction_version
    problem = ""
    if index.dataset != catalog.dataset or index.genres != catalog.genres:
        problem = f"is of {index.dataset} with the genres {', '.join(index.genres)}"
    elif (index.feature, index.clip_seconds) != (feature, catalog.clip_seconds):
        problem = "is of another feature"
    elif index.extraction_version not in (None, feature.extraction_version) or index.copies_version not in (
        None,
        copies_version,
    ):
        problem = "is of another way to extract features"
    else:
        problem = _difference(index.tracks, index.skipped, catalog.tracks)
    if problem:
        raise DataError(
            f"{index.folder / INDEX_NAME}: {problem}; expected that of {catalog.title}, which this folder was made "
            f"for. Delete the folder {index.folder} to extract it again."
        )


def _difference(placed: Sequence[ShardTrack], skipped: Sequence[BadTrack], tracks: Sequence[Track]) -> str:
    """The first track that shards hold otherwise than it is planned, in words; empty where there is none.

    Args:
        placed: tracks in the shards, in their order.
        skipped: those that could not be used.
        tracks: all that are planned, in their order.
    """
    left_out = {entry.id for entry in skipped}
    planned = [(track.id, track.label, track.artist, track.copy_of) for track in tracks if track.id not in left_out]
    held = [(track.id, track.label, track.artist, track.copy_of) for track in placed]
    for found, wanted in zip_longest(held, planned):
        if found is None:
            return f"lacks track {wanted[0]}"
        if wanted is None or found[0] != wanted[0]:
            return f"lists track {found[0]} in another place"
        if found != wanted:
            return f"lists track {found[0]} with another label, artist or original"
    unknown = left_out - {track.id for track in tracks}
    return f"lists track {min(unknown)} as skipped" if unknown else ""


def _nominal_seconds(track: Track, clip_seconds: float | None) -> float:
    try:
        by_size = track.path.stat().st_size / _NOMINAL_BYTES_PER_SECOND
    except OSError:
        return _NOMINAL_TRACK_SECONDS  # reported where it is read
    return max(_NOMINAL_TRACK_SECONDS, by_size if clip_seconds is None else min(by_size, clip_seconds))


def _with_originals(
    extract: FromAudio | FromArrays, catalog: Catalog, feature: Feature, folder: Path, decoder: Decoder
) -> FromAudio | FromArrays | FromOriginals:
    """What extracts tracks; originals beside altered copies come from the cache of the same clips without copies, if
    that is finished.

    Raises:
        DataError: that cache was changed.
    """
    if isinstance(extract, FromArrays) or catalog.copies is None:
        return extract
    originals = catalog.without_copies
    theirs = _folder_of(originals, feature, decoder, folder.parent.parent)
    if not _is_finished(theirs):
        return extract
    index = read_index(theirs)
    _require_index_of(index, originals, feature)
    return FromOriginals(extract, index)


def _extracted(
    extract: FromAudio | FromArrays | FromOriginals, tracks: list[Track], jobs: int, parallel_map: ParallelMap | None
) -> Iterator[Extracted | BadTrack]:
    if isinstance(extract, FromArrays):
        # Arrays are only cut out and copied: threads would hold several tracks and save little time.
        return (_attempt(extract, track) for track in tracks)
    if parallel_map is not None:
        return parallel_map(partial(_attempt_on_worker, extract), tracks)
    return _in_threads(partial(_attempt, extract), tracks, cpu_count() if jobs == -1 else jobs)


def _in_threads(function: Callable[[Any], Any], items: Sequence[Any], threads: int) -> Iterator[Any]:
    """Apply a function to items and yield the results in their order; at most two results per thread wait.

    Threads suffice: decoding, the transform and array arithmetic all release the interpreter lock.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = deque()
        for item in items:
            if len(waiting) == 2 * threads:
                yield waiting.popleft().result()
            waiting.append(pool.submit(function, item))
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _next_outcomes(
    results: Iterator[Extracted | BadTrack], tracks: list[Track], advance: Callable[[int], None]
) -> Iterator[tuple[Track, Extracted | BadTrack]]:
    for track in tracks:
        outcome = next(results)
        advance(1)
        yield track, outcome


class _CannotBeUsedError(Exception):
    """A shard has a bad track that is not to be skipped."""


def _usable(
    outcomes: Iterator[tuple[Track, Extracted | BadTrack]], bad: list[BadTrack], *, skip_bad: bool
) -> Iterator[tuple[Track, Extracted | BadTrack]]:
    """A shard's tracks, as they come.

    Args:
        bad: bad tracks are added to it.

    Raises:
        _CannotBeUsedError: after the last track, where one of them is bad and `skip_bad` is off.
    """
    for track, outcome in outcomes:
        if isinstance(outcome, BadTrack):
            bad.append(outcome)
            if not skip_bad:
                bad += [following for _, following in outcomes if isinstance(following, BadTrack)]
                raise _CannotBeUsedError
        yield track, outcome


def _attempt(extract: Callable[[Track], Extracted], track: Track) -> Extracted | BadTrack:
    try:
        return extract(track)
    except DataError as error:
        if isinstance(error.__cause__, PermissionError):
            raise  # the file itself may be fine, so it is not recorded as bad
        return BadTrack(id=track.id, path=track.path, reason=str(error))


def _attempt_on_worker(extract: FromAudio, track: Track) -> Extracted | BadTrack:
    extract.make_ready()
    # The machine that read the catalog has the file, so it is not recorded as bad.
    if not track.path.exists():
        raise DataError(
            f"{track.path}: not found on this machine, though it exists on the machine that started the command. Make "
            "the data folder available under the same path on all machines."
        )
    return _attempt(extract, track)


def _bad_tracks_error(bad: tuple[BadTrack, ...] | list[BadTrack], total: int) -> DataError:
    # A clip and its altered copy share one file, which is listed once.
    bad = list({entry.reason: entry for entry in bad}.values())
    named = "\n  ".join(entry.reason for entry in bad[:_MAX_LISTED_BAD_TRACKS])
    more = f"\n  ... and {len(bad) - _MAX_LISTED_BAD_TRACKS} more" if len(bad) > _MAX_LISTED_BAD_TRACKS else ""
    if len(bad) == 1:
        return DataError(named)
    return DataError(f"{len(bad)} of {total} clips cannot be used:\n  {named}{more}")


def _name_of(catalog: Catalog) -> str:
    return "the demo corpus" if catalog.dataset == "demo" else catalog.title
