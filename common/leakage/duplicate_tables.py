"""Tables of pairs of clips of the same recording, of an audit or of a data set by itself."""

from collections.abc import Iterable
from typing import Any

from common.core.words import counted
from common.reports.table import Note, Table, cells
from data_pipeline.duplicates.scan import Pair


def duplicates_table(
    values: dict[str, Any], pairs: Iterable[Pair], splits: dict[str, list[str]], notes: list[Note]
) -> Table:
    """A table of pairs of clips of the same recording, and their parts in each split.

    Args:
        values: JSON values that describe the data of the table.
        pairs: the rows.
        splits: name of each split -> for each pair the parts that hold its clips, e.g. `train / test`.
        notes: below the table.
    """
    columns = list(splits.values())
    values = values | {
        "title": "clips of the same recording"
        + (", with the parts that hold the first / the second" if splits else ""),
        "kind": "duplicates",
        "regimes": list(splits),
        "rows": [
            {
                "label": pair.first,
                "second": pair.second,
                "similarity": pair.similarity,
                "shift_seconds": pair.shift_seconds,
                "exact": pair.exact,
                "parts": [column[place] for column in columns],
            }
            for place, pair in enumerate(pairs)
        ],
    }
    return Table(values, *duplicate_cells(values), tuple(notes))


def duplicate_cells(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    header = [
        "First clip",
        "Second clip",
        "Similarity",
        "Shift (s)",
        "Exact duplicate",
        *table["regimes"],
    ]
    rows = [
        [
            row["label"],
            row["second"],
            f"{row['similarity']:.2f}",
            f"{row['shift_seconds']:.1f}",
            "yes" if row["exact"] else "",
            *row["parts"],
        ]
        for row in table["rows"]
    ]
    return tuple(header), cells(rows)


def comparison_text(above: float, too_short: int) -> str:
    """The criterion for near duplicates, as a sentence."""
    text = (
        f"Near duplicates: fingerprints (differences of neighbouring mel bands) correlate at {above:g} or more at a "
        "shift that leaves at least half of the shorter clip in common."
    )
    if not too_short:
        return text
    are = "is too short for that and was" if too_short == 1 else "are too short for that and were"
    return f"{text} {counted(too_short, 'clip')} {are} compared by {'its' if too_short == 1 else 'their'} bytes."


def pair_notes(above: float, too_short: int) -> list[Note]:
    """How pairs were found, and what the shift column means."""
    shift = "Shift: by how many seconds the second clip starts later in the recording than the first."
    return [Note("method", comparison_text(above, too_short)), Note("method", shift)]
