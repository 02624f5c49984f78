"""The page with all results of a paper, which every command that makes tables writes again at its end."""

from pathlib import Path

from common.cli.curves import print_after_tables, shown_path
from common.core.console import warn
from common.core.errors import EncoreError
from common.core.shell import shell_word
from common.paper.paper import Paper
from common.records.paths import report_file
from common.report_page.write import write_page


def write_paper_page(paper: Paper, out: Path) -> Path | None:
    """Write `<out>/<paper>/report.html`. A page that cannot be written takes nothing from a run, so that this is only
    said.

    Args:
        paper: without the rows that searches found.

    Returns:
        The file; None where it was not written, also because there is nothing to show.
    """
    target = report_file(out, paper.key)
    try:
        written = write_page([paper], out, target)
    except EncoreError as error:
        warn(f"no page of all results: {error}")
        return None
    if written is None:
        return None
    if written.message:
        warn(written.message)
    return written.path


def print_where_page_is(page: Path | None, *, as_json: bool) -> None:
    """Say how the page is opened.

    Args:
        page: None where it was not written.
        as_json: whether standard output holds a JSON document.
    """
    if page is not None:
        print_after_tables(f"all results on one page, for a browser: {shell_word(shown_path(page))}", as_json=as_json)
