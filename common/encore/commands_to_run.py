"""The commands that make what `encore show` finds no numbers of."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from common.core.shell import shell_command
from common.encore.tables_there import Choice, TablesThere, flags_of_changes
from common.reports.stored import StoredTable
from common.reports.table import Table

# Id of the table of a leakage audit.
_AUDIT = "audit"
# What ids of tables of searches begin with, before the name of the search.
_SEARCH = "search_"
# Rows without a number in a command; of more, the command has the whole table.
_MOST_ROWS = 6


def rows_not_run(stored: TablesThere, tables: list[Table], labels: dict[str, list[str]], out: Path | None) -> list[str]:
    """The commands that measure the rows that no table that is shown has a number of.

    Args:
        out: folder of results that was asked for.
    """
    measured: set[str] = set()
    missing: dict[str, list[str]] = {}
    for table in tables:
        values, base = table.values, stored.base_of(table.id)
        if "compared_with" not in values:
            continue
        digests = {row.label: row.experiment.digest for row in stored.paper.table(base).rows}
        settings = [one["setting"] for one in values.get("settings", ())] or [values["setting"]]
        for row in values["rows"]:
            label = row["label"]
            digest = digests.get(label)
            if digest is None or label not in labels.get(base, ()):
                continue
            if any(row["measured"]):
                measured.add(digest)
            else:
                lines = [command_for(stored, table.id, Choice.of(setting, out), label) for setting in settings]
                missing.setdefault(digest, lines)
    return [line for digest, lines in missing.items() if digest not in measured for line in lines]


def rows_to_run(stored: TablesThere, one: StoredTable, values: dict[str, Any], choice: Choice) -> list[str]:
    """The command that measures the rows of a table of results that have no number yet, with the same options.

    Args:
        values: of the table as it is shown.
        choice: what was asked for.
    """
    if not one.is_of_results or one.id != stored.base_of(one.id):
        return []
    missing = [row.get("name", row["label"]) for row in values["rows"] if not row["measured"]]
    if not missing:
        return []
    setting = one.setting
    # Rows that have a number are not run again, so a long list of the others is not needed.
    rows = ["--row", ",".join(missing)] if len(missing) <= _MOST_ROWS else []
    flags = [*Choice.of(setting, choice.out).flags, *_further_flags(setting)]
    words = ["encore", "run", stored.paper.key, "--table", one.id, *rows, *flags]
    return [f"table {one.id}, rows not run yet: {shell_command(words)}"]


def _further_flags(setting: dict[str, Any]) -> list[str]:
    """The flags of a command with a setting, beside those of data set, split, unit and folder; none for a value that
    the command has without a flag.

    Args:
        setting: as JSON values; those of earlier versions lack the newer ones.
    """
    is_demo = setting["dataset"] == "demo"
    scale = setting.get("scale")
    by_default = {
        "scale": "smoke" if is_demo else "paper",
        "features": "small" if is_demo and scale == "smoke" else "paper",
        "decoder": "soundfile",
        "epochs": None,
        "precision": None,
    }
    found = []
    for name, default in by_default.items():
        value = setting.get(name, default)
        # Arrays bring features of their own, without a flag.
        found += [f"--{name}", str(value)] if value not in (default, "given") else []
    for genre in setting.get("genres", ()):
        found += ["--genres", genre]
    found += flags_of_changes(setting.get("changes", ()))
    return found + ([] if setting.get("stratified", True) else ["--allow-incomplete"])


def command_for(stored: TablesThere, table: str, choice: Choice, *labels: str) -> str:
    """That something has no numbers yet, and the command that makes them."""
    key = stored.paper.key
    words = ["encore", "run", key, *(["--table", stored.base_of(table)] if table else [])]
    if table == _AUDIT:
        words = ["encore", "audit", key]
        choice = replace(choice, split=None, unit=None)  # an audit is of all splits
    elif table.startswith(_SEARCH):
        words = ["encore", "tune", key, "--name", table.removeprefix(_SEARCH)]
    for label in labels:
        words += ["--row", label]
    what = f"table {table}" if table else key
    rows = f" [{' | '.join(labels)}]" if labels else ""
    command = shell_command([*words, *choice.flags])
    return f"no numbers of {what}{rows} yet; this makes them: {command}"
