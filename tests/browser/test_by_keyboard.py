"""The report page by keyboard alone: search, filters, sorting, slider, tabs and links. The address keeps the choice."""

import shutil

import pytest

from common.core.files import read_json, write_json
from common.launch import load_paper
from common.report_page.write import write_page

pytestmark = pytest.mark.slow

LINES = "#results-table tbody tr:not([hidden])"
PAPER = "#filters [name=paper]"


def values(opened, key: str) -> list[float | None]:
    """The numbers of a column of the results that are shown."""
    return opened.page.evaluate(
        """key => {
            const table = document.getElementById("results-table");
            const column = [...table.tHead.rows[0].cells].findIndex((head) => head.dataset.key === key);
            const lines = [...table.tBodies[0].rows].filter((line) => !line.hidden);
            const texts = lines.map((line) => line.cells[column].dataset.value);
            return texts.map((text) => (text === "" ? null : Number(text)));
        }""",
        key,
    )


def test_first_tab_leads_past_the_header_to_the_results(open_page):
    opened = open_page()
    opened.press("Tab", "Enter")
    assert opened.fragment.startswith("#results")
    assert opened.page.evaluate("document.getElementById('results').getBoundingClientRect().top") < 200


@pytest.mark.parametrize("section", ["clips", "compare", "about"])
def test_a_section_stays_in_view_while_what_is_above_it_is_drawn(open_page, section):
    there = f"document.getElementById('{section}').getBoundingClientRect().top"
    opened = open_page()
    opened.focus(f"nav a[href='#{section}']")
    opened.press("Enter")
    opened.page.wait_for_timeout(1500)
    assert 0 < opened.page.evaluate(there) < 200
    # The page that is opened with its address is at the same place.
    opened.page.reload()
    opened.page.wait_for_timeout(1500)
    assert 0 < opened.page.evaluate(there) < 200


def test_search_narrows_the_list_says_how_many_and_is_in_the_address(open_page):
    opened = open_page()
    whole = opened.page.locator(LINES).count()
    opened.focus("#filters [name=q]")
    opened.page.keyboard.type("lstm")
    shown = opened.page.locator(LINES)
    assert 0 < shown.count() < whole
    assert all("lstm" in text.lower() for text in shown.all_inner_texts())
    assert opened.page.locator("#results-count").inner_text() == f"{shown.count()} of {whole} results shown"
    assert opened.page.locator("#results-count").get_attribute("role") == "status"
    assert "q=lstm" in opened.fragment


@pytest.mark.parametrize(
    ("words", "attribute", "value"),
    [
        ("se_cnn", "data-paper", "se_cnn"),
        ("artist filter", "data-split", "artist"),
        ("per_genre", "data-split", "per_genre"),
    ],
)
def test_search_finds_keys_and_what_a_split_does(open_page, words, attribute, value):
    opened = open_page()
    opened.focus("#filters [name=q]")
    opened.page.keyboard.type(words)
    found = [line.get_attribute(attribute) for line in opened.page.locator(LINES).all()]
    assert set(found) == {value}
    assert len(found) == opened.page.locator(f"#results-table tbody tr[{attribute}='{value}']").count()


def test_search_without_a_result_says_so_and_reset_brings_all_back(open_page):
    opened = open_page()
    whole = opened.page.locator(LINES).count()
    opened.focus("#filters [name=q]")
    opened.page.keyboard.type("no row is named like this")
    assert opened.page.locator(LINES).count() == 0
    assert opened.page.get_by_text("No result fits").is_visible()
    opened.focus("#filters button[type=reset]")
    opened.press("Enter")
    assert opened.page.locator(LINES).count() == whole
    assert not opened.page.get_by_text("No result fits").is_visible()


@pytest.mark.parametrize("name", ["paper", "data", "split", "unit", "contaminated", "reduced"])
def test_each_filter_shows_the_lines_with_its_value(open_page, name):
    opened = open_page()
    wanted = opened.page.locator("#results-table tbody tr:last-child").get_attribute(f"data-{name}")
    fitting = opened.page.locator(f'#results-table tbody tr[data-{name}="{wanted}"]').count()
    field = opened.focus(f"#filters [name={name}]")
    while field.input_value() != wanted:
        opened.press("ArrowDown")
    assert opened.page.locator(LINES).count() == fitting
    assert f"{name}=" in opened.fragment


def test_enter_on_a_heading_sorts_upwards_downwards_and_back(open_page):
    opened = open_page()
    before = values(opened, "ours")
    opened.focus("#results-table th[data-key=ours] .sort")
    head = opened.page.locator("#results-table th[data-key=ours]")
    opened.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert values(opened, "ours") == sorted(before) != before
    opened.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert values(opened, "ours") == sorted(before, reverse=True)
    assert opened.page.locator("#results-table [aria-sort]").count() == 1
    opened.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert values(opened, "ours") == before


