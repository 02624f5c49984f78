"""Defaults of specs: they are left out of the digests that name runs, so none may change.

`pinned_defaults.json` is changed by hand. It was first written from the repository's root by

    python -c "from tests.helpers import pins; print(pins.as_text(pins.defaults()), end='')"
"""

import json
from pathlib import Path

import pytest

from tests.helpers.pins import defaults

PINNED = json.loads(Path(__file__).with_name("pinned_defaults.json").read_text(encoding="utf-8"))
FOUND = defaults()
REMEDY = (
    "Defaults are left out of the digests that name runs and records: with another default, results that were computed "
    "with the earlier one would be shown for it. Keep the default, and give the new value where experiments are "
    "declared; or give the new meaning a field of a new name. If the change is meant (a new field whose default "
    "describes what was computed before, a new class, or one that no record uses), change "
    "tests/common/core/pinned_defaults.json by hand."
)


def test_the_specs_that_experiments_can_hold_are_those_that_are_pinned():
    assert sorted(FOUND) == sorted(PINNED), REMEDY


@pytest.mark.parametrize("kind", sorted(PINNED))
def test_defaults_are_as_pinned(kind):
    assert FOUND.get(kind) == PINNED[kind], f"{kind}: {REMEDY}"
