"""Options that stand for one value of the experiments, and the seeds of a command."""

import functools
from pathlib import Path

import pytest

from common.cli import run as run_module
from common.cli.app import run_app
from common.core.errors import SpecError
from common.runs.options import Options
from common.runs.plan import plan
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_runs import options_of_row


@pytest.fixture
def runs(tiny_arrays, tmp_path):
    """(setting, run ids) of SE-CNN's row 5 with some options."""

    def planned(**changes):
        work = plan(PAPER, options_of_row(tiny_arrays, tmp_path, **changes))
        work.close()
        return work.setting, [one.run.id for one in work.runs]

    return planned


@pytest.mark.parametrize(
    ("option", "change"),
    [
        ({"batch_size": 16}, "training.batch_windows=16"),
        ({"learning_rate": 0.01}, "training.learning_rate=0.01"),
        ({"patience": "3"}, "training.patience_epochs=3"),
        ({"patience": "none"}, "training.patience_epochs=null"),
    ],
)
def test_an_option_makes_the_same_runs_as_set(runs, option, change):
    setting, ids = runs(**option)
    assert (setting, ids) == runs(changes=(change,))
    if change != "training.patience_epochs=null":  # which is what smoke scale has
        assert setting.changes == (change,)
        assert ids != runs()[1]


def test_an_option_that_equals_the_papers_value_changes_nothing(runs):
    assert runs(batch_size=32, learning_rate=1e-3) == runs()


def test_options_keep_their_changes_in_another_process(tmp_path):
    options = Options(batch_size=16, changes=("training.l2=1",), out=tmp_path).with_absolute_paths()
    assert options.all_changes == ("training.l2=1", "training.batch_windows=16")


def test_a_file_of_genre_names_is_found_from_another_folder_and_names_stay_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("blues\njazz\n")
    assert Options(genre_names="names.txt").with_absolute_paths().genre_names == str(tmp_path / "names.txt")
    assert Options(genre_names="blues,jazz").with_absolute_paths().genre_names == "blues,jazz"
    assert Options(genre_names="blues,jazz").data_request.genre_names == "blues,jazz"


def test_processes_that_run_in_other_folders_get_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = Options(dataset="folder", data=Path("songs"), labels=Path("labels.csv")).with_absolute_paths()
    assert (options.data, options.labels) == (tmp_path / "songs", tmp_path / "labels.csv")


def test_results_on_an_own_folder_are_named_after_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Options(dataset="folder", data=Path("../x/my songs")).data_key == "folder_my_songs"
    assert Options(dataset="folder", data=Path(".")).data_key == f"folder_{tmp_path.name}"
    assert Options(dataset="folder").data_key == "folder"
    assert Options(dataset="gtzan", data=Path("songs")).data_key == "gtzan"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"batch_size": 8, "changes": ("training.batch_windows=16",)},
            "--batch-size 8, --set training.batch_windows=16: both set training.batch_windows; give one of them.",
        ),
        ({"patience": "0"}, "--patience 0: expected a number of epochs, 1 or more; or none, to train all epochs."),
        ({"patience": "soon"}, "--patience soon: expected a number of epochs"),
        ({"learning_rate": 0.0}, "--learning-rate 0.0: expected a number above 0, e.g. 0.001."),
        ({"learning_rate": float("nan")}, "--learning-rate nan: expected a number above 0"),
        ({"seeds": 2, "only_seed": 1}, "--seeds 2, --seed 1: --seeds N trains with the seeds 0 to N - 1"),
    ],
)
def test_values_that_do_not_fit_are_refused(given, says):
    with pytest.raises(SpecError) as caught:
        Options(**given)
    assert str(caught.value).startswith(says)


def test_one_seed_is_trained_alone_and_as_one_of_several(runs):
    of_three, alone = functools.partial(runs, seeds=3), functools.partial(runs, seeds=None)
    assert alone(only_seed=2)[1] == of_three()[1][2:]
    assert alone(only_seed=0)[1] == of_three()[1][:1]
    assert len(set(of_three()[1])) == 3


def test_without_seeds_the_scale_decides_how_many_there_are(runs):
    assert runs(seeds=None, scale="smoke")[1] == runs(seeds=1, scale="smoke")[1]
    assert len(runs(seeds=None, scale="paper")[1]) == PAPER.paper_seeds == 3


def test_a_mistake_in_an_option_ends_the_command_with_2(capsys):
    assert run_app(run_module.make_app(PAPER), ["--patience", "0"]) == 2
    assert capsys.readouterr().err.startswith("error: --patience 0: expected")


def test_a_data_set_of_mirdata_is_kept_by_its_key_which_names_folders():
    assert Options(dataset="mirdata:ballroom").dataset == "mirdata_ballroom"
    assert Options(dataset="mirdata_ballroom").data_request.dataset == "mirdata_ballroom"
    assert Options(dataset="gtzan").dataset == "gtzan"


def test_a_data_set_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"--dataset gtzn: no such value; did you mean gtzan\? Expected one of: demo, "):
        Options(dataset="gtzn")
