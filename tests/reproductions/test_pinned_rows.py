r"""All values of every row of every paper, as checksums.

A row that changes has other runs, and its records are no longer used. To change a row on purpose, write the file again
from the repository's root, and look at the difference: only the rows that were meant may be in it.

    python -c "from tests.helpers import pins; print(pins.as_text(pins.rows()), end='')" \
        > tests/reproductions/pinned_rows.json
"""

import json
from pathlib import Path

import pytest

from tests.helpers.papers import KEYS
from tests.helpers.pins import rows

PINNED = json.loads(Path(__file__).with_name("pinned_rows.json").read_text(encoding="utf-8"))
FOUND = rows()


def test_every_paper_is_pinned():
    assert sorted(PINNED) == KEYS


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
