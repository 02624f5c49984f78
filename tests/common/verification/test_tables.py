"""Tables against records: every kind of edit below a results folder is named."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from common.records.paths import ResultPaths
from common.reports.figures.files import stated_digest
from common.verification.tables import verify_tables
from tests.helpers.small_results import identified_record, picture, write_small_results


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A results folder in which everything holds; copy it to edit it."""
    out = tmp_path_factory.mktemp("small") / "results"
    write_small_results(out)
    return out


@pytest.fixture
def results(made, tmp_path) -> ResultPaths:
    shutil.copytree(made, tmp_path / "results")
    return ResultPaths.of(tmp_path / "results", "se_cnn", "gtzan")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nothing_is_found_and_nothing_is_written_where_the_tables_are_those_of_the_records(results, snapshot):
    out = results.folder.parents[1]
    (results.folder / "notes.md").write_text("mine")
    (out / "duplicates" / "songs").mkdir(parents=True)
    before = snapshot(out)
    found = verify_tables(out)
    assert found.faults == ()
    tables = [path for path in results.folder.iterdir() if path.name.startswith("table_")]
    assert {"table_5.1.md", "table_5.1.csv", "table_5.1.tex", "table_5.1.json"} <= {path.name for path in tables}
    # The page of the paper and the list of all tables, besides the tables.
    figures = len(list(results.figures.iterdir()))
    assert figures > 2
    assert found.counts == {
        "papers": 1,
        "files": len(tables) + 2,
        "figures": figures,
        "compared_figures": figures,
    }
    assert f"1 file beside the tables, first: {results.folder / 'notes.md'}" in found.unchecked
    assert snapshot(out) == before


def test_every_kind_of_edit_is_named_once(results):
    out = results.folder.parents[1]
    replace(results.folder / "table_5.1.md", "| yes", "| no")
    (results.folder / "table_5.1.csv").unlink()
    replace(results.folder / "table_5.1.json", '"runs": 2', '"runs": 3')
    with (results.folder / "table_5.1.tex").open("a") as file:
        file.write("% added\n")
    replace(results.folder / "table_4.1.md", "Layer", "Layers")
    old = {"paper": "se_cnn", "table": "5.2"}
    (results.folder / "table_5.2.json").write_text(json.dumps(old))
    (results.folder / "table_9.9.csv").write_text("old")
    figures = sorted(results.figures.glob("*.png"))
    figures[0].unlink()
    for suffix in ("png", "svg"):
        (results.figures / f"table_5.2.{suffix}").write_bytes(b"")
    replace(out / "se_cnn" / "README.md", "## Assumed", "## Stated")
    (out / "README.md").unlink()
    found = verify_tables(out)
    said = {path.relative_to(out).as_posix(): fault for fault in found.faults for path in (fault.path, *fault.others)}
    assert len(said) == sum(1 + len(fault.others) for fault in found.faults)
    here = "se_cnn/gtzan"
    assert said.keys() == {
        *(f"{here}/table_5.1.{suffix}" for suffix in ("md", "csv", "json", "tex")),
        *(f"{here}/{name}" for name in ("table_4.1.md", "table_5.2.json", "table_9.9.csv")),
        *(f"{here}/figures/{name}" for name in (figures[0].name, "table_5.2.png", "table_5.2.svg")),
        *("se_cnn/README.md", "README.md"),
    }
    whole = said[f"{here}/table_5.1.md"]
    # A form that is missing has a fault of its own.
    assert [path.suffix for path in whole.others] == [".tex", ".json"]
    where = "row se-12345, Published inside interval"
    assert (
        whole.line
        == f"{results.folder}/table_5.1 (.md .tex .json): {where}: no (wide) is written, yes (wide) made again."
    )
    layers, page = said[f"{here}/table_4.1.md"], said["se_cnn/README.md"]
    assert layers.line == f"{layers.path}: line 3: {layers.found} is written, {layers.expected} made again."
    assert "Layers" in layers.found
    assert "Layers" not in layers.expected
    assert (page.found[1:10], page.expected[1:11]) == ("## Stated", "## Assumed")
    assert said[f"{here}/table_5.1.csv"].found == "no such file"
    for name in ("table_5.2.json", "table_9.9.csv", "figures/table_5.2.png"):
        assert said[f"{here}/{name}"].found == "a file that no record supports"
    assert said[f"{here}/figures/{figures[0].name}"].found == "no such file"
    assert f"encore run se_cnn --from-records --out {out}." in said[f"{here}/table_5.1.md"].remedy
    assert said["README.md"].found == "no such file"


