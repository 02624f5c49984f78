"""`run.py` as users run it: in a process of its own, killed, started again, and only from records."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import reproductions
from common.cli.app import run_app
from common.cli.run import make_app, make_audit_app
from common.records.paths import ResultPaths, results_of_checkout
from common.records.record import write_record
from common.runs.options import DataOptions, Options
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.se_cnn.paper import PAPER
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.small_results import identified_record
from tests.helpers.soundfusion_records import as_row_of
from tests.helpers.soundfusion_records import record as soundfusion_record

pytestmark = pytest.mark.usefixtures("kept_models")

SCRIPT = Path(reproductions.__file__).parent / "se_cnn" / "run.py"
# Two rows of one table on a tiny data set.
ROWS = ("--table", "5.1", "--row", "0", "--row", "5", "--seeds", "1")
# The second is shared with Tables 5.2 and 5.3.
SHARED_ROWS = ("--table", "5.1", "--row", "5", "--row", "1,2,3,4,5", "--seeds", "1")


@pytest.fixture
def command(tiny_arrays, tmp_path):
    def make(*arguments: str, out: Path | None = None) -> list[str]:
        places = ("--cache", str(tmp_path / "cache"), "--out", str(out or tmp_path / "out"))
        return [sys.executable, str(SCRIPT), "--dataset", "arrays", "--data", str(tiny_arrays), *places, *arguments]

    return make


def run(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    """All results except the logs of the runs."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }


def measured(folder: Path, table: str = "5.1_2_epochs") -> list:
    values = json.loads((folder / "se_cnn" / "arrays" / f"table_{table}.json").read_text())
    return [(row["label"], row["measured"]) for row in values["rows"]]


def test_a_second_command_trains_nothing_and_records_give_the_same_files_again(command, tmp_path, capsys):
    assert run_app(make_app(PAPER), command(*SHARED_ROWS, "--epochs", "2")[2:]) == 0
    first = capsys.readouterr()
    out = tmp_path / "out"
    before = contents(out)
    for suffix in ("md", "csv", "tex", "json"):
        assert f"se_cnn/arrays/table_5.1_2_epochs.{suffix}" in before
    # Figures of the data do not depend on how networks are trained.
    of_runs = ("table_5.1_2_epochs", "figure_5.1_2_epochs", "figure_5.2_2_epochs")
    for figure in (*of_runs, "figure_2.1", "figure_2.2"):
        assert {f"se_cnn/arrays/figures/{figure}.png", f"se_cnn/arrays/figures/{figure}.svg"} <= set(before)
    assert "ours (%)," in first.out
    assert "table_5.1_2_epochs.md" in first.out
    # Where everything is stands together, after the tables.
    written = first.out[first.out.index("\nwritten to: ") :].splitlines()[1:]
    assert [line.partition(": ")[0] for line in written] == [
        "written to",
        "open first",
        "records of 2 runs",
        "learning curves",
        "all results on one page, for a browser",
    ]
    assert "learning curves" not in first.err
    assert "split: " in first.err
    assert len(list((out / "se_cnn" / "arrays" / "runs").glob("*.json"))) == 2
    by_label = dict(measured(out))
    assert by_label["5"]
    assert not by_label["0"]

    # The same network in another table is the same run.
    again = ("--table", "5.1", "--table", "5.2", "--row", "16", "--row", "5", "--seeds", "1", "--epochs", "2")
    assert run_app(make_app(PAPER), command(*again)[2:]) == 0
    second = capsys.readouterr()
    assert "all 2 runs are already trained: read from their records" in second.err
    assert "epoch 1/" not in second.err
    # Table 5.2 would show only the row that Table 5.1 shows already.
    assert "table 5.2 has no file of its own: all its measured rows are in table_5.1_2_epochs.md" in second.err
    assert "Effect of the squeeze ratio" in second.out
    assert not [name for name in contents(out) if "table_5.2" in name]
    assert dict(measured(out)) == by_label
    name = "se_cnn/arrays/table_5.1_2_epochs.md"
    assert contents(out)[name] == before[name]

    stored = contents(out)
    for name in stored:
        if "table_5" in name or "figure_5" in name or name.endswith("README.md"):
            (out / name).unlink()
    arguments = ["--from-records", "--out", str(out), "--table", "5.1", "--row", "5"]
    assert run_app(make_app(PAPER), arguments) == 0
    assert contents(out) == stored


