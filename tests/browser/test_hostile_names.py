"""Names of clips, genres, artists and data that look like markup or scripts: the browser shows them as text."""

import pytest

from tests.helpers.hostile_page import GENRES, NAMES, SHOWN, write_hostile_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory):
    return write_hostile_page(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def opened(open_page, hostile_file):
    """The page, on which no name has opened a dialogue."""
    dialogs = []
    found = open_page(file=hostile_file)
    found.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    found.page.locator("#clips-list tbody tr").first.wait_for()
    yield found
    assert dialogs == []


def test_names_make_no_elements_and_no_addresses(opened):
    for selector in (
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "meta[http-equiv=refresh]",
        "main script",
        "[onerror]",
    ):
        assert opened.page.locator(selector).count() == 0, selector
    assert opened.page.locator("style").count() == 1
    addresses = opened.page.evaluate("[...document.querySelectorAll('a')].map((link) => link.protocol)")
    assert set(addresses) == {"file:"}


def test_every_clip_of_the_list_has_its_name_as_text(opened):
    while opened.page.get_by_role("button", name="more").first.is_visible():
        opened.page.get_by_role("button", name="more").first.click()
    listed = opened.page.locator("#clips-list tbody th").all_inner_texts()
    assert len(listed) == len(NAMES)
    # Several spaces, and those at the ends, are drawn as one.
    assert {" ".join(name.split()) for name in listed} == {" ".join(SHOWN[name].split()) for name in NAMES}


def test_choosing_each_clip_shows_its_decisions(opened):
    for link in opened.page.locator("#clips-list tbody th a").all():
        link.press("Enter")
        detail = opened.page.locator(".clip-detail")
        assert detail.locator("h3").inner_text().strip() == link.inner_text().strip()
        assert detail.locator("tbody tr").count() == 2
    assert opened.page.locator("img, iframe").count() == 0


def test_genres_are_text_in_the_chart_and_in_the_matrix(opened):
    opened.page.locator("#row .genre-bars").scroll_into_view_if_needed()
    opened.page.locator("#row .genre-bars svg[role=img]").wait_for()
    description = opened.page.locator("#row .genre-bars svg[role=img]").get_attribute("aria-label")
    heads = opened.page.locator("table.confusion thead th bdi").all_text_contents()
    assert heads == [SHOWN[name] for name in GENRES]
    assert all(f"{SHOWN[name]} recall" in description for name in GENRES)


def test_long_names_leave_a_phone_without_sideways_scrolling(open_page, hostile_file):
    opened = open_page(file=hostile_file, viewport={"width": 360, "height": 740})
    opened.page.locator("#clips-list tbody tr").first.wait_for()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_names_in_tables_stay_in_their_cells(opened):
    outside = opened.page.evaluate(
        """() => [...document.querySelectorAll("#row .row-detail[open] bdi, #clips-list bdi")].filter((name) => {
            const cell = name.closest("th, td");
            const reaches = cell && name.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1;
            return cell && (reaches || name.scrollWidth > name.clientWidth + 1);
        }).map((name) => name.textContent.slice(0, 60))"""
    )
    assert outside == []
