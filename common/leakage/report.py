"""Writes the report of an audit: its table, with the pairs of clips below it, and a figure."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from common.core.console import show_step, warn
from common.core.errors import DataError, SpecError
from common.core.percent import percent_text, stored_percent
from common.leakage.stored import StoredAudit, read_audit
from common.leakage.tables import audit_duplicates_table, audit_table, records_of
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.paper.paper import Paper
from common.records.paths import audit_files, results_of_audit
from common.records.tuned_rows import with_tuned_rows
from common.reports.figures.files import save_digest, save_figure
from common.reports.figures.style import ACCENT, OURS, new_axes
from common.reports.formats import write_table
from common.reports.table import Table
from common.reports.text.caption import flag_summary
from data_pipeline.datasets.about import is_asked_for

_COLOURS = {"window_accuracy": OURS, "clip_accuracy_mean_softmax": "#8fc1d4"}


def write_audit(paper: Paper, stored: StoredAudit, *, draw_figures: bool = True) -> tuple[Table, list[Path]]:
    """Write the table beside the paper's, and the figure beside its figures; returns the table of splits.

    Args:
        draw_figures: False names the files of the figure, but writes only the digest of what it shows.

    Raises:
        DataError: none of the audit's runs has a record.
    """
    table, results = audit_table(paper, stored), stored.results
    stem = f"table_{stored.path.stem}"
    pairs = audit_duplicates_table(paper, stored, table)
    paths = write_table(results.folder, stem, table, {f"{stem}_duplicates": pairs} if pairs else None)
    drawing = partial(draw_audit, table.values, marks=flag_summary(table))
    paths += (save_figure if draw_figures else save_digest)(drawing, results.figures / stem)
    return table, paths


def regenerate_audits(
    paper: Paper, out: Path, dataset: str | None = None, *, draw_figures: bool = True
) -> list[tuple[Table, list[Path]] | None]:
    """Write the tables of all audits of a paper again; an audit without any record is named in a warning.

    Args:
        dataset: of the audits; None for all.
        draw_figures: see `write_audit`.

    Returns:
        Each table with its files; None, with a warning, for an audit that cannot be used.
    """
    written = []
    for path in audit_files(out, paper.key):
        results = results_of_audit(path)
        if not is_asked_for(results.dataset, dataset):
            continue
        try:
            show_step(f"{results.dataset}: {path.stem}")
            stored = read_audit(paper, path)
            whole = with_tuned_rows(paper, out, results.dataset)
            if records_of(whole, stored):
                written.append(write_audit(whole, stored, draw_figures=draw_figures))
            else:
                warn(f"{path}: none of its runs has a record here; its tables are not written")
        except (DataError, SpecError) as error:
            warn(f"not used: {error}")
            written.append(None)
    return written


def draw_audit(table: dict[str, Any], *, marks: str) -> Figure:
    """Accuracy under each split, the least strict on top, with the published number as a line.

    Args:
        marks: remarks on the numbers for the title, e.g. that they are of smoke scale.
    """
    rows = [row for row in table["rows"] if row["measured"]]
    figure, axes = new_axes(8.6, 1.9 + 0.85 * len(rows))
    places = np.arange(len(rows))
    for number, name in enumerate(MAIN_METRICS):
        means = np.array([row["measured"][name]["mean"] for row in rows])
        bounds = np.array([row["measured"][name]["ci95"] for row in rows]).T
        at = places + 0.38 * number - 0.19
        axes.barh(at, means, 0.36, color=_COLOURS[name], label=f"ours: {METRIC_NAMES[name]}, 95 % interval")
        axes.errorbar(
            means, at, xerr=[means - bounds[0], bounds[1] - means], fmt="none", ecolor="black", capsize=3, lw=1
        )
        for place, mean, end in zip(at, means, np.maximum(means, bounds[1]), strict=True):
            # Behind the interval, not in the bar, which may be shorter than its label; the line of the published number
            # must not cross it.
            axes.annotate(
                percent_text(mean), (end, place), (6, 0), textcoords="offset points", va="center", fontsize=9, zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
    published = table["published"]
    if published["percent"] is not None:
        label = f"published {published['metric']}: {published['percent']:g} % ({published['compared_with']})"
        axes.axvline(published["percent"], color=ACCENT, ls="--", lw=1.5, label=label)
    axes.set(xlim=(0, 108), xlabel="test accuracy (%)", xticks=range(0, 101, 20), yticks=places)
    axes.set_yticklabels([f"{row['label']}\n{_known(row)}" for row in rows], fontsize=9)
    axes.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=1, fontsize=8, frameon=False)
    figure.suptitle(f"{table['paper']}: {table['title']}\n{marks}", fontsize=10)
    return figure


def _known(row: dict[str, Any]) -> str:
    share = stored_percent(row["overlap"]["met"] / row["overlap"]["parts"]["test"])
    return f"{percent_text(share, 0)} % of test clips known"
