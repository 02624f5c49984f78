"""Checks an `.npz` of spectrograms."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.core.console import progress
from data_pipeline.datasets import arrays, gtzan
from data_pipeline.datasets.check.report import ArrayFacts, DataReport, Finding, GenreCount, part_sizes
from data_pipeline.datasets.npz import ArrayHeader, open_npz
from data_pipeline.datasets.recognise import known_dataset
from data_pipeline.features.precomputed import Precomputed

_NAMED_MISSING = 5


def check_arrays(
    file: Path, *, quick: bool = False, seconds_per_column: float | None = None
) -> tuple[DataReport, Precomputed]:
    """Read the names, genres and shape of an `.npz`, and the values of every track.

    Args:
        quick: leave the values out.
        seconds_per_column: time step of the columns; needed where the file has no `n_samples`.

    Returns:
        What was found, and the feature that the arrays are.

    Raises:
        DataError: the file cannot be used, see `arrays.load`, or its values cannot be read.
        SpecError: `seconds_per_column` is not positive and finite.
    """
    file = Path(file).expanduser().absolute()
    catalog, feature = arrays.load(file, seconds_per_column=seconds_per_column)
    with open_npz(file) as archive:
        header = archive.header("X")
        faults = {}
        if not quick:
            with progress(f"reading every spectrogram of {file.name}"):
                faults = _faults(archive.pieces("X"), header, feature)
    track_of = {track.row: track for track in catalog.tracks}
    broken = tuple(Finding(track_of[row].id, f"X[{row}]", reason) for row, reason in sorted(faults.items()))
    usable = [track for track in catalog.tracks if track.row not in faults]
    counts = Counter(track.label for track in usable)
    count, bins, columns = header.shape
    ids = [track.id for track in catalog.tracks]
    known_as = known_dataset("arrays", catalog.genres, ids)
    report = DataReport(
        dataset="arrays",
        title=catalog.title,
        known_as=known_as,
        data=str(file),
        clips_in="",
        quick=quick,
        usable=len(usable),
        expected=None,
        genres={genre: GenreCount(counts[genre], None) for genre in catalog.genres},
        broken=broken,
        seconds={track.id: columns / feature.columns_per_second for track in usable},
        with_artist=sum(track.artist is not None for track in usable),
        splits={name: part_sizes(parts, {track.id for track in usable}) for name, parts in catalog.splits.items()},
        arrays=ArrayFacts(count, bins, columns, header.dtype.name, 1 / feature.columns_per_second),
        notes=tuple(_notes(known_as, ids)),
    )
    return report, feature


def _faults(pieces: Iterator[bytes], header: ArrayHeader, feature: Precomputed) -> dict[int, str]:
    """Row -> what is wrong with its values, as the extraction would find it; memory: a few megabytes.

    In Fortran order the rows vary fastest, else the values of one row follow each other.
    """
    count, values_per_track = header.shape[0], header.size // header.shape[0]
    # Each line of a block is one value of all tracks in Fortran order, else all values of one track.
    line_bytes = (count if header.fortran_order else values_per_track) * header.dtype.itemsize
    filled, infinite = np.zeros(count, bool), np.zeros(count, bool)
    held, row = bytearray(), 0
    for piece in pieces:
        held += piece
        lines = len(held) // line_bytes
        if not lines:
            continue  # a line may be longer than a piece
        block = np.frombuffer(bytes(held[: lines * line_bytes]), header.dtype).reshape(lines, -1)
        del held[: lines * line_bytes]
        # float64 values beyond the range of float32 become infinite here, as they do in the cache.
        with np.errstate(over="ignore"):
            stored = block.astype(feature.storage.dtype, copy=False)
        finite = np.isfinite(stored) if stored.dtype.kind == "f" else np.ones(stored.shape, bool)
        if header.fortran_order:
            filled |= (stored != 0).any(axis=0)
            infinite |= ~finite.all(axis=0)
        else:
            filled[row : row + lines] = (stored != 0).any(axis=1)
            infinite[row : row + lines] = ~finite.all(axis=1)
            row += lines
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
            "FMA's metadata, which an .npz does not hold"
        )
