"""How `encore show` names other stored tables of the same id: with the options that show them, or with what differs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from common.core.shell import shell_command
from common.core.words import counted
from common.encore.tables_there import OF_PAPER, Choice, TablesThere, as_typed, chosen, flags_of_changes
from common.paper.protocol import UNIT_NAMES
from common.reports.stored import StoredTable


def choosing(stored: TablesThere, choice: Choice, shown: StoredTable, other: StoredTable) -> str:
    """The options that show another table instead; where options cannot tell the two apart, what differs, and its
    file."""
    if options := options_for(stored, choice, shown, other):
        return options
    words = [f"{name} {UNIT_NAMES.get(value, value)}" for name, value in _differing(shown, other).items()]
    words += _other_words(shown, other)
    return f"open the file: {', '.join(words) or 'the same options'}  ({markdown_of(other)})"


def options_for(stored: TablesThere, choice: Choice, shown: StoredTable, other: StoredTable) -> str:
    """The options that show another table instead; empty where there are none that do."""
    differing = _differing(shown, other)
    further: dict[str, Any] = {
        name: chosen(other, name) for name in ("epochs", "precision") if chosen(other, name) != chosen(shown, name)
    }
    if (changes := _changes(other)) != _changes(shown):
        further["changes"] = changes
    if "dataset" not in differing and _is_other_data(shown, other):
        return ""  # none choose between different data with one name
    # No more options than are needed; all, where tables of other data have some of them, too.
    fewest = (differing, *({**differing, name: value} for name, value in further.items()), {**differing, **further})
    every = {name: other.setting.get(name) for name in ("split", "unit")}
    with_data = [{"dataset": other.values["dataset"], **options} for options in fewest]
    for options in (*fewest, *with_data, with_data[-1] | every):
        given = {name: value for name, value in options.items() if value is not None}
        first, *_ = [*stored.find(other.id, replace(choice, **given)), []]
        if first[:1] == [other]:
            return shell_command(_flags(given))
    return ""


def _changes(one: StoredTable) -> tuple[str, ...]:
    return tuple(one.setting.get("changes", ()))


def _flags(given: dict[str, Any]) -> list[str]:
    """The flags of `encore show` that choose values of a `Choice`."""
    changes = given.get("changes")
    found = [
        word
        for name, value in given.items()
        if name != "changes"
        for word in (f"--{name}", UNIT_NAMES.get(value, value))
    ]
    if changes is None:
        return found
    return [*found, *(flags_of_changes(changes) or ["--set", OF_PAPER])]


def _differing(shown: StoredTable, other: StoredTable) -> dict[str, str]:
    """Data set, split and unit of another table, where these are others."""
    return {
        name: value
        for name, value, present in (
            ("dataset", other.values["dataset"], shown.values["dataset"]),
            ("split", other.setting.get("split"), shown.setting.get("split")),
            ("unit", other.setting.get("unit"), shown.setting.get("unit")),
        )
        if value != present
    }


def _other_words(shown: StoredTable, other: StoredTable) -> list[str]:
    """What another table was measured with, other than data, split and unit, in words."""
    mine, others = shown.setting, other.setting
    changes, present = (list(map(as_typed, one.get("changes", ()))) for one in (others, mine))
    words = [change for change in changes if change not in present]
    words += [f"without {change}" for change in present if change not in changes]
    if others.get("scale") != mine.get("scale"):
        words.append(f"scale {others.get('scale')}")
    if others.get("epochs") != mine.get("epochs"):
        epochs = others.get("epochs")
        words.append("all epochs" if epochs is None else counted(epochs, "epoch"))
    for name in ("precision", "features"):
        if others.get(name) != mine.get(name):
            words.append(f"{name} {others.get(name) or 'of the paper'}")
    if others.get("genres") != mine.get("genres"):
        words.append(f"genres {', '.join(others.get('genres') or ['of the paper'])}")
    if _is_other_data(shown, other) or (not words and others.get("data_digest") != mine.get("data_digest")):
        words.append("other data")
    return words


def _is_other_data(shown: StoredTable, other: StoredTable) -> bool:
    """Whether a table is of other data, and not only of other genres or of fewer clips of the same."""
    mine, others = shown.setting, other.setting
    chosen_alike = all(mine.get(name) == others.get(name) for name in ("scale", "genres"))
    return chosen_alike and mine.get("data_digest") != others.get("data_digest")


def markdown_of(one: StoredTable) -> Path:
    """Its Markdown file; below the working folder, as a path from there."""
    path, here = one.path.with_suffix(".md"), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
