"""A folder to type commands in, and `encore show`."""

import pytest

from common.cli.app import run_app
from common.encore.main import make_command


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with `results` and `results/local`, from where commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("common.encore.show.results_of_checkout", lambda: None)
    return tmp_path


@pytest.fixture
def show(capsys):
    def run(*arguments: str, code: int = 0) -> tuple[str, list[str]]:
        """Standard output, and what was said beside it without folds."""
        assert run_app(make_command(), ["show", "se_cnn", *arguments]) == code
        printed = capsys.readouterr()
        return printed.out, printed.err.splitlines()

    return run
