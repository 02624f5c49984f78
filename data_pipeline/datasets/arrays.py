"""Precomputed spectrograms, for those who may share features but not audio.

Three forms, see README.md of this folder:

* an `.npz` with `X` (clips, bins, columns) uint8, int16 or float, `name` (clips,), `genre` (clips,), and optional
  `n_samples` (clips,) integer: samples of each clip at 22,050 Hz, from which seconds per column follow;
* a folder with the same arrays as `X.npy`, `name.npy`, `genre.npy` and `n_samples.npy`;
* a folder of genre folders with one `.npy` (bins, columns) for each clip, which may have different numbers of columns.

uint8 is read as 0-1 (divided by 255), int16 as -1 to 1 (divided by 32,767), floats unchanged.

If all names are GTZAN's clip names, the clips get GTZAN's artists and splits. Numbers with the genres of FMA-small are
assumed to be its clips; artists and the official split are in FMA's metadata, which arrays do not contain.

Licence: whatever the file's author states.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from common.core.console import warn
from common.core.errors import BudgetError, DataError, SpecError
from common.core.words import listed
from data_pipeline.datasets import fma, gtzan
from data_pipeline.datasets.array_clips import Clips, find_clips, holds_arrays
from data_pipeline.datasets.array_rows import genres_of, names_of, row_names, samples_of, warn_of_unlike
from data_pipeline.datasets.array_shapes import of_one_channel, storage_of, warn_of_transposed
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.files import files_below
from data_pipeline.datasets.genre_names import FLAG, read_genre_names, warn_of_alike
from data_pipeline.datasets.npy import ArrayHeader, NpyFiles, StoredArrays
from data_pipeline.datasets.npz import open_npz
from data_pipeline.features.precomputed import Precomputed

_REFERENCE_RATE = 22050
_KEYS = ("X", "name", "genre", "n_samples")
# Other names that people give to these arrays, in lower case.
_ALIASES = {
    "X": ("x", "data", "features", "feature", "specs", "spectrograms", "mel", "mels", "inputs", "images", "mfcc"),
    "genre": ("y", "label", "labels", "genres", "target", "targets", "class", "classes"),
    "name": ("names", "id", "ids", "file", "files", "filename", "filenames", "track_id", "track_ids", "tracks"),
    "n_samples": ("samples", "n_sample", "num_samples"),
}
# An array that unpacks to so many times its size is mostly one value, or made to fill disks.
_SUSPICIOUS_RATIO = 200
_LARGE_BYTES = 1 << 30
# So many clips that take fewer bytes in the file, each, are no spectrograms: an .npz of 1 MB can declare a billion.
_MANY_CLIPS, _LEAST_CLIP_BYTES = 100_000, 64
# Memory of a clip's entry in the catalog, beside its name and genre. These are held three times while they are read: in
# pieces, joined, and as texts.
_ENTRY_BYTES, _TIMES_HELD = 1_000, 3


def load(
    path: Path,
    *,
    seconds_per_column: float | None = None,
    genre_names: str | None = None,
    memory_left_bytes: int | None = None,
) -> tuple[Catalog, Precomputed]:
    """Read the names, genres and shapes of spectrograms.

    The spectrograms themselves are read one at a time when they are extracted.

    Args:
        path: an `.npz`, or a folder of `.npy` files.
        seconds_per_column: time step of the columns; needed where there is no `n_samples`.
        genre_names: names of genres that are numbers, see `read_genre_names`.
        memory_left_bytes: what the process may still take; None for no limit.

    Raises:
        DataError: no arrays, pickled, an array is missing or has the wrong rank, type or length, or the time step is
            unknown.
        BudgetError: the names and genres take more memory than is left; nothing was read then but headers.
        SpecError: `seconds_per_column` is not positive and finite, or `genre_names` do not fit.
    """
    if seconds_per_column is not None and not 0 < seconds_per_column < np.inf:
        raise SpecError(f"--seconds-per-column {seconds_per_column:g}: not a time step, expected e.g. 0.0776.")
    given = None if genre_names is None else read_genre_names(genre_names)
    path = Path(path).expanduser()
    if not path.exists():
        raise DataError(
            f"--data {path}: does not exist; --dataset arrays needs an .npz file with X, name and genre, or a folder "
            "of .npy files."
        )
    if path.is_dir() and not holds_arrays(path, _names_of_x()):
        if given is not None:
            raise SpecError(f"{FLAG}: goes with genres that are numbers, and those of {path} are names of folders.")
        return _load_clips(find_clips(path), seconds_per_column)
    with open_arrays(path) as stored:
        return _load_rows(stored, seconds_per_column, given, memory_left_bytes)


@contextmanager
def open_arrays(path: Path) -> Iterator[StoredArrays]:
    """Open an `.npz`, or the folder with `X.npy` and the other arrays.

    Raises:
        DataError: the file is not an `.npz`.
    """
    if path.is_dir():
        files = sorted(file for file in path.glob("*.npy") if not file.name.startswith("."))
        yield NpyFiles(path, {file.stem: file for file in files})
        return
    with open_npz(path) as archive:
        yield archive


def clips_header(stored: StoredArrays) -> ArrayHeader:
    """Header of X, with three axes (clips, bins, columns).

    Raises:
        DataError: X has other axes, or no values.
    """
    return of_one_channel(stored.path, stored.header("X"))


def _load_rows(
    stored: StoredArrays,
    seconds_per_column: float | None,
    given: tuple[str, ...] | None,
    memory_left_bytes: int | None,
) -> tuple[Catalog, Precomputed]:
    path = stored.path
    _require_keys(stored)
    header = clips_header(stored)
    storage = storage_of(path, header)
    count, bins, columns = header.shape
    _require_plausible(stored, count)
    _require_memory(stored, count, memory_left_bytes)
    genres = genres_of(path, stored.small_array("genre"), count, given)
    has_names = "name" in stored.keys
    names = names_of(path, stored.small_array("name"), count) if has_names else row_names(count)
    n_samples = samples_of(path, stored.small_array("n_samples"), count) if "n_samples" in stored.keys else None
    if seconds_per_column is None:
        if n_samples is None:
            raise _unknown_time_step(f"{path}: has no n_samples", columns)
        warn_of_unlike(path, names, n_samples, columns)
        seconds_per_column = float(np.mean(n_samples)) / _REFERENCE_RATE / columns
    warn_of_transposed(path, bins, columns)
    _warn_of_ratio(stored, header)
    file = stored.file_of("X")
    caption = f"precomputed features: {bins} bins x {columns} columns per clip, from {_name(path)}"
    if not has_names:
        caption += " (without names: clips are named by their rows)"
    tracks = [
        Track(id=name, label=genre, path=file, row=row)
        for row, (name, genre) in enumerate(zip(names, genres, strict=True))
    ]
    feature = Precomputed(bins=bins, columns_per_second=1 / seconds_per_column, storage=storage)
    return _catalog(path, tracks, caption, extra=_other_files(path)), feature


def _load_clips(clips: Clips, seconds_per_column: float | None) -> tuple[Catalog, Precomputed]:
    if seconds_per_column is None:
        raise _unknown_time_step(f"{clips.folder}: .npy files of clips have no n_samples", max(clips.columns))
    warn_of_alike(clips.folder, [track.label for track in clips.tracks])
    for columns in set(clips.columns) if len(set(clips.columns)) == 1 else ():
        warn_of_transposed(clips.folder, clips.bins, columns, remedy="the transpose of each clip, clip.T")
    shortest, longest = min(clips.columns), max(clips.columns)
    columns = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
    caption = f"precomputed features: {clips.bins} bins x {columns} columns per clip, from .npy files"
    feature = Precomputed(bins=clips.bins, columns_per_second=1 / seconds_per_column, storage=clips.storage)
    catalog = _catalog(clips.folder, list(clips.tracks), caption, extra=clips.extra)
    return catalog.replace(bad=clips.bad, bad_advice="Save these arrays again"), feature


def _catalog(path: Path, tracks: Sequence[Track], caption: str, *, extra: tuple[str, ...]) -> Catalog:
    facts = gtzan.facts()
    is_gtzan = all(track.id in facts and track.id.split(".")[0] == track.label for track in tracks)
    if is_gtzan:
        tracks = [gtzan.track(track.id, track.path, track.row) for track in tracks]
        caption += f" ({len(tracks)} of GTZAN's 1,000 clips)"
    genres = {track.label for track in tracks}
    if genres == set(fma.SMALL_GENRES) and all(track.id.isdigit() for track in tracks):
        caption += f" ({len(tracks)} clips numbered and labelled like FMA-small's 8,000)"
    return Catalog(
        dataset="arrays",
        title=_name(path),
        genres=tuple(sorted(genres)),
        tracks=tuple(sorted(tracks, key=lambda track: track.id)),
        extra=extra,
        splits=({"fault_filtered": gtzan.fault_filtered_split(), "course": gtzan.course_split()} if is_gtzan else {}),
        caption=caption,
        clip_accuracy_ceiling_percent=gtzan.CLIP_ACCURACY_CEILING_PERCENT if is_gtzan else None,
    )


def _name(path: Path) -> str:
    return Path(os.path.abspath(path)).name  # also of `.`


def _names_of_x() -> set[str]:
    """Names of X, also those that have to be renamed, in lower case."""
    return {"x", *_ALIASES["X"], *_parts("x")}


def _parts(key: str) -> list[str]:
    return [f"{key}_{part}" for part in ("train", "valid", "val", "test")]


def _require_keys(stored: StoredArrays) -> None:
    lacking = [key for key in ("X", "name", "genre") if key not in stored.keys]
    # Without names, rows are numbered; but where there are arrays of other names, one of them may hold them.
    if not lacking or (lacking == ["name"] and set(stored.keys) <= set(_KEYS)):
        return
    found = " ".join(listed(stored.keys).split())  # a damaged name may hold line ends
    raise DataError(
        f"{stored.path}: lacks {', '.join(lacking)}; found {found or 'nothing'}.{_about_keys(stored.keys, lacking)}"
    )


def _about_keys(keys: Sequence[str], lacking: Sequence[str]) -> str:
    """What to do with arrays of other names, as further sentences; empty where nothing is known of them."""
    of_lower = {key.lower(): key for key in keys}
    parts = [of_lower[part] for part in _parts("x") if part in of_lower]
    if "X" in lacking and len(parts) > 1:
        return (
            f" Join {' and '.join(parts)}, and what belongs to them: X=np.concatenate([{', '.join(parts)}]); Encore "
            "splits the clips itself, see --split."
        )
    if "X" in lacking and "arr_0" in keys:
        return " Save each array under its name: np.savez(FILE, X=X, name=names, genre=genres)."
    renamed = []
    for key in lacking:
        others = [of_lower[alias] for alias in _ALIASES[key] if alias in of_lower and of_lower[alias] not in _KEYS]
        if others:
            renamed.append(f"{others[0]} to {key}")
    if lacking == ["name"] and not renamed:
        return " Save the names of the clips as name, or leave the other arrays out to number the clips."
    return f" Rename {' and '.join(renamed)}." if renamed else ""


def _unknown_time_step(what: str, columns: int) -> DataError:
    return DataError(
        f"{what}, so the time step of the columns is not known. Give --seconds-per-column, e.g. "
        f"{30 / columns:.3g} for {columns} columns of a 30 s clip."
    )


def _require_plausible(stored: StoredArrays, count: int) -> None:
    packed = stored.packed_bytes("X")
    if count > _MANY_CLIPS and packed < _LEAST_CLIP_BYTES * count:
        raise DataError(
            f"{stored.path}: X declares {count:,} clips in {packed:,} bytes, expected at least {_LEAST_CLIP_BYTES} "
            "bytes for a spectrogram. Save the arrays again, with one row of X for each clip."
        )


def _require_memory(stored: StoredArrays, count: int, left_bytes: int | None) -> None:
    if left_bytes is None:
        return
    read = [key for key in ("name", "genre", "n_samples") if key in stored.keys]
    needed = count * _ENTRY_BYTES + _TIMES_HELD * sum(stored.header(key).values_bytes for key in read)
    if needed > left_bytes:
        raise BudgetError(
            f"{stored.path}: declares {count:,} clips, whose names and genres take {needed / 2**20:,.0f} MB of memory, "
            f"and --memory-limit leaves {max(0, left_bytes) / 2**20:,.0f} MB. Raise the limit, or give fewer clips."
        )


def _warn_of_ratio(stored: StoredArrays, header: ArrayHeader) -> None:
    packed = max(1, stored.packed_bytes("X"))
    if header.values_bytes > _LARGE_BYTES and header.values_bytes > _SUSPICIOUS_RATIO * packed:
        warn(
            f"{stored.path}: X takes {packed / 2**20:.1f} MB here and {header.values_bytes / 2**30:.1f} GB unpacked, "
            f"{header.values_bytes / packed:.0f} times as much: nearly all its values are the same"
        )


def _other_files(path: Path) -> tuple[str, ...]:
    if not path.is_dir():
        return ()
    used = {f"{key}.npy" for key in _KEYS}
    below = (file.relative_to(path).as_posix() for file in files_below(path).files)
    return tuple(file for file in below if file not in used)
