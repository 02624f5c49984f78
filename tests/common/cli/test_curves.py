"""The line at the end of a command that says how to look at learning curves."""

from pathlib import Path

from common.cli.curves import say_where_curves_are
from common.runs.options import DataOptions


def test_the_command_names_the_folder_where_it_is_not_the_usual_one(capsys):
    say_where_curves_are("se_cnn", DataOptions.out)
    say_where_curves_are("se_cnn", Path("my results"))
    assert capsys.readouterr().err.splitlines() == [
        "learning curves: encore board se_cnn",
        "learning curves: encore board se_cnn --out 'my results'",
    ]
