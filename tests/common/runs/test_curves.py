"""Names of learning curves: what a run is called, and that two runs never share a folder."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from common.core.leftovers import temporary_path
from common.records.paths import ResultPaths, SearchPaths
from common.runs.curves import curves_folder, file_name
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING


def planned(run_id: str, *, label: str = "5.2 [16]", row: int = -1, seed: int = 0, fold: int = 0, folds: int = 1):
    run = SimpleNamespace(id=run_id, seed=seed, fold=SimpleNamespace(number=fold))
    digest = TABLE_5_1.rows[row].experiment.digest
    return SimpleNamespace(run=run, row_experiment=digest, labels=(label,), folds=folds)


@pytest.fixture
def paths(tmp_path):
    return ResultPaths.of(tmp_path, "se_cnn", "gtzan")


def test_a_run_is_named_by_row_seed_fold_and_what_the_setting_changes(paths):
    def name(one, setting=SETTING):
        return curves_folder(paths, PAPER, setting, one).relative_to(paths.tensorboard).as_posix()

    # The row is in three tables: its name is that in the first, whatever table the command asked for.
    assert name(planned("a")) == name(planned("a", label="5.3 [32,64]")) == "se-12345/seed0"
    assert name(planned("b", row=0, seed=2, fold=1, folds=10)) == "se-0/seed2-fold2"
    rotating = name(planned("e", row=0, seed=2, fold=1, folds=10), SETTING.replace(split="rotating"))
    assert rotating == "se-0/seed2-round2-rotating"
    assert name(planned("c"), SETTING.replace(split="artist")) == "se-12345/seed0-artist"
    assert name(planned("d"), SETTING.replace(unit="segment")) == "se-12345/seed0-by-window"


def test_runs_that_would_have_one_name_are_told_apart_by_their_ids(paths):
    first, second = (curves_folder(paths, PAPER, SETTING, planned(one)) for one in ("a" * 16, "0123456789abcdef"))
    assert (first.name, second.name) == ("seed0", "seed0-012345")
    # Whichever is continued first, each keeps its folder.
    assert curves_folder(paths, PAPER, SETTING, planned("0123456789abcdef")) == second
    assert curves_folder(paths, PAPER, SETTING, planned("a" * 16)) == first


def test_a_folder_of_which_no_run_is_known_is_taken_over(paths):
    """The file is empty where the process that created it was killed."""
    first = curves_folder(paths, PAPER, SETTING, planned("a" * 16))
    (first / "run.txt").write_text("")
    assert curves_folder(paths, PAPER, SETTING, planned("b" * 16)) == first
    assert (first / "run.txt").read_text() == "b" * 16
    assert curves_folder(paths, PAPER, SETTING, planned("a" * 16)) != first


def test_a_folder_whose_id_was_changed_is_of_another_run(paths):
    first = curves_folder(paths, PAPER, SETTING, planned("a" * 16))
    (first / "run.txt").write_bytes(b"\xff" + b"a" * 15)
    assert curves_folder(paths, PAPER, SETTING, planned("a" * 16)).name == "seed0-aaaaaa"


def test_the_id_in_a_folder_is_never_half_written(paths, monkeypatch):
    def killed(path, text):
        raise KeyboardInterrupt

    monkeypatch.setattr("common.runs.curves.write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        curves_folder(paths, PAPER, SETTING, planned("a" * 16))
    assert not list(paths.tensorboard.rglob("run.txt"))


def test_a_half_written_id_of_a_killed_process_is_removed(paths):
    folder = curves_folder(paths, PAPER, SETTING, planned("a" * 16))
    temporary_path(folder / "run.txt").write_text("aaaa")
    assert curves_folder(paths, PAPER, SETTING, planned("a" * 16)) == folder
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "run.txt"]


def test_of_runs_that_start_at_the_same_time_one_gets_the_plain_name(paths):
    ids = [f"{number:02}" * 8 for number in range(12)]
    with ThreadPoolExecutor(len(ids)) as pool:
        found = list(pool.map(lambda one: curves_folder(paths, PAPER, SETTING, planned(one)), ids))
    assert len(set(found)) == len(ids)
    assert [folder.name for folder in found].count("seed0") == 1


def test_a_trial_of_a_search_is_named_by_its_number_and_values(tmp_path):
    found = SearchPaths(tmp_path / "se_cnn" / "demo" / "searches" / "documented")
    one = planned("a", label="trial 003 (r=31.4, widths=32,64)")
    assert curves_folder(found, PAPER, SETTING, one).parts[-2:] == ("trial-003-r-31.4-widths-32-64", "seed0")


@pytest.mark.parametrize(("label", "name"), [("../../x", "x"), ("...", "row"), ("é ü/b", "b"), ("x" * 99, "x" * 60)])
def test_names_stay_inside_the_folder(label, name):
    assert file_name(label) == name