def test_without_out_a_run_goes_to_the_folder_of_own_runs(tiny_arrays, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    places = ["--dataset", "arrays", "--data", str(tiny_arrays), "--cache", str(tmp_path.parent / "cache")]
    app = make_app(PAPER)
    assert run_app(app, [*places, *SHARED_ROWS[:4], "--seeds", "1", "--epochs", "1"]) == 0
    # The row that was asked for; the file has all.
    shown = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("se-")]
    assert shown == ["se-5"]
    own = tmp_path / "results" / "local"
    assert [row for row, _ in measured(own, "5.1_1_epoch")] == ["0", "5", "4,5", "3,4,5", "2,3,4,5", "1,2,3,4,5"]
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("results/*")] == ["results/local"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    # Without --out, the committed tables are made again, of which there are none.
    assert run_app(app, ["--from-records"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "no records of se_cnn below results. Add --out results/local, where there are some." in said
    before = contents(own)
    assert run_app(app, ["--from-records", "--out", "results/local"]) == 0
    assert contents(own) == before


@pytest.mark.parametrize("options", [DataOptions(), Options()])
def test_every_command_writes_to_the_folder_of_own_runs_without_out(options):
    assert options.out == Path("results/local")


@pytest.mark.slow
def test_a_killed_command_continues_to_the_same_table(command, tmp_path, monkeypatch):
    """The commands that are killed and started again are processes; the whole one runs here."""
    # As in a process of its own, where committed numbers are shown beside these.
    monkeypatch.setattr("common.reports.committed.results_of_checkout", results_of_checkout)
    assert run_app(make_app(PAPER), command(*ROWS, "--epochs", "3", out=tmp_path / "whole")[2:]) == 0
    arguments = command(*ROWS, "--epochs", "3", out=tmp_path / "killed")
    process = subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seen = []
    for line in process.stderr:
        seen.append(line)
        # In the middle of the second run: the first has its record, the second two epochs.
        if line.startswith("2/2: ") and "epoch 2/3" in line:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stderr.close()
    assert process.wait() == -signal.SIGKILL, "".join(seen)
    finished = list((tmp_path / "killed" / "se_cnn" / "arrays" / "runs").glob("*.json"))
    assert len(finished) == 1
    record_before = finished[0].read_bytes()
    again = run(arguments, tmp_path)
    assert again.returncode == 0, again.stderr
    assert "1 of 2 runs are already trained" in again.stderr
    assert "continuing after epoch" in again.stderr
    assert "ours (%)," in again.stdout
    assert "table_5.1_3_epochs.md" in again.stdout
    assert finished[0].read_bytes() == record_before
    killed, whole = (measured(tmp_path / kind, "5.1_3_epochs") for kind in ("killed", "whole"))
    assert killed == whole
    tables = [
        {name: content for name, content in contents(tmp_path / kind).items() if name.endswith((".csv", ".tex"))}
        for kind in ("killed", "whole")
    ]
    assert tables[0] == tables[1] != {}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--jobs", "2", "--cluster", "tcp://127.0.0.1:8786"), "--jobs 2, --cluster tcp://127.0.0.1:8786: .* give one"),
        (("--jobs", "0"), "--jobs 0: expected a number of at least 1"),
        (
            ("--from-records", "--jobs", "2"),
            "--jobs: not used by --from-records, which takes only --dataset, --out, --table",
        ),
    ],
)
def test_options_that_contradict_each_other_end_with_2(command, capsys, flags, words):
    arguments = [] if "--from-records" in flags else command()[2:]
    assert run_app(make_app(PAPER), [*arguments, *flags]) == 2
    assert re.search(words, " ".join(capsys.readouterr().err.split()))


def test_a_confusion_matrix_is_shown_alone_by_its_number_and_with_its_table(tmp_path, capsys):
    matrix = SOUNDFUSION.confusions[0]
    results = ResultPaths.of(tmp_path, "soundfusion", "fma_small")
    write_record(results, soundfusion_record(*matrix.row, [(0, 0), (1, 2)]))

    def shown(table: str) -> str:
        app = make_app(SOUNDFUSION)
        assert run_app(app, ["--from-records", "--out", str(tmp_path), "--table", table]) == code
        printed = capsys.readouterr()
        assert ("table 1 has no file of its own: it is a part of table_performance.md" in printed.err) == (table == "1")
        return printed.out

    code = 0
    alone = shown("1")
    assert matrix.title in alone
    assert "SoundFusion performance" not in alone
    code = 1  # other rows of the table have no number
    both = shown("performance")
    assert matrix.title in both
    assert "SoundFusion performance" in both
    # Not with other rows.
    results_of_other = soundfusion_record("performance", "VGG16", [(0, 0), (1, 2)])
    write_record(results, results_of_other)
    for row, is_shown in ((matrix.row[1], True), ("VGG16", False)):
        arguments = ["--from-records", "--out", str(tmp_path), "--row", row]
        assert run_app(make_app(SOUNDFUSION), arguments) in (0, 1)
        printed = capsys.readouterr().out
        assert (matrix.title in printed) == is_shown
        assert "SoundFusion performance" in printed


def test_a_comparison_is_shown_only_with_the_row_that_others_are_compared_with(tmp_path, capsys, monkeypatch):
    for one in (identified_record(), identified_record(1, correct=200)):
        write_record(ResultPaths.of(tmp_path, "se_cnn", "gtzan"), one)
    monkeypatch.chdir(tmp_path)

    def shown(*rows: str) -> str:
        arguments = [word for row in rows for word in ("--row", row)]
        assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path), *arguments]) == 0
        return capsys.readouterr().out

    assert "each row compared with se-12345 (recommended)" in shown("se-5", "se-12345")
    assert "each row compared" not in shown("se-5")
    # Numbers outside the checkout are the user's own.
    assert "yours (%)," in shown("se-5")
    monkeypatch.setattr("common.reports.committed.results_of_checkout", lambda: tmp_path)
    out = shown("se-5")
    assert "ours (%)," in out
    assert "yours" not in out


