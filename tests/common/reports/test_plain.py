"""Tables for programs: pandas reads every kind of them without options, and numbers are numbers."""

import io
import json
import re
from typing import Any

import pandas as pd
import pytest

from common.reports.formats import as_csv
from common.reports.plain import plain_table, unique_names
from common.reports.table import Table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.declared_values import value_table
from tests.helpers.papers import KEYS, ROOT, paper_of
from tests.helpers.se_cnn_records import record, table_of

SEARCH = {
    "kind": "search",
    "objective": "val_accuracy",
    "parameters": ["r", "channel widths"],
    "rows": [
        {
            "rank": 1,
            "trial": "4",
            "values": {"r": 3.5, "channel widths": "4,8,8"},
            "score": 61.25,
            "trainable_parameters": 1234,
            "best_epoch": 2,
            "runs": ["a"],
            "remark": "",
        },
        {
            "rank": None,
            "trial": "1",
            "values": {"r": 8.0, "channel widths": "4,4,8"},
            "score": None,
            "trainable_parameters": None,
            "best_epoch": None,
            "runs": [],
            "remark": "failed: the loss is not finite in epoch 1",
        },
    ],
}
# Columns of words: what a row, layer, genre, clip or run is called, shapes of layers, values of settings, and why a
# trial has no score.
WORDS = re.compile(
    "row|label|reference|remark|split|genre|true_genre|predicted_genre|run_id|trial|first_clip|second_clip"
    "|published|ours(_.*)?|value_.*|.*_(first|second)_part|output_shape"
    "|(published|our)_(type|layer|filter_shape|frames_and_channels|[a-z]+_size|stride|padding)"
)
TRUTHS = re.compile("published_.*_inside|same_bytes")
_MOST_WORDS = 12


def tables() -> dict[str, dict[str, Any]]:
    """`paper/dataset/file: id` -> JSON values of a committed table, also of those below another one; and a search."""
    found = {"search": SEARCH} | {
        f"values {table.id}": value_table(paper_of(key), table, "demo").values
        for key in KEYS
        for table in paper_of(key).value_tables
    }
    for path in sorted((ROOT / "results").glob("*/*/table_*.json")):
        whole = json.loads(path.read_text(encoding="utf-8"))
        for values in (whole, *whole.get("companions", ())):
            found[f"{path.relative_to(ROOT / 'results').as_posix()}: {values['table']}"] = values
    return found


TABLES = tables()


def csv_of(values: dict[str, Any]) -> str:
    return as_csv(Table(values, (), ()))


def frame_of(values: dict[str, Any]) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(csv_of(values)))


@pytest.mark.parametrize("name", TABLES)
def test_pandas_reads_every_table_without_options(name):
    columns = csv_of(TABLES[name]).splitlines()[0].split(",")
    assert len(columns) == len(set(columns))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in columns)
    frame = frame_of(TABLES[name])
    assert list(frame.columns) == columns
    assert len(frame) == len(plain_table(TABLES[name]).rows) > 0
    for column in columns:
        values = frame[column].dropna()
        if TRUTHS.fullmatch(column):
            assert set(values) <= {True, False}, column
        elif not WORDS.fullmatch(column):
            assert pd.api.types.is_numeric_dtype(frame[column]), column
        elif column != "row" and not pd.api.types.is_numeric_dtype(frame[column]):
            assert values.str.split().str.len().max() <= _MOST_WORDS, column


def test_the_tables_are_of_every_kind():
    kinds = {values.get("kind") for values in TABLES.values()}
    assert kinds == {None, "fold", "genres", "pairs", "confusion", "audit", "duplicates", "search", "values"}
    assert any("output_shape" in csv_of(values) for values in TABLES.values())
    assert any("_legacy" in name for name in TABLES)


def test_no_row_of_any_paper_has_a_label_that_pandas_takes_for_a_missing_value():
    labels = [row.label for key in KEYS for table in paper_of(key).tables for row in table.rows]
    text = "label\n" + "".join(f'"{label}"\n' for label in labels)
    assert pd.read_csv(io.StringIO(text))["label"].notna().all()


