"""Mel filters against librosa's: every value, and the warning about empty filters."""

import warnings
from itertools import product

import librosa
import numpy as np
import pytest

from data_pipeline.features.mel_filters import mel_filters


def librosas(sample_rate: int, n_fft: int, n_mels: int, scale: str) -> np.ndarray:
    slaney = scale == "slaney"
    return librosa.filters.mel(
        sr=sample_rate, n_fft=n_fft, n_mels=n_mels, htk=not slaney, norm="slaney" if slaney else None
    )


# Those of the papers at paper and smoke scale, of fingerprints of clips at three sample rates, and of the template.
@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "n_mels", "scale"),
    [
        (22050, 2048, 128, "slaney"),
        (22050, 2048, 32, "slaney"),
        (22050, 2048, 96, "slaney"),
        (16000, 1024, 96, "slaney"),
        (16000, 2048, 32, "slaney"),
        (44100, 2048, 32, "slaney"),
        (44100, 1024, 64, "htk"),
        (22050, 1024, 128, "htk"),
        (22050, 1024, 64, "htk"),
        (22050, 2048, 64, "htk"),
    ],
)
def test_filters_of_the_papers_are_librosas_to_the_last_digit(sample_rate, n_fft, n_mels, scale):
    ours = mel_filters(sample_rate, n_fft, n_mels, scale)
    assert ours.dtype == np.float32
    assert ours.any(axis=1).all()
    np.testing.assert_array_equal(ours, librosas(sample_rate, n_fft, n_mels, scale))


@pytest.mark.filterwarnings("ignore:Empty filters detected", "ignore:.* mel bands lie between two bins")
@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("n_fft", [2, 10, 400, 1102, 4096])
def test_filters_of_any_size_are_librosas_to_the_last_digit(n_fft, scale):
    # At 2,000 Hz the highest frequency is where Slaney's scale becomes logarithmic.
    for sample_rate, n_mels in product((1, 1999, 2000, 2001, 8000, 11025, 48000, 192000), (1, 2, 13, 40, 229)):
        np.testing.assert_array_equal(
            mel_filters(sample_rate, n_fft, n_mels, scale),
            librosas(sample_rate, n_fft, n_mels, scale),
            err_msg=f"{sample_rate} Hz, {n_mels} bands",
        )


def warnings_of(function, *arguments) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*arguments)
    return [str(warning.message) for warning in caught]


# The last: only the first band is empty.
@pytest.mark.parametrize(
    ("setting", "count"),
    [
        ((22050, 256, 128, "slaney"), 1),
        ((22050, 512, 128, "htk"), 1),
        ((16000, 1024, 96, "slaney"), 0),
        ((44100, 1024, 128, "htk"), 0),
    ],
)
def test_empty_filters_are_warned_of_where_librosa_does(setting, count):
    assert len(warnings_of(librosas, *setting)) == count
    assert len(warnings_of(mel_filters, *setting)) == count


def test_the_warning_counts_the_empty_bands_and_names_what_to_change():
    with pytest.warns(UserWarning, match="mel bands lie between two bins") as caught:
        weights = mel_filters(22050, 256, 128)
    assert (~weights.any(axis=1)).sum() == 20
    assert str(caught[0].message) == (
        "20 of 128 mel bands lie between two bins of the spectrum and are 0 for any sound (sample_rate 22050, n_fft "
        "256). Use fewer n_mels or a larger n_fft."
    )
