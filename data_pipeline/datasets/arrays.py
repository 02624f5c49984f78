"""Precomputed spectrograms in one `.npz`, for those who may share features but not audio.

Format: `X` (tracks, bins, columns) uint8, int16 or float; `name` (tracks,) text; `genre` (tracks,) text; optional
`n_samples` (tracks,) integer: samples of each clip at 22,050 Hz, from which seconds per column follow. uint8 is read as
0-1 (divided by 255), int16 as -1 to 1 (divided by 32,767), floats unchanged.

If all names are GTZAN's clip names, the clips get GTZAN's artists and splits. Numbers with the genres of FMA-small are
assumed to be its clips; artists and the official split are in FMA's metadata, which an `.npz` does not contain.

Licence: whatever the file's author states.
"""

from pathlib import Path

import numpy as np

from common.core.errors import DataError, SpecError
from data_pipeline.datasets import fma, gtzan
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.npz import ArrayHeader, open_npz
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat

_REFERENCE_RATE = 22050
_STORAGE = {
    "uint8": StorageFormat(dtype="uint8", scale=1 / 255),
    "int16": StorageFormat(dtype="int16", scale=1 / 32767),
    "float16": StorageFormat(dtype="float16"),
    "float32": StorageFormat(dtype="float32"),
    "float64": StorageFormat(dtype="float32"),
}


def load(file: Path, *, seconds_per_column: float | None = None) -> tuple[Catalog, Precomputed]:
    """Read the names, genres and shape of an `.npz` of spectrograms.

    The spectrograms themselves are read one at a time when they are extracted.

    Args:
        file: the `.npz`.
        seconds_per_column: time step of the columns; needed where the file has no `n_samples`.

    Raises:
        DataError: not an `.npz`, pickled, an array is missing or has the wrong rank, type or length, or the time step
            is unknown.
        SpecError: `seconds_per_column` is not positive and finite.
    """
    if seconds_per_column is not None and not 0 < seconds_per_column < np.inf:
        raise SpecError(f"--seconds-per-column {seconds_per_column:g}: not a time step, expected e.g. 0.0776.")
    file = Path(file).expanduser()
    spectrograms, names, genres, n_samples = _read(file)
    rank = len(spectrograms.shape)
    if rank != 3:
        raise DataError(f"{file}: X has rank {rank}, shape {spectrograms.shape}; expected (clips, bins, columns).")
    if spectrograms.dtype.name not in _STORAGE:
        raise DataError(f"{file}: X is {spectrograms.dtype}, expected one of {', '.join(_STORAGE)}.")
    count, bins, columns = spectrograms.shape
    if spectrograms.size == 0:
        raise DataError(f"{file}: X is empty, shape {spectrograms.shape}; expected (clips, bins, columns).")
    for key, values in (("name", names), ("genre", genres), ("n_samples", n_samples)):
        if values is not None and values.shape != (count,):
            raise DataError(
                f"{file}: {key} has shape {values.shape}, expected ({count},) to match X {spectrograms.shape}."
            )
    for key, values in (("name", names), ("genre", genres)):
        if values.dtype.kind != "U":
            raise DataError(f"{file}: {key} is {values.dtype}, expected text (a NumPy array of str).")
    if n_samples is not None and not (n_samples.dtype.kind in "iu" and n_samples.min() > 0):
        raise DataError(f"{file}: n_samples must hold positive integers, found {n_samples.dtype} {n_samples[:3]}.")
    if seconds_per_column is None:
        if n_samples is None:
            raise DataError(
                f"{file}: has no n_samples, so the time step of its columns is not known. Give --seconds-per-column, "
                "e.g. 0.0776 for 387 columns of a 30 s clip."
            )
        seconds_per_column = float(np.mean(n_samples)) / _REFERENCE_RATE / columns
    feature = Precomputed(
        bins=bins, columns_per_second=1 / seconds_per_column, storage=_STORAGE[spectrograms.dtype.name]
    )
    return _catalog(file, names.tolist(), genres.tolist(), (bins, columns)), feature


def _read(file: Path) -> tuple[ArrayHeader, np.ndarray, np.ndarray, np.ndarray | None]:
    if not file.is_file():
        kind = "is a folder" if file.is_dir() else "does not exist"
        raise DataError(f"--data {file}: {kind}; --dataset arrays needs an .npz file with X, name and genre.")
    with open_npz(file) as archive:
        lacking = [key for key in ("X", "name", "genre") if key not in archive.keys]
        if lacking:
            found = " ".join(", ".join(archive.keys).split())  # a damaged name may hold line ends
            raise DataError(f"{file}: lacks {', '.join(lacking)}; found {found or 'nothing'}.")
        return (
            archive.header("X"),
            archive.small_array("name"),
            archive.small_array("genre"),
            archive.small_array("n_samples") if "n_samples" in archive.keys else None,
        )


def _catalog(file: Path, names: list[str], genres: list[str], shape: tuple[int, int]) -> Catalog:
    empty = [str(row) for row, (name, genre) in enumerate(zip(names, genres, strict=True)) if not name or not genre]
    if empty:
        raise DataError(f"{file}: rows without a name or genre: {', '.join(empty[:5])} ({len(empty)} in all).")
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise DataError(f"{file}: name holds repeated clips: {', '.join(repeated[:5])} ({len(repeated)} in all).")
    facts = gtzan.facts()
    is_gtzan = all(name in facts and name.split(".")[0] == genre for name, genre in zip(names, genres, strict=True))
    caption = f"precomputed features: {shape[0]} bins x {shape[1]} columns per clip, from {file.name}"
    if is_gtzan:
        tracks = [gtzan.track(name, file, row) for row, name in enumerate(names)]
        caption += f" ({len(names)} of GTZAN's 1,000 clips)"
    else:
        tracks = [
            Track(id=name, label=genre, path=file, row=row)
            for row, (name, genre) in enumerate(zip(names, genres, strict=True))
        ]
    if set(genres) == set(fma.SMALL_GENRES) and all(name.isdigit() for name in names):
        caption += f" ({len(names)} clips numbered and labelled like FMA-small's 8,000)"
    return Catalog(
        dataset="arrays",
        title=file.name,
        genres=tuple(sorted(set(genres))),
        tracks=tuple(sorted(tracks, key=lambda track: track.id)),
        splits=({"fault_filtered": gtzan.fault_filtered_split(), "course": gtzan.course_split()} if is_gtzan else {}),
        caption=caption,
        clip_accuracy_ceiling_percent=gtzan.CLIP_ACCURACY_CEILING_PERCENT if is_gtzan else None,
    )
