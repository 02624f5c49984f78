"""The picture of a user's own folder."""

import pytest
from matplotlib import pyplot as plt

from common.encore.data_figure import draw_report
from common.reports.figures.style import own_style
from data_pipeline.datasets.check.report import DataReport, GenreCount, GenreSummary


def report(genres: int) -> DataReport:
    names = [f"genre {number}" for number in range(genres)]
    return DataReport(
        dataset="folder",
        title="own folder songs",
        known_as=None,
        data="/songs",
        clips_in=".",
        quick=False,
        usable=2 * genres,
        expected=None,
        genres={name: GenreCount(2, None) for name in names},
        formats={"MP3, 44,100 Hz, stereo": 2 * genres},
        seconds={f"{name} {clip}": 5.0 + clip for name in names for clip in range(2)},
        by_genre={name: GenreSummary(2, 1, 0, (5.0, 5.5, 6.0)) for name in names},
    )


@pytest.mark.parametrize("genres", [1, 5, 40])
def test_bars_and_lengths_count_every_clip(genres):
    with own_style():
        figure = draw_report(report(genres))
        figure.canvas.draw()
    per_genre, lengths, formats = figure.axes
    drawn = [bar.get_width() for bar in per_genre.patches]
    assert sum(drawn) == 2 * genres
    assert len(drawn) == min(genres, 31)
    assert sum(bar.get_height() for bar in lengths.patches) == 2 * genres
    assert [bar.get_width() for bar in formats.patches] == [2 * genres]
    names = [label.get_text() for label in per_genre.get_yticklabels()]
    assert names[0] == "genre 0"
    assert names[-1] == ("10 more" if genres == 40 else f"genre {genres - 1}")
    plt.close(figure)


def test_names_are_no_formulas():
    named = report(1)
    (summary,) = named.by_genre.values()
    dollars = DataReport(**{**vars(named), "by_genre": {"$a_b$ $": summary}})
    with own_style():
        figure = draw_report(dollars)
        figure.canvas.draw()
    label = figure.axes[0].get_yticklabels()[0]
    assert not label.get_parse_math()  # so that neither a formula nor a backslash before a dollar sign is drawn
    assert label.get_text() == "$a_b$ $"
    plt.close(figure)
