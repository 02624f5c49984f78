"""`encore verify`: exit codes, text and JSON; the checks themselves are tested in tests/common/verification."""

import json
import re
import shutil
from pathlib import Path

import pytest

import reproductions
from common.cli.app import run_app
from common.encore.verify import make_app
from common.records.paths import ResultPaths
from tests.helpers.other_user import only_readable, run_bound
from tests.helpers.small_results import identified_record, write_small_results

ROOT = Path(reproductions.__file__).parent.parent


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A results folder in which everything holds, and a cache with a downloaded file that does not."""
    folder = tmp_path_factory.mktemp("small")
    write_small_results(folder / "results")
    (folder / "results" / "benchmarks").mkdir()
    (folder / "empty_cache").mkdir()
    (folder / "cache" / "musicnn").mkdir(parents=True)
    (folder / "cache" / "musicnn" / "MSD.index").write_bytes(b"other bytes")
    return folder


def test_a_folder_that_holds_ends_with_0_and_stays_as_it_is(made, capsys, snapshot, monkeypatch):
    before = snapshot(made)
    monkeypatch.chdir(made)
    assert run_app(make_app(), ["--cache", "empty_cache"]) == 0
    lines = capsys.readouterr().out.splitlines()
    # What everybody wants to know comes first.
    assert re.fullmatch(r"all right: 3 records, \d+ table files, \d+ figures", lines[0])
    assert lines[1] == "Not covered:"
    assert "- results/benchmarks, which is not of a paper, beyond whether its JSON files can be read" in lines
    assert any(line.startswith("- README: no headline table in") for line in lines)
    assert snapshot(made) == before
    assert run_app(make_app(), ["--cache", "empty_cache", "--verbose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    kinds = ["folder", "records", "tables", "README", "weights", "work", "cache"]
    assert [line.split()[0] for line in lines[1:8]] == kinds
    assert lines[2] == "records   3 records read, 3 with a digest: all right"


def test_results_that_can_only_be_read_are_verified_and_shown_and_nothing_is_left(made, tmp_path):
    encore = ["-c", "from common.encore.main import main; main()"]
    (tmp_path / "temporary").mkdir()
    with only_readable(made):
        here = {"folder": made, "TMPDIR": str(tmp_path / "temporary")}
        verified = run_bound([*encore, "verify", "--cache", "empty_cache"], **here)
        shown = run_bound([*encore, "show", "se_cnn", "--out", "results", "--dataset", "gtzan"], **here)
        refused = run_bound([*encore, "run", "se_cnn", "--from-records", "--out", "results"], **here)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.startswith("all right: 3 records, ")
    assert shown.returncode == 0, shown.stderr
    assert refused.returncode == 2
    *_, line = refused.stderr.splitlines()
    assert re.fullmatch(r"error: \S*results/se_cnn/gtzan/\S+: .*\(Permission denied\).*", line)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_faults_of_every_kind_are_named_and_end_with_1(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "mine")
    results = ResultPaths.of(tmp_path / "mine" / "results", "se_cnn", "gtzan")
    record = results.record(identified_record(0).run_id)
    record.write_text(record.read_text().replace('"wall_seconds": 1.0', '"wall_seconds": 1.5'))
    (results.folder / "table_5.1.csv").unlink()
    shutil.copy(ROOT / "README.md", tmp_path / "mine")
    arguments = [str(tmp_path / "mine" / "results"), "--cache", str(tmp_path / "mine" / "cache")]
    assert run_app(make_app(), arguments) == 1
    printed = capsys.readouterr().out.splitlines()
    faults = [line for line in printed if line.startswith("fault (")]
    assert printed[0].startswith(f"{len(faults)} faults, checked: 3 records, ")
    assert printed[1:6][: len(faults)] == faults[:5]
    for kind, path in {
        "records": record,
        "tables": results.folder / "table_5.1.csv",
        "README": tmp_path / "mine" / "results" / "se_cnn" / "arrays" / "table_audit.json",
        "weights": tmp_path / "mine" / "cache" / "musicnn" / "MSD.index",
    }.items():
        (line,) = [line for line in faults if line.startswith(f"fault ({kind}): {path}: found ")]
        assert "; expected " in line

    assert run_app(make_app(), [*arguments, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["holds"] is False
    kinds = ["folder", "records", "tables", "README", "weights", "work", "cache"]
    assert [one["kind"] for one in document["checks"]] == kinds
    assert sum(len(one["faults"]) for one in document["checks"]) == len(faults)
    (fault,) = document["checks"][1]["faults"]
    assert fault.keys() == {"path", "others", "place", "found", "expected", "remedy"}
    assert fault["path"] == str(record)


def test_what_to_do_about_several_faults_is_said_once_after_them(made, tmp_path, capsys):
    shutil.copytree(made / "results", tmp_path / "results")
    folder = tmp_path / "results" / "se_cnn" / "gtzan"
    for name in ("table_5.1.csv", "table_5.1.tex"):
        (folder / name).unlink()
    assert run_app(make_app(), [str(tmp_path / "results"), "--cache", str(made / "empty_cache")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in lines[1:3]] == [
        str(folder / f"table_5.1.{form}") for form in ("csv", "tex")
    ]
    remedy = (
        f"  If the records are right, make it again: encore run se_cnn --from-records --out {tmp_path / 'results'}."
    )
    assert [line for line in lines if "make it again" in line] == [lines[3]] == [remedy]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "nowhere: no such folder; expected a folder of results"),
        ((".", "--cache", "nowhere"), "nowhere: no such folder; expected that of a cache"),
        ((".", "--unknown"), "--unknown: no such option"),
    ],
)
def test_unusable_input_ends_with_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_app(make_app(), list(arguments)) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("below", ["", "mine", "results/se_cnn", "results/se_cnn/gtzan", ".."])
def test_a_folder_that_is_no_results_folder_is_refused(made, tmp_path, below, capsys):
    # What other tests left beside the folder of this one is no matter here.
    tmp_path = tmp_path / "one"
    shutil.copytree(made / "results", tmp_path / "results")
    (tmp_path / "mine" / "benchmarks").mkdir(parents=True)
    (tmp_path / "mine" / "benchmarks" / "times.json").write_text("{}")
    search = tmp_path / "results" / "se_cnn" / "gtzan" / "searches" / "top" / "runs"
    search.mkdir(parents=True)
    (search / "0.json").write_text("{}")
    assert run_app(make_app(), [str(tmp_path / below)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no subfolder is of a paper" in captured.err
    assert "with PAPER/DATASET/runs below it, e.g. se_cnn/gtzan/runs" in captured.err


def test_own_runs_below_the_committed_results_are_named_and_checked_on_their_own(made, tmp_path, capsys):
    shutil.copytree(made / "results", tmp_path / "results")
    own = tmp_path / "results" / "local"
    shutil.copytree(made / "results", own)
    broken = next((own / "se_cnn" / "gtzan" / "runs").glob("*.json"))
    broken.write_text("{")
    cache = ["--cache", str(made / "empty_cache")]
    assert run_app(make_app(), [str(tmp_path / "results"), *cache]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("all right: 3 records, ")
    assert f"- {own}, your own runs: encore verify {own}" in lines
    assert run_app(make_app(), [str(own), *cache]) == 1
    assert f"fault (records): {broken}" in capsys.readouterr().out
    # Where there are only own runs, they are named.
    shutil.rmtree(tmp_path / "results" / "se_cnn")
    assert run_app(make_app(), [str(tmp_path / "results")]) == 2
    assert f"Check your own runs: encore verify {own}" in capsys.readouterr().err.replace("\n", " ")


def test_the_command_for_own_runs_takes_the_path_for_one_word(tmp_path, capsys):
    own = tmp_path / "; rm -rf ~" / "local"
    own.mkdir(parents=True)
    assert run_app(make_app(), [str(own.parent)]) == 2
    assert f"encore verify '{own}'" in capsys.readouterr().err


def test_records_of_an_unknown_paper_are_checked_and_no_table_is_said_to_be_right(made, tmp_path, capsys):
    shutil.copytree(made / "results" / "se_cnn" / "gtzan" / "runs", tmp_path / "later" / "gtzan" / "runs")
    assert run_app(make_app(), [str(tmp_path), "--verbose", "--cache", str(made / "empty_cache")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("all right: 3 records")
    assert lines[1] == "folder    no paper"
    assert lines[2].startswith("records   3 records read")
    assert lines[3] == "tables    0 files of 0 papers made again; 0 figure files looked for, 0 compared by digest"
