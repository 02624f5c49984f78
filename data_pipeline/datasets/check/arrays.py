"""Checks spectrograms: an `.npz`, or a folder of `.npy` files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.core.console import progress
from common.core.errors import DataError
from data_pipeline.datasets import arrays, gtzan
from data_pipeline.datasets.array_clips import clip_header, open_clip
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.check.report import ArrayFacts, DataReport, Finding, GenreCount, part_sizes
from data_pipeline.datasets.npy import ArrayHeader
from data_pipeline.datasets.recognise import known_dataset
from data_pipeline.features.precomputed import Precomputed

_NAMED_MISSING = 5


def check_arrays(
    path: Path, *, quick: bool = False, seconds_per_column: float | None = None, genre_names: str | None = None
) -> tuple[DataReport, Precomputed]:
    """Read the names, genres and shapes of spectrograms, and the values of every track.

    Args:
        path: an `.npz`, or a folder of `.npy` files.
        quick: leave the values out.
        seconds_per_column: time step of the columns; needed where there is no `n_samples`.
        genre_names: names of genres that are numbers, see `read_genre_names`.

    Returns:
        What was found, and the feature that the arrays are.

    Raises:
        DataError: the arrays cannot be used, see `arrays.load`, or values of an array of all tracks cannot be read.
        SpecError: `seconds_per_column` is not positive and finite, or `genre_names` do not fit.
    """
    path = Path(path).expanduser().absolute()
    catalog, feature = arrays.load(path, seconds_per_column=seconds_per_column, genre_names=genre_names)
    checked = _check_rows if catalog.tracks[0].row is not None else _check_clips
    facts, columns, faults = checked(path, catalog, feature, quick=quick)
    broken = (
        *(Finding(bad.id, _below(bad.path, path), bad.reason.removeprefix(f"{bad.path}: ")) for bad in catalog.bad),
        *(Finding(track.id, _place(track, path), faults[track.id]) for track in _in_file_order(catalog, faults)),
    )
    usable = [track for track in catalog.tracks if track.id not in faults]
    counts = Counter(track.label for track in usable)
    ids = [track.id for track in catalog.tracks]
    known_as = known_dataset("arrays", catalog.genres, ids)
    report = DataReport(
        dataset="arrays",
        title=catalog.title,
        known_as=known_as,
        data=str(path),
        clips_in="",
        quick=quick,
        usable=len(usable),
        expected=None,
        genres={genre: GenreCount(counts[genre], None) for genre in catalog.genres},
        read_with=(
            *(() if seconds_per_column is None else ("--seconds-per-column", f"{seconds_per_column:g}")),
            *(() if genre_names is None else ("--genre-names", genre_names)),
        ),
        extra=catalog.extra,
        broken=broken,
        seconds={track.id: columns[track.id] / feature.columns_per_second for track in usable},
        with_artist=sum(track.artist is not None for track in usable),
        splits={name: part_sizes(parts, {track.id for track in usable}) for name, parts in catalog.splits.items()},
        arrays=facts,
        notes=tuple(_notes(known_as, ids)),
    )
    return report, feature


# Facts, id of each track -> its columns, id of each track that cannot be used -> why.
_Checked = tuple[ArrayFacts, dict[str, int], dict[str, str]]


def _check_rows(path: Path, catalog: Catalog, feature: Precomputed, *, quick: bool) -> _Checked:
    with arrays.open_arrays(path) as stored:
        header = arrays.clips_header(stored)
        of_row = {}
        if not quick:
            with progress(f"reading every spectrogram of {catalog.title}"):
                of_row = _faults(stored.pieces("X"), header, feature)
    count, bins, columns = header.shape
    facts = ArrayFacts(count, bins, columns, header.dtype.name, 1 / feature.columns_per_second)
    faults = {track.id: of_row[track.row] for track in catalog.tracks if track.row in of_row}
    return facts, dict.fromkeys((track.id for track in catalog.tracks), columns), faults


def _check_clips(path: Path, catalog: Catalog, feature: Precomputed, *, quick: bool) -> _Checked:
    headers = {track.id: clip_header(track.path) for track in catalog.tracks}
    faults = {}
    if not quick:
        with progress(f"reading every spectrogram of {catalog.title}", len(headers), unit="clips") as advance:
            for track in catalog.tracks:
                if reason := _fault_of(track, headers[track.id], feature):
                    faults[track.id] = reason
                advance(1)
    columns = {clip: header.shape[1] for clip, header in headers.items()}
    types = ", ".join(sorted({header.dtype.name for header in headers.values()}))
    facts = ArrayFacts(
        len(headers),
        feature.bins,
        min(columns.values()),
        types,
        1 / feature.columns_per_second,
        most_columns=max(columns.values()) if len(set(columns.values())) > 1 else None,
    )
    return facts, columns, faults


def _fault_of(track: Track, header: ArrayHeader, feature: Precomputed) -> str:
    whole = ArrayHeader((1, *header.shape), header.dtype, fortran_order=False, header_bytes=header.header_bytes)
    try:
        # The order of a single clip's values does not matter.
        return _faults(open_clip(track.path).pieces("X"), whole, feature).get(0, "")
    except DataError as error:
        return str(error).removeprefix(f"{track.path}: ")


def _in_file_order(catalog: Catalog, faults: dict[str, str]) -> list[Track]:
    return sorted((track for track in catalog.tracks if track.id in faults), key=lambda track: track.row or 0)


def _place(track: Track, path: Path) -> str:
    return _below(track.path, path) if track.row is None else f"X[{track.row}]"


def _below(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _faults(pieces: Iterator[bytes], header: ArrayHeader, feature: Precomputed) -> dict[int, str]:
    """Row -> what is wrong with its values, as the extraction would find it; memory: a few megabytes.

    In Fortran order the rows vary fastest, else the values of one row follow each other.
    """
    count, values_per_track = header.shape[0], header.size // header.shape[0]
    # In Fortran order a line holds one value of all tracks; it is looked at as a whole.
    unit_bytes = header.dtype.itemsize * (count if header.fortran_order else 1)
    filled, infinite = np.zeros(count, bool), np.zeros(count, bool)
    held, done = bytearray(), 0
    for piece in pieces:
        held += piece
        whole_bytes = len(held) // unit_bytes * unit_bytes
        if not whole_bytes:
            continue  # a line may be longer than a piece
        values = np.frombuffer(bytes(held[:whole_bytes]), header.dtype)
        del held[:whole_bytes]
        # float64 values beyond the range of float32 become infinite here, as they do in the cache.
        with np.errstate(over="ignore"):
            stored = values.astype(feature.storage.dtype, copy=False)
        is_filled = stored != 0
        is_infinite = ~np.isfinite(stored) if stored.dtype.kind == "f" else None
        if header.fortran_order:
            filled |= is_filled.reshape(-1, count).any(axis=0)
            if is_infinite is not None:
                infinite |= is_infinite.reshape(-1, count).any(axis=0)
        else:
            # A piece holds the end of one track, whole ones, and the beginning of another.
            tracks = np.arange(done // values_per_track, (done + len(values) - 1) // values_per_track + 1)
            begins = np.maximum(tracks * values_per_track - done, 0)
            filled[tracks] |= np.logical_or.reduceat(is_filled, begins)
            if is_infinite is not None:
                infinite[tracks] |= np.logical_or.reduceat(is_infinite, begins)
        done += len(values)
    reasons = dict.fromkeys(np.flatnonzero(~filled).tolist(), "all zero")
    return reasons | dict.fromkeys(np.flatnonzero(infinite).tolist(), "holds values that are not finite")


def _notes(known_as: str | None, ids: list[str]) -> Iterator[str]:
    if known_as == "GTZAN":
        missing = sorted(set(gtzan.facts()) - set(ids))
        without = f", without {', '.join(missing)}" if 0 < len(missing) <= _NAMED_MISSING else ""
        yield f"the clips are named like GTZAN's: {len(ids):,} of its {gtzan.CLIPS:,}{without}"
    elif known_as is not None:
        yield (
            f"the clips are numbered and labelled like those of {known_as}; its artists and official split are in "
            "FMA's metadata, which arrays do not hold"
        )
