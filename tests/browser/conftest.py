"""Opens the report page in headless Chromium. Without Playwright or Chromium these tests are skipped."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common.launch import load_paper, paper_keys
from common.report_page.write import write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Chromium as distributions name it.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = {"width": 1280, "height": 900}


@dataclass
class Opened:
    """A page in the browser.

    Args:
        page: it has the methods of Playwright.
        messages: what it wrote to the console, and errors of its script.
        requests: addresses that it asked for.
    """

    page: "Page"
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def focus(self, selector: str) -> "Locator":
        """Put the keyboard's focus on the first element that fits, and return it."""
        element = self.page.locator(selector).first
        element.focus()
        return element

    def wait_for_charts(self, selector: str, count: int = 1) -> None:
        """Wait until so many charts fit: a chart is drawn once the browser reports it near the screen, a moment later.

        Raises:
            AssertionError: there are fewer or more.
        """
        charts = self.page.locator(selector)
        charts.nth(count - 1).wait_for()
        assert charts.count() == count

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def follow(self, selector: str) -> None:
        """Press Enter on the first link that fits, which leads to another place of the page, and wait until the page
        shows that place: the browser reports the new address a moment after the key."""
        self.focus(selector)
        self.page.evaluate(
            """() => {
                window.followed = false;
                addEventListener("hashchange", () => (window.followed = true), { once: true });
            }"""
        )
        self.press("Enter")
        self.page.wait_for_function("window.followed")

    @property
    def fragment(self) -> str:
        return self.page.evaluate("location.hash")


@pytest.fixture(scope="session")
def page_file(committed_results, tmp_path_factory) -> Path:
    """The report of the committed results."""
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_page([load_paper(key) for key in paper_keys()], committed_results, target)
    return target


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """A running browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed (Debian, Ubuntu: apt install chromium)")
    # Its sandbox refuses to run as root, as which continuous integration runs; the pages are our own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, page_file) -> Iterator[Callable[..., Opened]]:
    """Opens a file in the browser, without a network. After the test, no page may have written to the console, or asked
    for anything but its own file and songs in memory.

    The function takes the part of the address from `#` on, the file (without one: the report of the committed results)
    and settings of Playwright's context.
    """
    contexts, everything = [], []

    def open_file(fragment: str = "", *, file: Path = page_file, **settings: Any) -> Opened:
        context = chromium.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | settings), offline=True)
        contexts.append(context)
        opened = Opened(context.new_page())
        everything.append((file, opened))
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(file.as_uri() + fragment)
        return opened

    yield open_file
    for context in contexts:
        context.close()
    for file, opened in everything:
        assert opened.messages == []
        assert [url for url in opened.requests if not url.startswith((file.as_uri(), "blob:", "data:"))] == []
