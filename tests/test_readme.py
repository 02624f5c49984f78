"""The committed results: tables are what their records say, and the README repeats them truly."""

import json
import re
import shutil
from pathlib import Path

import pytest

import reproductions
from common.paper.protocol import SPLIT_MEANINGS, UNIT_MEANINGS, Protocol, read_unit
from common.records.record import read_record
from common.verification.readme import verify_readme
from common.verification.records import verify_records
from common.verification.tables import compare_overview, compare_tables
from tests.helpers.papers import KEYS, paper_of

ROOT = Path(reproductions.__file__).parent.parent
FOLDERS = ("common", "data_pipeline", "reproductions", "benchmarks", "examples", "tests")
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md")),
]
# The template of a paper reproduces nothing, and so has no results.
PAPERS = [key for key in KEYS if key != "_template"]


def test_the_headline_table_and_the_text_below_it_are_what_was_measured(committed_results):
    """Each row of the leakage audit with its intervals, in the audit's order, and each statement on them."""
    found = verify_readme(ROOT / "README.md", committed_results)
    assert [fault.line for fault in found.faults] == []
    assert found.counts == {"rows": 8, "sentences": 18}


def test_the_numbers_of_one_seed_on_two_machines_are_what_was_measured(committed_results):
    text = " ".join((ROOT / "common" / "execution" / "README.md").read_text(encoding="utf-8").split())
    accuracies = []
    for path in sorted((committed_results / "benchmarks" / "h100" / "first").glob("*.json")):
        first, second = read_record(path), read_record(committed_results / "benchmarks" / "h100" / "second" / path.name)
        assert first.clips == second.clips
        for one, other in zip(first.history, second.history, strict=True):
            assert one | {"seconds": 0} == other | {"seconds": 0}
        here = read_record(committed_results / "se_cnn" / "arrays" / "runs" / path.name)
        assert (first.machine["backend"], here.machine["backend"]) == ("jax", "tensorflow")
        accuracies.append([f"{100 * record.metrics['test']['window_accuracy']:.1f}" for record in (first, here)])
    clips, windows = accuracies
    assert f"gave {clips[0]} % of windows on the H100 and {clips[1]} % on two cores (holdout, by clip)" in text
    assert f"{windows[0]} and {windows[1]} % (holdout, by window)" in text


def test_the_memory_of_accumulation_is_what_was_measured(committed_results):
    text = (ROOT / "common" / "training" / "README.md").read_text(encoding="utf-8")
    found = json.loads((committed_results / "benchmarks" / "accumulation.json").read_text(encoding="utf-8"))
    gigabytes = {name: f"{values['median'] / 1024:.1f} GB" for name, values in found["values"].items()}
    assert found["settings"]["ended_for_lack_of_memory"] == ["float32, batch of 80"]
    assert f"| one batch of 80 windows | {gigabytes['mixed_bfloat16, batch of 80']} | ended by the system" in text
    small = [gigabytes[f"{precision}, 8 batches of 10"] for precision in ("mixed_bfloat16", "float32")]
    assert f"| 8 batches of 10, accumulated | {small[0]} | {small[1]} |" in text


def test_the_memory_of_recurrent_networks_is_what_was_measured(committed_results):
    text = (ROOT / "common" / "training" / "README.md").read_text(encoding="utf-8")
    found = json.loads((committed_results / "benchmarks" / "recurrent.json").read_text(encoding="utf-8"))
    assert found["holds"]
    for name, way in (("one batch of 16 clips", "batch of 16"), ("4 batches of 4, accumulated", "4 batches of 4")):
        medians = [found["values"][f"{precision}, {way}"]["median"] for precision in ("mixed_bfloat16", "float32")]
        shown = " | ".join(f"{median / 1024:.1f} GB" for median in medians)
        assert f"| {name} | {shown} |" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_points_to_is_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:tests|results|common|data_pipeline)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name
    # What is copied from the template is named as the reader will name it.
    for script in set(re.findall(r"(reproductions/\w+/\w+\.py)", text)):
        assert (ROOT / script.replace("my_paper", "_template")).exists(), script


def test_the_readme_names_every_package_where_it_is():
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Where things are")[1].split("\n## ")[0]
    for folder in ("common", "data_pipeline"):
        for package in (ROOT / folder).glob("*/__init__.py"):
            assert re.search(rf"\b{package.parent.name}\b", text), package.parent


def test_every_split_and_unit_is_explained_as_in_the_help_texts():
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- splits")[1].split("\n## ")[0]
    printed = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "`--" in line]
    splits = [[f"`--split {name}`", meaning, Protocol(split=name).name] for name, meaning in SPLIT_MEANINGS.items()]
    units = [
        [f"`--unit {name}`", meaning, Protocol(unit=read_unit(name)).name] for name, meaning in UNIT_MEANINGS.items()
    ]
    assert printed == splits + units


def test_every_paper_is_listed():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\[`(\w+)`\]\(reproductions", text)) == set(PAPERS)


@pytest.mark.parametrize("key", PAPERS)
def test_committed_tables_are_what_their_records_say(key, tmp_path, committed_results):
    """Markdown, CSV, LaTeX, JSON and the generated page, byte for byte, and no others; no figure is missing or old."""
    if not (committed_results / key).exists():
        pytest.skip("no results are committed")
    ours = tmp_path / "results" / key
    shutil.copytree(committed_results / key, ours)
    committed = {path for path in ours.rglob("*") if path.suffix in {".md", ".csv", ".tex"}}
    committed |= {*ours.rglob("table_*.json")}
    found = compare_tables(paper_of(key), ours.parent, tmp_path / "again")
    assert [fault.line for fault in found.faults] == []
    assert found.compared == len(committed) > 0
    assert (found.others, found.messages) == ((), ())


def test_committed_records_are_what_their_digests_and_ids_say(committed_results):
    found = verify_records(committed_results)
    assert [fault.line for fault in found.faults] == []
    assert found.counts["ids_computed"] == found.counts["records"] + found.counts["notes"] >= 117


@pytest.mark.parametrize("key", PAPERS)
def test_every_committed_record_is_in_a_table_of_its_folder(key, committed_results):
    for runs in (committed_results / key).glob("*/runs"):
        named: set[str] = set()
        for path in runs.parent.glob("table_*.json"):
            named |= set(re.findall(r'"([0-9a-f]{16})"', path.read_text(encoding="utf-8")))
        recorded = {path.stem for path in runs.glob("*.json")}
        assert recorded <= named, f"{runs}: in no table: {sorted(recorded - named)}"


def test_the_list_of_all_tables_is_what_lies_below(tmp_path, committed_results):
    shutil.copytree(committed_results, tmp_path / "results", ignore=shutil.ignore_patterns("figures"))
    found = compare_overview(committed_results, tmp_path / "results")
    assert ([fault.line for fault in found.faults], found.messages) == ([], ())
    text = (committed_results / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (committed_results / target).exists(), target