def test_a_table_of_results_has_plain_numbers_and_empty_cells():
    table = table_of(record(), record(seed=1, correct=260))
    frame = pd.read_csv(io.StringIO(as_csv(table)))
    measured, (label, published) = frame.iloc[-1], ("1,2,3,4,5", 93.6)
    assert (measured["label"], measured["published_accuracy_percent"]) == (label, published)
    values = table.values["rows"][-1]["measured"]["window_accuracy"]
    expected = {
        "window_accuracy_percent": values["mean"],
        "window_accuracy_sd_points": values["sd"],
        "window_accuracy_low_percent": values["ci95"][0],
        "window_accuracy_high_percent": values["ci95"][1],
        "window_accuracy_clips_low_percent": values["ci95_clips"][0],
        "window_accuracy_runs_high_percent": values["ci95_runs"][1],
        "accuracy_difference_points": table.values["rows"][-1]["difference"]["accuracy"],
        "runs": 2,
        "test_clips": 290,
        "trainable_parameters": 778384,
    }
    assert measured[list(expected)].to_dict() == expected
    assert measured["published_accuracy_inside"] == (values["ci95"][0] <= published <= values["ci95"][1])
    # Rows that were not run: their published numbers, and nothing else.
    others = frame.iloc[:-1].drop(columns=["row", "label", "published_accuracy_percent"])
    assert len(others) == 5
    assert others.isna().all(axis=None)
    assert "778384\n" in as_csv(table)


def test_rows_have_their_short_names_where_there_are_any():
    values = table_of(record()).values
    assert list(frame_of(values)["row"]) == ["se-0", "se-5", "se-45", "se-345", "se-2345", "se-12345"]
    # As tables were written before rows had names.
    older = values | {"rows": [{key: row[key] for key in row if key != "name"} for row in values["rows"]]}
    assert "row" not in frame_of(older)


def test_committed_results_beside_ones_own_are_columns_of_their_own():
    values = table_of(record()).values
    measured = table_of(record(correct=145)).values["rows"][-1]["measured"]
    committed = {"measured": measured, "path": "results/se_cnn", "data": "GTZAN", "runs": 3}
    *others, last = values["rows"]
    frame = frame_of(
        values | {"rows": [*({**row, "committed": None} for row in others), last | {"committed": committed}]}
    )
    assert frame["committed_window_accuracy_percent"].iloc[-1] == 50.0
    assert (frame["committed_runs"].iloc[-1], frame["committed_data"].iloc[-1]) == (3, "GTZAN")
    assert frame.filter(like="committed").iloc[:-1].isna().all(axis=None)
    assert not [column for column in frame_of(values) if column.startswith("committed")]


def test_a_label_with_commas_stays_one_cell():
    assert list(frame_of(TABLES["search"])["value_channel_widths"]) == ["4,8,8", "4,4,8"]
    assert frame_of(TABLES["search"])["remark"].iloc[-1] == "failed: the loss is not finite in epoch 1"


def test_rounds_are_runs_without_their_mean_and_standard_deviation():
    values = TABLES["nnet/arrays/table_results_8_epochs.json: results_rounds"]
    frame = frame_of(values)
    single = [row for row in values["rows"] if "round" in row]
    assert list(frame["fold"]) == [row["round"] for row in single]
    assert list(frame["window_accuracy_percent"]) == [row["measured"]["window_accuracy"] for row in single]
    assert list(frame["train_clips"]) == [row["clips"]["train"] for row in single]
    assert set(frame["label"]) == {"nnet1", "nnet2"}


def test_confusion_matrices_and_tables_of_genres_have_a_row_for_each_number():
    values = TABLES["crnn/arrays/table_final_12_epochs_bfloat16.json: confusion_cnn2d_gru"]
    frame = frame_of(values)
    counts = frame.pivot(index="true_genre", columns="predicted_genre", values="clips").to_numpy().tolist()
    assert counts == values["measured_matrix"]["counts"]
    genres = TABLES["crnn/arrays/table_final_12_epochs_bfloat16.json: final_genres"]
    frame = frame_of(genres).set_index(["label", "genre"])
    assert len(frame) == len(genres["columns"]) * len(genres["rows"])
    recall = genres["rows"][0]["measured"]["CNN 2D + GRU"]["recall"]
    assert frame.loc[("CNN 2D + GRU", "Electronic"), "recall_percent"] == recall > 60


