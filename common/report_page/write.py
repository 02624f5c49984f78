"""Writes the report page: one HTML file that needs no other file and no network."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from common.core.files import write_text
from common.core.locks import lock
from common.paper.paper import Paper
from common.records.paths import report_file, report_lock
from common.report_page.clips import pack_clips
from common.report_page.collect import collect
from common.report_page.limits import CLIP_DATA_BYTES
from common.report_page.render import clip_message, page_html


@dataclass(frozen=True)
class WrittenPage:
    """A page that was written.

    Args:
        path: of its file.
        size: in bytes.
        papers: keys of those that it shows.
        rows: number of rows with a number of ours.
        runs: number of runs.
        left_out: which clip decisions are left out and why; empty where none are.
        message: the same with the option that changes it, as the page says it.
    """

    path: Path
    size: int
    papers: tuple[str, ...]
    rows: int
    runs: int
    left_out: str
    message: str


def write_page(
    papers: Sequence[Paper], out: Path, target: Path, *, clip_bytes: int = CLIP_DATA_BYTES
) -> WrittenPage | None:
    """Write the page of the results of papers.

    Args:
        papers: without the rows that searches found.
        out: folder of results.
        target: file of the page.
        clip_bytes: most bytes of clip decisions; those of whole rows are left out above it.

    Returns:
        What was written; None where there is no table and no record that can be shown.

    Raises:
        DataError: the file cannot be written; or it is the page that commands end with, see
            `common.records.paths.report_file`, whose lock cannot be taken.
    """
    with ExitStack() as locks:
        for paper in papers:
            own = report_file(out, paper.key)
            # Commands on all data sets of a paper end with this page: one could otherwise write what it had read before
            # another one added its runs, and after that one wrote the page.
            if own.parent.is_dir() and target.resolve() == own.resolve():
                locks.enter_context(lock(report_lock(out, paper.key), flag="--out"))
        collected = collect(papers, out)
        if collected.is_empty:
            return None
        packed = pack_clips(collected.runs, collected.clips, limit_bytes=clip_bytes)
        write_text(target, page_html(collected, packed))
    page = collected.page
    rows = sum(row.is_measured for row in page.rows)
    return WrittenPage(
        path=target,
        size=target.stat().st_size,
        papers=tuple(paper.key for paper in page.papers),
        rows=rows,
        runs=len(page.runs),
        left_out=packed.message,
        message=clip_message(packed),
    )
