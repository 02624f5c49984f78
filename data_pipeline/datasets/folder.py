"""Any folder of audio files, labelled by its subfolders. For inspection, not for training.

Licence: whatever the files' owner states.
"""

from pathlib import Path

import soundfile

from common.core.errors import DataError
from common.core.words import counted
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.files import files_below

# Without RAW: files without a header state neither sample rate nor channels.
_SUFFIXES = {f".{name.lower()}" for name in soundfile.available_formats() if name != "RAW"} | {".aif", ".opus", ".oga"}


def load_folder(folder: Path, *, name: str = "--folder") -> Catalog:
    """Find every audio file below `folder`; a file's parent folder is its genre.

    Args:
        name: of the folder in messages: the option or the argument that it was given as.

    Returns:
        The catalog; an id is the file's path below `folder`.

    Raises:
        DataError: the folder does not exist or holds fewer than two audio files.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{name} {folder}: {kind}; expected a folder of audio files.")
    files = files_below(folder).files
    found = [path for path in files if path.suffix.lower() in _SUFFIXES]
    if len(found) < 2:
        raise DataError(
            f"{name} {folder}: {counted(len(found), 'audio file')} in it, expected at least two to compare."
        )
    # The name of `.` is empty, and that of `..` says nothing.
    top = folder.resolve().name
    tracks = tuple(
        Track(
            id=path.relative_to(folder).as_posix(), label=top if path.parent == folder else path.parent.name, path=path
        )
        for path in found
    )
    taken = set(found)
    others = [path.relative_to(folder).as_posix() for path in files if path not in taken]
    return Catalog(
        dataset="folder",
        title=top,
        genres=tuple(sorted({track.label for track in tracks})),
        tracks=tuple(sorted(tracks, key=lambda track: track.id)),
        extra=tuple(others),
    )