def test_the_help_of_an_audit_names_its_row_as_it_is_typed(capsys):
    assert run_app(make_audit_app(PAPER), ["--help"]) == 0
    assert "Row to audit. Default: se-12345." in capsys.readouterr().out


def test_a_numbered_confusion_matrix_is_shown_from_its_own_file(tmp_path, capsys):
    (matrix,) = EMBEDDINGS.confusions
    results = ResultPaths.of(tmp_path, "embeddings", "fma_small")
    run = soundfusion_record("performance", "VGG16", [(0, 0), (1, 6)], genres=matrix.genres)
    write_record(results, as_row_of(EMBEDDINGS, *matrix.row, run))
    assert run_app(make_app(EMBEDDINGS), ["--from-records", "--out", str(tmp_path), "--table", "3"]) == 0
    printed = capsys.readouterr()
    assert "embeddings, Table 3: Confusion matrix of ResNet34+MSD" in printed.out
    assert printed.out.splitlines()[-2].endswith("table_3_holdout.md")
    assert "has no file of its own" not in printed.err
    # A figure of a matrix that no record supports any more is removed, as are its tables.
    assert (results.figures / "table_3_holdout.png").exists()
    for record in results.runs.iterdir():
        record.unlink()
    write_record(results, as_row_of(EMBEDDINGS, "1", "MSD Embed, original", run))
    assert run_app(make_app(EMBEDDINGS), ["--from-records", "--out", str(tmp_path)]) == 0
    assert not list(tmp_path.rglob("table_3*"))
