"""The picture of a user's own folder: clips per genre, their lengths, and their formats."""

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.core.words import counted
from common.reports.figures.style import OURS
from data_pipeline.datasets.check.report import DataReport

# Lengths are counted in so many intervals, or fewer for few clips.
_MOST_INTERVALS = 30
# Bars of one panel; further ones are drawn as one.
_MOST_BARS, _FEWEST_BARS = 30, 4
_BAR_INCHES = 0.24


def draw_report(report: DataReport) -> Figure:
    """Draw what a folder holds, in the style of all figures, where dollar signs in names begin no formula.

    Args:
        report: of a folder with usable clips.
    """
    genres = {genre: one.clips for genre, one in report.by_genre.items()}
    bars = min(max(len(genres), len(report.formats)), _MOST_BARS + 1)
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(11, max(2.6, 1.2 + _BAR_INCHES * bars)), layout="constrained"
    )
    figure.suptitle(f"{report.title}: {counted(report.usable, 'clip')}", fontsize=10)
    _bars(left, genres, title="clips per genre")
    seconds = list(report.seconds.values())
    middle.hist(seconds, bins=max(1, min(_MOST_INTERVALS, len(set(seconds)))), color=OURS)
    middle.set(title="length of clips", xlabel="seconds", ylabel="clips")
    middle.yaxis.set_major_locator(MaxNLocator(integer=True))
    _bars(right, report.formats, title="clips per format")
    return figure


def _bars(axes: Axes, counts: dict[str, int], *, title: str) -> None:
    shown = dict(list(counts.items())[:_MOST_BARS])
    if len(counts) > len(shown):
        shown[f"{len(counts) - len(shown)} more"] = sum(counts.values()) - sum(shown.values())
    drawn = axes.barh(range(len(shown)), list(shown.values()), color=OURS)
    axes.bar_label(drawn, padding=2, fontsize=8)
    axes.set_yticks(range(len(shown)), list(shown))
    # The first at the top; few bars are no thicker than four.
    axes.set_ylim(max(len(shown), _FEWEST_BARS) - 0.5, -0.5)
    axes.set(title=title, xlabel="clips")
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
