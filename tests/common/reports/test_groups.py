"""Which records a table holds: those of one setting, one split and the same features."""

from common.paper.overrides import conditions_of
from common.reports.groups import groups_of
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING, divergence_note, record


def test_of_two_settings_with_one_file_name_the_newest_has_the_plain_name():
    old = record(0, setting=SETTING.replace(genres=("a", "c")))
    new = record(setting=SETTING.replace(genres=("a", "b")), finished_at="2026-02-01T00:00:00+00:00")
    newest, older = groups_of(PAPER, [old, new])
    assert newest.setting.genres == ("a", "b")
    assert newest.stem("table", "5.1", PAPER) == "table_5.1_2_genres"
    assert older.records == (old,)
    assert older.stem("table", "5.1", PAPER).startswith("table_5.1_2_genres_")
    assert groups_of(PAPER, [new, old]) == [newest, older]
    others = record(1, setting=SETTING.replace(data_digest="mine"), finished_at="2026-03-01T00:00:00+00:00")
    assert [group.setting.data_digest for group in groups_of(PAPER, [others, new])] == ["d", "mine"]
    segment = record(1, setting=SETTING.replace(unit="segment"))
    assert [group.tag for group in groups_of(PAPER, [new, segment])] == ["", ""]


def test_the_name_of_a_reduced_result_follows_from_its_setting_and_not_from_what_else_was_run():
    reduced = {
        "table_5.1_1_epoch": SETTING.replace(epochs=1),
        "table_5.1_20_epochs_bfloat16": SETTING.replace(epochs=20, precision="mixed_bfloat16"),
        "table_5.1_float32": SETTING.replace(precision="float32"),
    }
    for name, setting in reduced.items():
        newer = record(0, setting=setting, finished_at="2026-02-01T00:00:00+00:00")
        older = record(0, setting=setting, finished_at="2025-02-01T00:00:00+00:00")
        for one in (newer, older):
            alone = [group.stem("table", "5.1", PAPER) for group in groups_of(PAPER, [one])]
            assert alone == [name]
            both = {group.stem("table", "5.1", PAPER) for group in groups_of(PAPER, [one, record()])}
            assert both == {name, "table_5.1"}


def test_a_figure_of_the_data_has_one_name_for_all_trainings_and_another_for_other_data():
    short = record(setting=SETTING.replace(epochs=1), finished_at="2026-02-01T00:00:00+00:00")
    others = record(setting=SETTING.replace(data_digest="mine", epochs=2), finished_at="2026-03-01T00:00:00+00:00")
    stems = {
        (group.setting.data_digest, group.setting.epochs): group.data_figure_stem("2.1", PAPER)
        for group in groups_of(PAPER, [record(), short, others])
    }
    assert stems["d", None] == stems["d", 1] == "figure_2.1"
    assert stems["mine", 2].startswith("figure_2.1_")


def test_runs_under_other_conditions_are_never_averaged():
    experiment = TABLE_5_1.rows[-1].experiment
    slower = experiment.replace(windows=experiment.windows.replace(hop_seconds=1.0))
    other = record(seed=1, experiment=slower.as_json(), finished_at="2026-02-01T00:00:00+00:00")
    groups = groups_of(PAPER, [record(), other])
    assert [len(group.records) for group in groups] == [1, 1]
    assert conditions_of(PAPER, experiment, SETTING, experiment) != conditions_of(PAPER, experiment, SETTING, slower)


def test_runs_on_another_split_of_the_same_name_are_no_repetitions():
    newer = {"split_digest": "another assignment", "finished_at": "2026-02-01T00:00:00+00:00"}
    old = [record(seed=seed) for seed in range(2)] + [record(0, fold=fold) for fold in (1, 2)]
    new = [record(seed=seed, **newer) for seed in range(2)]
    again = [one.replace(run_id=f"{one.run_id} again") for one in new]
    groups = groups_of(PAPER, old + again)
    ids = [sorted(one.run_id for one in group.records) for group in groups]
    assert ids == [["run00", "run00", "run50 again", "run51 again"], ["run50", "run51"]]
    assert groups[0].stem("table", "5.1", PAPER) == "table_5.1"
    assert groups[1].stem("table", "5.1", PAPER).startswith("table_5.1_")


def test_runs_of_another_experiment_are_no_repetitions():
    """An edit of a value of smoke scale, or of a default, leaves row, setting and split as they were."""
    experiment = TABLE_5_1.rows[-1].experiment
    edited = experiment.with_values({"training.epochs": 3}).as_json()
    older = [record(seed=seed) for seed in range(2)]
    newer = record(seed=2, experiment=edited, finished_at="2026-02-01T00:00:00+00:00")
    default = experiment.as_json() | {"training": experiment.training.as_json() | {"plateau_factor": 0.3}}
    oldest = record(seed=0, run_id="oldest", experiment=default, finished_at="2025-02-01T00:00:00+00:00")
    groups = groups_of(PAPER, [*older, newer, oldest])
    assert [[one.run_id for one in group.records] for group in groups] == [["run52"], ["run50", "run51"], ["oldest"]]
    assert [bool(group.tag) for group in groups] == [False, True, True]
    note = divergence_note(row_experiment=experiment.digest, experiment=edited)
    assert [group.diverged(PAPER, [note]) for group in groups] == [[note], [], []]


def test_records_of_rows_that_the_paper_no_longer_has_are_left_aside():
    assert groups_of(PAPER, [record(row_experiment="gone")]) == []


def test_a_note_of_divergence_belongs_to_the_records_of_its_setting_and_split():
    (group,) = groups_of(PAPER, [record(0), record(-1)])
    row = TABLE_5_1.rows[0].experiment
    others = (
        divergence_note(2, setting=SETTING.replace(epochs=3)),
        divergence_note(3, split_digest="another assignment"),
        divergence_note(4, row_experiment="of another version"),
        divergence_note(5, experiment=row.with_values({"windows.seconds": 5.0}).as_json()),
    )
    assert group.diverged(PAPER, [divergence_note(), *others]) == [divergence_note()]
