"""A report page of two runs in which all that a user can name is hostile."""

from pathlib import Path

from common.core.words import printable
from common.metrics.clips import ClipResult, accuracies
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.report_page.write import write_page
from common.reports.write import regenerate_tables
from reproductions.se_cnn.paper import PAPER
from tests.helpers.hostile_names import HOSTILE_NAMES
from tests.helpers.se_cnn_records import FACTS, SETTING
from tests.helpers.small_results import identified_record

NAMES = (
    *HOSTILE_NAMES,
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% for x in y %}",
    "\u05d0\u05d1\u05d2 \u0634\u0639\u0628\u064a",
    "\u2028a\u2029",
    "x" * 300,
)
# Ends of lines at its ends are left out, as in Markdown.
SHOWN = {name: printable(name) for name in NAMES} | {"\u2028a\u2029": "a"}
GENRES = NAMES[-8:]


def write_hostile_page(below: Path) -> Path:
    """Write records and their page, and return its path.

    Args:
        below: an empty folder.
    """
    out = below / "</title><script>"
    clips = tuple(
        ClipResult(
            id=name,
            label=number % 8,
            windows=2,
            windows_correct=0,
            votes=tuple(2 * (place == (number + 1) % 8) for place in range(8)),
            mean_softmax=tuple(float(place == (number + 1) % 8) for place in range(8)),
            artist=NAMES[-1 - number],
        )
        for number, name in enumerate(NAMES)
    )
    values = {
        "data": FACTS.replace(title=NAMES[-6], caption=NAMES[-5], genres=GENRES, clip_accuracy_ceiling_percent=None),
        "setting": SETTING.replace(dataset="arrays"),
        "clips": clips,
        "metrics": {"test": accuracies(clips)},
        "machine": {"processor": NAMES[-6], "threads": 2, "backend": NAMES[-5]},
        "versions": {NAMES[-6]: NAMES[-5]},
    }
    results = ResultPaths.of(out, "se_cnn", "arrays")
    for seed in range(2):
        # Names that are no valid UTF-8 are in no record: loading writes them as escapes.
        write_record(results, identified_record(seed=seed, **values))
    regenerate_tables(PAPER, out, draw_figures=False)
    write_page([PAPER], out, out / "report.html")
    return out / "report.html"
