"""The tables below `results/`, as they are committed."""

import json
from functools import cache
from typing import Any

from common.reports.table import FLAGS, Note, Table
from tests.helpers.papers import ROOT


def _read(values: dict[str, Any]) -> Table:
    # JSON holds the notes without their kinds; here every note is one that the screen has to show.
    notes = tuple(Note(FLAGS[place % len(FLAGS)], text) for place, text in enumerate(values["caption"]))
    warnings = tuple(Note("contaminated", text) for text in values["warnings"])
    return Table(values, ("Row",), tuple((row["label"],) for row in values["rows"]), notes, warnings)


@cache
def committed_tables() -> dict[str, Table]:
    """Name of the file, and of the table in it -> table."""
    found = {}
    for path in sorted((ROOT / "results").glob("*/*/table_*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))
        for one in (values, *values.get("companions", [])):
            found[f"{values['paper']} {path.stem} {one['table']}"] = _read(one)
    return found
