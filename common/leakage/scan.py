"""Scans for clips of the same recording, kept in the cache."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import has_digest, read_json, sha256_of_json, with_digest, without_digest, write_json
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
_EARLIER_VERSIONS = range(_SCAN_VERSION)
_REMEDY = " Delete it and run the same command again."


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

    @property
    def key(self) -> dict[str, Any]:
        """What the name of the file is a digest of."""
        return {name: value for name, value in self.as_json().items() if name != "scan"}


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
        DataError: the file in the cache is not a scan.
    """
    above = float(above)
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
        try:
            write_json(path, with_digest(key | {"scan": asdict(found)}))
        except DataError as error:
            warn(f"the scan for duplicates is not kept for the next command: {error}")
        return found
    found, _ = read_scan(path)
    if found is None:
        raise DataError(f"{path}: is a scan of an earlier version.{_REMEDY}")
    return found


def read_scan(path: Path) -> tuple[Scan | None, bool]:
    """Read a scan from the cache.

    Returns:
        The scan, None where an earlier version made it in another way; and whether its file held a digest, as those of
        earlier versions do not.

    Raises:
        DataError: it cannot be read, was edited, is not a scan, or is of other clips than its name says.
    """
    what = "a scan for duplicates"
    values = read_json(path, what=what, remedy=_REMEDY)
    if isinstance(values, dict) and _is_earlier(path, values):
        without_digest(path, values, remedy=_REMEDY)
        return None, has_digest(values)
    stored = stored_spec(_StoredScan, path, values, what=what, remedy=_REMEDY)
    if sha256_of_json(stored.key)[:16] != path.stem:
        raise DataError(f"{path}: is a scan of other clips than its name says.{_REMEDY}")
    scan = stored.scan
    found = Scan(
        pairs=tuple(Pair(**pair.model_dump()) for pair in scan.pairs),
        clips=scan.clips,
        short=scan.short,
        same_bytes=scan.same_bytes,
        above=scan.above,
    )
    return found, has_digest(values)


def _is_earlier(path: Path, values: dict[str, Any]) -> bool:
    """Whether an earlier version made a scan in another way, before what it depends on had all its fields of today."""
    key = {name: value for name, value in values.items() if name not in ("scan", "sha256")}
    has_fewer = key.keys() < _StoredScan.model_fields.keys() - {"scan"}
    return (has_fewer or values.get("version") in _EARLIER_VERSIONS) and sha256_of_json(key)[:16] == path.stem
