"""A trained network that answers for single songs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import ArrayLike

from common.core.errors import SpecError
from common.core.temporary import temporary_folder
from common.metrics.clips import ClipResult, aggregate_windows
from common.paper.experiment import Experiment, Input
from common.records.record import Record
from common.training.fit import predict
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.cache.single import shards_of_array, shards_of_audio
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.windows.layout import Layout
from data_pipeline.windows.opening import open_windows
from data_pipeline.windows.standardisation import Standardisation


@dataclass(frozen=True)
class WindowPredictions:
    """What a network says of the windows of one song.

    Args:
        genres: class names in label order.
        starts_seconds: start of each window in the song, float64 (windows,).
        probabilities: float32 (windows, genres).
    """

    genres: tuple[str, ...]
    starts_seconds: np.ndarray
    probabilities: np.ndarray

    @property
    def clip(self) -> ClipResult:
        """The windows together, as in a record: votes and mean softmax. Its `label` and `windows_correct` mean nothing,
        because the song's genre is not known."""
        windows = np.zeros(len(self.probabilities), np.int64)
        (found,) = aggregate_windows(self.probabilities, windows, windows, ["song"], [None])
        return found

    @property
    def mean(self) -> dict[str, float]:
        """Genre -> its mean probability over all windows (mean softmax), the highest first."""
        found = zip(self.genres, self.clip.mean_softmax, strict=True)
        return dict(sorted(found, key=lambda entry: -entry[1]))


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with the weights that a run was evaluated with, and all that it needs to hear a song as in training.

    Args:
        record: of the run.
        experiment: that was run.
        model: the Keras model; it takes standardised windows and ends in logits.
        standardisation: of each input: mean and standard deviation over the training windows.
        layout: of spectrograms.
        cache: folder of all caches, which holds pretrained weights.
    """

    record: Record
    experiment: Experiment
    model: keras.Model
    standardisation: tuple[Standardisation, ...]
    layout: Layout
    cache: Path

    @property
    def genres(self) -> tuple[str, ...]:
        """Class names in label order."""
        return self.record.data.genres

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Feature and windows of each input."""
        return self.experiment.inputs

    def predict(self, song: Path | str) -> dict[str, float]:
        """Ask the network about an audio file.

        Returns:
            Genre -> mean probability over the song's windows (mean softmax), the highest first.

        Raises:
            DataError: the file cannot be used, or is shorter than one window.
            SpecError: the network was trained on precomputed arrays; see `predict_array`.
        """
        return self.predict_windows(song).mean

    def predict_windows(self, song: Path | str) -> WindowPredictions:
        """As `predict`, for each window of the song. The file is decoded, resampled and cut as in training."""
        if any(isinstance(given.feature, Precomputed) for given in self.inputs):
            raise SpecError(
                f"run {self.record.run_id}: was trained on precomputed arrays ({self.record.data.title}), so it cannot "
                "take an audio file. Give predict_array the array of one clip."
            )
        decoder = self.record.setting.decoder
        return self._ask(
            lambda given, folder: shards_of_audio(
                Path(song).expanduser(), given.feature, self.genres, folder, cache=self.cache, decoder=decoder
            )
        )

    def predict_array(self, values: ArrayLike) -> dict[str, float]:
        """As `predict`, for a network that was trained on precomputed arrays.

        Args:
            values: (bins, columns), as one clip of the array X in the `.npz` file.

        Raises:
            DataError: the array does not fit, is shorter than one window, or is all zero.
            SpecError: the network was trained on audio files; see `predict`.
        """
        if not all(isinstance(given.feature, Precomputed) for given in self.inputs):
            raise SpecError(
                f"run {self.record.run_id}: was trained on audio files, so it cannot take an array. Give predict the "
                "path of an audio file."
            )
        return self._ask(lambda given, folder: shards_of_array(values, given.feature, self.genres, folder)).mean

    def _ask(self, shards: Callable[[Input, Path], ShardIndex]) -> WindowPredictions:
        """Put a song's features into temporary shards and read its windows, as in training."""
        with temporary_folder("song") as place:
            opened = []
            for number, given in enumerate(self.inputs):
                folder = place / str(number)
                folder.mkdir()
                opened.append((shards(given, folder), given.windows))
            with open_windows(opened) as reader:
                probabilities = predict(
                    self,
                    reader,
                    np.arange(len(reader.windows)),
                    batch_size=self.experiment.training.batch_windows,
                    layout=self.layout,
                )
                starts = reader.windows.starts / reader.index.feature.frames_per_second
        return WindowPredictions(self.genres, starts, probabilities)
