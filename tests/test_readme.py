"""The committed results: tables are what their records say, and the README repeats them truly."""

import json
import re
import shutil
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

import reproductions
from common.cli.regenerate import regenerate
from common.leakage import report as auditreport
from common.records.record import read_record
from common.reports import write as reporting
from common.reports.pages import write_overview
from tests.helpers.papers import KEYS, paper_of

ROOT = Path(reproductions.__file__).parent.parent
RESULTS = ROOT / "results"
FOLDERS = ("common", "data_pipeline", "reproductions", "benchmarks")
PAGES = [ROOT / "README.md", *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]
# The template of a paper reproduces nothing, and so has no results.
PAPERS = [key for key in KEYS if key != "_template"]


def test_the_headline_table_is_what_was_measured():
    """Each row of the leak audit with its intervals, in the audit's order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    printed = [line for line in text.splitlines() if line.startswith("| ours")]
    table = json.loads((RESULTS / "se_cnn" / "arrays" / "table_audit.json").read_text(encoding="utf-8"))
    rows = [row for row in table["rows"] if row["measured"]]
    assert len(printed) == len(rows) == 5
    for line, row in zip(printed, rows, strict=True):
        cells = [
            f"{found['mean']:.1f} ± {found['sd']:.1f} ({found['ci95'][0]:.1f} to {found['ci95'][1]:.1f})"
            for found in (row["measured"][name] for name in ("window_accuracy", "clip_accuracy_mean_softmax"))
        ]
        known = 100 * row["overlap"]["met"] / row["overlap"]["parts"]["test"]
        nameless = round(100 * row["overlap"]["nameless"] / row["overlap"]["parts"]["test"])
        unknown = f" ({nameless} % of unknown artist)" if known < 100 else ""
        assert line.endswith(f"| {cells[0]} | {cells[1]} | {known:.0f} %{unknown} |")
    gaps = {
        row["label"]: [
            abs(round(v)) for v in (row["gap"]["window_accuracy"]["mean"], *row["gap"]["window_accuracy"]["ci95"])
        ]
        for row in rows[1:]
    }
    assert f"by {gaps['random clips'][0]} points ({gaps['random clips'][2]} to {gaps['random clips'][1]})" in text
    for label in ("artist filter", "fault-filtered"):
        most, low, high = gaps[label]
        assert f"by {most} ({high} to {low})" in text


def test_the_text_below_the_headline_table_is_what_was_measured():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    table = json.loads((RESULTS / "se_cnn" / "arrays" / "table_audit.json").read_text(encoding="utf-8"))
    assert {row["measured"]["runs"] for row in table["rows"] if row["measured"]} == {3}
    assert "standard deviation of three seeds" in text
    assert "ONE SEED" not in " ".join(table["caption"])
    (gaps,) = (line for line in table["caption"] if line.startswith("Gaps to random clips"))
    found = dict(re.findall(r"(artist filter|no exact duplicates): windows (\S+ \(\S+ to \S+\))", gaps))
    costs = []
    for label in ("artist filter", "no exact duplicates"):
        mean, low, high = (round(-float(value)) for value in re.findall(r"[-+][\d.]+", found[label]))
        assert high < 0 < low  # the interval of the gap holds 0
        costs.append(f"{mean} ({high} to {low})".replace(" (", " points (", 1 if not costs else 0))
    assert (
        f"the artist filter costs {costs[0]}, and leaving out exact copies {costs[1]}: three seeds cannot tell either "
        "from chance" in text
    )
    (clipped,) = (text for text in table["warnings"] if text.startswith("CLIPPED LOSS"))
    named = re.findall(r"(?:rows|;) ([^;(]+) \(seed 1, seed 2\)", clipped)
    assert named == [row["label"] for row in table["rows"] if row["measured"] and row["label"] != "random clips"]
    assert (
        "In every row but that of random clips, seeds 1 and 2 ran on JAX with a loss of clipped probabilities" in text
    )
    filtered = next(row for row in table["rows"] if row["label"] == "artist filter")
    counted = sorted(found["independent_clips"] for found in filtered["measured"].values() if isinstance(found, dict))
    assert (
        f"the 300 test clips by 72 artists of the artist filter count as {counted[0]:.0f} to {counted[-1]:.0f}" in text
    )


def test_the_numbers_of_one_seed_on_two_machines_are_what_was_measured():
    text = " ".join((ROOT / "common" / "execution" / "README.md").read_text(encoding="utf-8").split())
    accuracies = []
    for path in sorted((RESULTS / "benchmarks" / "h100" / "first").glob("*.json")):
        first, second = read_record(path), read_record(RESULTS / "benchmarks" / "h100" / "second" / path.name)
        assert first.clips == second.clips
        for one, other in zip(first.history, second.history, strict=True):
            assert one | {"seconds": 0} == other | {"seconds": 0}
        here = read_record(RESULTS / "se_cnn" / "arrays" / "runs" / path.name)
        assert (first.machine["backend"], here.machine["backend"]) == ("jax", "tensorflow")
        accuracies.append([f"{100 * record.metrics['test']['window_accuracy']:.1f}" for record in (first, here)])
    clips, windows = accuracies
    assert f"gave {clips[0]} % of windows on the H100 and {clips[1]} % on two cores (whole clips)" in text
    assert f"{windows[0]} and {windows[1]} % (random windows)" in text


def test_the_memory_of_accumulation_is_what_was_measured():
    text = (ROOT / "common" / "training" / "README.md").read_text(encoding="utf-8")
    found = json.loads((RESULTS / "benchmarks" / "accumulation.json").read_text(encoding="utf-8"))
    gigabytes = {name: f"{values['median'] / 1024:.1f} GB" for name, values in found["values"].items()}
    assert found["settings"]["ended_for_lack_of_memory"] == ["float32, batch of 80"]
    assert f"| one batch of 80 windows | {gigabytes['mixed_bfloat16, batch of 80']} | ended by the system" in text
    small = [gigabytes[f"{precision}, 8 batches of 10"] for precision in ("mixed_bfloat16", "float32")]
    assert f"| 8 batches of 10, accumulated | {small[0]} | {small[1]} |" in text


def test_the_memory_of_recurrent_networks_is_what_was_measured():
    text = (ROOT / "common" / "training" / "README.md").read_text(encoding="utf-8")
    found = json.loads((RESULTS / "benchmarks" / "recurrent.json").read_text(encoding="utf-8"))
    assert found["holds"]
    for name, way in (("one batch of 16 tracks", "batch of 16"), ("4 batches of 4, accumulated", "4 batches of 4")):
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


def test_every_paper_is_listed():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\[`(\w+)`\]\(reproductions", text)) == set(PAPERS)


@pytest.mark.parametrize("key", PAPERS)
def test_committed_tables_are_what_their_records_say(key, tmp_path, monkeypatch):
    """Markdown, CSV, LaTeX, JSON and the generated page, byte for byte, and no others."""
    for module in (reporting, auditreport):
        # Saving takes most of the time.
        monkeypatch.setattr(module, "save_figure", lambda drawn, stem: plt.close(drawn) or [])
    paper = paper_of(key)
    ours = tmp_path / key
    shutil.copytree(RESULTS / key, ours, ignore=shutil.ignore_patterns("work", "demo", "figures"))
    committed = {path: path.read_bytes() for path in ours.rglob("*") if path.suffix in {".md", ".csv", ".tex"}}
    committed |= {path: path.read_bytes() for path in ours.rglob("table_*.json")}
    assert committed
    for path in committed:
        path.unlink()
    regenerate(paper, tmp_path)
    made = {path for path in ours.rglob("*") if path.suffix in {".md", ".csv", ".tex"}} | {*ours.rglob("table_*.json")}
    assert made == committed.keys()
    for path, content in committed.items():
        assert path.read_bytes() == content, path.name


@pytest.mark.parametrize("key", PAPERS)
def test_every_committed_record_is_in_a_table_of_its_folder(key):
    for runs in (RESULTS / key).glob("*/runs"):
        named: set[str] = set()
        for path in runs.parent.glob("table_*.json"):
            named |= set(re.findall(r'"([0-9a-f]{16})"', path.read_text(encoding="utf-8")))
        recorded = {path.stem for path in runs.glob("*.json")}
        assert recorded <= named, f"{runs}: in no table: {sorted(recorded - named)}"


def test_the_list_of_all_tables_is_what_lies_below(tmp_path):
    shutil.copytree(RESULTS, tmp_path / "results", ignore=shutil.ignore_patterns("work", "demo", "figures"))
    text = write_overview(tmp_path / "results").read_text(encoding="utf-8")
    assert text == (RESULTS / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (RESULTS / target).exists(), target
