"""A paper's folder that was copied from another paper's: each line that still names the other one is reported."""

import re
import shutil
from pathlib import Path

import pytest

import reproductions
from common.core.errors import SpecError
from common.paper.foreign_names import names_other_modules, require_no_foreign_names
from tests.helpers.papers import KEYS

ROOT = Path(reproductions.__file__).parent


def copy_of(key: str, folder: Path) -> Path:
    """A copy of a paper's folder under the name `mine`."""
    copied = folder / "mine"
    shutil.copytree(ROOT / key, copied, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


@pytest.mark.parametrize("key", KEYS)
def test_no_paper_names_another(key):
    assert not names_other_modules(ROOT / key)
    require_no_foreign_names(ROOT / key)


@pytest.mark.parametrize("key", KEYS)
def test_every_line_of_a_copy_that_names_its_original_is_named(key, tmp_path):
    copied = copy_of(key, tmp_path)
    assert names_other_modules(copied)
    with pytest.raises(SpecError) as refused:
        require_no_foreign_names(copied)
    message = str(refused.value)
    assert re.match(
        rf"reproductions/mine: names {key} in \d+ lines, probably because the folder was copied; all at once: sed -i "
        rf"'s/\\b{key}\\b/mine/g' reproductions/mine/\*\.py; lines, each with what to write there: \w+\.py:",
        message,
    )
    assert "\n" not in message
    named = set(re.findall(r"(\w+\.py):(\d+) \(", message))
    code = re.compile(rf'reproductions\.{key}\b|(?:key|paper)="{key}"|_paper\("{key}"\)')
    expected = {
        (path.name, str(number))
        for path in copied.glob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if code.search(line) and not line.lstrip().startswith("#")
    }
    assert named == expected


def test_what_to_write_is_said_for_each_kind_of_line(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "paper.py").write_text(
        '"""See reproductions.other.model, which is only text."""\n'
        "# from reproductions.other import model\n"
        "import reproductions.other.model\n"
        "from reproductions.other.specs import Spec\n"
        "from reproductions import other\n"
        'build = late("reproductions.other.model:build")\n'
        'PAPER = Paper(key="other", title="other")\n'
        'BASE = Experiment(paper="other")\n'
        'SPACE = SearchSpace(key="other")\n'
        "from reproductions.mine.specs import Spec\n"
    )
    (folder / "run.py").write_text('run_paper("other")\n')
    with pytest.raises(SpecError) as refused:
        require_no_foreign_names(folder)
    assert str(refused.value) == (
        "reproductions/mine: names other in 7 lines, probably because the folder was copied; all at once: "
        r"sed -i 's/\bother\b/mine/g' reproductions/mine/*.py; lines, each with what to write there: "
        "paper.py:3 (import reproductions.mine.model), "
        "paper.py:4 (from reproductions.mine.specs import ...), paper.py:5 (from reproductions import mine), "
        'paper.py:6 ("reproductions.mine.model:build"), paper.py:7 (key="mine"), paper.py:8 (paper="mine"), '
        'run.py:1 (run_paper("mine")).'
    )


@pytest.mark.parametrize("key", ["nnet", "se_cnn"])
def test_writing_the_new_name_everywhere_is_all_that_is_needed(key, tmp_path):
    copied = copy_of(key, tmp_path)
    for path in copied.glob("*.py"):
        path.write_text(re.sub(rf"\b{key}\b", "mine", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert not names_other_modules(copied)
    require_no_foreign_names(copied)


@pytest.mark.parametrize("end", [b"(", b"\0", b"\xff"])
def test_a_module_that_is_no_python_is_left_to_the_import(tmp_path, end):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "paper.py").write_bytes(b"from reproductions.other import " + end + b"\n")
    assert names_other_modules(folder)
    require_no_foreign_names(folder)


def test_a_module_that_papers_share_may_be_named(tmp_path, monkeypatch):
    (tmp_path / "shared_bits.py").touch()
    (tmp_path / "shared_folder").mkdir()
    (tmp_path / "shared_folder" / "__init__.py").touch()
    monkeypatch.setattr(reproductions.__spec__, "submodule_search_locations", [*reproductions.__path__, str(tmp_path)])
    monkeypatch.setattr(reproductions, "__path__", [*reproductions.__path__, str(tmp_path)])
    folder = tmp_path / "mine"
    folder.mkdir()
    shared = "from reproductions import shared_bits\nimport reproductions.shared_folder\n"
    (folder / "paper.py").write_text(shared)
    require_no_foreign_names(folder)
    (folder / "paper.py").write_text(f"{shared}from reproductions import nnet\n")
    with pytest.raises(SpecError, match=r"names nnet in 1 line, .*: paper\.py:3 \(from reproductions import mine\)\.$"):
        require_no_foreign_names(folder)


def test_modules_are_read_in_the_encoding_that_they_state(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    text = "# -*- coding: latin-1 -*-\n# Café\nfrom reproductions import other\n"
    (folder / "paper.py").write_bytes(text.encode("latin-1"))
    assert names_other_modules(folder)
    with pytest.raises(SpecError, match=r"names other in 1 line, .*: paper\.py:3"):
        require_no_foreign_names(folder)
