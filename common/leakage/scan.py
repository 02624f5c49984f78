"""Scans for clips of the same recording, kept in the cache."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from common.core.errors import DataError
from common.core.files import read_json, sha256_of_json, with_digest, write_json
from common.core.spec import Spec, stored_spec
from common.runs.options import Options
from common.runs.plan import Plan
from data_pipeline.audio.decode import DECODING_VERSION
from data_pipeline.cache import cache_folder
from data_pipeline.cache.extraction import ParallelMap
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.duplicates.fingerprints import fingerprint_shards
from data_pipeline.duplicates.scan import SIMILARITY_THRESHOLD, Pair, Scan, find_duplicates

# Increase whenever the same clips would give other pairs, or the file other fields.
_SCAN_VERSION = 2


class _StoredPair(Spec):
    """Fields of `Pair`."""

    first: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool


class _Found(Spec):
    """Fields of `Scan`."""

    pairs: tuple[_StoredPair, ...]
    clips: int
    short: tuple[str, ...]
    same_bytes: tuple[tuple[str, ...], ...]
    above: float


class _StoredScan(Spec):
    """A file of the cache: what the scan depends on, and its result."""

    data: str
    feature: dict[str, Any]
    extraction: int
    decoding: int
    above: float
    version: int
    scan: _Found


def scan_plan(work: Plan, options: Options, *, parallel_map: ParallelMap | None = None) -> Scan:
    """Duplicates among the clips of a plan, from the cache where it has them.

    Raises:
        DataError: audio cannot be read, or the cache cannot be used.
    """
    index = fingerprint_shards(
        work.catalog,
        work.given,
        options.cache,
        skip_bad=options.skip_bad,
        decoder=options.decoder,
        parallel_map=parallel_map,
    )
    return cached_scan(index, options.cache)


def cached_scan(index: ShardIndex, cache: Path, *, above: float = SIMILARITY_THRESHOLD) -> Scan:
    """The scan of these shards from the cache, or made and cached where there is none.

    Raises:
        DataError: the cache cannot be written, or its file is not a scan.
    """
    key = {
        "data": index.data_digest,
        "feature": index.feature.as_json(),
        "extraction": index.extraction_version,
        "decoding": DECODING_VERSION,
        "above": above,
        "version": _SCAN_VERSION,
    }
    path = cache_folder(cache) / "duplicates" / f"{sha256_of_json(key)[:16]}.json"
    if not path.exists():
        found = find_duplicates(index, above=above)
        write_json(path, with_digest(key | {"scan": asdict(found)}))
        return found
    what, remedy = "a scan for duplicates", " Delete it and run the same command again."
    stored = stored_spec(_StoredScan, path, read_json(path, what=what, remedy=remedy), what=what, remedy=remedy)
    if any(getattr(stored, name) != value for name, value in key.items()):
        raise DataError(f"{path}: is a scan of other clips than its name says.{remedy}")
    scan = stored.scan
    return Scan(
        pairs=tuple(Pair(**pair.model_dump()) for pair in scan.pairs),
        clips=scan.clips,
        short=scan.short,
        same_bytes=scan.same_bytes,
        above=scan.above,
    )
