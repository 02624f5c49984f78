"""Spectrograms in decibels: STFT and log-mel as in librosa, log-mel as in torchaudio."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from common.core.errors import DataError
from common.core.spec import Spec
from data_pipeline.features.dsp import mel_power, power_to_absolute_db, power_to_db, stft_power
from data_pipeline.features.storage import DECIBEL_INT16, EvenInt, StorageFormat, UnitRangeFrames


class _Decibels(UnitRangeFrames, Spec):
    """Base of the dB features: the reference is the clip's maximum, the floor `top_db` below it, scaled to [0, 1].

    Args:
        sample_rate: samples per second after decoding; files of another rate are resampled.
        n_fft: samples of one frame.
        hop_samples: samples between the starts of neighbouring frames.
        top_db: range in dB below the loudest value; what is quieter is raised to its end.
    """

    sample_rate: PositiveInt = 22050
    n_fft: EvenInt
    hop_samples: PositiveInt = 512
    top_db: PositiveFloat = 80.0

    def frames(self, n_samples: int) -> int:
        """Frames of a track of `n_samples` samples (centred frames)."""
        return 1 + n_samples // self.hop_samples

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, bins) float32 in [0, 1]: 0 is the floor, 1 the clip's loudest value."""
        values = self.decibels(samples)
        values /= np.float32(self.top_db)
        values += np.float32(1)
        return values


class StftDb(_Decibels):
    """Magnitude STFT in dB, equal to librosa's `amplitude_to_db(abs(stft(y)), ref=np.max, top_db=80)`.

    Hann window, centred frames, zero padding.
    """

    extraction_version: ClassVar[int] = 1

    kind: Literal["stft_db"] = "stft_db"
    n_fft: EvenInt = 1024

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    def decibels(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, bins) float32 dB, between -top_db and 0."""
        power = stft_power(samples, self.n_fft, self.hop_samples)
        return power_to_db(power, self.top_db)


class LogMel(_Decibels):
    """Log-mel spectrogram in dB, equal to librosa's `power_to_db(melspectrogram(y), ref=np.max, top_db=80)`.

    Slaney mel scale and normalisation, power 2, Hann window, centred frames, zero padding.

    Args:
        n_mels: number of mel bands.
    """

    extraction_version: ClassVar[int] = 1

    kind: Literal["log_mel"] = "log_mel"
    n_fft: EvenInt = 2048
    n_mels: PositiveInt = 128

    @property
    def bins(self) -> int:
        return self.n_mels

    def decibels(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 dB, between -top_db and 0."""
        mel = mel_power(samples, self.sample_rate, self.n_fft, self.hop_samples, self.n_mels)
        return power_to_db(mel, self.top_db)


class TorchaudioLogMel(Spec):
    """Log-mel spectrogram as usual in PyTorch: torchaudio's `MelSpectrogram` with its defaults, then
    `AmplitudeToDB(top_db=80)`.

    HTK mel scale with filters of equal height, power 2, periodic Hann window, centred frames, reflect padding;
    decibels relative to 1 (not to the clip's maximum), floored `top_db` below the clip's loudest value.

    Args:
        sample_rate: samples per second after decoding; files of another rate are resampled.
        n_fft: samples of one frame.
        hop_samples: samples between the starts of neighbouring frames.
        n_mels: number of mel bands.
        top_db: range in dB below the loudest value; what is quieter is raised to its end.
        channels: 1 averages the channels; 2 keeps both (the two channels of a mono file are equal).
    """

    extraction_version: ClassVar[int] = 1
    window_function: ClassVar[str] = "Hann"

    kind: Literal["torch_mel"] = "torch_mel"
    sample_rate: PositiveInt = 22050
    n_fft: EvenInt = 1024
    hop_samples: PositiveInt = 512
    n_mels: PositiveInt = 128
    channels: Literal[1, 2] = 1
    top_db: PositiveFloat = 80.0

    @property
    def frames_per_second(self) -> float:
        return self.sample_rate / self.hop_samples

    @property
    def bins(self) -> int:
        """Values per frame: the mel bands of the first channel, then those of the second."""
        return self.n_mels * self.channels

    @property
    def storage(self) -> StorageFormat:
        return DECIBEL_INT16

    def frames(self, n_samples: int) -> int:
        """Frames of a track of `n_samples` samples (centred frames)."""
        return 1 + n_samples // self.hop_samples

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) or (samples, channels) -> (frames, bins) float32 dB; both channels share one floor.

        Raises:
            DataError: more channels than the feature has.
        """
        by_channel = samples.reshape(len(samples), -1).T
        if len(by_channel) > self.channels:
            raise DataError(f"{len(by_channel)} channels, expected at most {self.channels}.")
        mels = [
            mel_power(
                channel, self.sample_rate, self.n_fft, self.hop_samples, self.n_mels, scale="htk", padding="reflect"
            )
            for channel in by_channel
        ]
        return power_to_absolute_db(np.concatenate([mels[0], mels[-1]][: self.channels], axis=1), self.top_db)
