"""Clips of each genre: their numbers in the data set and in its parts, in the figure and in the table beside it."""

from collections import Counter
from dataclasses import replace

import pytest
from matplotlib import pyplot as plt

from common.core.errors import DataError
from common.paper.figures import Figure
from common.reports.count_figures import distribution_figure, genre_sizes_figure
from common.reports.figure_data import NotPossibleError
from common.reports.genre_counts import counts_are_intact, write_counts
from common.splits.clips import split_ids
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.spectrograms import LogMel
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER as SE_CNN
from tests.helpers.figure_data import data_for, figure_of

CLIPS = {"Rock": 40, "Jazz": 10, "Spoken, or not": 20}
PUBLISHED = {"Rock": 14171, "Jazz": 571}


def published_as(figure_id: str, counts: dict[str, int]) -> Figure:
    """A figure of crnn with other published numbers."""
    return replace(figure_of(CRNN, figure_id), counts=counts)


@pytest.fixture
def catalog(tmp_path):
    """Seventy clips of three genres, without files."""
    tracks = [
        Track(id=f"{genre[:4]}{number:03d}", label=genre, path=tmp_path / f"{genre}{number}.wav")
        for genre, clips in CLIPS.items()
        for number in range(clips)
    ]
    return Catalog(
        dataset="made", title="Made", genres=sorted(CLIPS), tracks=sorted(tracks, key=lambda track: track.id)
    )


@pytest.fixture
def distribution(catalog, tmp_path):
    """The figure of a paper's distribution: how it is drawn, with options of the setting."""
    yield lambda **options: distribution_figure(
        CRNN, published_as("genre_distribution", PUBLISHED), *data_for(CRNN, catalog, tmp_path, **options)
    )
    plt.close("all")


def test_parts_are_those_of_the_split_and_left_out_genres_are_marked(catalog, distribution, tmp_path):
    made = distribution(clips_of_genres=CLIPS | {"Blues": 30, "Country": 7}, split="per_genre")
    protocol = CRNN.default_experiment.protocol
    (split,) = split_ids(protocol, [track.id for track in catalog.tracks], [track.label for track in catalog.tracks])
    label_of = {track.id: track.label for track in catalog.tracks}
    in_test = Counter(label_of[clip] for clip in split.test)
    rows = {count.genre: count for count in made.counts.genres}
    assert list(rows) == ["Rock", "Blues", "Spoken, or not", "Jazz", "Country"]
    assert {genre: rows[genre].parts["test"] for genre in CLIPS} == in_test
    assert rows["Rock"].parts == {"training": 32, "validation": 4, "test": 4}
    assert (rows["Blues"].left_out, rows["Blues"].parts, rows["Blues"].found) == (True, {}, 30)
    assert (rows["Rock"].published, rows["Jazz"].published, rows["Blues"].published) == (14171, 571, None)
    assert made.counts.notes == ("Left out: Blues, Country.",)
    figure = made.draw()
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()][1] == "Blues (left out)"
    numbers = [text.get_text() for text in left.texts]
    assert numbers == [
        *("14,171", "571"),
        *("40", "30", "20", "10", "7"),
        *("32", "16", "8"),
        *("4", "2", "1"),
        *("4", "2", "1"),
    ]
    # Every part has the genres in the same proportion.
    shares = [[round(x, 2) for x, _ in dots.get_offsets()] for dots in right.collections]
    assert shares == [[57.14, 28.57, 14.29]] * 3
    assert "Made; split: per_genre 80/10/10, by clip" in figure.get_suptitle()
    path = write_counts(made.counts, tmp_path / "figure_x", "crnn, Figure x")
    assert path.read_text().splitlines()[:-2] == [
        "# crnn, Figure x",
        "",
        "| Genre | Published | Clips | Training | Validation | Test |",
        "|---|---:|---:|---:|---:|---:|",
        "| Rock | 14,171 | 40 | 32 | 4 | 4 |",
        "| Blues (left out) |  | 30 |  |  |  |",
        "| Spoken, or not |  | 20 | 16 | 2 | 2 |",
        "| Jazz | 571 | 10 | 8 | 1 | 1 |",
        "| Country (left out) |  | 7 |  |  |  |",
        "| all that are used | 14,742 | 70 | 56 | 7 | 7 |",
        "",
        "- Split: per_genre 80/10/10, by clip.",
        "- Left out: Blues, Country.",
    ]
    assert counts_are_intact(path)
    path.write_text(path.read_text().replace("14,171", "14,172"))
    assert not counts_are_intact(path)


