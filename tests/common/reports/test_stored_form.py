"""What the file of a table has to hold."""

import json

import pytest

from common.reports.stored_form import damage_of
from common.reports.tables.architecture import architecture_table
from reproductions.resnet1d.paper import PAPER as RESNET1D
from reproductions.se_cnn.paper import PAPER
from tests.helpers.papers import ROOT
from tests.helpers.stored_tables import run_of, write_stored

COMMITTED = sorted((ROOT / "results").glob("*/*/table_*.json"))


def audit() -> dict:
    """The committed audit."""
    return json.loads((ROOT / "results" / "se_cnn" / "arrays" / "table_audit.json").read_text(encoding="utf-8"))


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
        ("trainable_parameters", None, "row 1,2,3,4,5 without trainable_parameters"),
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


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"measured": {}}, ""),  # not run
        ({"overlap": None, "measured": {}}, ""),  # not possible
        ({"overlap": None}, "split holdout, by clip was measured, without its overlap"),
        ({"measured": {"runs": 3}}, "rows.1.measured.clips: missing"),
        ({"gap": {"window_accuracy": {"mean": 1.0}}}, "rows.1.gap.window_accuracy.ci95: missing"),
        ({"overlap": {"parts": {}}}, "rows.1.overlap.clips: missing"),
        ({"means": None}, "rows.1.means: unexpected None"),
    ],
)
def test_damage_of_a_row_of_an_audit_is_named(change, damage):
    values = audit()
    values["rows"][1] |= change
    assert damage_of(values) == damage


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"published": {"metric": None, "percent": None, "compared_with": None}}, ""),  # none was published
        ({"published": {"metric": None, "percent": 7, "compared_with": "x"}}, "a published number without its metric"),
        ({"row_name": None}, "row_name: unexpected None"),
        ({"data_clips": None}, "data_clips: unexpected None"),
        ({"known_data": 3}, "known_data: unexpected 3"),
        ({"setting": None}, "setting: unexpected None"),
        ({"kind": "nosuch"}, "kind: unexpected 'nosuch'"),
    ],
)
def test_damage_of_an_audit_is_named(change, damage):
    assert damage_of(audit() | change) == damage


def test_an_audit_needs_the_parts_of_all_intervals_of_which_one_has_them():
    values = audit()
    one = values["rows"][0]["measured"]["window_accuracy"]
    assert {"runs_vary_in", "ci95_clips"} <= one.keys()
    del one["runs_vary_in"], one["ci95_clips"]
    assert damage_of(values) == "intervals without ci95_clips beside those of runs"
    values = audit()
    del values["rows"][0]["overlap"]["parts"]["test"]
    assert damage_of(values) == "overlap without the number of test clips"


def test_below_an_audit_are_pairs_of_duplicates_with_the_parts_of_both():
    values = audit()
    values["companions"][0]["rows"][0]["parts"][0] = "train"
    assert damage_of(values) == "pair disco.00098 without the parts of both clips"
    values["companions"][0]["kind"] = "fold"
    assert damage_of(values) == "below an audit a table of another kind than duplicates"


def test_tables_whose_runs_are_looked_up_need_their_setting(tmp_path):
    values = json.loads(write_stored(tmp_path, run_of()).read_text())
    for name in ("changes", "data_digest"):
        setting = {key: value for key, value in values["setting"].items() if key != name}
        assert damage_of(values | {"setting": setting}) == f"setting.{name}: missing"
    assert damage_of(values | {"setting": values["setting"] | {"unit": "x"}}) == "setting.unit: unexpected 'x'"
    assert damage_of(values | {"setting": values["setting"] | {"scale": "x"}}) == ""
    odd = values | {"setting": values["setting"] | {"scale": "x"}, "flags": ["diverged"]}
    assert damage_of(odd).startswith("setting: ")
    assert damage_of({name: value for name, value in values.items() if name != "protocol"}) == "protocol: missing"
    assert damage_of(values | {"compared_with": {}}) == "compared_with without a metric for accuracy"


@pytest.mark.parametrize(
    ("table", "kind", "change", "damage"),
    [
        (
            "nnet/arrays/table_results_8_epochs",
            "fold",
            {"measured": {}},
            "row {} without clip_accuracy_majority_vote, ",
        ),
        ("crnn/arrays/table_final_12_epochs_bfloat16", "genres", {"measured": {}}, "genre {} without precision, "),
        ("crnn/arrays/table_final_12_epochs_bfloat16", "confusion", {"measured": {}}, "genre {} without Electronic, "),
    ],
)
def test_damage_of_a_table_below_another_is_named(table, kind, change, damage):
    values = json.loads((ROOT / "results" / f"{table}.json").read_text(encoding="utf-8"))
    row = next(below for below in values["companions"] if below["kind"] == kind)["rows"][0]
    row |= change
    assert damage_of(values).startswith(damage.format(row["label"]))


