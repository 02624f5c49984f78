"""Captions say everything that was reduced, skipped or run elsewhere."""

import pytest

from common.records.record import PartCounts, Record
from common.reports.formats import as_markdown
from common.reports.tables.results import results_table
from common.reports.text.caption import change_text, flag_summary, machine_notes, published_split_notes
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.se_cnn_records import FACTS, MACHINE, SETTING, record, table_of
from tests.helpers.soundfusion_records import FIRST, PERFORMANCE, RECOMMENDED, decisions
from tests.helpers.soundfusion_records import record as soundfusion_record
from tests.helpers.tables import caption_of


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "ONE SEED"),
        ({"setting": SETTING.replace(scale="smoke")}, "SMOKE SCALE"),
        ({"setting": SETTING.replace(features="given")}, "REDUCED FEATURES"),
        ({"data": FACTS.replace(clips=10, missing=990)}, "10 of 1,000 clips."),
        (
            {"data": FACTS.replace(clips=10, missing=990)},
            "INCOMPLETE: 10 of the 1,000 clips of the 2 genres are there.",
        ),
        ({"data": FACTS.replace(clips=1, missing=4, expected=None)}, "INCOMPLETE: 1 of the 5 clips of the 2 genres is"),
        ({"data": FACTS.replace(clips=999, skipped=1, skipped_clips=("x",))}, "Skipped: 1 unusable clip: x."),
        (
            {"data": FACTS.replace(genres=("a",))},
            "OTHER CLASSES: 1 genre (a); the published numbers are for 10 genres.",
        ),
        ({"data": FACTS.replace(caption="synthetic audio")}, "synthetic audio"),
        ({"setting": SETTING.replace(dataset="arrays")}, "OTHER DATA: the published numbers are for GTZAN"),
        (
            {"data": FACTS.replace(clips=998, skipped=2, skipped_clips=("x", "y"))},
            "Skipped: 2 unusable clips: x, y",
        ),
        (
            {"experiment": TABLE_5_1.rows[-1].experiment.replace(training={"epochs": 20}).as_json()},
            "Number of epochs differs from the paper's: at most 20 instead of 50",
        ),
        (
            {"experiment": TABLE_5_1.rows[-1].experiment.with_values({"training.windows_per_epoch": 96}).as_json()},
            "epochs: at most 50, of at most 96 windows each, batch",
        ),
    ],
)
def test_captions_say_what_was_reduced(changes, words):
    one = record(**changes)
    table = table_of(one, setting=one.setting)
    assert words in caption_of(table)
    assert words in as_markdown(table)


def test_several_seeds_are_not_called_one():
    rows = [record(row, seed=seed) for row in range(6) for seed in range(2)]
    assert "ONE SEED" not in caption_of(table_of(*rows))
    assert "ONE SEED in se-5; se-12345: differences" in caption_of(table_of(*rows[:3], record(1), record()))


def test_runs_of_several_machines_are_named():
    caption = caption_of(table_of(record(0, machine=MACHINE | {"threads": 1}), record()))
    assert "Runs are from several machines" not in caption
    caption = caption_of(table_of(record(0, machine=MACHINE | {"processor": "Another"}), record()))
    assert "se-0: Another, tensorflow; se-12345: One, tensorflow" in caption
    caption = caption_of(table_of(record(seed=1, machine=MACHINE | {"processor": "Another"}), record()))
    assert "Another, tensorflow and One, tensorflow" in caption


def test_missing_folds_and_single_seeds_of_folds_are_named():
    ten = [record(fold=fold, folds=10, run_id=f"f{fold}") for fold in range(10)]
    whole = caption_of(table_of(*ten))
    assert "ONE SEED" in whole
    assert "INCOMPLETE FOLDS" not in whole
    assert "INCOMPLETE FOLDS: runs missing: 8;" in caption_of(table_of(*ten[:2]))


def test_rounds_of_rotating_partitions_are_called_rounds():
    rotating = SETTING.replace(split="rotating")
    (first,) = record().history
    rising = (first, first | {"epoch": 2, "loss": 9.0})
    two = [record(fold=fold, folds=6, run_id=f"r{fold}", setting=rotating, history=rising) for fold in (0, 1)]
    table = table_of(*two, setting=rotating)
    caption = caption_of(table)
    assert "INCOMPLETE ROUNDS: runs missing: 4" in caption
    assert "Folds only (here rounds): Student's t over rounds" in caption
    (diverged,) = [note.text for note in table.warnings if note.kind == "diverged"]
    assert "seed 0 round 1 in epoch " in diverged
    assert "fold" not in diverged


def test_clips_that_a_split_leaves_out_are_counted():
    parts = {"train": 443, "valid": 197, "test": 290}
    counts = {part: PartCounts(clips=clips, windows=19 * clips) for part, clips in parts.items()}
    assert "70 clips are in no part" in caption_of(table_of(record(parts=counts)))
    one = {part: PartCounts(clips=999 if part == "train" else 0, windows=1) for part in parts}
    caption = caption_of(table_of(record(parts=one | {"valid": PartCounts(clips=0, copies=1, windows=2)})))
    assert "train 999 clips (1 window), validation 0 clips and 1 copy (2 windows), test 0 clips (1 window)" in caption
    assert "; 1 clip is in no part." in caption


