"""Records and tables: written once, read back whole, and every caption says what was reduced."""

import csv
import io
import json

import pytest

from common.core.errors import DataError
from common.metrics.intervals import wilson_interval
from common.paper.overrides import conditions_of
from common.records.paths import file_stem
from common.records.record import PartCounts, read_record, read_records, write_record
from common.reports.formats import as_csv, as_latex, as_markdown, cells
from common.reports.groups import groups_of
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import FACTS, MACHINE, SETTING, clips, record, table_of


def test_a_record_is_written_once_and_read_back_whole(tmp_path):
    one = record()
    path = write_record(tmp_path, one)
    assert read_record(path) == one
    with pytest.raises(DataError, match="never overwritten"):
        write_record(tmp_path, one)
    assert read_records(tmp_path) == [one]
    assert read_records(tmp_path / "absent") == []


def test_a_renamed_or_damaged_record_is_refused(tmp_path):
    path = write_record(tmp_path, record())
    moved = path.with_name("other.json")
    path.rename(moved)
    with pytest.raises(DataError, match="must be the run's id"):
        read_record(moved)
    moved.write_text("{}")
    with pytest.raises(DataError, match="not a record"):
        read_record(moved)
    moved.write_text("{")
    with pytest.raises(DataError, match="not valid JSON"):
        read_record(moved)


def test_clips_of_one_artist_widen_the_interval_of_a_row():
    # The first 232 clips are right: of 58 artists with five clips each, all but one fare wholly alike.
    named = tuple(clip.replace(artist=f"artist {number // 5}") for number, clip in enumerate(clips(232, 290)))
    values = table_of(record(clips=named))
    low, high = values["rows"][-1]["measured"]["clip_accuracy_mean_softmax"]["ci95"]
    assert (low, high) == pytest.approx([100 * end for end in wilson_interval(0.8, 58)], abs=0.6)
    assert "290 test clips by 58 artists" in " ".join(values["caption"])


def test_a_row_has_mean_interval_and_difference_in_percent():
    row = table_of(record())["rows"][-1]
    assert row["label"] == "1,2,3,4,5"
    assert row["measured"]["accuracy"] == {
        "metric": "window accuracy", "mean": 80.0, "ci95": [75.02, 84.2], "runs": 1, "clips": 290,
    }  # fmt: skip
    assert row["difference"] == {"accuracy": -13.6}
    assert row["records"] == ["run50"]


def test_rows_without_a_record_are_empty_and_seeds_are_averaged():
    table = table_of(record(right=203), record(right=232, seed=1))
    assert table["rows"][0]["measured"] == {}
    assert table["rows"][-1]["measured"]["accuracy"]["mean"] == 75.0
    assert table["rows"][-1]["measured"]["accuracy"]["runs"] == 2
    assert "not run" in as_markdown(table)


def test_records_of_other_settings_stay_out():
    other = SETTING.replace(unit="segment")
    table = table_of(record(), record(0, setting=other))
    assert table["rows"][0]["measured"] == {}
    assert table_of(record(), setting=other)["caption"] == ["No run is recorded yet."]


def test_every_form_of_a_table_holds_the_same_cells():
    table = table_of(record(), record(0, right=100))
    header, rows = cells(table)
    from_csv = list(csv.reader(line for line in io.StringIO(as_csv(table)) if not line.startswith("#")))
    assert from_csv == [header, *rows]
    markdown = [line for line in as_markdown(table).splitlines() if line.startswith("|")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in (markdown[0], *markdown[2:])] == from_csv
    latex = as_latex(table)
    for row in rows:
        assert " & ".join(row) in latex
    assert r"\%" in latex
    assert json.loads(json.dumps(table)) == table


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "ONE SEED"),
        ({"setting": SETTING.replace(scale="smoke")}, "SMOKE SCALE"),
        ({"setting": SETTING.replace(features="given")}, "REDUCED FEATURES"),
        ({"data": FACTS.replace(clips=10, missing=990)}, "10 clips of 1000 (INCOMPLETE: 990 are missing)"),
        ({"data": FACTS.replace(caption="synthetic audio")}, "synthetic audio"),
        ({"data": FACTS.replace(title="mine.npz")}, "OTHER DATA: the published numbers are of GTZAN"),
        (
            {"data": FACTS.replace(clips=998, skipped=2, skipped_clips=("x", "y"))},
            "2 unusable clips were left out: x, y",
        ),
        (
            {"experiment": TABLE_5_1.rows[-1].experiment.replace(training={"epochs": 20}).as_json()},
            "At most 20 epochs instead of 50",
        ),
    ],
)
def test_captions_say_what_was_reduced(changes, words):
    one = record(**changes)
    caption = " ".join(table_of(one, setting=one.setting)["caption"])
    assert words in caption
    assert words in as_markdown(table_of(one, setting=one.setting))


def test_several_seeds_are_not_called_one():
    rows = [record(row, seed=seed) for row in range(6) for seed in range(2)]
    assert "ONE SEED" not in " ".join(table_of(*rows)["caption"])
    assert "ONE SEED in 5; 1,2,3,4,5: differences" in " ".join(table_of(*rows[:3], record(1), record())["caption"])


