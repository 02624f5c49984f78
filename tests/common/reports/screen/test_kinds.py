"""What the short form of each kind of table holds."""

from dataclasses import replace

from common.reports.screen.columns import ShortTable, wrapped
from common.reports.screen.layout import table_lines
from common.reports.screen.show import screen_lines, short_table
from common.reports.table import Note, Table
from tests.helpers.se_cnn_records import record, table_of

ABOUT = {"paper": "p", "table": "1", "title": "t", "dataset": "demo", "data": "demo corpus", "protocol": "holdout"}


def lines_of(values: dict) -> list[str]:
    return table_lines(short_table(Table(ABOUT | values, (), ())), 80)[0]


def columns_of(short: ShortTable) -> dict[str, tuple[str, ...]]:
    return {column.name: column.cells for column in short.columns}


def test_results_have_the_published_number_beside_ours_with_its_interval():
    table = table_of(record(), record(seed=1, correct=240), record(0, correct=200))
    text = [line.text for line in screen_lines(table, 80)]
    assert text[:11] == [
        "se_cnn, Table 5.1: Effect of SE blocks, added from the fifth stage backwards",
        "GTZAN, 1,000 clips, holdout 60/10/30, by clip",
        "",
        "                       published            ours (%),          clip         test",
        "row         SE blocks        (%)        95 % interval  accuracy (%)  runs  clips",
        "----------  ---------  ---------  -------------------  ------------  ----  -----",
        "se-0        0               87.5  69.0 (63.4 to 74.0)          69.0     1    290",
        "se-5        5               90.2              not run",
        "se-45       4,5             90.8              not run",
        "se-345      3,4,5           92.1              not run",
        "se-2345     2,3,4,5         92.7              not run",
    ]
    assert text[11].startswith("se-12345 *  1,2,3,4,5       93.6  81.4 (")
    assert text[13:16] == [
        "*: the paper's recommended network",
        "Ours: window accuracy. 95 % intervals: from test clips and seeds; where there is",
        "one run, from test clips only.",
    ]


def test_numbers_of_the_user_are_called_yours_and_those_that_come_with_encore_ours():
    table = table_of(record())
    for is_own, whose in ((True, "yours"), (False, "ours")):
        short = short_table(table, is_own=is_own)
        assert f"{whose} (%), 95 % interval" in columns_of(short)
        assert short.keys[0] == f"{whose.capitalize()}: window accuracy."


def test_that_an_interval_does_not_hold_the_spread_over_seeds_is_never_left_out():
    short = short_table(table_of(record()))
    intervals = "95 % intervals: from test clips only, not from seeds."
    assert short.keys[: short.needed_keys] == ("Ours: window accuracy.", intervals)
    # Nor the definition of the numbers, on any screen.
    many = tuple(Note("diverged", f"DIVERGED {number}.") for number in range(9))
    for width in (100, 80, 60):
        text = " ".join(line.text for line in screen_lines(replace(table_of(record()), warnings=many), width))
        assert " ".join(short.keys) in text


def test_arrays_of_a_well_known_data_set_have_its_name():
    values = table_of(record()).values
    arrays = values | {"data": "mine.npz", "known_data": "GTZAN"}
    assert short_table(Table(arrays, (), ())).about.startswith("GTZAN (arrays), 1,000 clips")
    assert short_table(Table(values | {"data": "mine.npz", "known_data": None}, (), ())).about.startswith("mine.npz,")
    assert values["known_data"] == "GTZAN"
    assert short_table(Table(values, (), ())).about.startswith("GTZAN, 1,000 clips")


