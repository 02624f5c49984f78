"""The page with all results of a paper, which every command that makes tables writes again at its very end."""

import traceback
from contextlib import nullcontext
from pathlib import Path

from common.cli.curves import print_after_tables, shown_path
from common.core.console import collected, detail, progress, say, shows_progress, warn
from common.core.errors import EncoreError
from common.core.shell import shell_word
from common.core.words import counted
from common.paper.paper import Paper
from common.records.paths import ResultPaths, report_file
from common.report_page.limits import CLIP_DATA_FLAG, MEGABYTE
from common.report_page.write import WrittenPage, write_page

# The records of all data sets are read and shown at about 6 MB a second, so that the page takes 8 seconds at most.
_MOST_RECORD_BYTES = 50 * MEGABYTE
_WARNING = "warning: "


def end_with_page(paper: Paper, out: Path, *, as_json: bool) -> None:
    """Write `<out>/<paper>/report.html` after the tables were written and shown, and say how it is opened.

    It shows results of other data sets, too, which the command is not about: of what cannot be used of them one line
    is printed, and nothing that goes wrong changes what the command printed before, or its exit code. Of more records
    than can be read in seconds no page is written.

    Call it in the block of `each_warning_once` that made the tables, so that no warning is said again.

    Args:
        paper: without the rows that searches found.
        out: folder of the results.
        as_json: whether standard output holds a JSON document.
    """
    target = report_file(out, paper.key)
    place = shell_word(shown_path(target))
    command = f"encore report {shell_word(shown_path(Path(out)))} --paper {paper.key} --out {place}"
    said: list[str] = []
    written: WrittenPage | None = None
    try:
        size = _record_bytes(out, paper.key)
        if size > _MOST_RECORD_BYTES:
            older = f"{place} is of earlier results" if target.exists() else "there is no page of all results"
            say(f"{older}: {size / MEGABYTE:,.0f} MB of records take a while to read. Write it now: {command}")
            return
        with (
            progress("writing the page of all results") if shows_progress() else nullcontext(),
            collected() as said,
        ):
            written = write_page([paper], out, target)
    except EncoreError as error:
        warn(f"no page of all results: {error}")
    # A fault of the page, whatever it is, must not cost a run that may have taken days its tables or its exit code.
    except Exception as error:
        detail(traceback.format_exc())
        warn(
            f"no page of all results: {type(error).__name__}, a fault of Encore. All tables are complete; the whole "
            f"message: {command}"
        )
    if written is None:
        return
    unused = [line.removeprefix(_WARNING) for line in said if line.startswith(_WARNING)]
    if unused:
        others = f" ({counted(len(unused) - 1, 'more warning')}: {command})" if len(unused) > 1 else ""
        say(f"not all of {paper.key} is on its page: {unused[0]}{others}")
    left_out = ""
    if written.left_out:
        left_out = f" (without some decisions on single clips; with all: {command} {CLIP_DATA_FLAG} inf)"
    print_after_tables(f"all results on one page, for a browser: {place}{left_out}", as_json=as_json)


def _record_bytes(out: Path, paper: str) -> int:
    """Size of the records of a paper."""
    folders = ResultPaths.with_records(out, paper)
    return sum(path.stat().st_size for results in folders for path in results.runs.glob("*.json"))
