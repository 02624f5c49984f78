"""What `encore show` prints, as JSON."""

import json


def shown(show, *arguments: str, code: int = 0) -> list[dict]:
    out, _ = show(*arguments, "--json", code=code)
    return json.loads(out)["tables"]


def labels(table: dict) -> list[str]:
    return [row["label"] for row in table["rows"]]


def settings(tables: list[dict]) -> list[list]:
    """Name, owner and mean of the last row of every setting."""
    (table,) = tables
    of_settings = zip(table["settings"], table["rows"][-1]["measured"], strict=True)
    return [[one["name"], one["is_own"], measured["accuracy"]["mean"]] for one, measured in of_settings]
