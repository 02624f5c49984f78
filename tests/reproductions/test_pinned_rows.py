r"""All values of every row of every paper, as checksums.

A row that changes has other runs, and its records are no longer used. To change a row on purpose, write the file again
from the repository's root, and look at the difference: only the rows that were meant may be in it.

    python -c "from tests.helpers import pins; print(pins.as_text(pins.rows()), end='')" \
        > tests/reproductions/pinned_rows.json

`python -m tests.helpers.pins` adds the rows of a new paper and changes no others.
"""

import json
from pathlib import Path

import pytest

from tests.helpers.papers import KEYS
from tests.helpers.pins import add_missing, as_text, rows

PINNED = json.loads(Path(__file__).with_name("pinned_rows.json").read_text(encoding="utf-8"))
FOUND = rows()


def test_every_paper_is_pinned():
    assert sorted(PINNED) == KEYS, "python -m tests.helpers.pins adds the rows of a new paper"


@pytest.mark.parametrize("key", sorted(PINNED))
def test_rows_are_as_pinned(key):
    pinned, found = _by_place(PINNED[key]), _by_place(FOUND[key])
    changed = [place for place in {**pinned, **found} if pinned.get(place) != found.get(place)]
    assert not changed, (
        f"{key}: these rows were changed, added or removed: {', '.join(changed)}. Their runs get other names, so "
        "records of before no longer answer for them. If that is meant, write tests/reproductions/pinned_rows.json "
        "anew with the command at the top of this file, and look at the difference."
    )


def _by_place(tables: dict) -> dict[str, dict[str, str]]:
    return {f"{table} [{label}]": pins for table, of_table in tables.items() for label, pins in of_table.items()}


def test_adding_the_rows_of_a_paper_changes_no_others(tmp_path):
    path = tmp_path / "pins.json"
    path.write_text(as_text({"b": {"values": "as pinned"}}))
    assert add_missing(path, {"a": {"values": "new"}, "b": {"values": "changed"}}) == ["a"]
    assert path.read_text() == as_text({"a": {"values": "new"}, "b": {"values": "as pinned"}})
