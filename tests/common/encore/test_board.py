"""`encore board`: which learning curves it shows, under which names, and what it refuses."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tensorboard.summary import Writer

from common.cli.app import run_app
from common.encore.board import log_folders, make_app

RUN = ("se_cnn", "demo", "work", "tensorboard", "r16", "seed0")
TRIAL = ("se_cnn", "gtzan", "searches", "documented", "work", "tensorboard", "trial-003-r-31.4", "seed1")


def write_events(out: Path, *parts: str) -> None:
    folder = out.joinpath(*parts)
    folder.mkdir(parents=True)
    events = Writer(str(folder))
    events.add_scalar("loss", 1.0, step=1)
    events.close()


def board(capsys, *arguments: str) -> str:
    assert run_app(make_app(), list(arguments)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    return lines[-1]


def test_folders_are_named_by_paper_data_set_and_search(tmp_path):
    write_events(tmp_path, *RUN)
    write_events(tmp_path, *TRIAL)
    write_events(tmp_path, "crnn", *RUN[1:])
    assert log_folders(tmp_path, "se_cnn") == {
        "se_cnn/demo": tmp_path.joinpath(*RUN[:4]),
        "se_cnn/gtzan/search-documented": tmp_path.joinpath(*TRIAL[:6]),
    }
    assert list(log_folders(tmp_path, None)) == ["crnn/demo", "se_cnn/demo", "se_cnn/gtzan/search-documented"]


def test_what_cannot_be_shown_is_refused_in_one_line(tmp_path, capsys):
    nothing = board(capsys, "--out", str(tmp_path))
    assert nothing.startswith(f"error: {tmp_path}: no learning curves below it; expected")
    write_events(tmp_path, *RUN)
    assert "no learning curves of crnn below it" in board(capsys, "crnn", "--out", str(tmp_path))
    assert "nosuch: no paper of that name; expected one of: crnn" in board(capsys, "nosuch", "--out", str(tmp_path))
    write_events(tmp_path / "a,b", *RUN)
    assert "holds a comma" in board(capsys, "--out", str(tmp_path / "a,b"))


def test_a_missing_package_is_named(tmp_path, capsys, monkeypatch):
    write_events(tmp_path, *RUN)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "tensorboard" else object())
    assert "encore board: TensorBoard cannot be found. Install it: " in board(capsys, "--out", str(tmp_path))


def test_an_interrupt_while_it_starts_says_only_that_it_ended(tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    write_events(tmp_path, *RUN)
    monkeypatch.setattr("common.encore.board.start_board", interrupt)
    assert run_app(make_app(), ["--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "ended\n"


@pytest.mark.slow
def test_tensorboard_shows_runs_by_paper_data_set_row_and_seed_until_it_is_interrupted(tmp_path):
    write_events(tmp_path, *RUN)
    write_events(tmp_path, *TRIAL)
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        port = str(taken.getsockname()[1])
    code = "import sys; from common.encore.main import main; sys.argv[0] = 'encore'; main()"
    command = [sys.executable, "-c", code, "board", "se_cnn", "--out", str(tmp_path), "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        url = re.fullmatch(r"learning curves: (http://localhost:(\d+)/) \(Ctrl-C ends it\)\n", line)
        assert url, line
        assert url[2] == port
        # A second one on the same port says so.
        second = subprocess.run(command, capture_output=True, text=True)
        assert second.returncode == 2
        assert re.search(rf"error: --port {port}: .*in use\. Give another port\.", second.stderr)
        shown: list[str] = []
        for _ in range(60):
            shown = json.load(urllib.request.urlopen(f"{url[1]}data/runs"))
            if len(shown) == 2:
                break
            time.sleep(1)
        assert sorted(shown) == ["se_cnn/demo/r16/seed0", "se_cnn/gtzan/search-documented/trial-003-r-31.4/seed1"]
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors.splitlines() == ["starting TensorBoard ...", "ended"]