def test_lines_without_a_number_come_last_in_both_directions(open_page):
    opened = open_page()
    opened.page.evaluate("document.querySelectorAll('#results-table tbody td[data-value]')[4].dataset.value = ''")
    key = opened.page.evaluate(
        """() => {
            const cell = document.querySelectorAll('#results-table tbody td[data-value]')[4];
            return cell.closest("table").tHead.rows[0].cells[cell.cellIndex].dataset.key;
        }"""
    )
    opened.focus(f"#results-table th[data-key={key}] .sort")
    for _ in ("ascending", "descending"):
        opened.press("Enter")
        assert values(opened, key)[-1] is None


def test_address_brings_back_filters_order_row_and_tab(open_page):
    first = open_page()
    first.focus("#filters [name=q]")
    first.page.keyboard.type("clip")
    first.focus("#results-table th[data-key=published] .sort")
    first.press("Enter", "Enter")
    first.follow("#results-table tbody tr:not([hidden]) th a")
    first.focus("#row .row-detail[open] [role=tab][aria-selected=true]")
    first.press("ArrowRight")
    again = open_page(first.fragment)
    assert chosen(again) == chosen(first)
    assert chosen(first)[1:] == (first.page.locator(LINES).first.get_attribute("data-row"), "Accuracy")


def chosen(opened) -> tuple[list[str], str, str]:
    """The results that are shown, the row whose details are, and the tab of its curves."""
    row = opened.page.locator("#row .row-detail[open]")
    return (
        opened.page.locator(LINES).all_inner_texts(),
        row.get_attribute("id"),
        row.locator("[role=tab][aria-selected=true]").inner_text(),
    )


def test_link_of_a_row_opens_it_alone_with_its_charts(open_page):
    opened = open_page()
    link = "#results-table tbody tr:nth-child(5) th a"
    target = opened.page.locator(link).get_attribute("href")[1:]
    opened.follow(link)
    assert opened.page.locator("#row .row-detail:visible").get_attribute("id") == target
    assert opened.page.locator("#row .table-detail:visible").count() == 1
    opened.page.locator("#row .row-detail:visible .curves svg").first.wait_for()
    opened.page.locator("#row .row-detail:visible .genre-bars svg").first.wait_for()


def test_tab_goes_on_from_the_section_that_a_link_leads_to(open_page):
    opened = open_page()
    opened.focus("nav a[href='#papers']")
    opened.press("Enter")
    opened.page.wait_for_function("document.activeElement.matches('#papers h2')")
    opened.press("Tab")
    assert opened.page.evaluate("document.activeElement.closest('section').id") == "papers"


def test_back_returns_to_the_row_before(open_page):
    opened = open_page()
    chosen = []
    for place in (2, 8):
        opened.follow(f"#results-table tbody tr:nth-child({place}) th a")
        chosen.append(opened.page.locator("#row .row-detail:visible").get_attribute("id"))
    assert chosen[0] != chosen[1]
    opened.page.go_back()
    opened.page.locator(f"[id='{chosen[0]}']").wait_for()
    assert opened.page.locator("#row .row-detail:visible").get_attribute("id") == chosen[0]


def test_next_and_previous_walk_through_rows_and_whole_tables(open_page):
    opened = open_page()
    select = opened.page.locator(".row-choice select")
    places = opened.page.locator(".row-choice option").count()
    first = select.input_value()
    opened.focus(".row-choice button:has-text('Next')")
    seen = set()
    for _ in range(places):
        opened.press("Enter")
        seen.add(select.input_value())
        assert opened.page.locator("#row .table-detail:visible").count() == 1
    assert len(seen) == places
    assert select.input_value() == first


def test_slider_moves_through_all_measured_splits(open_page):
    opened = open_page()
    slider = opened.focus(".audit-slider input[type=range]")
    measured = opened.page.evaluate(
        "JSON.parse(document.getElementById('data').textContent).audits[0].splits.filter(s => s.values.window_accuracy)"
    )
    assert len(measured) == int(slider.get_attribute("max")) + 1 > 3
    opened.wait_for_charts(".audit-chart >> nth=0 >> svg[role=img]")
    opened.press("Home")
    for split in measured:
        assert [one["id"] for one in measured if opened.page.locator(f"[id='{one['id']}']").is_visible()] == [
            split["id"]
        ]
        assert split["label"] in slider.get_attribute("aria-valuetext")
        texts = opened.page.locator(".audit-chart svg text").all_text_contents()
        assert split["values"]["window_accuracy"]["text"] in texts
        if split["gaps"]:
            assert f"{split['gaps']['window_accuracy']['text']} points" in texts
        opened.press("ArrowRight")
    assert opened.fragment.startswith("#leakage?audit-")


