"""The report page as HTML: templates that escape every text, one style, one script, the data.

The style and the script are allowed by their SHA-256 alone, so that nothing that a record holds can run. The same
results give the same bytes.
"""

import base64
import functools
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from common.core.percent import percent_text
from common.report_page.clips import PackedClips
from common.report_page.collect import Collected
from common.report_page.limits import CLIP_DATA_FLAG
from common.report_page.names import shown
from common.report_page.page_json import page_json, script_json
from common.report_page.payload import RowView

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
# Name of each column of the list of all results in the page's address, and its head; columns without a name cannot be
# sorted by. Of the first of these, the page's script fills the cells.
_COLUMNS = (
    ("row", "Row"),
    ("paper", "Paper"),
    ("data", "Data"),
    ("split", "Split"),
    ("metric", "Metric"),
    ("published", "Published"),
    ("ours", "Ours"),
    ("", "Published and measured, 0–100 %"),
    ("interval", "95 % interval"),
    ("inside", "Inside"),
    ("difference", "Difference"),
    ("runs", "Runs"),
    ("clips", "Clips"),
    ("", "Remarks"),
)
_NUMERIC = ("published", "ours", "interval", "difference", "runs", "clips")


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
    template = _environment().get_template("page.html.j2")
    return template.render(
        page=page,
        papers={paper.key: paper.title for paper in page.papers},
        of_table=of_table,
        clips=collected.clips,
        packed=packed,
        clip_message=clip_message(packed),
        columns=_COLUMNS,
        numeric=_NUMERIC,
        drawn=next(place for place, (key, _) in enumerate(_COLUMNS) if not key),
        style=style,
        script=script,
        data=script_json(page_json(page)),
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
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "shown": shown,
        "value": _value,
        "with_code": _with_code,
        "percent": _percent,
        "taken": _taken,
        "shade": _shade,
        "direction": _direction,
    }
    return environment


def clip_message(packed: PackedClips) -> str:
    """Which clip decisions are left out, and which option changes that; empty where none are."""
    return f"{packed.message} Another limit: encore report {CLIP_DATA_FLAG} N." if packed.message else ""


def _value(number: float | None) -> str:
    """A number for the page's script, as its table's JSON has it; empty for none."""
    return "" if number is None else repr(number)


def _with_code(text: str) -> list[tuple[str, bool]]:
    """A text by the author of a declaration in pieces, each with whether it is code: what stands between backticks."""
    parts = text.replace("\\|", "|").split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]


def _percent(score: float | None) -> str:
    return "-" if score is None else percent_text(score)


def _shade(count: int, whole: int, is_diagonal: bool) -> str:
    """Class of a cell of a confusion matrix: `c1` to `c9` for the tenth of the true genre's clips that it holds."""
    tenth = min(9, 10 * count // whole) if whole else 0
    names = [*(["diagonal"] if is_diagonal else []), *([f"c{tenth}"] if tenth else [])]
    return f' class="{" ".join(names)}"' if names else ""


def _direction(text: str) -> str:
    """The attribute that lets a text begin on its own side, for texts that may be written from the right."""
    return "" if text.isascii() else ' dir="auto"'


def _taken(counts: Sequence[tuple[str, int]]) -> str:
    """What a clip was taken for, with the number of tests: `pop 27, hiphop 14`."""
    return shown(", ".join(f"{genre} {number}" for genre, number in counts))
