"""What is said below a table: the most important first, and no more than eight lines."""

from pathlib import Path

from common.reports.screen.columns import Column
from common.reports.screen.notes import note_lines
from common.reports.table import FLAGS, Note, Table

VALUES = {"paper": "p", "table": "1", "title": "t"}
CLIPPED = Note(
    "clipped_loss", f"CLIPPED LOSS in rows 8; 16: {'a long explanation ' * 12}.", "CLIPPED LOSS (2 seeds of 2 rows)."
)
CONTAMINATED = Note("contaminated", "CONTAMINATED: up to 9 clips.")
FEATURES = Note("reduced_features", "REDUCED FEATURES: arrays instead of a spectrogram.")
ONE_SEED = Note("one_seed", "ONE SEED: differences between rows may be chance.")
EPOCHS = Note("fewer_epochs", f"Number of epochs differs: {'row by row ' * 30}.")
TRAINING = Note("training", "Training: windows of 128 x 39.")
KEYS = ("Each row minus r16.", "Ours: window accuracy.")


def said(notes=(), warnings=(), keys=(), width=80, **more) -> list[str]:
    table = Table(VALUES, (), (), tuple(notes), tuple(warnings))
    return [line.text for line in note_lines(table, keys, more.pop("left_out", ()), width, **more)]


def test_warnings_come_first_then_what_marks_mean_then_what_was_reduced():
    page = Path("results/table_1.md")
    assert said((TRAINING, ONE_SEED, EPOCHS, FEATURES), (CONTAMINATED, CLIPPED), KEYS, page=page) == [
        "warning: CONTAMINATED: up to 9 clips.",
        "warning: CLIPPED LOSS (2 seeds of 2 rows).",
        "Each row minus r16. Ours: window accuracy.",
        FEATURES.text,
        ONE_SEED.text,
        "Also reduced or different: other number of epochs.",
        "All notes: results/table_1.md",
    ]


def test_warnings_are_marked():
    table = Table(VALUES, (), (), (ONE_SEED,), (CONTAMINATED,))
    assert [line.style for line in note_lines(table, (), (), 80)] == ["yellow", ""]


def test_where_all_is_said_no_file_is_named():
    assert said((FEATURES, ONE_SEED), keys=KEYS) == [" ".join(KEYS), FEATURES.text, ONE_SEED.text]
    assert said((FEATURES, TRAINING))[-1] == "All notes: add --wide"


def test_every_flag_is_named_in_words_where_there_is_no_room_for_sentences():
    notes = [Note(flag, f"A sentence on {flag}. {'word ' * 40}") for flag in FLAGS]
    lines = said(notes, (CONTAMINATED, CLIPPED), KEYS)
    assert len(lines) <= 8
    words = " ".join(lines)
    for word in ("SMOKE SCALE", "synthetic audio", "one seed", "bfloat16", "reduced windows", "diverged runs"):
        assert word in words
    assert words.count(",") >= len(FLAGS) - 1


def test_where_there_is_no_room_a_flag_says_its_numbers():
    epochs = Note("fewer_epochs", EPOCHS.text, "20 epochs instead of 50.")
    assert said((epochs, ONE_SEED))[1] == "Also reduced or different: 20 epochs instead of 50."


def test_that_published_numbers_are_unverified_and_the_scale_come_before_all_but_warnings():
    unverified = Note("unverified", f"UNVERIFIED: from elsewhere. {'word ' * 40}", "UNVERIFIED: from elsewhere.")
    smoke = Note("smoke_scale", f"SMOKE SCALE: {'word ' * 40}", "SMOKE SCALE: this shows that everything runs.")
    lines = said((TRAINING, smoke, FEATURES, unverified), (CONTAMINATED,), KEYS)
    first = [f"warning: {CONTAMINATED.text}", unverified.short, smoke.short, " ".join(KEYS), FEATURES.text]
    assert lines == [*first, "All notes: add --wide"]


def test_every_warning_is_a_sentence_however_many_lines_they_take():
    kinds = ("contaminated", "diverged", "clipped_loss", "above_ceiling", "missing_genres")
    many = [Note(kind, "word " * 60, f"{kind} in a sentence of its own. {'word ' * 10}end.") for kind in kinds]
    lines = said((FEATURES,), many, (KEYS[0],))
    assert [line.split()[1] for line in lines[:10:2]] == list(kinds)
    assert [line.endswith("end.") for line in lines[:10]] == [False, True] * 5
    # The rest is as short as it can be.
    assert lines[10:] == ["Reduced or different: reduced features.", "All notes: add --wide"]


def test_a_long_warning_without_a_short_form_is_named_by_what_it_is_about():
    long = Note("missing_genres", f"No test clip of {', '.join(f'genre{number}' for number in range(40))}.")
    assert said((), (long,)) == ["warning: genres without a test clip, see all notes.", "All notes: add --wide"]


def test_needed_keys_stay_where_there_is_no_room_for_others():
    many = [Note("diverged", f"DIVERGED {number}.") for number in range(7)]
    lines = said((FEATURES,), many, ("Committed: from a file.", "word " * 30), needed_keys=1)
    end = ["Committed: from a file.", "Reduced or different: reduced features.", "All notes: add --wide"]
    assert lines == [*(f"warning: DIVERGED {number}." for number in range(7)), *end]


def test_notes_of_a_table_before_are_not_repeated():
    assert said((FEATURES, ONE_SEED), (CONTAMINATED,), said={FEATURES, CONTAMINATED}) == [ONE_SEED.text]


def test_columns_without_room_are_named():
    columns = [Column("test clips", ()), Column("ours (%),\n95 % interval", ())]
    assert said(left_out=columns) == ["No room for: test clips, ours (%), 95 % interval. --wide shows all columns."]


def test_what_a_mark_means_is_the_first_line():
    lines = said((FEATURES,), (CONTAMINATED,), KEYS, mark="*: the best")
    assert lines[:2] == ["*: the best", f"warning: {CONTAMINATED.text}"]


def test_what_the_name_of_the_data_says_is_not_said_again():
    notes = [Note("synthetic", "Data: demo, 9 clips; synthetic."), Note("other_data", "OTHER DATA: GTZAN."), FEATURES]
    table = Table(VALUES | {"data": "Encore demo corpus (synthetic)"}, (), (), tuple(notes))
    # On which data the published numbers were measured is said, unless a key says it or there are none.
    whole = [FEATURES.text, "OTHER DATA: GTZAN.", "All notes: add --wide"]
    assert [line.text for line in note_lines(table, (), (), 80)] == whole
    keyed = [line.text for line in note_lines(table, ("Published: on GTZAN.",), (), 80)]
    assert keyed == ["Published: on GTZAN.", FEATURES.text, whole[-1]]
    pairs = Table(table.values | {"kind": "pairs"}, (), (), tuple(notes))
    assert [line.text for line in note_lines(pairs, (), (), 80)] == [whole[0], whole[-1]]
    # A folder of one's own may have any name.
    own = Table(VALUES | {"data": "own folder synthetic pads"}, (), (), (notes[1], FEATURES))
    assert [line.text for line in note_lines(own, (), (), 80)] == [FEATURES.text, notes[1].text]
    # Of other data the sentence stays, and that clips are excerpts is said without the data.
    excerpts = Note("excerpts", "Data: GTZAN, 9 clips; excerpts of 3 s instead of clips of 30 s.")
    assert said((excerpts, notes[1]))[:2] == ["OTHER DATA: GTZAN.", "Also reduced or different: excerpts of clips."]
