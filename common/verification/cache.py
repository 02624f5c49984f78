"""The folder of all caches: features against their indexes, and every list of files and of duplicates against its own
digest. Weights and the demo corpus, which are in it, too, are subjects of `common.verification.weights`."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from common.core.console import progress
from common.core.errors import DataError
from common.core.files import sha256_of_file
from common.core.words import counted
from common.leakage.scan import read_scan
from common.verification.faults import Fault, Verified
from data_pipeline.cache.shards import (
    INDEX_NAME,
    Shard,
    is_description,
    read_description,
    read_index_alone,
    verify_shard,
)
from data_pipeline.datasets.unpacked import LIST_NAME, read_list, unpacked_below

_SHOWN_DIGITS = 12
# Checks one file, and returns what is wrong with it.
_Check = Callable[[], list[Fault]]


def verify_cache(cache: Path | None) -> Verified:
    """Check every index and shard of features, every scan for duplicates and every unpacked file below a cache.

    Args:
        cache: folder of the cache; None for none.
    """
    if cache is None:
        return Verified("cache", "not checked: there is no cache folder")
    counts: Counter = Counter()
    checks = [
        *_within(cache / "shards", lambda folder: _of_shards(folder, counts)),
        *_within(cache / "duplicates", lambda folder: _of_scans(folder, counts)),
        *_within(unpacked_below(cache), lambda folder: _of_unpacked(folder, counts)),
    ]
    faults: list[Fault] = []
    if checks:
        with progress("checking the cache", len(checks), unit="files", transient=True) as advance:
            for check in checks:
                faults += check()
                advance(1)
    summary = (
        f"{counted(counts['shards'], 'shard')} of features, {counted(counts['scans'], 'list')} of duplicates, "
        f"{counted(counts['unpacked'], 'unpacked file')} compared"
    )
    if checks and not faults:
        summary += ": all right"
    return Verified("cache", summary, dict(counts), tuple(faults), tuple(_unchecked(counts)))


def _within(folder: Path, checks: Callable[[Path], Iterator[_Check]]) -> list[_Check]:
    """The checks of what is in a folder; where it cannot be read, one that says so. None where it does not exist."""
    try:
        return list(checks(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        found = f"a folder that cannot be read ({error.strerror or error})"
        fault = Fault(Path(error.filename or folder), found, "a readable one", "Check it as its owner.")
        return [partial(list, [fault])]


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, by name.

    Raises:
        OSError: it cannot be read, which `Path.glob` would take for a folder without entries.
    """
    return sorted(folder.iterdir())


def _of_shards(folder: Path, counts: Counter) -> Iterator[_Check]:
    """Checks of every folder of features, finished or not."""
    for inner in _entries(folder):
        if inner.is_dir():
            yield from _within(inner, lambda inner: _of_features(inner, counts))


def _of_features(folder: Path, counts: Counter) -> Iterator[_Check]:
    names = {path.name: path for path in _entries(folder)}
    indexed: dict[str, Shard] = {}
    if INDEX_NAME in names:
        # Read at once, as the checks of the shards need it.
        faults: list[Fault] = []
        try:
            index, has_digest = read_index_alone(folder)
        except DataError as error:
            faults.append(_fault(folder / INDEX_NAME, error, folder))
        else:
            indexed = {shard.name: shard for shard in index.shards}
            counts["without_digest"] += not has_digest
        counts["indexes"] += 1
        yield partial(list, faults)
    # Copies that people or programs made beside them have other names.
    described = {path.stem: path for name, path in names.items() if is_description(name)}
    counts["shards"] += len(indexed | described)
    for name in sorted(indexed | described):
        yield partial(_check_shard, folder, name, indexed.get(name), described.get(name), counts)


