"""In what a written table differs from the paper's experiment."""

from typing import Any

from common.reports.escapes import markdown_code
from common.reports.table import NoteKind

# Flags of a table -> the words of the column "reduced".
_FLAG_WORDS: dict[NoteKind, str] = {
    "smoke_scale": "smoke scale",
    "reduced_features": "features",
    "reduced_network": "network",
    "reduced_windows": "windows",
    "fewer_epochs": "epochs",
    "bfloat16": "bfloat16",
    "changed_values": "changed values",
    "excerpts": "excerpts",
    "legacy_metric": "legacy metric",
    "other_classes": "classes",
    "other_data": "other data",
    "incomplete": "incomplete",
    "synthetic": "synthetic audio",
    "contaminated": "contaminated",
    "diverged": "diverged",
}


def reductions(table: dict[str, Any]) -> list[str]:
    """In what the table differs from the paper's experiment, in words."""
    words = _FLAG_WORDS | {"changed_values": _changed_text(table)}
    return [words[flag] for flag in table["flags"] if flag in words]


def _changed_text(table: dict[str, Any]) -> str:
    """The values that the command changed; the names of files hold only a digest of long ones."""
    changes = "; ".join(map(markdown_code, table.get("setting", {}).get("changes", ())))
    return f"changed values: {changes}" if changes else _FLAG_WORDS["changed_values"]
