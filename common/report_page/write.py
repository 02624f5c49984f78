"""Writes the report page: one HTML file that needs no other file and no network.

The templates escape every text, and the style and the script are allowed by their SHA-256 alone, so that nothing that
a record holds can run. The same results give the same bytes, with one version of Encore and one build of zlib.
"""

import base64
import functools
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from common.core.errors import DataError
from common.core.files import write_text
from common.core.percent import percent_text
from common.paper.paper import Paper
from common.report_page.clips import PackedClips, pack_clips
from common.report_page.collect import Collected, collect
from common.report_page.limits import CLIP_DATA_BYTES, CLIP_DATA_FLAG
from common.report_page.names import shown
from common.report_page.payload import RowView, script_json

_HERE = Path(__file__).resolve().parent
_STYLE = "style.css"
# In the order in which they are on the page; `start.js` runs what the others registered.
_SCRIPTS = (
    "vendor/plot.js",
    "helpers.js",
    "state.js",
    "charts.js",
    "tabs.js",
    "leakage.js",
    "results.js",
    "curves.js",
    "row.js",
    "clip_files.js",
    "clips_data.js",
    "clips_list.js",
    "listening.js",
    "compare.js",
    "start.js",
)
# Name of each column of the list of all results in the page's address, and its head.
_COLUMNS = (
    ("row", "Row"),
    ("paper", "Paper"),
    ("table", "Table"),
    ("data", "Data"),
    ("split", "Split"),
    ("unit", "Unit"),
    ("metric", "Metric"),
    ("published", "Published (%)"),
    ("ours", "Ours (%)"),
    ("interval", "95 % interval"),
    ("inside", "Published inside"),
    ("difference", "Difference (points)"),
    ("runs", "Runs"),
    ("clips", "Test clips"),
)
_NUMERIC = ("published", "ours", "interval", "difference", "runs", "clips")


@dataclass(frozen=True)
class WrittenPage:
    """A page that was written.

    Args:
        path: of its file.
        size: in bytes.
        rows: number of rows with a number of ours.
        runs: number of runs.
        message: which clip decisions are left out and why; empty where none are.
    """

    path: Path
    size: int
    rows: int
    runs: int
    message: str


def write_page(papers: Sequence[Paper], out: Path, target: Path, *, clip_bytes: int = CLIP_DATA_BYTES) -> WrittenPage:
    """Write the page of the results of papers.

    Args:
        papers: without the rows that searches found.
        out: folder of results.
        target: file of the page.
        clip_bytes: most bytes of clip decisions; those of whole rows are left out above it.

    Raises:
        DataError: there is no result of these papers, or the file cannot be written.
    """
    collected = collect(papers, out)
    if collected.is_empty:
        raise DataError(
            f"{out}: no table and no record of {_listed(papers)} below it; expected a folder of results, as commands "
            "write it with --out: PAPER/DATASET/runs/*.json."
        )
    packed = pack_clips(collected.runs, collected.clips, limit_bytes=clip_bytes)
    text = page_html(collected, packed)
    write_text(target, text)
    page = collected.page
    return WrittenPage(
        target,
        len(text.encode()),
        sum(row.is_measured for row in page.rows),
        len(page.runs),
        _clip_message(packed),
    )


def _listed(papers: Sequence[Paper]) -> str:
    return papers[0].key if len(papers) == 1 else "any paper"


def page_html(collected: Collected, packed: PackedClips) -> str:
    """The page as HTML.

    Args:
        packed: the clip decisions of the same runs.
    """
    page = collected.page
    style = (_HERE / "assets" / _STYLE).read_text(encoding="utf-8")
    script = "\n".join((_HERE / "assets" / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    of_table: dict[str, list[RowView]] = defaultdict(list)
    for row in page.rows:
        of_table[row.table].append(row)
    return _environment().get_template("page.html.j2").render(
        page=page,
        papers={paper.key: paper.title for paper in page.papers},
        of_table=of_table,
        clips=collected.clips,
        packed=packed,
        clip_message=_clip_message(packed),
        columns=_COLUMNS,
        numeric=_NUMERIC,
        value=_value,
        percent=_percent,
        tenth=_tenth,
        taken=_taken,
        style=Markup(style),
        script=Markup(script),
        data=Markup(script_json(page.as_json())),
        policy=_policy(style, script),
    )


def _policy(style: str, script: str) -> str:
    """What the page may load and run: its own style and script, and songs that the reader opens."""
    return (
        f"default-src 'none'; style-src '{_hash_of(style)}'; script-src '{_hash_of(script)}'; img-src data: blob:; "
        "media-src blob:; base-uri 'none'; form-action 'none'"
    )


def _hash_of(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _clip_message(packed: PackedClips) -> str:
    """Which clip decisions are left out, and which option changes that; empty where none are."""
    return f"{packed.message} Another limit: encore report {CLIP_DATA_FLAG} N." if packed.message else ""


def _value(number: float | None) -> str:
    """A number for the page's script, as its table's JSON has it; empty for none."""
    return "" if number is None else repr(number)


def _percent(score: float | None) -> str:
    return "-" if score is None else percent_text(score)


def _tenth(count: int, whole: int) -> int:
    """Which tenth of the whole a count is in, from 0 to 9."""
    return min(9, 10 * count // whole)


def _taken(counts: Sequence[tuple[str, int]]) -> str:
    """What a clip was taken for, with the number of tests: `pop 27, hiphop 14`."""
    return shown(", ".join(f"{genre} {number}" for genre, number in counts))