def _check_shard(
    folder: Path, name: str, indexed: Shard | None, description: Path | None, counts: Counter
) -> list[Fault]:
    """Check one shard and the description beside it.

    Args:
        indexed: the shard, as the index of the folder lists it; None where there is none.
        description: its path; None where there is none.
    """
    faults, shard = [], indexed
    if description is not None:
        try:
            described, has_digest = read_description(description)
        except DataError as error:
            faults.append(_fault(description, error, folder))
        else:
            counts["without_digest"] += not has_digest
            if indexed is not None and described != indexed:
                other = f"another shard than {INDEX_NAME}"
                faults.append(Fault(description, other, "the same in both", _remedy(folder)))
            shard = indexed or described
    if shard is None:
        return faults
    try:
        verify_shard(folder, shard)
    except DataError as error:
        faults.append(_fault(folder / f"{name}.npy", error, folder))
    return faults


def _of_scans(folder: Path, counts: Counter) -> Iterator[_Check]:
    for path in (path for path in _entries(folder) if path.suffix == ".json"):
        counts["scans"] += 1
        yield partial(_check_scan, path, counts)


def _check_scan(path: Path, counts: Counter) -> list[Fault]:
    try:
        _, has_digest = read_scan(path)
    except DataError as error:
        remedy = "Delete it; the next command that needs it makes it again."
        return [Fault(path, _said(path, error), "a scan for duplicates, as it was written", remedy)]
    counts["without_digest"] += not has_digest
    return []


def _of_unpacked(place: Path, counts: Counter) -> Iterator[_Check]:
    """Checks of every list of unpacked files, and of the files that it names."""
    for folder in _entries(place):
        path, faults = folder / LIST_NAME, []
        try:
            if not path.exists():
                continue
        except OSError as error:
            found = f"a folder that cannot be read ({error.strerror or error})"
            yield partial(list, [Fault(folder, found, "a readable one", "Check it as its owner.")])
            continue
        try:
            listed = read_list(folder)
        except (DataError, OSError) as error:
            faults.append(Fault(path, _said(path, error), "the list that was written", _unpack_again(folder)))
        else:
            counts["without_digest"] += not listed.has_digest
            counts["unpacked"] += len(listed.digests)
            counts["unpacked_without_digest"] += 0 if listed.digests else len(listed.sizes)
            for name, digest in listed.digests.items():
                yield partial(_check_unpacked, folder, name, digest)
        yield partial(list, faults)


def _check_unpacked(folder: Path, name: str, digest: str) -> list[Fault]:
    path, wanted = folder / name, f"{digest[:_SHOWN_DIGITS]}..., as {LIST_NAME} says"
    try:
        found = sha256_of_file(path)
    except OSError as error:
        return [Fault(path, f"a file that cannot be read ({error.strerror})", wanted, _unpack_again(folder))]
    if found == digest:
        return []
    return [Fault(path, f"the SHA-256 {found[:_SHOWN_DIGITS]}...", wanted, _unpack_again(folder))]


def _fault(path: Path, error: DataError, folder: Path) -> Fault:
    remedy = _remedy(folder)
    said = _said(path, error).removesuffix(remedy.rstrip(".")).rstrip(". ")
    return Fault(path, said, "what was written", remedy)


def _said(path: Path, error: Exception) -> str:
    """The message of an error without the path and the full stop."""
    return str(error).removeprefix(f"{path}: ").rstrip(".")


def _remedy(folder: Path) -> str:
    return f"Delete the folder {folder} to extract it again."


def _unpack_again(folder: Path) -> str:
    return f"Delete the folder {folder} to unpack it again."


def _unchecked(counts: Counter) -> list[str]:
    found = []
    if counts["without_digest"]:
        found.append(
            f"{counted(counts['without_digest'], 'list')} of the cache against a digest of its own (written before "
            "Encore stored digests)"
        )
    if counts["unpacked_without_digest"]:
        found.append(
            f"{counted(counts['unpacked_without_digest'], 'unpacked file')} (unpacked before Encore stored digests)"
        )
    return found
