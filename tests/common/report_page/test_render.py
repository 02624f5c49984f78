"""The page as HTML: texts of records are text, whatever they hold, and what would run is refused by its policy."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from common.paper.by_name import load_paper
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.report_page.write import write_page
from common.reports.write import regenerate_tables
from reproductions.se_cnn.paper import PAPER
from tests.helpers.hostile_page import GENRES, SHOWN, write_hostile_page
from tests.helpers.html_page import Element, read_page
from tests.helpers.small_results import identified_record

# What the program writes itself.
ELEMENTS = {
    *(
        "document",
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    ),
    *("p", "div", "nav", "ul", "li", "main", "section", "article", "figure", "form", "table", "caption", "thead"),
    *("tbody", "tr", "th", "td", "button", "span", "bdi", "b", "code", "details", "summary", "dl", "dt", "dd"),
    *("script",),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Element:
    """The page of two runs, in which all that a user can name is hostile."""
    return read_page(write_hostile_page(tmp_path_factory.mktemp("hostile")).read_text(encoding="utf-8"))


def test_names_are_text_wherever_they_stand(page):
    assert {one.tag for one in page.every} <= ELEMENTS
    assert len(page.all("script")) == 3
    assert not [name for one in page.every for name in one.attributes if name.startswith("on") or name == "style"]
    listed = {cell.text for cell in page.one("table", class_="clips-table").all("th", scope="row")}
    assert len(listed) > 20
    assert listed <= set(SHOWN.values())
    matrix = page.one("table", class_="confusion")
    assert matrix.cells[0][1:] == [SHOWN[name] for name in GENRES]


def test_the_data_of_the_script_end_neither_it_nor_a_line_of_it(page):
    data, clips, script = (one.text for one in page.all("script"))
    assert not set("<>&\u2028\u2029") & set(data)
    assert json.loads(data)["genres"] == [[SHOWN[name] for name in GENRES]]
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", clips)
    assert "</script" not in script


def test_what_cannot_be_seen_or_turns_the_text_is_an_escape(page):
    shown = "".join(one.text for one in (page.one("main"), page.one("script", id="data")))
    assert not {"\u202e", "\u2066", "\u200b", "\x1b", "\x00", "\uffff"} & set(shown)
    # Text that is written from the right turns no other text.
    apart = [one for one in page.every if one.tag == "bdi" or one.attributes.get("dir") == "auto"]
    inside = sum(one.text.count("\u05d0") for one in apart)
    assert inside == page.one("main").text.count("\u05d0") > 0


def test_its_policy_allows_its_own_style_and_script_alone(page):
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    for kind, element in (("style", page.one("style")), ("script", page.all("script")[-1])):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")


def test_clip_decisions_that_are_left_out_are_named_with_the_option(tmp_path: Path):
    results = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    for one in (identified_record(), identified_record(0, correct=200)):
        write_record(results, one)
    regenerate_tables(PAPER, tmp_path, draw_figures=False)
    written = write_page([PAPER], tmp_path, tmp_path / "report.html", clip_bytes=10)
    assert re.search(r"left out: .* the limit is .*encore report --clip-data-mb N\.", written.message)
    page = read_page(written.path.read_text(encoding="utf-8"))
    warnings = [one.text for one in page.one("section", id="clips").all("p", class_="warning")]
    assert warnings == [written.message]
    # The numbers of rows are not left out.
    assert len(page.one("table", id="results-table").one("tbody").all("tr")) == 2
    assert len(page.all("table", class_="confusion")) == 2
    whole = write_page([PAPER], tmp_path, tmp_path / "report.html")
    assert whole.message == ""
    assert whole.size > written.size


def test_code_in_a_declaration_is_code_and_a_single_backtick_is_one(page):
    reasons = page.one("section", id="row").all("table", class_="values")[0]
    (found,) = [line for line in reasons.all("tr") if "model.relu_position" in line.text]
    assert found.all("code")[-1].text == "--set model.relu_position=after_se"
    assert "`" not in found.text
    # In names of a user's, backticks are a part of the name.
    assert "`c`" in page.one("section", id="clips").text


def test_a_paper_without_runs_says_so_and_has_no_empty_headings(committed_results, tmp_path):
    written = write_page([load_paper("resnet1d")], committed_results, tmp_path / "report.html")
    page = read_page(written.path.read_text(encoding="utf-8"))
    assert "No clip was tested yet." in page.one("section", id="clips").text
    assert "No leakage audit is among these results." in page.one("section", id="leakage").text
    assert "No row has been measured here yet." in page.one("section", id="papers").text
    assert [one.text for one in page.one("section", id="about").all("h3")] == ["Licences", "Citation"]
    assert (written.rows, written.runs) == (0, 0)
