"""Which version of Encore made a record: its number, and a digest of the source that results depend on."""

import tomllib
from pathlib import Path

import pytest

from common.records import source
from common.records.source import encore_version, source_digest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = [
    "data_pipeline",
    "common.layers",
    "common.metrics",
    "common.paper",
    "common.runs",
    "common.splits",
    "common.training",
    "reproductions.se_cnn",
]


@pytest.fixture
def files(monkeypatch):
    """Package -> its files, instead of those on disk."""
    found = {}
    monkeypatch.setattr(source, "_files_of", lambda package: found.get(package, []))
    source_digest.cache_clear()
    yield found
    source_digest.cache_clear()


def digest(paper: str = "se_cnn") -> str:
    source_digest.cache_clear()
    return source_digest(paper)


def test_the_version_is_that_of_the_project():
    assert encore_version() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_source_file_of_what_results_depend_on_is_found_in_order(package):
    names = [name for name, _ in source._files_of(package)]
    assert names == sorted(names)
    assert "__init__.py" in names
    folder = ROOT.joinpath(*package.split("."))
    expected = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == expected


@pytest.mark.parametrize(
    ("package", "is_in_it"), [*((package, True) for package in PACKAGES), ("common.reports", False)]
)
def test_a_change_of_what_results_depend_on_changes_the_digest(files, tmp_path, package, is_in_it):
    before = digest()
    (tmp_path / "one.py").write_bytes(b"x = 1\n")
    files[package] = [("one.py", tmp_path / "one.py")]
    assert (digest() != before) == is_in_it


def test_the_digest_is_of_names_and_contents(files, tmp_path):
    path = tmp_path / "one.py"
    path.write_bytes(b"x = 1\n")
    files["common.training"] = [("one.py", path)]
    first = digest()
    path.write_bytes(b"x = 1\r\n")
    assert digest() == first
    path.write_bytes(b"x = 2\n")
    second = digest()
    files["common.training"] = [("two.py", path)]
    assert len({first, second, digest()}) == 3


def test_papers_have_digests_of_their_own():
    assert source_digest("se_cnn") != source_digest("nnet")
    assert source_digest("declared_by_a_test") not in (source_digest("se_cnn"), source_digest("nnet"))
