"""CITATION.cff names the version and licence that pyproject.toml does."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_citation_agrees_with_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Plain `key: value` lines: a parser of YAML is not among the requirements.
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    stated = dict(line.split(": ", 1) for line in lines if line[0].isalpha() and ": " in line)
    assert stated["cff-version"] == "1.2.0"
    assert (stated["type"], stated["title"]) == ("software", "Encore")
    assert (stated["version"], stated["license"]) == (project["version"], project["license"])
    assert [line.removeprefix("  - name: ") for line in lines if line.startswith("  - name: ")] == [
        author["name"] for author in project["authors"]
    ]
    assert stated["abstract"].startswith(project["description"])