def test_contamination_and_impossible_accuracy_are_warned_of():
    assert not table_of(record())["warnings"]
    (shared,) = table_of(record(shared_clips=998))["warnings"]
    assert "CONTAMINATED" in shared
    assert "998" in shared
    (above,) = table_of(record(right=276))["warnings"]
    assert "94.5" in above
    assert "1,2,3,4,5" in above
    assert not table_of(record(right=276, data=FACTS.replace(clip_accuracy_ceiling_percent=None)))["warnings"]


def test_other_protocols_and_scales_get_files_of_their_own():
    stems = {
        file_stem("table", "5.1", setting, PAPER)
        for setting in (
            SETTING,
            SETTING.replace(unit="segment"),
            SETTING.replace(split="fault_filtered"),
            SETTING.replace(scale="smoke"),
            SETTING.replace(features="small"),
        )
    }
    assert len(stems) == 5
    assert "table_5.1" in stems
    demo = SETTING.replace(dataset="demo", scale="smoke", features="small")
    assert file_stem("table", "5.1", demo, PAPER) == "table_5.1"


def test_an_edited_record_is_refused(tmp_path):
    path = write_record(tmp_path, record())
    path.write_text(path.read_text().replace('"window_accuracy": 0.8', '"window_accuracy": 0.9'))
    with pytest.raises(DataError, match="not those of its clips"):
        read_record(path)
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 7'))
    with pytest.raises(DataError, match="is of format 7"):
        read_record(path)


def test_of_two_settings_with_one_file_name_the_newest_has_the_plain_name():
    old = record(0)
    new = record(setting=SETTING.replace(epochs=20), finished_at="2026-02-01T00:00:00+00:00")
    newest, older = groups_of(PAPER, [old, new])
    assert newest.setting.epochs == 20
    assert newest.stem("table", "5.1", PAPER) == "table_5.1"
    assert older.records == (old,)
    assert older.stem("table", "5.1", PAPER).startswith("table_5.1_")
    assert groups_of(PAPER, [new, old]) == [newest, older]
    others = record(1, setting=SETTING.replace(data_digest="mine"), finished_at="2026-03-01T00:00:00+00:00")
    assert [group.setting.data_digest for group in groups_of(PAPER, [others, new])] == ["d", "mine"]
    segment = record(1, setting=SETTING.replace(unit="segment"))
    assert [group.tag for group in groups_of(PAPER, [new, segment])] == ["", ""]


def test_runs_under_other_conditions_are_never_averaged():
    experiment = TABLE_5_1.rows[-1].experiment
    slower = experiment.replace(windows=experiment.windows.replace(hop_seconds=1.0))
    other = record(seed=1, experiment=slower.as_json(), finished_at="2026-02-01T00:00:00+00:00")
    groups = groups_of(PAPER, [record(), other])
    assert [len(group.records) for group in groups] == [1, 1]
    assert conditions_of(PAPER, experiment, SETTING, experiment) != conditions_of(PAPER, experiment, SETTING, slower)


def test_runs_on_another_split_of_the_same_name_are_no_repetitions():
    newer = {"split_digest": "dealt otherwise", "finished_at": "2026-02-01T00:00:00+00:00"}
    old = [record(seed=seed) for seed in range(2)] + [record(0, fold=fold) for fold in (1, 2)]
    new = [record(seed=seed, **newer) for seed in range(2)]
    again = [one.replace(run_id=f"{one.run_id} again") for one in new]
    groups = groups_of(PAPER, old + again)
    ids = [sorted(one.run_id for one in group.records) for group in groups]
    assert ids == [["run00", "run00", "run50 again", "run51 again"], ["run50", "run51"]]
    assert groups[0].stem("table", "5.1", PAPER) == "table_5.1"
    assert groups[1].stem("table", "5.1", PAPER).startswith("table_5.1_")


def test_rows_on_different_splits_are_warned_of():
    one, other = record(0), record(split_digest="dealt otherwise", finished_at="2025-01-01T00:00:00+00:00")
    (warning,) = table_of(one, other)["warnings"]
    assert "other test clips" in warning
    assert "1,2,3,4,5" in warning
    assert not table_of(one, record())["warnings"]


def test_several_machines_are_told():
    caption = " ".join(table_of(record(0, machine=MACHINE | {"threads": 1}), record())["caption"])
    assert "Runs of several machines" not in caption
    caption = " ".join(table_of(record(0, machine=MACHINE | {"processor": "Another"}), record())["caption"])
    assert "0: Another, tensorflow; 1,2,3,4,5: One, tensorflow" in caption
    caption = " ".join(table_of(record(seed=1, machine=MACHINE | {"processor": "Another"}), record())["caption"])
    assert "Another, tensorflow and One, tensorflow" in caption


def test_records_of_rows_that_the_paper_no_longer_has_are_left_aside():
    assert groups_of(PAPER, [record(row_experiment="gone")]) == []


def test_lacking_folds_and_single_seeds_of_folds_are_told():
    ten = [record(fold=fold, folds=10, run_id=f"f{fold}") for fold in range(10)]
    whole = " ".join(table_of(*ten)["caption"])
    assert "ONE SEED" in whole
    assert "INCOMPLETE FOLDS" not in whole
    assert "INCOMPLETE FOLDS: 8 runs" in " ".join(table_of(*ten[:2])["caption"])


def test_clips_that_a_split_leaves_out_are_counted():
    parts = {"train": 443, "valid": 197, "test": 290}
    counts = {part: PartCounts(clips=clips, windows=19 * clips) for part, clips in parts.items()}
    assert "70 clips are in no part" in " ".join(table_of(record(parts=counts))["caption"])
