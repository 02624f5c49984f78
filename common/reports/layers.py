"""Tables of layers as text, column by column, from their JSON values.

Files of earlier versions have one published column without a heading, and no total.
"""

from collections.abc import Mapping
from typing import Any

from common.paper.tables import TOTAL


def compared_columns(values: Mapping[str, Any], ours: str) -> list[tuple[str, tuple[str, ...]]]:
    """What the document prints of each layer, beside what we built.

    Args:
        values: JSON values of the table.
        ours: how the columns of what we built begin, e.g. `Our`.

    Returns:
        Heads and cells. A single published column has one of ours beside it; of several, each cell has both, or one
        value where they are the same. The cells of the total are blank.
    """
    blank = () if _total_of(values) is None else ("",)
    headings = values.get("headings", {})
    heads = {name: headings.get(name) or name.replace("_", " ") for name in values["metrics"]}
    if len(heads) == 1:
        ((name, head),) = heads.items()
        return [
            (f"{whose} {head}", (*(size_text(row[place][name]) for row in values["rows"]), *blank))
            for whose, place in (("Published", "published"), (ours, "measured"))
        ]
    return [
        (head, (*(_both(row["published"][name], row["measured"][name]) for row in values["rows"]), *blank))
        for name, head in heads.items()
    ]


def layer_labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the rows, the last one the total."""
    return (*(row["label"] for row in values["rows"]), *(() if _total_of(values) is None else (TOTAL,)))


def keras_outputs(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Shape of each layer's output, without the batch."""
    shapes = (size_text(row["measured"]["output_shape"]) for row in values["rows"])
    return (*shapes, *(() if _total_of(values) is None else ("",)))


def parameter_counts(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Trainable parameters of each layer that we built, and in the last row of the network, beside the published
    number where there is one."""
    counts = tuple(size_text(row["measured"]["parameters"]) for row in values["rows"])
    total = _total_of(values)
    if total is None:
        return counts
    is_published = total["published"] is not None
    return (*counts, _both(total["published"], total["measured"]) if is_published else size_text(total["measured"]))


def size_text(value: Any) -> str:
    """A size of a layer as text, thousands with commas; `-` for nothing."""
    if isinstance(value, list | tuple):
        return " x ".join(map(size_text, value))
    if isinstance(value, int):
        return f"{value:,}"
    return "-" if value is None else str(value)


def _both(published: Any, built: Any) -> str:
    return size_text(published) if published == built else f"{size_text(published)} / {size_text(built)}"


def _total_of(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Trainable parameters of the network, `published` (None where the document states no number) and `measured`."""
    return values.get("total")
