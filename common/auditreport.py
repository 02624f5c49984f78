"""What is written of an audit: two tables and a picture."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from common import captions, rendering
from common.auditing import Audited, read_audits
from common.audittable import of_audit, of_pairs, records_of
from common.console import warn
from common.evaluation import MAIN_METRICS, METRIC_NAMES
from common.figurestyle import ACCENT, OURS, axes_of, write
from common.paper import Paper
from common.searchrows import with_searched

_COLOURS = {"window_accuracy": OURS, "clip_accuracy_mean_softmax": "#8fc1d4"}


def write_audit(paper: Paper, audited: Audited) -> tuple[dict[str, Any], list[Path]]:
    """Write the tables beside the paper's, and the picture beside its figures; returns the table of splits.

    Raises:
        DataError: there are no records of it.
    """
    values = of_audit(paper, audited)
    stem = f"table_{audited.path.stem}"
    paths = rendering.write_all(audited.results, stem, values)
    pairs = of_pairs(audited, values)
    if pairs:
        paths += rendering.write_all(audited.results, f"{stem}_duplicates", pairs)
    else:
        for old in audited.results.glob(f"{stem}_duplicates.*"):  # of an audit that this one takes the place of
            old.unlink()
    paths += write(splits(values, marks=captions.marks(values)), audited.results / "figures" / stem)
    return values, paths


def regenerate_audits(paper: Paper, out: Path) -> list[tuple[dict[str, Any], list[Path]]]:
    """Write all audits of a paper again; one without any record is named in a warning, and left out."""
    written = []
    for audited in read_audits(paper, out):
        whole = with_searched(paper, out, audited.audit.setting.dataset)
        if records_of(audited):
            written.append(write_audit(whole, audited))
        else:
            warn(f"{audited.path}: none of its runs has a record here; its tables are not made")
    return written


def splits(table: dict[str, Any], *, marks: str) -> Figure:
    """Accuracy under each split, the laxest on top, with the published number as a line.

    Args:
        marks: what has to be said of the numbers, e.g. that they are of smoke scale.
    """
    rows = [row for row in table["rows"] if row["measured"]]
    figure, axes = axes_of(8.6, 1.9 + 0.85 * len(rows))
    places = np.arange(len(rows))
    for number, name in enumerate(MAIN_METRICS):
        means = np.array([row["measured"][name]["mean"] for row in rows])
        bounds = np.array([row["measured"][name]["ci95"] for row in rows]).T
        at = places + 0.38 * number - 0.19
        axes.barh(at, means, 0.36, color=_COLOURS[name], label=f"ours: {METRIC_NAMES[name]}, 95 % interval")
        axes.errorbar(
            means, at, xerr=[means - bounds[0], bounds[1] - means], fmt="none", ecolor="black", capsize=3, lw=1
        )
        for place, mean in zip(at, means, strict=True):
            axes.text(1, place, f"{mean:.1f}", va="center", color="white" if number == 0 else "black", fontsize=9)
    published = table["published"]
    if published["percent"] is not None:
        told = f"published {published['metric']}: {published['percent']:g} % ({published['compared_with']})"
        axes.axvline(published["percent"], color=ACCENT, ls="--", lw=1.5, label=told)
    axes.set(xlim=(0, 100), xlabel="test accuracy (%)", yticks=places)
    axes.set_yticklabels([f"{row['label']}\n{_known(row)}" for row in rows], fontsize=9)
    axes.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=1, fontsize=8, frameon=False)
    figure.suptitle(f"{table['paper']}: {table['title']}\n{marks}", fontsize=10)
    return figure


def _known(row: dict[str, Any]) -> str:
    share = 100 * row["overlap"]["met"] / row["overlap"]["parts"]["test"]
    return f"{share:.0f} % of test clips known"