def test_damage_of_declared_values_and_of_trials_is_named():
    file = ROOT / "results" / "crnn" / "arrays" / "table_sweep_values.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    values["rows"][0]["ours"] = {}
    assert damage_of(values) == f"row {values['rows'][0]['label']} without {', '.join(values['columns'])}"
    trial = {"rank": 1, "trial": "0", "values": {"lr": 0.1}, "score": 70.0, "trainable_parameters": 5}
    trial |= {"best_epoch": 1, "remark": ""}
    search = audit() | {"kind": "search", "objective": "val_accuracy", "parameters": ["lr"], "rows": [trial]}
    assert damage_of(search) == ""
    assert damage_of(search | {"parameters": ["lr", "depth"]}) == "trial 0 without depth"
    assert damage_of(search | {"rows": [trial | {"score": "x"}]}) == "rows.0.score: unexpected 'x'"


def test_damage_of_a_pair_of_duplicates_is_named():
    values = json.loads((ROOT / "results" / "se_cnn" / "arrays" / "table_audit.json").read_text(encoding="utf-8"))
    (pairs,) = values["companions"]
    pairs["rows"][0]["parts"] = ["train / test"]
    assert damage_of(values) == "pair disco.00098 has parts of 1 of 5 splits"
    del pairs["rows"][0]["second"]
    assert damage_of(values) == "rows.0.second: missing"


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"sd": None}, "rows.5.measured.accuracy.sd: unexpected None"),
        ({"runs_vary_in": "seeds", "ci95_clips": [70, 80]}, ""),
        ({"runs_vary_in": "seeds", "ci95_clips": None}, "rows.5.measured.accuracy.ci95_clips: unexpected None"),
        ({"ci95": [70]}, "rows.5.measured.accuracy.ci95: unexpected [70]"),
    ],
)
def test_damage_of_an_interval_is_named(tmp_path, change, damage):
    values = json.loads(write_stored(tmp_path, run_of()).read_text())
    values["rows"][-1]["measured"]["accuracy"] |= change
    assert damage_of(values) == damage


def test_a_row_of_a_table_of_layers_needs_what_is_compared():
    values = architecture_table(PAPER, PAPER.table("4.1"), "gtzan").as_json()
    assert damage_of(values) == ""
    del values["rows"][0]["measured"]["filter_shape"]
    assert damage_of(values) == "row Conv 1 does not compare filter_shape"


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"total": None, "headings": {}}, ""),
        ({"total": {"published": None, "measured": 5}}, ""),
        ({"total": {"measured": 5}}, "total.published: missing"),
        ({"total": {"published": 5, "measured": "many"}}, "total.measured: unexpected 'many'"),
        ({"headings": ["filters"]}, "headings: unexpected ['filters']"),
        ({"metrics": ["filters", "rate"]}, "row Input does not compare filters, rate"),
    ],
)
def test_a_table_of_layers_needs_every_column_and_a_whole_total(change, damage):
    values = architecture_table(RESNET1D, RESNET1D.table("4.1"), "gtzan").as_json()
    assert damage_of(values) == ""
    assert damage_of(values | change) == damage


@pytest.mark.parametrize("place", ["published", "measured"])
def test_each_layer_needs_both_values_of_every_column(place):
    values = architecture_table(RESNET1D, RESNET1D.table("4.1"), "gtzan").as_json()
    del values["rows"][1][place]["stride"]
    damage = "row Conv1D, first does not compare filters, kernel_size, pool_size, stride, output_size"
    assert damage_of(values) == damage


def test_a_table_of_layers_of_an_earlier_version_has_neither_headings_nor_a_total():
    values = architecture_table(PAPER, PAPER.table("4.1"), "gtzan").as_json()
    assert damage_of({name: value for name, value in values.items() if name not in ("headings", "total")}) == ""


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        ({"caption_short": None, "warnings_short": None}, ""),  # of an earlier version
        ({"caption_short": ["x"]}, "1 short forms of {notes} notes"),
        ({"caption_short": 3}, "caption_short: unexpected 3"),
        ({"assumed": [3]}, "assumed.0: unexpected 3"),
        ({"differing": None}, "differing: unexpected None"),
        (
            {"setting": {"dataset": "gtzan", "split": "holdout", "unit": "clip", "changes": 3}},
            "setting.changes: unexpected 3",
        ),
    ],
)
def test_damage_of_what_is_written_beside_a_table_is_named(tmp_path, change, damage):
    values = json.loads(write_stored(tmp_path, run_of()).read_text())
    assert damage_of(values | change) == damage.format(notes=len(values["caption"]))