@pytest.mark.parametrize("figure_id", ["genre_distribution", "wordcloud"])
def test_published_genres_that_the_data_lack_are_shown_and_named(catalog, tmp_path, figure_id):
    made = {"genre_distribution": distribution_figure, "wordcloud": genre_sizes_figure}[figure_id](
        CRNN, published_as(figure_id, {"rock": 14171, "Folk": 2801}), *data_for(CRNN, catalog, tmp_path)
    )
    rows = {count.genre: count for count in made.counts.genres}
    assert (rows["Rock"].published, rows["Folk"].published, rows["Folk"].found) == (14171, 2801, 0)
    assert "Not in these data: Folk." in made.counts.notes
    assert list(rows)[-1] == "Folk"
    made.draw()


def test_of_several_folds_the_first_is_shown_and_clips_in_no_part_are_counted(distribution):
    counts = distribution(split="rotating", clips_of_genres={"Rock": 50, "Jazz": 10, "Spoken, or not": 20}).counts
    assert counts.split == "rotating, 6 partitions, by clip, round 1 of 6"
    divided = sum(sum(count.parts.values()) for count in counts.genres)
    assert divided == 7 + 7 + 7 + 2 + 2 + 2 + 4 + 4 + 3
    assert counts.notes == (f"In no part: {80 - divided} of the 80 clips.",)


def test_clips_that_nobody_has_read_are_counted_with_a_note(distribution):
    counts = distribution(skip_bad=True).counts
    assert sum(count.found for count in counts.genres) == 70
    assert counts.notes == (
        "Clips that cannot be used are counted, too: which these are is known after features were extracted.",
    )
    assert distribution().counts.notes == ()


def test_equal_shares_are_drawn_inside_the_panel(distribution):
    figure = distribution().draw()
    right = figure.axes[1]
    highest = max(x for dots in right.collections for x, _ in dots.get_offsets())
    assert right.get_xlim() == (0, pytest.approx(1.08 * highest))


def test_a_split_by_window_and_too_few_clips_are_reasons(distribution):
    with pytest.raises(NotPossibleError, match="a split by window has windows of a clip in several parts"):
        distribution(unit="segment")
    with pytest.raises(DataError, match="too few clips"):
        distribution(split="kfold", changes=("protocol.folds=30",))


def test_exact_duplicates_are_in_no_part_once_they_are_known(own_corpus, tmp_path):
    own_corpus.path("blues", 3).write_bytes(own_corpus.path("blues", 0).read_bytes())
    feature, catalog = LogMel(n_fft=1024, hop_samples=1024, n_mels=16), own_corpus.catalog
    options = {"changes": ('protocol.duplicates="drop"', "protocol.fractions=[0.5,0.25,0.25]")}
    wanted = published_as("genre_distribution", {})
    with pytest.raises(NotPossibleError, match="is known after their features were extracted"):
        distribution_figure(SE_CNN, wanted, *data_for(SE_CNN, catalog, tmp_path, **options))
    index = prepare(catalog, feature, tmp_path)
    made = distribution_figure(SE_CNN, wanted, *data_for(SE_CNN, catalog, tmp_path, stored=[index], **options))
    assert {count.genre: sum(count.parts.values()) for count in made.counts.genres} == {
        "blues": 3,
        "classical": 4,
        "country": 4,
    }
    assert made.counts.notes == ("In no part: 1 of the 12 clips.",)


def test_sizes_of_all_genres_and_of_more_than_a_figure_holds_the_largest(catalog, tmp_path):
    many = {f"genre {number:02d}": 100 - number for number in range(18)}
    for found, drawn in ((CLIPS | {"Blues": 30}, ["Rock", "Blues (left out)", "Spoken, or not", "Jazz"]), (many, None)):
        data, group = data_for(CRNN, catalog, tmp_path, clips_of_genres=found)
        made = genre_sizes_figure(CRNN, published_as("wordcloud", PUBLISHED if drawn else {}), data, group)
        assert len(made.counts.genres) == len(found)
        figure = made.draw()
        (axes,) = figure.axes
        names = [text.get_text() for text in axes.get_yticklabels()]
        if drawn is None:
            assert names == [f"genre {number:02d} (left out)" for number in range(16)]
            assert "the 16 largest genres; 2 more are in the table beside it" in axes.get_title()
        else:
            assert names == drawn
            assert [text.get_text() for text in axes.texts] == ["14,171", "571", "40", "30", "20", "10"]
        plt.close(figure)
