"""Scans for clips of the same recording, kept in the cache."""

from dataclasses import asdict
from pathlib import Path

from common.core.errors import DataError
from common.core.files import read_json, sha256_of_json, with_digest, without_digest, write_json
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
    return read_scan(path)[0]


def read_scan(path: Path) -> tuple[Scan | None, bool]:
    """Read a scan from the cache.

    Returns:
        The scan, None where an earlier version made it in another way; and whether its file held a digest, as those of
        earlier versions do not.

    Raises:
        DataError: it cannot be read, was edited, or is not a scan.
    """
    remedy = "Delete it and run the same command again."
    try:
        values = read_json(path, what="a scan for duplicates")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). {remedy}") from error
    try:
        plain = without_digest(path, values)
    except DataError as error:
        raise DataError(f"{error} {remedy}") from error
    key = {name: value for name, value in plain.items() if name != "scan"} if isinstance(plain, dict) else {}
    if sha256_of_json(key)[:16] != path.stem:
        raise DataError(f"{path}: is no scan for duplicates, or of other clips than its name says. {remedy}")
    has_digest = plain is not values
    if key.get("version") != _SCAN_VERSION:
        return None, has_digest
    try:
        scan = plain["scan"]
        found = Scan(
            pairs=tuple(Pair(**pair) for pair in scan["pairs"]),
            clips=scan["clips"],
            short=tuple(scan["short"]),
            same_bytes=tuple(map(tuple, scan["same_bytes"])),
            above=scan["above"],
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not a scan for duplicates. {remedy}") from error
    return found, has_digest
