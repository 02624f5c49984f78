"""The page of the committed results: each number is that of its table's file; its size; and the same bytes again."""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import reproductions
from common.core.percent import percent_text, published_text
from common.core.words import counted
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.paper.by_name import load_paper, paper_keys
from common.records.paths import ResultPaths, report_lock
from common.records.record import Record, read_record, write_record
from common.report_page.write import WrittenPage, write_page
from common.reports.tables.intervals import bounds_text
from tests.helpers.html_page import Element, read_page
from tests.helpers.outputs_as_text import markdown_cells
from tests.helpers.small_results import identified_record, write_small_results

ROOT = Path(reproductions.__file__).parent.parent
SECTIONS = ["leakage", "results", "row", "clips", "listening", "compare", "papers", "about"]


@dataclass(frozen=True)
class Committed:
    """The page of the committed results.

    Args:
        results: the folder that it was made from.
        page: its elements.
        data: what its script reads.
    """

    results: Path
    written: WrittenPage
    page: Element
    data: dict[str, Any]

    def file_of(self, table: Element) -> Path:
        """The JSON file of a table that is on the page."""
        return self.results / table.one("p", class_="file").one("code").text.replace(".md", ".json")

    @property
    def tables(self) -> dict[str, tuple[Path, dict[str, Any]]]:
        """Id of the element of each table -> its JSON file, and what that holds."""
        found = {}
        for table in self.page.one("section", id="row").all("section", class_="table-detail"):
            path = self.file_of(table)
            found[table.attributes["id"]] = path, json.loads(path.read_text(encoding="utf-8"))
        return found


@pytest.fixture(scope="module")
def committed(committed_results, tmp_path_factory) -> Committed:
    target = tmp_path_factory.mktemp("page") / "report.html"
    written = write_page([load_paper(key) for key in paper_keys()], committed_results, target)
    page = read_page(target.read_text(encoding="utf-8"))
    return Committed(committed_results, written, page, json.loads(page.one("script", id="data").text))


def records_of(path: Path, runs: list[str]) -> list[Record]:
    return [read_record(path.parent / "runs" / f"{run}.json") for run in runs]


def number(text: str) -> float | None:
    return float(text) if text else None


