"""The line at the end of a command that says how to look at learning curves."""

from pathlib import Path

from common.cli.curves import print_where_curves_are, shown_path
from common.core.console import set_verbosity
from common.runs.options import DataOptions


def test_the_command_names_the_folder_where_it_is_not_the_usual_one(capsys):
    print_where_curves_are("se_cnn", DataOptions.out, as_json=False)
    # As options for workers of other folders have it.
    print_where_curves_are("se_cnn", DataOptions.out.absolute(), as_json=False)
    print_where_curves_are("se_cnn", Path("my results"), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "learning curves: encore board se_cnn",
        "learning curves: encore board se_cnn",
        "learning curves: encore board se_cnn --out 'my results'",
    ]


def test_beside_json_and_where_results_only_are_asked_for_nothing_is_printed(capsys):
    print_where_curves_are("se_cnn", DataOptions.out, as_json=True)
    set_verbosity("quiet")
    try:
        print_where_curves_are("se_cnn", DataOptions.out, as_json=False)
    finally:
        set_verbosity("normal")
    assert capsys.readouterr().out == ""


def test_paths_below_the_current_folder_are_shown_from_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "out" / "a.json") == Path("out/a.json")
    assert shown_path(Path("out")) == Path("out")
    assert shown_path(tmp_path.parent / "other") == tmp_path.parent / "other"
