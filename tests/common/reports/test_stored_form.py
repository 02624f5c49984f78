"""What the file of a table has to hold."""

import json

import pytest

from common.reports.stored_form import damage_of
from tests.helpers.papers import ROOT
from tests.helpers.stored_tables import run_of, write_stored

COMMITTED = sorted((ROOT / "results").glob("*/*/table_*.json"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.parent.name} {path.stem}")
def test_committed_tables_are_whole(path):
    assert damage_of(json.loads(path.read_text(encoding="utf-8"))) == ""


@pytest.mark.parametrize(
    ("field", "value", "damage"),
    [
        ("measured", {}, ""),  # not run
        ("name", None, ""),  # of an earlier version
        ("measured", {"accuracy": 80.0}, "rows.5.measured.accuracy: unexpected 80.0"),
        ("records", "run50", "rows.5.records: unexpected 'run50'"),
        ("trainable_parameters", "many", "rows.5.trainable_parameters: unexpected 'many'"),
        ("published", {}, "row 1,2,3,4,5 does not compare accuracy"),
        ("difference", {}, "row 1,2,3,4,5 does not compare accuracy"),
    ],
)
def test_damage_of_a_row_is_named(tmp_path, field, value, damage):
    values = json.loads(write_stored(tmp_path, run_of()).read_text())
    assert damage_of(values) == ""
    values["rows"][-1][field] = value
    assert damage_of(values) == damage


def test_a_row_needs_every_metric_of_its_table(tmp_path):
    values = json.loads(write_stored(tmp_path, run_of()).read_text())
    del values["rows"][-1]["measured"]["window_accuracy"]
    assert damage_of(values) == "row 1,2,3,4,5 without window_accuracy"