def test_it_has_all_sections_in_order_and_every_table_of_every_paper(committed):
    sections = [one.attributes["id"] for one in committed.page.one("main").parts if isinstance(one, Element)]
    assert sections == SECTIONS
    links = [one.attributes["href"] for one in committed.page.one("nav").all("a")]
    assert links == [f"#{section}" for section in SECTIONS]
    files = {path for path, _ in committed.tables.values()}
    # Layers are the same beside the results of each data set, and are shown once.
    every = set(committed.results.glob("*/*/table_*.json"))
    again = {path for path in every - files if (path.parents[1] / "arrays" / path.name) in files}
    assert files | again == every
    for path in again:
        there, shown = (json.loads(one.read_text()) for one in (path, path.parents[1] / "arrays" / path.name))
        assert there["rows"] == shown["rows"]
        assert not there.get("setting")
    assert [one["id"] for one in committed.data["tables"]] == list(committed.tables)
    ids = [one.attributes["id"] for one in committed.page.every if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    targets = {one.attributes["href"][1:] for one in committed.page.all("a")}
    assert targets <= set(ids)


def test_every_line_of_the_list_of_results_has_the_numbers_of_its_tables_file(committed):
    lines = committed.page.one("table", id="results-table").one("tbody").all("tr")
    rows = {row["id"]: row for row in committed.data["rows"]}
    seen = set()
    for line in lines:
        row = rows[line.attributes["data-row"]]
        path, table = committed.tables[row["table"]]
        values = next(one for one in table["rows"] if one.get("name", one["label"]) == row["name"])
        name = next(one for one in table["metrics"] if one.replace("_", " ") == line.attributes["data-metric"])
        measured, (low, high) = values["measured"][name], values["measured"][name]["ci95"]
        published, inside = values["published"][name], values["published_inside"].get(name)
        cells = [cell for cell in line.parts if isinstance(cell, Element)]
        texts = [cell.text for cell in cells]
        spread = f" ± {percent_text(measured['sd'])}" if "sd" in measured else ""
        wide = " (wide)" if inside and high - low > 20 else ""
        assert texts[5:7] == [
            "not given" if published is None else published_text(published),
            f"{percent_text(measured['mean'])}{spread}",
        ]
        words = {True: f"yes{wide}", False: "no", None: "" if published is None else "not known (one seed)"}
        difference = values["difference"].get(name)
        assert texts[8:13] == [
            bounds_text([low, high]),
            words[inside],
            "" if difference is None else percent_text(difference, signed=True),
            str(measured["runs"]),
            f"{measured['clips']:,}",
        ]
        shown = [number(cells[place].attributes["data-value"]) for place in (5, 6, 8, 10, 11, 12)]
        assert shown == [published, measured["mean"], low, difference, measured["runs"], measured["clips"]]
        assert number(cells[8].attributes["data-high"]) == high
        # What the script draws is the same.
        (drawn,) = [one for one in row["metrics"] if one["name"] == line.attributes["data-metric"]]
        assert drawn == {
            "name": name.replace("_", " "),
            "metric": table["compared_with"][name],
            "published": published,
            "mean": measured["mean"],
            "low": low,
            "high": high,
            "difference": difference,
            "runs": measured["runs"],
            "clips": measured["clips"],
            "published_text": texts[5],
            "mean_text": texts[6],
        }
        seen.add((path, values["label"], name))
    expected = {
        (path, row["label"], name)
        for path, table in committed.tables.values()
        if "compared_with" in table
        for row in table["rows"]
        if row["measured"]
        for name in table["metrics"]
    }
    assert seen == expected
    assert len(lines) == len(expected)


def test_the_numbers_of_each_row_are_those_of_its_tables_file(committed):
    rows = {row["id"]: row for row in committed.data["rows"]}
    details = committed.page.one("section", id="row").all("details", class_="row-detail")
    assert [one.attributes["data-row"] for one in details] == list(rows)
    for detail in details:
        row = rows[detail.attributes["data-row"]]
        _, table = committed.tables[row["table"]]
        values = next(one for one in table["rows"] if one.get("name", one["label"]) == row["name"])
        numbers = detail.one("dl", class_="numbers")
        # Behind the name of a metric stands what is compared with it.
        heads = [one.parts[0].strip() for one in numbers.all("dt")]
        shown = dict(zip(heads, [one.text for one in numbers.all("dd")], strict=True))
        expected = {}
        for name in table["metrics"]:
            published = values["published"][name]
            given = "not given" if published is None else f"{published_text(published)} %, inside: "
            expected[name.replace("_", " ")] = f"{mean_of(values, name)}; published {given}"
        for metric, words in METRIC_NAMES.items():
            if metric in values["measured"] and metric not in table["compared_with"].values():
                expected[words] = mean_of(values, metric)
        first = values["measured"][table["metrics"][0]]
        expected |= {"Runs": f"{first['runs']}", "Test clips": f"{first['clips']:,}"}
        assert shown.pop("Trainable parameters") == f"{values['trainable_parameters']:,}"
        assert shown.keys() == expected.keys()
        for head, text in shown.items():
            assert text.startswith(expected[head]), (row["id"], head)


def mean_of(values: dict[str, Any], metric: str) -> str:
    """A measured number with its interval, as the details of a row say it."""
    measured = values["measured"][metric]
    spread = f" ± {percent_text(measured['sd'])}" if "sd" in measured else ""
    return f"{percent_text(measured['mean'])}{spread} %, 95 % interval {bounds_text(measured['ci95'])}"


def test_numbers_of_rows_and_runs_are_those_of_the_tables_files(committed):
    tables = [table for _, table in committed.tables.values() if "compared_with" in table]
    measured = [row for table in tables for row in table["rows"] if row["measured"]]
    runs = {record.stem for record in committed.results.glob("*/*/runs/*.json")}
    about = " ".join(committed.page.one("header").text.split())
    assert f"{len(measured)} measured rows of {sum(len(table['rows']) for table in tables)} rows" in about
    assert f"{len(runs)} runs" in about
    # Each table of results has a sentence on its outcome.
    outcomes = " ".join(committed.page.one("section", id="papers").text.split())
    for table in tables:
        there = [row for row in table["rows"] if row["measured"]]
        if there:
            assert f"{len(there)} of {len(table['rows'])} row" in outcomes


def test_tables_of_one_title_and_rows_of_one_name_are_told_apart(committed):
    heads = [
        one.one("h3").text for one in committed.page.one("section", id="row").all("section", class_="table-detail")
    ]
    assert heads == [one["heading"] for one in committed.data["tables"]]
    audits = [one.one("h3").text for one in committed.page.one("section", id="leakage").all("article", class_="audit")]
    assert len(audits) == len(set(audits)) == 2
    assert audits[1].endswith("own folder emotify")
    rows = {row["id"]: row for row in committed.data["rows"]}
    for line in committed.page.one("table", id="results-table").one("tbody").all("tr"):
        row = rows[line.attributes["data-row"]]
        cells = [cell for cell in line.parts if isinstance(cell, Element)]
        assert cells[0].text.startswith(row["heading"])
        assert cells[3].text.split() == row["protocol"].replace(f"{row['split']},", row["split"]).split()
    texts = {row["heading"] for row in rows.values()}
    assert {"Ratio r: 8", "SE blocks: 0", "nnet1"} <= texts
    assert not [text for text in texts if text.replace(",", "").isdigit()]


def test_whole_tables_have_the_cells_of_their_markdown_files(committed):
    for table in committed.page.one("section", id="row").all("section", class_="table-detail"):
        path = committed.file_of(table).with_suffix(".md")
        views = table.all("table", class_="whole")
        # The fixture of tests has no checkout, so the runs are taken for the reader's.
        # Networks of tables without runs are Encore's all the same.
        theirs = "^Encore's" if table.attributes["data-kind"] in ("layers", "values") else "^Your"
        heads = [[re.sub(theirs, "Our", head) for head in view.cells[0]] for view in views]
        lines = [line for view, head in zip(views, heads, strict=True) for line in (head, *view.cells[1:])]
        cells = [cell for line in lines for cell in line]
        assert cells == markdown_cells(path.read_text(encoding="utf-8")), path


def test_every_row_has_the_decisions_and_curves_of_its_records(committed):
    rows = {row["id"]: row for row in committed.data["rows"]}
    details = committed.page.one("section", id="row").all("details", class_="row-detail")
    assert [detail.attributes["id"] for detail in details] == list(rows)
    for detail in details:
        row = rows[detail.attributes["id"]]
        path, table = committed.tables[row["table"]]
        values = next(one for one in table["rows"] if one.get("name", one["label"]) == row["name"])
        records = records_of(path, values["records"])
        genres = records[0].data.genres
        counts = [[0] * len(genres) for _ in genres]
        for record in records:
            for clip in record.clips:
                counts[clip.label][clip.by_mean_softmax] += 1
        assert committed.data["genres"][row["confusion"]["genres"]] == list(genres)
        assert row["confusion"]["counts"] == counts
        matrix = detail.one("table", class_="confusion")
        assert matrix.cells[0][1:] == list(genres)
        assert matrix.cells[1:] == [[genre, *map(str, line)] for genre, line in zip(genres, counts, strict=True)]
        runs = [committed.data["runs"][place] for place in row["runs"]]
        assert [run["key"].rpartition("/")[2] for run in runs] == [record.run_id for record in records]
        for run, record in zip(runs, records, strict=True):
            assert (run["seed"], run["fold"], run["best_epoch"]) == (record.seed, record.fold, record.best_epoch)
            for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
                assert run["curves"][name] == pytest.approx([entry[name] for entry in record.history], rel=1e-4)
            # Records of before the rate was noted have no curve of it.
            assert ("learning_rate" in run["curves"]) == ("learning_rate" in record.history[0])
        tested = [cells[4] for cells in detail.one("table", class_="genres").cells[1:]]
        assert tested == [str(sum(line)) for line in counts]


def test_scores_by_genre_are_those_of_the_table_of_genres(committed):
    rows = {row["id"]: row for row in committed.data["rows"]}
    compared = 0
    for path, table in committed.tables.values():
        for below in (one for one in table.get("companions", []) if one.get("kind") == "genres"):
            for row in rows.values():
                if committed.tables[row["table"]][0] != path:
                    continue
                detail = committed.page.one("details", id=row["id"])
                lines = detail.one("table", class_="genres").cells[1:]
                for line, scores, expected in zip(lines, row["scores"], below["rows"], strict=True):
                    measured = expected["measured"][row["label"]]
                    assert scores[:3] == [measured["precision"], measured["recall"], measured["f1"]]
                    shown = ["-" if score is None else percent_text(score) for score in scores[:3]]
                    assert line[:4] == [expected["label"], *shown]
                    compared += 1
    assert compared == 32


@pytest.mark.parametrize("dataset", ["arrays", "folder_emotify"])
def test_the_audit_has_the_numbers_of_its_table(committed, dataset):
    path, table = next(
        (path, table)
        for path, table in committed.tables.values()
        if table.get("kind") == "audit" and path.parent.name == dataset
    )
    (audit,) = (one for one in committed.data["audits"] if dataset in one["id"])
    article = committed.page.one("article", id=audit["id"])
    assert audit["published"]["percent"] == table["published"]["percent"]
    assert audit["published"]["text"] == "93.6"
    assert METRIC_NAMES[audit["published"]["metric"]] == table["published"]["compared_with"]
    assert [split["label"] for split in audit["splits"]] == [row["label"] for row in table["rows"]]
    for split, row in zip(audit["splits"], table["rows"], strict=True):
        section = article.one("section", id=split["id"])
        if not row["measured"]:
            assert split["values"] == {}
            reasons = {"arrays": "this dataset has no such predefined split", "folder_emotify": "no clip occurs twice"}
            assert f"Not measured: {reasons[dataset]}" in section.text
            continue
        for metric in MAIN_METRICS:
            measured, gap = row["measured"][metric], row["gap"].get(metric)
            drawn = [measured["mean"], *measured["ci95"], percent_text(measured["mean"])]
            assert list(split["values"][metric].values()) == drawn
            words = f"{METRIC_NAMES[metric]} {percent_text(measured['mean'])} % (95 % interval "
            assert f"{words}{bounds_text(measured['ci95'])})".lower() in section.text.lower()
            assert (metric in split["gaps"]) == bool(gap)
            if gap:
                drawn = [gap["mean"], *gap["ci95"], percent_text(gap["mean"], signed=True).replace("-", "\u2212")]
                assert list(split["gaps"][metric].values()) == drawn
                assert f"is {percent_text(abs(gap['mean']))} points lower" in section.text
                # An interval below zero has no signs behind "lower".
                low, high = gap["ci95"]
                assert f"difference {bounds_text([-high, -low])})" in section.text
        assert (split["runs"], split["clips"]) == (row["measured"]["runs"], row["measured"]["clips"])
        records = records_of(path, row["records"])
        assert split["examples"], "a split without an example"
        for example in split["examples"]:
            of_clip = [clip for record in records for clip in record.clips if clip.id == example["clip"]]
            right = sum(clip.by_mean_softmax == clip.label for clip in of_clip)
            assert f"here right in {right} of {counted(len(of_clip), 'run')}" in example["decided"]


def test_it_is_small_enough_to_be_sent(committed):
    # Script, style and texts, and of each measured row a line, a confusion matrix, curves, and decisions on its clips.
    assert committed.written.size < 900_000 + 13_000 * committed.written.rows
    assert committed.written.message == ""
    assert (committed.written.rows, committed.written.runs) == (71, 143)


def test_it_loads_and_runs_nothing_but_itself(committed):
    page = committed.page
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(re.split("[ ;']+", policy))
    for one in page.every:
        loaded = {name: value for name, value in one.attributes.items() if name in ("src", "href", "action", "data")}
        assert all(value.startswith("#") or value == "data:," for value in loaded.values()), one
        assert not [name for name in one.attributes if name == "style" or name.startswith("on")], one


def test_the_same_results_give_the_same_bytes_in_another_process(committed, tmp_path):
    out, target = committed.results, tmp_path / "again.html"
    code = (
        "import sys; from pathlib import Path; from common.paper.by_name import load_paper, paper_keys; "
        "from common.report_page.write import write_page; "
        "write_page([load_paper(key) for key in paper_keys()], Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    others = {"PYTHONHASHSEED": "77", "LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONUTF8": "0"}
    # The checkout's own results would make these the reader's or Encore's, so both commands run outside of it.
    code = f"import common.reports.committed as c; c.results_of_checkout = lambda: None; {code}"
    subprocess.run(
        [sys.executable, "-c", code, str(out), str(target)], check=True, cwd=ROOT, env={**os.environ, **others}
    )
    assert target.read_bytes() == committed.written.path.read_bytes()


@pytest.mark.parametrize(("name", "waits"), [("report.html", True), ("other.html", False)])
def test_commands_of_one_paper_write_the_page_that_they_end_with_one_after_the_other(tmp_path, name, waits):
    write_small_results(tmp_path)
    target = tmp_path / "se_cnn" / name
    second = threading.Thread(target=write_page, args=([load_paper("se_cnn")], tmp_path, target))
    with FileLock(report_lock(tmp_path, "se_cnn")):
        second.start()
        second.join(1 if waits else 60)
        assert second.is_alive() == waits
        assert target.exists() == (not waits)
        # What is added before the lock is free is on the page.
        added = identified_record(seed=7)
        write_record(ResultPaths.of(tmp_path, "se_cnn", "gtzan"), added)
    second.join(60)
    assert (f"se_cnn/gtzan/{added.run_id}" in target.read_text(encoding="utf-8")) == waits