H100 = {"processor": "Intel", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}


def test_runs_on_an_accelerator_and_on_a_processor_are_distinguished():
    on_cpu = record(0, machine={"processor": "Intel", "backend": "tensorflow"}, versions={"tensorflow": "2.21.0"})
    on_gpu = record(0, seed=1, machine=H100, versions={"jax": "0.11.2"})
    assert machine_notes({"0": [on_cpu]}) == []
    (note,) = machine_notes({"0": [on_cpu, on_gpu]})
    assert "Intel, tensorflow 2.21.0 and NVIDIA H100, jax 0.11.2" in note.text


def test_captions_say_which_split_the_published_numbers_have():
    one = soundfusion_record("performance", RECOMMENDED, decisions(FIRST))
    caption = caption_of(results_table(SOUNDFUSION, PERFORMANCE, one.setting, [one]))
    assert "OTHER SPLIT: the published numbers are for official, by clip" in caption
    one = on_split(one, split="official")
    caption = caption_of(results_table(SOUNDFUSION, PERFORMANCE, one.setting, [one]))
    assert "Split of the published numbers: official, by clip, as here." in caption
    assert "OTHER SPLIT" not in caption


def on_split(one: Record, **changes) -> Record:
    protocol = one.experiment["protocol"] | changes
    return one.replace(experiment=one.experiment | {"protocol": protocol})


def test_the_published_split_is_compared_whole_and_not_named_where_it_is_unknown():
    same = record().replace(experiment=CRNN.default_experiment.as_json())
    assert [note.text for note in published_split_notes(CRNN, same)] == [
        "Split of the published numbers: per_genre 80/10/10, by clip, as here."
    ]
    for changes in ({"unit": "segment"}, {"fractions": [0.5, 0.2, 0.3]}, {"duplicates": "drop"}):
        (note,) = published_split_notes(CRNN, on_split(same, **changes))
        assert note.text.startswith("OTHER SPLIT: the published numbers are for per_genre 80/10/10, by clip")
    assert PAPER.published_split is None
    assert published_split_notes(PAPER, record()) == []


def test_a_file_of_arrays_is_named_once():
    caption = caption_of(table_of(record(data=FACTS.replace(title="mine.npz", caption="128 bins, from mine.npz"))))
    assert "Data: 1,000 of 1,000 clips; 128 bins, from mine.npz." in caption


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("training.patience_epochs=10", "patience 10 epochs"),
        ("training.plateau_epochs=1", "plateau 1 epoch"),
        ("training.standardise=true", "standardised input"),
        ("training.standardise=false", "input not standardised"),
        ("model.se_bias=false", "no se bias"),
        ("model.widths=[32, 64]", "widths 32,64"),
        ("training.augmentation=null", "augmentation none"),
    ],
)
def test_a_changed_value_is_named_in_a_few_words(change, words):
    assert change_text(change) == words


def shorts(**changes) -> dict[str, str]:
    one = record(**changes)
    return {note.kind: note.short for note in table_of(one, setting=one.setting).notes if note.short}


def test_what_differs_from_the_paper_has_a_short_form():
    assert shorts(data=FACTS.replace(genres=("a", "b")))["other_classes"] == "2 of 10 genres."
    assert shorts(data=FACTS.replace(genres=tuple("abcdefghijkl")))["other_classes"] == "12 genres instead of 10."
    # The genres of other data are not some of the published ones.
    fma = {"setting": SETTING.replace(dataset="fma_small"), "data": FACTS.replace(genres=tuple("abcdefgh"))}
    assert shorts(**fma)["other_classes"] == "8 genres instead of 10."
    assert (
        shorts(data=FACTS.replace(skipped=2, skipped_clips=("x", "y")))["left_out_clips"] == "2 unusable clips skipped."
    )
    changes = ("training.patience_epochs=10", "training.standardise=true")
    assert (
        shorts(setting=SETTING.replace(changes=changes))["changed_values"] == "patience 10 epochs, standardised input."
    )
    many = tuple(f"training.{name}=12345678" for name in ("batch_windows", "patience_epochs", "plateau_epochs"))
    assert shorts(setting=SETTING.replace(changes=many))["changed_values"] == "3 changed values."


def test_rows_that_are_the_same_experiment_as_they_were_run_are_named_in_caption_and_figures():
    """At smoke scale all three VGG16 start from random weights, and two of them train the same layers."""
    smoke = soundfusion_record("transfer", "random", [(0, 0)]).setting.replace(scale="smoke")
    runs = []
    for label in ("random", "imagenet", "gtzan"):
        one = soundfusion_record("transfer", label, [(0, 0), (1, 1)])
        digest = "all layers" if label == "random" else "first and last layer"
        runs.append(one.replace(setting=smoke, experiment_digest=digest))
    transfer = SOUNDFUSION.table("transfer")
    table = results_table(SOUNDFUSION, transfer, smoke, runs)
    assert "THE SAME EXPERIMENT as it was run here: vgg16-imagenet and vgg16-gtzan. What" in caption_of(table)
    assert "some rows are the same experiment" in " ".join(flag_summary(table).split())
    table = results_table(SOUNDFUSION, transfer, smoke, runs[:2])
    assert "SAME EXPERIMENT" not in caption_of(table)
    assert "same experiment" not in flag_summary(table)