def test_values_stand_beside_the_published_ones_with_several_in_one_cell():
    frame = frame_of(TABLES["values mel_settings"]).set_index("label")
    assert list(frame.columns) == ["published", "ours_simplecnn", "ours_other_networks"]
    assert list(frame.loc["Sampling rate (Hz)"]) == ["44100", "44100", "22050"]
    assert list(frame_of(TABLES["values sweep_values"]).set_index("label").loc["hidden_dim"]) == ["64, 128, 256"] * 2
    assert list(frame_of(TABLES["values dataset_problems"]).columns) == ["label", "published"]


def test_an_audit_has_gaps_and_leakage_as_numbers():
    values = TABLES["se_cnn/arrays/table_audit.json: audit"]
    clips, row = frame_of(values).set_index("split").loc["holdout, by clip"], values["rows"][1]
    gap = row["gap"]["window_accuracy"]
    assert clips["window_accuracy_percent"] == row["measured"]["window_accuracy"]["mean"]
    assert clips["window_accuracy_gap_points"] == gap["mean"] < -19
    assert (clips["window_accuracy_gap_low_points"], clips["window_accuracy_gap_high_points"]) == tuple(gap["ci95"])
    assert (clips["known_test_clips"], clips["train_clips"], clips["test_clips"]) == (229, 599, 300)


def test_duplicates_name_the_part_of_each_clip():
    pairs = frame_of(TABLES["se_cnn/arrays/table_audit.json: audit_duplicates"])
    assert pairs["same_bytes"].dtype == bool
    parts = [
        "holdout_by_clip_no_exact_duplicates_first_part",
        "fault_filtered_by_clip_first_part",
        "fault_filtered_by_clip_second_part",
    ]
    assert pairs.loc[1, parts].tolist() == ["train", "none", "test"]


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        (SEARCH | {"rows": []}, {"trial", "value_r", "validation_accuracy_percent"}),
        (
            {"kind": "duplicates", "regimes": ["holdout, by clip"], "rows": []},
            {"same_bytes", "holdout_by_clip_first_part"},
        ),
    ],
    ids=("search", "duplicates"),
)
def test_a_table_without_rows_has_its_columns(values, columns):
    assert frame_of(values).empty
    assert columns < set(frame_of(values))


def test_columns_of_one_name_are_told_apart():
    assert unique_names(["Artist filter", "artist-filter", "artist filter!"]) == [
        "artist_filter",
        "artist_filter_2",
        "artist_filter_3",
    ]


def test_layers_have_a_column_of_the_document_and_of_ours_for_each_size_and_end_with_the_total():
    paper = paper_of("resnet1d")
    values = architecture_table(paper, paper.table("4.1"), "gtzan").values
    frame = frame_of(values)
    pairs = [f"{whose}_{name}" for name in values["metrics"] for whose in ("published", "our")]
    assert list(frame.columns) == ["label", *pairs, "output_shape", "published_parameters", "parameters"]
    stem, total = frame.iloc[1], frame.iloc[-1]
    assert (stem["our_filters"], stem["published_output_size"]) == (128, "128 x 36750")
    assert (total["label"], total["published_parameters"], total["parameters"]) == ("Total", 4_086_794, 4_086_794)
    assert total[pairs].isna().all()
    assert frame["published_parameters"][:-1].isna().all()


def test_layers_without_a_published_total_have_no_column_for_it():
    paper = paper_of("se_cnn")
    values = architecture_table(paper, paper.table("4.1"), "gtzan").values
    frame = frame_of(values)
    assert list(frame.columns) == [
        "label",
        "published_filter_shape",
        "our_filter_shape",
        "output_shape",
        "parameters",
    ]
    assert (frame["label"].iloc[-1], frame["parameters"].iloc[-1]) == ("Total", 778_384)
    # Files of earlier versions have no total.
    assert len(frame_of({name: value for name, value in values.items() if name != "total"})) == len(frame) - 1