def test_a_table_of_several_metrics_has_a_line_for_each_and_leaves_out_rows_without_a_run():
    entry = {"metric": "F1", "mean": 50.0, "ci95": [40.0, 60.0], "runs": 1, "clips": 9}
    rows = [
        {"label": "run", "published": {"f1_macro": 55.5, "test": None}, "measured": {"f1_macro": entry, "test": entry}},
        {"label": "not run", "published": {"f1_macro": 70.0, "test": 71.0}, "measured": {}},
        {"label": "best", "published": {"f1_macro": 80.0, "test": 81.0}, "measured": {}},
    ]
    compared = {"f1_macro": "clip_f1_macro", "test": "window_accuracy"}
    values = {"metrics": ["f1_macro", "test"], "compared_with": compared, "row_header": "Network", "rows": rows}
    short = short_table(Table(ABOUT | values | {"recommended": "best"}, (), ()))
    assert columns_of(short) == {
        "Network": ("run", "run", "best\N{NO-BREAK SPACE}*", "best\N{NO-BREAK SPACE}*"),
        "metric": ("F1 macro", "test", "F1 macro", "test"),
        "published (%)": ("55.5", "not given", "80.0", "81.0"),
        "ours (%), 95 % interval": ("50.0 (40.0 to 60.0)", "50.0 (40.0 to 60.0)", "not run", "not run"),
        "runs": ("1", "", "", ""),
        "clips": ("9", "", "", ""),
    }
    assert short.keys[-1] == "1 of 3 rows not run yet."
    assert "Ours: F1 macro is over clips, by mean softmax; test is F1." in short.keys


def several_metrics(compared: dict[str, str]) -> tuple[str, ...]:
    """The keys below a row with these published metrics."""
    entry = {
        "metric": "our metric",
        "mean": 50.0,
        "ci95": [40.0, 60.0],
        "runs": 10,
        "clips": 9,
        "runs_vary_in": "folds",
    }
    row = {"label": "a", "published": dict.fromkeys(compared, 55.5), "measured": dict.fromkeys(compared, entry)}
    values = {"metrics": list(compared), "compared_with": compared, "row_header": "Network", "rows": [row]}
    short = short_table(Table(ABOUT | values, (), ()))
    assert columns_of(short)["folds"] == ("10", *("" for _ in compared))[: len(compared)]
    return short.keys


def test_metrics_of_clips_are_said_once_and_intervals_of_other_parts_say_of_which_clips_they_are():
    of_clips = {"accuracy": "clip_accuracy_mean_softmax", "f1_weighted": "clip_f1_weighted", "f1": "clip_f1_macro"}
    assert several_metrics(of_clips)[0] == "Ours: over clips, by mean softmax."
    parts = several_metrics({"test": "window_accuracy", "train": "train_window_accuracy"})
    assert parts[1] == "95 % intervals: from the clips of each part, and from folds."


def test_rounds_end_with_mean_and_standard_deviation_of_each_row():
    measured = {"window_accuracy": 70.04, "clip_accuracy_mean_softmax": 75.0, "clip_accuracy_majority_vote": 74.0}
    one = {"label": "a", "round": 1, "seed": 0, "measured": measured, "clips": {"train": 5, "valid": 2, "test": 3}}
    rows = [one | {"best_epoch": 7, "test_clips_met_before": 0}]
    rows += [
        {"label": f"a: {s}", "of": "a", "summary": s, "measured": measured} for s in ("mean", "standard deviation")
    ]
    short = short_table(Table(ABOUT | {"kind": "fold", "row_header": "Network", "rows": rows}, (), ()))
    assert [line.split() for line in table_lines(short, 100)[0][3:]] == [
        ["a", "1", "0", "70.0", "75.0", "74.0", "3", "0", "7"],
        ["mean", "70.0", "75.0", "74.0"],
        ["sd", "70.0", "75.0", "74.0"],
    ]


def test_rounds_and_genres_know_rows_by_their_names():
    measured = {"window_accuracy": 70.0, "clip_accuracy_mean_softmax": 75.0, "clip_accuracy_majority_vote": 74.0}
    one = {"label": "A + B", "name": "a-b", "round": 1, "seed": 0, "measured": measured, "clips": {"test": 3}}
    mean = {"label": "A + B: mean", "of": "A + B", "summary": "mean", "name": "a-b", "measured": measured}
    short = short_table(Table(ABOUT | {"kind": "fold", "row_header": "Network", "rows": [one, mean]}, (), ()))
    assert columns_of(short)["row"] == ("a-b", "a-b")
    names = {"column_names": {"A + B": "a-b", "C": "c"}}
    assert list(columns_of(short_table(Table(ABOUT | genres(["A + B", "C"]) | names, (), ()))))[2:] == ["a-b", "c"]
    assert short_table(Table(ABOUT | genres(["A + B"]) | names, (), ())).keys == ("Row a-b.",)


