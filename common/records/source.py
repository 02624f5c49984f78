"""Which version of Encore made a result: its number, and a digest of the source that results depend on."""

import functools
import hashlib
import importlib.metadata
import importlib.util
from pathlib import Path

from common.core.errors import SpecError

_DISTRIBUTION = "encore-mgc"
# What a network is trained on, how, and how its decisions are counted; `common.reports`, which words the tables, is not
# in it.
_PACKAGES = (
    "data_pipeline",
    "common.layers",
    "common.metrics",
    "common.paper",
    "common.runs",
    "common.splits",
    "common.training",
)
_SUFFIXES = (".py", ".csv")


@functools.cache
def encore_version() -> str:
    """The installed version of this project.

    Raises:
        SpecError: it is not installed.
    """
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise SpecError(
            f"{_DISTRIBUTION}: not installed in this environment, so records could not say which version made them. "
            "Install it: pip install -r requirements.txt, or the same with uv pip."
        ) from error


@functools.cache
def source_digest(paper: str) -> str:
    """SHA-256 of the source that the results of a paper depend on: its own folder, the data pipeline, and what
    declares, trains, runs and evaluates its networks. It is the same on every machine with the same clone.

    Args:
        paper: name of the paper's folder below `reproductions/`.
    """
    digest = hashlib.sha256()
    for package in (*_PACKAGES, f"reproductions.{paper}"):
        for name, path in _files_of(package):
            content = path.read_bytes().replace(b"\r\n", b"\n")  # a clone on Windows may have other line ends
            digest.update(f"{package}/{name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def short_digest(digest: str) -> str:
    """The first digits of a digest, for captions and messages."""
    return digest[:12]


def _files_of(package: str) -> list[tuple[str, Path]]:
    """Path within the package -> file, in order, of all its source files; none where there is no such package, as for
    papers that a test declares."""
    found = importlib.util.find_spec(package)
    folder = Path(found.origin).parent if found and found.origin else None
    if folder is None:
        return []
    files = [path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]
    return sorted((path.relative_to(folder).as_posix(), path) for path in files)
