"""Names of learning curves: what a run is called, and that two runs never share a folder."""

from types import SimpleNamespace

import pytest

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
    assert name(planned("c"), SETTING.replace(split="artist")) == "se-12345/seed0-artist"
    assert name(planned("d"), SETTING.replace(unit="segment")) == "se-12345/seed0-by-window"


def test_runs_that_would_have_one_name_are_told_apart_by_their_ids(paths):
    first, second = (curves_folder(paths, PAPER, SETTING, planned(one)) for one in ("a" * 16, "0123456789abcdef"))
    assert (first.name, second.name) == ("seed0", "seed0-012345")
    # Whichever is continued first, each keeps its folder.
    assert curves_folder(paths, PAPER, SETTING, planned("0123456789abcdef")) == second
    assert curves_folder(paths, PAPER, SETTING, planned("a" * 16)) == first


def test_a_trial_of_a_search_is_named_by_its_number_and_values(tmp_path):
    found = SearchPaths(tmp_path / "se_cnn" / "demo" / "searches" / "documented")
    one = planned("a", label="trial 003 (r=31.4, widths=32,64)")
    assert curves_folder(found, PAPER, SETTING, one).parts[-2:] == ("trial-003-r-31.4-widths-32-64", "seed0")


@pytest.mark.parametrize(("label", "name"), [("../../x", "x"), ("...", "row"), ("é ü/b", "b"), ("x" * 99, "x" * 60)])
def test_names_stay_inside_the_folder(label, name):
    assert file_name(label) == name
