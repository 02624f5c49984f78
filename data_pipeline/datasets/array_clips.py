"""Spectrograms as one `.npy` file for each clip, in genre folders: `FOLDER/<genre>/<clip>.npy`."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from common.core.console import say
from common.core.errors import DataError
from data_pipeline.datasets.array_shapes import of_one_channel, storage_of
from data_pipeline.datasets.catalog import BadTrack, Track
from data_pipeline.datasets.files import files_below
from data_pipeline.datasets.npy import ArrayHeader, NpyFiles
from data_pipeline.features.storage import StorageFormat

_NAMED = 5
_AUDIO = (".wav", ".mp3", ".flac", ".au", ".ogg", ".m4a", ".aiff")
AXES = "(bins, columns)"


@dataclass(frozen=True)
class Clips:
    """Clips of one folder.

    Args:
        folder: that holds the genre folders.
        tracks: clips that can be used, at least one.
        columns: number of columns of each of them.
        bad: clips that are damaged, or unlike the others in bins or type.
        extra: files that are not `.npy`, by path below the folder.
    """

    folder: Path
    tracks: tuple[Track, ...]
    columns: tuple[int, ...]
    bins: int
    storage: StorageFormat
    bad: tuple[BadTrack, ...]
    extra: tuple[str, ...]


def holds_arrays(folder: Path, names: Collection[str]) -> bool:
    """Whether a folder holds the array of all clips, rather than one file for each.

    Args:
        names: of such an array, in lower case.
    """
    return any(file.stem.lower() in names for file in folder.glob("*.npy"))


def open_clip(file: Path) -> NpyFiles:
    """The file of one clip, as the array X."""
    return NpyFiles(file, {"X": file})


def clip_header(file: Path) -> ArrayHeader:
    """Header of a clip, with two axes (bins, columns).

    Raises:
        DataError: it is damaged or pickled, or has other axes, or no values.
    """
    return of_one_channel(file, open_clip(file).header("X"), axes=AXES)


def find_clips(folder: Path) -> Clips:
    """Look for clips in genre folders, and read their headers.

    Most clips decide how many bins the data have, and how values are stored; the others are bad.

    Raises:
        DataError: there are none, or some have no genre, or none can be used.
    """
    found = files_below(folder)
    files = [file for file in found.files if file.suffix.lower() == ".npy"]
    if not files:
        raise DataError(f"--data {folder}: holds no .npy file{_about_others(found.files)}")
    if inside := next((file.parent for file in files if file.name == "X.npy"), None):
        raise DataError(f"--data {folder}: the arrays are in a folder below. Give {inside}.")
    root = _root_of(folder, files)
    if root != folder:
        say(f"the genre folders are in {root}")
    without = [file.name for file in files if file.parent == root]
    if without:
        raise DataError(
            f"--data {folder}: {len(without)} .npy files are not in a genre folder: {', '.join(without[:_NAMED])}. "
            "Expected <genre>/<clip>.npy, or X.npy, name.npy and genre.npy."
        )
    ids = _ids(root, files)
    headers: dict[Path, ArrayHeader] = {}
    bad: dict[Path, str] = {path: f"{path}: is a broken link." for path in found.broken_links if path.suffix == ".npy"}
    for file in files:
        try:
            headers[file] = clip_header(file)
            storage_of(file, headers[file])
        except DataError as error:
            headers.pop(file, None)
            bad[file] = str(error)
    if not headers:
        raise DataError(f"--data {folder}: none of its {len(files)} .npy files can be used; first: {bad[files[0]]}")
    _require_not_transposed(root, headers)
    kinds = {file: (header.shape[0], storage_of(file, header)) for file, header in headers.items()}
    (bins, storage), usual = Counter(kinds.values()).most_common(1)[0]
    for file, kind in kinds.items():
        if kind != (bins, storage):
            header = headers.pop(file)
            bad[file] = (
                f"{file}: {header.shape[0]} bins of {header.dtype}, where {usual} of {len(files)} clips have {bins} "
                f"bins that are stored as {storage.dtype}."
            )
    tracks = sorted(
        (Track(id=ids[file], label=file.relative_to(root).parts[0], path=file) for file in headers),
        key=lambda track: track.id,
    )
    return Clips(
        folder=root,
        tracks=tuple(tracks),
        columns=tuple(headers[track.path].shape[1] for track in tracks),
        bins=bins,
        storage=storage,
        bad=tuple(
            BadTrack(id=ids.get(file, file.stem), path=file, reason=reason) for file, reason in sorted(bad.items())
        ),
        extra=tuple(file.relative_to(root).as_posix() for file in found.files if file.suffix.lower() != ".npy"),
    )


def _root_of(folder: Path, files: list[Path]) -> Path:
    """The folder of the genre folders: where unpacked archives hold it alone, the one below."""
    root = folder
    while True:
        parts = [file.relative_to(root).parts for file in files]
        # Of a single folder that holds folders only: it is no genre.
        if len({part[0] for part in parts}) > 1 or min(map(len, parts)) < 3 or len({part[1] for part in parts}) < 2:
            return root
        root /= parts[0][0]


def _ids(root: Path, files: list[Path]) -> dict[Path, str]:
    """Names of the files; paths below the folder where a name occurs twice."""
    names = {file: file.stem for file in files}
    if len(set(names.values())) < len(files):
        names = {file: file.relative_to(root).with_suffix("").as_posix() for file in files}
    return names


def _require_not_transposed(root: Path, headers: dict[Path, ArrayHeader]) -> None:
    first, second = ({header.shape[axis] for header in headers.values()} for axis in (0, 1))
    if len(first) > 1 and len(second) == 1 and len(headers) > 2:
        raise DataError(
            f"--data {root}: clips of {min(first)} to {max(first)} x {second.pop()} look transposed, because bins come "
            f"first and are as many in all clips: expected {AXES}. Save the transpose of each, clip.T."
        )


def _about_others(files: tuple[Path, ...]) -> str:
    archives = [file.name for file in files if file.suffix.lower() == ".npz"]
    if archives:
        return f"; give one of its .npz files, e.g. {archives[0]}."
    suffixes = Counter(file.suffix.lower() for file in files if file.suffix)
    listed = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common(3))
    audio = " Give a folder of audio with --dataset folder." if any(map(suffixes.get, _AUDIO)) else ""
    return f" ({listed}). Expected <genre>/<clip>.npy, or X.npy, name.npy and genre.npy.{audio}" if listed else "."