def test_tables_of_records_that_are_gone_are_named_and_those_not_used_are_said(results):
    out = results.folder.parents[1]
    path = results.record(identified_record().run_id)
    path.write_text("{")
    found = verify_tables(out)
    assert results.folder / "table_5.1.md" in {fault.path for fault in found.faults}
    assert any(text.startswith(f"warning: not used: {path}") for text in found.unchecked)
    shutil.rmtree(results.runs)
    gone = {fault.path.name: fault for fault in verify_tables(out).faults}
    assert gone["table_5.1.csv"].found == "a file that no record supports"
    # A table of layers needs no records.
    assert "table_4.1.md" not in gone


def test_the_list_of_all_tables_is_compared_with_the_tables_of_every_folder(results):
    out = results.folder.parents[1]
    scan = out / "duplicates" / "songs" / "table_duplicates.json"
    scan.parent.mkdir(parents=True)
    values = {"paper": "songs", "table": "duplicates", "title": "pairs", "caption": [], "warnings": [], "flags": []}
    scan.write_text(json.dumps(values | {"scale": "paper", "dataset": "songs", "protocol": "all", "rows": [{}]}))
    (fault,) = verify_tables(out).faults
    assert fault.path == out / "README.md"
    assert "duplicates" in fault.expected


def test_a_paper_without_records_has_only_a_page(tmp_path):
    (tmp_path / "resnet1d").mkdir()
    (tmp_path / "benchmarks").mkdir()
    found = verify_tables(tmp_path)
    assert {fault.path for fault in found.faults} == {tmp_path / "resnet1d" / "README.md", tmp_path / "README.md"}
    assert found.counts == {"papers": 1, "files": 2, "figures": 0, "compared_figures": 0}


def figures_of(results: ResultPaths) -> tuple[Path, Path]:
    """The SVG files of two figures, which different modules draw."""
    return results.figures / "figure_5.1.svg", results.figures / "table_5.1.svg"


def test_another_figure_in_place_of_one_is_named(results):
    one, other = figures_of(results)
    other.write_bytes(one.read_bytes())
    (fault,) = verify_tables(results.folder.parents[1]).faults
    assert fault.path == other
    assert fault.found == f"a figure drawn from {stated_digest(one)[:12]}..."
    assert fault.expected.endswith("..., the digest of its values")


def test_files_that_are_no_whole_figures_are_named(results):
    one, other = figures_of(results)
    one.write_bytes(one.read_bytes()[:-3])
    other.write_bytes(b"<svg></svg>\n")
    cut, foreign = verify_tables(results.folder.parents[1]).faults
    assert (cut.path, cut.found) == (one, "a file that was changed or cut off")
    assert (foreign.path, foreign.found) == (other, "a file without the digest of what it was drawn from")


@pytest.mark.parametrize("digest", ["0" * 64, f"{'0' * 64} by {'1' * 64}"])
def test_figures_that_other_code_drew_are_counted(results, digest):
    one, _ = figures_of(results)
    one.write_bytes(picture(digest, ".svg"))
    found = verify_tables(results.folder.parents[1])
    assert found.faults == ()
    assert f"1 figure file drawn by the code of another version, first: {one}" in found.unchecked


def test_files_that_cannot_be_read_are_named_and_the_others_are_compared(results, monkeypatch):
    out = results.folder.parents[1]
    record = sorted(results.runs.iterdir())[0]
    unreadable = {results.folder / "table_5.1.csv", figures_of(results)[0], record}
    whole = Path.read_bytes

    def read_bytes(path):
        if path in unreadable:
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path)

    def copy(source, target, **_):
        if Path(source) in unreadable:
            raise PermissionError(13, "Permission denied", str(source))
        Path(target).write_bytes(whole(Path(source)))

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    monkeypatch.setattr(shutil, "copytree", partial(shutil.copytree, copy_function=copy))
    found = verify_tables(out)
    named = {fault.path for fault in found.faults if fault.found == "a file that cannot be read (Permission denied)"}
    assert named == unreadable - {record}
    assert f"warning: not used: {record}: cannot be read ([Errno 13] Permission denied)" in found.unchecked


def test_a_changed_byte_of_a_figure_is_named(results):
    for path in figures_of(results):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"drawn", b"drawm", 1))
        (fault,) = verify_tables(results.folder.parents[1]).faults
        assert (fault.path, fault.found) == (path, "a file that was changed or cut off")
        path.write_bytes(content)
