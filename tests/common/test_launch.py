"""Starting a paper by name: a mistake in its declaration is one line on the console, and exit code 2."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest

import reproductions
from common import launch
from common.core.errors import SpecError
from common.core.spec import build
from common.launch import is_paper, load_paper, paper_keys, run_paper
from common.paper.protocol import Protocol
from tests.helpers.papers import KEYS, paper_of

ROOT = Path(reproductions.__file__).resolve().parent.parent
SE_CNN = ROOT / "reproductions" / "se_cnn"


@pytest.fixture(autouse=True)
def _without_handlers(monkeypatch):
    """Scripts that a test runs in its own process leave Python's handlers of signals."""
    monkeypatch.setattr(launch, "end_on_signals", lambda: None)


def declared(monkeypatch, **changes) -> None:
    """Let the module of the template hold a changed declaration."""
    module = types.ModuleType("reproductions._template.paper")
    module.PAPER = dataclasses.replace(paper_of("_template"), **changes)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_paper_is_found_by_its_folder():
    assert is_paper("_template")
    assert load_paper("_template").key == "_template"


def test_all_papers_are_found_and_the_template_is_none_of_them():
    assert paper_keys() == [key for key in KEYS if key != "_template"]


@pytest.mark.parametrize("name", ["no_such_paper", "../se_cnn", "SE_CNN", ""])
def test_a_paper_that_does_not_exist_is_refused(name):
    assert not is_paper(name)
    with pytest.raises(SpecError, match=r"no such paper.* Expected one of: .*\bnnet\b"):
        load_paper(name)


def test_a_module_or_folder_without_a_declaration_is_no_paper(copied):
    (copied.parent / "shared_bits.py").touch()
    (copied / "paper.py").unlink()
    for name in ("shared_bits", "mine"):
        assert not is_paper(name)
        with pytest.raises(SpecError, match=f"^{name}: no such paper"):
            load_paper(name)


def test_a_value_without_a_source_ends_the_command_with_2(monkeypatch, capsys):
    sources = {path: source for path, source in paper_of("_template").sources.items() if path != "windows"}
    declared(monkeypatch, sources=sources)
    with pytest.raises(SystemExit) as ended:
        run_paper("_template")
    assert ended.value.code == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: reproductions/_template/paper.py: sources: no source for windows.seconds")
    assert '"windows.seconds": stated("section ...") or assumed("why")' in line


def test_a_name_of_two_different_rows_is_a_mistake_in_the_declaration(monkeypatch):
    (table,) = paper_of("_template").tables
    three, four = table.rows
    other = table.replace(id="2", rows=(three.replace(experiment=four.experiment),))
    declared(monkeypatch, tables=(table, other))
    with pytest.raises(SpecError, match=r"^reproductions/_template/paper\.py: tables 1 and 2 have different rows of"):
        load_paper("_template")


def test_a_declaration_that_is_not_valid_is_named_with_its_file(monkeypatch):
    def declared(name: str):
        return build(Protocol, {"folds": 0, "seed": "x"}) if name.endswith(".paper") else None

    monkeypatch.setattr(launch.importlib, "import_module", declared)
    with pytest.raises(SpecError, match=r"^reproductions/_template/paper\.py: Protocol: folds: .*; seed: "):
        load_paper("_template")
    monkeypatch.setattr(launch.importlib, "import_module", lambda name: Protocol(folds=0))
    with pytest.raises(SpecError, match=r"^reproductions/_template/paper\.py: 1 validation error for Protocol folds"):
        load_paper("_template")


@pytest.fixture
def copied(tmp_path):
    """The folder `mine`, copied from se_cnn, beside the other papers."""
    folder = tmp_path / "reproductions" / "mine"
    shutil.copytree(Path(reproductions.__file__).parent / "se_cnn", folder)
    reproductions.__path__.append(str(folder.parent))
    yield folder
    reproductions.__path__.remove(str(folder.parent))
    for name in [name for name in sys.modules if name.startswith("reproductions.mine")]:
        del sys.modules[name]
    if hasattr(reproductions, "mine"):
        del reproductions.mine


def test_a_copied_paper_that_imports_the_old_one_names_the_lines_to_change(copied):
    """Also where its key is its own."""
    paper = copied / "paper.py"
    paper.write_text(paper.read_text(encoding="utf-8").replace('"se_cnn"', '"mine"'), encoding="utf-8")
    with pytest.raises(SpecError, match=r"model\.py:7 \(from reproductions\.mine\.specs import \.\.\.\), paper\.py"):
        load_paper("mine")


def test_a_copied_paper_with_the_key_of_the_old_one_is_refused(copied):
    for path in copied.glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("reproductions.se_cnn", "reproductions.mine")
        path.write_text(text, encoding="utf-8")
    with pytest.raises(
        SpecError, match=r'to write there: paper\.py:\d+ \(paper="mine"\), paper\.py:\d+ \(key="mine"\)'
    ):
        load_paper("mine")


def test_a_copied_script_that_starts_the_old_paper_is_refused(copied, monkeypatch, capsys):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(copied / "run.py"), raising=False)
    with pytest.raises(SystemExit) as ended:
        run_paper("se_cnn")
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'run.py:12 (run_paper("mine"))' in line


def test_a_script_in_any_other_folder_starts_any_paper(copied, monkeypatch, tmp_path):
    """Also where a folder above it has the name of the package, and where it names a paper."""
    script = tmp_path / "elsewhere" / "reproductions" / "notes" / "run.py"
    script.parent.mkdir(parents=True)
    shutil.copy(copied / "run.py", script)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)
    monkeypatch.setattr("common.cli.run.main", lambda paper: sys.exit(f"runs {paper.key}"))
    with pytest.raises(SystemExit, match=r"^runs se_cnn$"):
        run_paper("se_cnn")


def test_a_copied_paper_is_refused_by_its_command_without_keras(copied):
    code = (
        f"import sys, reproductions; reproductions.__path__.append({str(copied.parent)!r})\n"
        "from common.launch import run_paper\n"
        "try: run_paper('mine')\n"
        "finally: print('keras' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (2, "False")
    assert ended.stderr.startswith("error: reproductions/mine: names se_cnn in ")
    assert len(ended.stderr.splitlines()) == 1


_SLOW_IMPORT = """
import runpy, sys, time

class Slow:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            print("importing", flush=True)
            time.sleep(60)

sys.meta_path.insert(0, Slow())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of other systems")
@pytest.mark.parametrize(
    ("start", "imported"),
    [
        (
            f"runpy.run_path({str(ROOT / 'reproductions' / 'se_cnn' / 'run.py')!r}, run_name='__main__')",
            "common.cli.run",
        ),
        (f"runpy.run_path({str(ROOT / 'reproductions' / 'se_cnn' / 'tune.py')!r}, run_name='__main__')", "typer"),
        ("runpy.run_module('common.audit', run_name='__main__')", "rich.console"),
        ("runpy.run_module('common.duplicates', run_name='__main__')", "typer"),
        ("runpy.run_module('common.encore', run_name='__main__')", "common.encore.main"),
        ("import common.encore.start; common.encore.start.main()", "typer"),
    ],
)
def test_ctrl_c_while_a_command_imports_its_modules_is_one_line(start, imported):
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW_IMPORT + start, imported],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, said) == (130, "interrupted\n")


def test_the_console_command_takes_signals_before_it_imports_what_takes_long():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"encore": "common.encore.start:main"}
