"""The scan for duplicates of a dataset, made once and kept in the cache."""

from dataclasses import asdict
from pathlib import Path

from common.errors import DataError
from common.files import read_json, sha256_of_json, write_json
from common.planning import Options, Plan
from data_pipeline import duplicates, fingerprints
from data_pipeline.duplicates import Pair, Scan
from data_pipeline.prepare import Spread
from data_pipeline.shards import ShardIndex

# Raised whenever the same clips would give other pairs.
_SCAN_VERSION = 1


def scan_of(work: Plan, options: Options, *, spread: Spread | None = None) -> Scan:
    """Duplicates among the clips of a plan.

    Raises:
        DataError: audio cannot be read, or the cache cannot be used.
    """
    index = fingerprints.index_of(
        work.catalog,
        work.given,
        options.cache,
        skip_bad=options.skip_bad,
        decoder=options.decoder,
        spread=spread,
    )
    return kept_scan(index, options.cache)


def kept_scan(index: ShardIndex, cache: Path, *, above: float = duplicates.ABOVE) -> Scan:
    """The scan of these shards from the cache, made where there is none.

    Raises:
        DataError: the cache cannot be written, or holds something else.
    """
    key = {"data": index.data_digest, "feature": index.feature.as_json(), "above": above, "version": _SCAN_VERSION}
    path = Path(cache).expanduser() / "duplicates" / f"{sha256_of_json(key)[:16]}.json"
    if not path.exists():
        found = duplicates.scan(index, above=above)
        write_json(path, key | {"scan": asdict(found)})
        return found
    values = read_json(path, what="a scan for duplicates")
    try:
        scan = values["scan"]
        return Scan(**{**scan, "pairs": tuple(Pair(**pair) for pair in scan["pairs"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not a scan for duplicates. Delete it to have it made again.") from error