@pytest.fixture(scope="module")
def page_of_two_audits(committed_results, tmp_path_factory):
    """A report of SE-CNN with a second audit: a dot in the name of its row, two digits in its published number."""
    below = tmp_path_factory.mktemp("audits")
    folder = shutil.copytree(committed_results / "se_cnn" / "arrays", below / "se_cnn" / "arrays")
    for file in list(folder.glob("table_audit.*")):
        shutil.copy(file, folder / f"table_audit_5.2-se-1{file.suffix}")
    values = read_json(folder / "table_audit_5.2-se-1.json", what="an audit")
    values["published"]["percent"] = 69.69
    write_json(folder / "table_audit_5.2-se-1.json", values)
    write_page([load_paper("se_cnn")], below, below / "report.html")
    return below / "report.html"


def test_each_of_two_audits_has_its_own_slider_and_the_address_keeps_both(open_page, page_of_two_audits):
    opened = open_page(file=page_of_two_audits)
    audits = opened.page.evaluate("Encore.data.audits.map(({id}) => id)")
    assert any("." in audit for audit in audits)

    def shown(page) -> list[tuple[str, list[str]]]:
        """Of each audit the place of its slider's thumb, and the measured splits that are described."""
        found = []
        for audit in audits:
            article = page.locator(f"[id='{audit}']")
            splits = article.locator(".audit-split:visible:has(.audit-number)").all()
            thumb = article.locator("input[type=range]").input_value()
            found.append((thumb, [split.get_attribute("id") for split in splits]))
        return found

    for place, audit in enumerate(audits):
        before = shown(opened.page)
        opened.focus(f"[id='{audit}-slider']")
        opened.wait_for_charts(f"[id='{audit}'] .audit-chart svg[role=img]")
        for _ in range(place + 1):
            opened.press("ArrowRight")
        after = shown(opened.page)
        assert after[place] == (str(place + 1), [f"{audit}-{place + 2}"])
        assert after[:place] + after[place + 1 :] == before[:place] + before[place + 1 :]
        number = opened.page.evaluate(
            "([audit, split]) => Encore.data.audits[audit].splits[split].values.window_accuracy.text",
            [place, place + 1],
        )
        texts = opened.page.locator(f"[id='{audit}'] .audit-chart svg text").all_text_contents()
        assert number in texts
    assert shown(open_page(opened.fragment, file=page_of_two_audits).page) == after


def test_published_numbers_are_drawn_with_the_digits_of_the_paper(open_page, page_of_two_audits):
    opened = open_page(file=page_of_two_audits)
    for audit, number in zip(opened.page.locator(".audit-chart").all(), ("93.6", "69.69"), strict=True):
        audit.scroll_into_view_if_needed()
        audit.locator("svg[role=img]").wait_for()
        assert f"published accuracy {number} %" in audit.locator("svg text").all_text_contents()
        assert f"Published: {number} %." in audit.locator("svg[role=img]").get_attribute("aria-label")


@pytest.mark.parametrize("value", ["length", "constructor", "__proto__", "-1", "1.5", "99", "Infinity", ""])
def test_parameters_of_the_address_that_mean_nothing_change_nothing(open_page, value):
    plain = open_page()
    audit = plain.page.evaluate("Encore.data.audits[0].id")
    names = [audit, "row", "tab", "sort", "order", "how", "left", "right", "leftseed", "clip", "clipsort", "cliporder"]
    changed = open_page(f"#leakage?{'&'.join(f'{name}={value}' for name in names)}")

    def read(opened) -> list[str]:
        opened.page.locator("#clips-list tbody tr").first.wait_for()
        parts = (".audit-live", "#results-count", "#row", "#clips-app", "#compare-app")
        texts = [text for part in parts for text in opened.page.locator(part).all_inner_texts()]
        choices = [select.input_value() for select in opened.page.locator("#compare-app select").all()]
        return [*texts, *choices, opened.page.locator("#clips-list th[aria-sort]").get_attribute("data-key")]

    assert read(changed) == read(plain)


def test_arrows_home_and_end_move_between_tabs_and_show_one_panel(open_page):
    opened = open_page()
    tabs = opened.page.locator("#row .row-detail[open] [role=tab]")
    tabs.first.wait_for()
    opened.focus("#row .row-detail[open] [role=tab]")
    names = tabs.all_inner_texts()
    for key, place in (("End", len(names) - 1), ("ArrowRight", 0), ("ArrowLeft", len(names) - 1), ("Home", 0)):
        opened.press(key)
        assert [tab.get_attribute("aria-selected") for tab in tabs.all()].index("true") == place
        assert opened.page.evaluate("document.activeElement.textContent") == names[place]
        panels = opened.page.locator("#row .row-detail[open] [role=tabpanel]:visible")
        assert panels.count() == 1
        assert panels.get_attribute("aria-labelledby") == tabs.nth(place).get_attribute("id")
    # Only the chosen tab is reached by the Tab key.
    assert [tab.get_attribute("tabindex") for tab in tabs.all()].count("0") == 1


def test_every_focusable_element_shows_its_focus(open_page):
    opened = open_page()
    for _ in range(40):
        opened.press("Tab")
        shown = opened.page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement);
                return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            }"""
        )
        assert shown, opened.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