def genres(labels: list[str]) -> dict:
    scores = {label: {"precision": 50.0, "recall": None, "f1": 60.0 + place} for place, label in enumerate(labels)}
    return {"kind": "genres", "columns": labels, "rows": [{"label": "rock", "measured": scores, "clips": 12}]}


def test_genres_have_all_scores_of_one_row_and_f1_of_several():
    one = columns_of(short_table(Table(ABOUT | genres(["a"]), (), ())))
    assert one == {"genre": ("rock",), "test clips": ("12",), "precision (%)": ("50.0",), "recall (%)": ("-",)} | {
        "F1 (%)": ("60.0",)
    }
    two = columns_of(short_table(Table(ABOUT | genres(["CNN 1D + GRU", "b"]), (), ())))
    assert two == {"genre": ("rock",), "test clips": ("12",), "CNN 1D + GRU": ("60.0",), "b": ("61.0",)}


def test_long_names_of_rows_are_letters_above_columns():
    short = short_table(Table(ABOUT | genres(["a network with a long name", "b"]), (), ()))
    assert list(columns_of(short))[2:] == ["A", "B"]
    assert short.keys[-1] == "A: a network with a long name; B: b."


def test_columns_of_a_confusion_matrix_are_equally_wide():
    rows = [
        {"label": genre, "measured": {"rock": share, "pop": 5, "jazz": 0}, "published": {}}
        for genre, share in (("rock", 100), ("pop", 5), ("jazz", 0))
    ]
    matrices = {"measured_matrix": {"accuracy": None}, "published_matrix": {"accuracy": None}}
    values = {"kind": "confusion", "metrics": ["rock", "pop", "jazz"], "rows": rows} | matrices
    assert lines_of(values)[1:4] == ["genre    1   2   3", "------ --- --- ---", "1 rock 100   5   0"]


def pairs(**changes) -> dict:
    """Two rows, of which the second equals the reference."""
    differences = [{"mean": -4.36, "ci95": [-21.0, 12.04]}, {"mean": 0.0, "ci95": [-0.04, 0.04]}]
    rows = [
        {"label": label, "name": name, "p_holm": p, "runs": 3, "clips": 300}
        | {"difference": {"clip_accuracy_mean_softmax": difference, "window_accuracy": difference}}
        for label, name, p, difference in zip(("8", "32"), ("r8", "r32"), (0.00021, 1.0), differences, strict=True)
    ]
    named = {"row_header": "Ratio r", "kind": "pairs", "reference": "16", "reference_name": "r16", "rows": rows}
    return {name: value for name, value in (named | changes).items() if value is not None}


def test_pairs_have_names_of_rows_p_of_two_decimals_and_zero_without_a_sign():
    short = short_table(Table(ABOUT | pairs(), (), ()))
    differences = ("-4.4 (-21.0 to +12.0)", "0.0 (0.0 to 0.0)")
    assert columns_of(short) == {
        "row": ("r8", "r32"),
        "window accuracy (points)": differences,
        "clip accuracy (points)": differences,
        "p (clips, Holm)": ("< 0.005", "1.00"),
        "runs": ("3", "3"),
        "test clips": ("300", "300"),
    }
    assert short.title == "p, Table 1, each row compared with r16"
    recommended = ABOUT | pairs(recommended="16") | {"table": "1_pairs"}
    assert short_table(Table(recommended, (), ())).title == "p, Table 1, each row compared with r16 (recommended)"
    assert short.keys[0] == "Each row minus r16, on the same test clips."
    assert short.needed_keys == 2
    # Tables of earlier versions know labels only.
    old = short_table(Table(ABOUT | pairs(reference_name=None), (), ()))
    assert columns_of(old)["Ratio r"] == ("8", "32")


