"""Figures of clips: which clips and values they show, and why some cannot be made of some data."""

from functools import partial

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.metrics.clips import ClipResult
from common.reports.clip_figures import (
    approach_figure,
    copies_figure,
    feature_extraction_figure,
    spectrogram_figure,
    spectrograms_figure,
    waveforms_figure,
    windows_figure,
)
from common.reports.figure_data import NotPossibleError
from common.reports.groups import Group
from data_pipeline.cache.extraction import prepare
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat
from reproductions.crnn.paper import MEL as CRNN_MEL
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.resnet1d.paper import PAPER as RESNET1D
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.figure_data import data_for, figure_of
from tests.helpers.se_cnn_records import record

SPECTROGRAMS = Precomputed(bins=6, columns_per_second=12.9, storage=StorageFormat(dtype="uint8"))


@pytest.fixture
def drawn():
    """Draws, and closes what was drawn."""
    yield lambda made: made.draw()
    plt.close("all")


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def image(axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def test_clips_of_the_wanted_genres_stand_in_lines_and_genres_that_are_lacking_are_named(tiny_corpus, tmp_path, drawn):
    catalog = tiny_corpus.catalog.replace(
        genres=("Pop", "blues", "rock"),
        tracks=[
            track.replace(label={"blues": "blues", "classical": "rock", "country": "Pop"}[track.label])
            for track in tiny_corpus.catalog.tracks
        ],
    )
    data, group = data_for(CRNN, catalog, tmp_path)
    made = spectrograms_figure(CRNN, figure_of(CRNN, "mel"), data, group)
    figure = drawn(made)
    assert titles(figure) == [
        f"{heading}: {genre}.{number:05d}"
        for heading, genre in (("ROCK", "classical"), ("POP", "country"), ("BLUES", "blues"))
        for number in range(3)
    ]
    assert "not in these data, and replaced by others: Electronic" in figure.get_suptitle()
    assert "32-band log-mel spectrograms" in figure.get_suptitle()
    np.testing.assert_array_equal(image(figure.axes[4]), made.clips[4].values.T)
    # One scale of colours for all.
    lowest = min(clip.values.min() for clip in made.clips)
    assert {axes.images[0].get_clim()[0] for axes in figure.axes[:9]} == {lowest}


def test_of_stereo_features_the_first_channel_is_shown_and_named(tiny_corpus, tmp_path, drawn):
    data, group = data_for(SOUNDFUSION, tiny_corpus.catalog, tmp_path)
    made = spectrograms_figure(SOUNDFUSION, figure_of(SOUNDFUSION, "mel"), data, group)
    figure = drawn(made)
    assert made.clips[0].values.shape[1] == 128
    np.testing.assert_array_equal(image(figure.axes[0]), made.clips[0].values[:, :64].T)
    assert "64-band log-mel spectrograms, the first of 2 channels" in figure.get_suptitle()


def test_waveforms_are_decoded_also_where_no_network_takes_samples(tiny_corpus, tmp_path, drawn):
    data, group = data_for(EMBEDDINGS, tiny_corpus.catalog, tmp_path)
    wanted = figure_of(SOUNDFUSION, "waveform")
    made = waveforms_figure(EMBEDDINGS, wanted, data, group)
    assert [clip.track.id for clip in made.clips] == ["blues.00000", "classical.00000", "country.00000"]
    assert {clip.feature.sample_rate for clip in made.clips} == {16000}
    figure = drawn(made)
    assert titles(figure) == [f"{genre}: {genre}.00000" for genre in ("blues", "classical", "country")]
    assert figure.axes[0].get_xlim() == pytest.approx((0, 5), abs=0.01)
    lowest, highest = (float(pick(made.clips[0].values)) for pick in (np.min, np.max))
    drawn_points = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (drawn_points.min(), drawn_points.max()) == (lowest, highest)


def test_many_clips_stand_in_two_columns(tiny_corpus, tmp_path, drawn):
    tracks = [
        track.replace(label=f"g{number}") for number, track in enumerate(tiny_corpus.catalog.tracks) if number < 5
    ]
    catalog = tiny_corpus.catalog.replace(genres=[track.label for track in tracks], tracks=tracks)
    for make, paper in ((spectrograms_figure, EMBEDDINGS), (waveforms_figure, SOUNDFUSION)):
        wanted = figure_of(EMBEDDINGS, "feature_check")
        figure = drawn(make(paper, wanted, *data_for(paper, catalog, tmp_path)))
        panels = [axes for axes in figure.axes if axes.get_title()]
        assert len(panels) == 5
        assert len({round(axes.get_position().x0, 3) for axes in panels}) == 2
        # The lowest of each column has the numbers and the unit of its axis.
        labels = [axes.get_title() for axes in panels if axes.get_xlabel() == "seconds"]
        assert labels == ["g3: blues.00003", "g4: classical.00000"]


def test_a_clip_and_its_spectrogram_are_of_the_same_clip(tiny_corpus, tmp_path, drawn):
    made = feature_extraction_figure(
        CRNN, figure_of(CRNN, "feature_extraction"), *data_for(CRNN, tiny_corpus.catalog, tmp_path)
    )
    figure = drawn(made)
    assert titles(figure) == ["blues: blues.00000, 22,050 samples per second", "32-band log-mel spectrogram"]
    np.testing.assert_array_equal(image(figure.axes[1]), made.clips[0].values.T)


def test_frequencies_of_a_spectrogram_of_even_bins_are_in_khz(tiny_corpus, tmp_path, drawn):
    data, group = data_for(SE_CNN, tiny_corpus.catalog, tmp_path, features="paper")
    figure = drawn(spectrogram_figure(SE_CNN, figure_of(SE_CNN, "2.1"), data, group))
    (axis,) = figure.axes[0].child_axes
    assert axis.get_ylabel() == "frequency (kHz)"
    # The last of 513 bins of 22,050 Hz is half the sample rate, and drawn between 512 and 513.
    assert axis._functions[0](512.5) == pytest.approx(11.025)
    assert axis._functions[1](axis._functions[0](100.0)) == pytest.approx(100.0)
    assert image(figure.axes[0]).shape[0] == 513
    assert image(figure.axes[0]).min() == pytest.approx(-80, abs=0.01)


def test_the_windows_are_those_of_the_row_that_the_figure_names(tiny_corpus, tmp_path, drawn):
    made = windows_figure(
        EMBEDDINGS, figure_of(EMBEDDINGS, "segments"), *data_for(EMBEDDINGS, tiny_corpus.catalog, tmp_path)
    )
    figure = drawn(made)
    assert figure.axes[0].get_title().splitlines()[1] == "blues.00000: 1 window of 125 frames"
    np.testing.assert_array_equal(image(figure.axes[1]), made.clips[0].values[:125].T)


def test_a_clip_stands_beside_its_altered_copy(tiny_corpus, tmp_path, drawn):
    data, group = data_for(EMBEDDINGS, tiny_corpus.catalog, tmp_path)
    made = copies_figure(EMBEDDINGS, figure_of(EMBEDDINGS, "augmentation_check"), data, group)
    copies = next(experiment.copies for experiment in data.experiments.values() if experiment.copies)
    expected = []
    for clip in made.clips:
        shift, tempo = copies.drawn(clip.track.id)
        expected += [f"{clip.track.label}: {clip.track.id}", f"copy: noise, {shift:.2f} s later, tempo {tempo:g}"]
    assert titles(drawn(made)) == expected
    assert len(expected) == 6


def test_a_figure_is_the_same_with_and_without_the_shards_of_a_training(tiny_corpus, tmp_path):
    index = prepare(tiny_corpus.catalog, CRNN.small_feature(CRNN_MEL), tmp_path)
    made = [
        spectrograms_figure(CRNN, figure_of(CRNN, "mel"), *data_for(CRNN, tiny_corpus.catalog, tmp_path, stored=stored))
        for stored in ((), (index,))
    ]
    assert made[0].made_from == made[1].made_from


NEEDS_SAMPLES = {
    "waveform": (waveforms_figure, SOUNDFUSION, "it shows samples, and the arrays are spectrograms"),
    "waveform_windows": (
        windows_figure,
        SOUNDFUSION,
        "it shows windows of samples, and the arrays are spectrograms",
    ),
    "feature_extraction": (
        feature_extraction_figure,
        CRNN,
        "it shows samples and what is made of them, and the arrays are spectrograms",
    ),
    "approach": (approach_figure, RESNET1D, "it shows windows of samples, and the arrays are spectrograms"),
    "augmentation_check": (copies_figure, EMBEDDINGS, "altered copies are made of audio, and these are arrays"),
}


@pytest.mark.parametrize("name", NEEDS_SAMPLES)
def test_arrays_of_spectrograms_are_a_reason_in_words(tiny_corpus, tmp_path, name):
    make, paper, reason = NEEDS_SAMPLES[name]
    data, group = data_for(paper, tiny_corpus.catalog, tmp_path, given=SPECTROGRAMS)
    with pytest.raises(NotPossibleError) as caught:
        make(paper, figure_of(paper, name), data, group)
    assert str(caught.value) == reason


def test_other_reasons_why_a_figure_cannot_be_made(tiny_corpus, tmp_path):
    catalog = tiny_corpus.catalog
    reason = "it shows spectrograms, and no network of resnet1d takes any of these data"
    with pytest.raises(NotPossibleError, match=reason):
        spectrograms_figure(RESNET1D, figure_of(CRNN, "mel"), *data_for(RESNET1D, catalog, tmp_path))
    with pytest.raises(NotPossibleError, match="no network of crnn trains on spectrograms of altered copies"):
        copies_figure(CRNN, figure_of(CRNN, "mel"), *data_for(CRNN, catalog, tmp_path))
    # Five seconds are shorter than a window of 20 s.
    long = data_for(SE_CNN, catalog, tmp_path, changes=("windows.seconds=20.0",))
    with pytest.raises(NotPossibleError, match="no clip is as long as a window of 20 s"):
        windows_figure(SE_CNN, figure_of(SE_CNN, "2.2"), *long)
    # SimpleCNN has no such value.
    changed = data_for(SOUNDFUSION, catalog, tmp_path, changes=("model.branch_units=8",))
    with pytest.raises(NotPossibleError, match="it shows the input of SimpleCNN of table performance, which lacks"):
        spectrograms_figure(SOUNDFUSION, figure_of(SOUNDFUSION, "mel"), *changed)


def test_the_approach_shows_the_answers_of_a_run_to_a_test_clip_or_the_windows_alone(tiny_corpus, tmp_path, drawn):
    wanted, (data, group) = figure_of(RESNET1D, "approach"), data_for(RESNET1D, tiny_corpus.catalog, tmp_path)
    make = partial(approach_figure, RESNET1D, wanted, data)
    alone = make(group)
    assert not alone.of_run
    assert alone.clips[0].track.id == "blues.00000"
    figure = drawn(alone)
    assert "without a run" in figure.get_suptitle()
    assert len(figure.axes) == 2
    tested = ClipResult(
        id="classical.00003", label=1, windows=3, windows_correct=2, votes=(1, 2, 0), mean_softmax=(0.5, 0.3, 0.2)
    )
    elsewhere = tested.replace(id="unknown")
    row = RESNET1D.row(*RESNET1D.default_row).experiment
    facts = record().data.replace(genres=tiny_corpus.GENRES)
    values = {"row_experiment": row.digest, "data": facts, "folds": 6, "setting": group.setting}
    runs = (
        record(seed=1).replace(**values, fold=0, clips=(tested.replace(votes=(3, 0, 0), windows_correct=0),)),
        record(seed=0).replace(**values, fold=2, clips=(elsewhere, tested)),
        record(seed=0).replace(row_experiment="of another row", fold=0, clips=(tested,)),
    )
    made = make(Group(group.setting, "", runs))
    assert made.of_run
    assert [clip.track.id for clip in made.clips] == ["classical.00003"]
    figure = drawn(made)
    assert "Normal, seed 0, fold 3 of 6, " in figure.get_suptitle()
    top, _, votes, softmax = figure.axes
    assert top.get_title() == "classical: classical.00003 (of the test part)"
    assert votes.get_title() == "majority voting: votes of 3 windows: classical"
    assert softmax.get_title() == "mean of the windows' softmax: blues"
    assert [bar.get_width() for bar in votes.patches] == [1, 2, 0]
    assert [bar.get_width() for bar in softmax.patches] == [0.5, 0.3, 0.2]
    # The second genre is the clip's own.
    colours = [label.get_color() for label in votes.get_yticklabels()]
    assert colours[0] == colours[2] != colours[1]