def test_a_confusion_matrix_has_numbers_for_genres_and_the_published_diagonal():
    rows = [
        {"label": "rock", "measured": {"rock": 90, "pop": 10}, "published": {"rock": 80.5, "pop": 19.5}},
        {"label": "pop", "measured": {"rock": 25, "pop": 75}, "published": {"rock": 30, "pop": 70}},
    ]
    matrices = {"measured_matrix": {"accuracy": 82.46}, "published_matrix": {"accuracy": None}}
    values = {"kind": "confusion", "metrics": ["rock", "pop"], "rows": rows} | matrices
    assert lines_of(values) == [
        "true         published",
        "genre   1  2  diagonal",
        "------ -- -- ---------",
        "1 rock 90 10      80.5",
        "2 pop  25 75      70",
    ]
    (key,) = short_table(Table(ABOUT | values, (), ())).keys
    assert key.endswith("Measured matrix: 82.5 % of clips right.")
    without = [row | {"published": {}} for row in rows]
    assert "published diagonal" not in columns_of(short_table(Table(ABOUT | values | {"rows": without}, (), ())))


def test_an_audit_has_split_accuracies_known_clips_and_gap():
    def split(label: str, mean: float, known: int, gap: dict) -> dict:
        accuracy = {"mean": mean, "ci95": [mean - 1, mean + 1]}
        measured = {"window_accuracy": accuracy, "clip_accuracy_mean_softmax": accuracy, "runs": 3, "clips": 300}
        return {"label": label, "measured": measured, "gap": gap, "overlap": {"met": known}}

    gap = {"clip_accuracy_mean_softmax": {"mean": -18.75, "ci95": [-31.2, 6.7]}}
    rows = [split("holdout, by window", 96.8, 300, {}), split("artist, by clip", 78.0, 9, gap)]
    rows.append({"label": "kfold, by clip", "measured": {}, "gap": {}, "overlap": {"met": 5}})
    reason = "--split fault_filtered: only GTZAN has this split. Choose another one."
    rows.append({"label": "fault_filtered, by clip", "measured": {}, "gap": {}, "overlap": None, "unavailable": reason})
    twice = "no clip occurs twice, so it is the same as holdout, by clip"
    no_copies = {"label": "holdout, by clip, no exact duplicates", "unavailable": twice}
    rows.append({"measured": {}, "gap": {}, "overlap": None} | no_copies)
    rows.append({"label": "official, by clip", "measured": {}, "gap": {}, "overlap": None})  # of an earlier version
    published = {"metric": "accuracy", "percent": 93.6, "compared_with": "window accuracy"}
    values = {"kind": "audit", "rows": rows, "gap_to": "holdout, by window", "published": published}
    short = short_table(Table(ABOUT | values, (), ()))
    assert columns_of(short) == {
        "split": ("holdout, by window", "artist, by clip", "kfold, by clip"),
        "window accuracy": ("96.8 %", "78.0 %", "-"),
        "clip accuracy": ("96.8 %", "78.0 %", "-"),
        "known test clips": ("300 of 300", "9 of 300", "-"),
        "gap (points)": ("", "-18.8 (-31.2 to +6.7)", ""),
        "runs": ("3", "3", ""),
    }
    assert short.about == "demo corpus; published: 93.6 %, to compare with window accuracy"
    assert short.keys[:3] == (
        "Known: the clip, a duplicate of it or another clip of its artist is in training or validation.",
        "Gap: clip accuracy minus that of holdout, by window, with its 95 % interval.",
        "-: not run.",
    )
    assert short.needed_keys == 2  # what the columns mean is never left out
    assert short.keys[-1] == (
        "Not measured: fault_filtered (only GTZAN has this split); holdout, no duplicates (no clip occurs twice, so it "
        "is the same as holdout, by clip); official."
    )
    assert [line for line in lines_of(values) if "of 300" in line][1].split()[7:10] == ["9", "of", "300"]
    # At 80 columns no name of a split is broken, and no column is missing.
    assert lines_of(values)[3].split("  ")[0] == "holdout, by window"
    assert lines_of(values)[1].split()[-3:] == ["gap", "(points)", "runs"]
    named = values | {"row_name": "se-12345", "row_table": "5.1"}
    assert short_table(Table(ABOUT | named, (), ())).title == "p, leakage audit of row se-12345 of table 5.1"
    # With one split there is no gap, and no sentence on it.
    one = short_table(Table(ABOUT | values | {"rows": rows[:1]}, (), ()))
    assert [key for key in one.keys if key.startswith("Gap")] == []
    assert one.needed_keys == 1


def test_pairs_of_clips_say_how_they_are_the_same_and_long_paths_lose_their_middle():
    long, copy = "jazz/a_louder_with_a_rather_long_name_of_the_file.wav", "rock/a_copy_with_a_name_as_long.wav"
    rows = [
        {"label": long, "second": copy, "similarity": 0.934, "shift_seconds": -1.3, "exact": False, "parts": []},
        {"label": "b.wav", "second": "rock/b.wav", "similarity": 1.0, "shift_seconds": 0, "exact": True, "parts": []},
    ]
    values = {"kind": "duplicates", "regimes": [], "rows": rows, "clips": 10, "too_short_clips": 3}
    assert lines_of(values) == [
        "                                                                           shift",
        "first clip                        second clip                        same    (s)",
        "--------------------------------  --------------------------------  -----  -----",
        "jazz/a_louder_w...f_the_file.wav  rock/a_copy_wit...me_as_long.wav   0.93   -1.3",
        "b.wav                             rock/b.wav                        bytes    0.0",
    ]
    keys = short_table(Table(ABOUT | values, (), ())).keys
    assert keys[0] == "10 clips compared, 3 of them, which are too short for more, by their bytes only."
    assert not any("split" in key for key in keys)
    # What a column means is said where it is shown.
    in_parts = [row | {"parts": ["train / test"]} for row in rows]
    with_split = Table(
        ABOUT | values | {"regimes": ["fault_filtered 60/10/30, by clip, no exact duplicates"], "rows": in_parts},
        (),
        (),
    )
    wide, narrow = ("\n".join(line.text for line in screen_lines(with_split, width)) for width in (140, 80))
    assert "Columns of splits" in wide
    assert "Columns of splits" not in narrow
    assert "Shift: by how many seconds" in narrow


def test_a_search_has_its_values_and_a_loss_four_digits():
    row = {"rank": 1, "trial": "3", "values": {"learning_rate": 0.00123456}, "score": 1.23456, "remark": ""}
    row |= {"trainable_parameters": 1234567, "best_epoch": 4}
    values = {"kind": "search", "objective": "val_loss", "parameters": ["learning_rate"], "rows": [row]}
    found = columns_of(short_table(Table(ABOUT | values, (), ())))
    assert found["validation loss"] == ("1.2346",)
    loss = short_table(Table(ABOUT | values, (), ()))
    assert loss.keys[0] == "Loss on validation windows, by which trials are chosen; on test clips expect worse."
    accuracy = values | {"objective": "val_accuracy", "rows": [row | {"score": 71.25}]}
    named = {"table": "search_documented", "title": "squeeze ratio r: trials, the best first"}
    short = short_table(Table(ABOUT | accuracy | named, (), ()))
    assert columns_of(short)["validation accuracy (%)"] == ("71.3",)
    assert short.title == 'p, search "documented" (squeeze ratio r): 1 trial, best first'
    # The same table is shown where the flags of the search are not known, and after its rows were written.
    assert "encore" not in short.keys[0]
    assert found["learning rate"] == ("0.001235",)
    assert found["parameters"] == ("1,234,567",)


def test_long_warnings_have_a_form_of_one_line():
    risen = tuple({"epoch": number, "loss": loss} for number, loss in enumerate((1.6, 0.4, 9.0), start=1))
    table = table_of(record(shared_clips=998, history=risen, correct=290))
    assert [note.short for note in table.warnings] == [
        "CONTAMINATED: training has windows of 998 test clips.",
        "se-12345: the training loss rose again in the only run (DIVERGED); the epoch kept from before is tested.",
        "se-12345: clip accuracy above 94.5 %, which wrong labels make impossible on unknown clips (Sturm 2013).",
    ]
    assert all(len(wrapped(f"warning: {note.short}", 80)) <= 2 for note in table.warnings)
    again = Table.from_json(table.as_json(), table.header, table.rows)
    assert (again.warnings, again.notes) == (table.warnings, table.notes)
