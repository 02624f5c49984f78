"""From stored windows to a network's input: values, layout and shape. Does not need TensorFlow."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from data_pipeline.features import Feature
from data_pipeline.windows.paired import PairedReader
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.standardisation import Standardisation

# Layout of spectrograms; samples are always (samples, 1).
Layout = Literal["frames_bins", "bins_frames_channel"]
# One input, or two features of the same windows.
Reader = WindowReader | PairedReader


def shape_of_window(frames: int, feature: Feature, layout: Layout) -> tuple[int, ...]:
    """Shape of one window of `frames` frames as a model takes it."""
    if is_sequence(feature, layout):
        return frames, feature.bins
    return feature.bins // feature.channels, frames, feature.channels


def is_sequence(feature: Feature, layout: Layout) -> bool:
    """Whether windows stay (frames, bins): samples always do, whatever the layout of spectrograms."""
    return layout == "frames_bins" or feature.bins == 1


def input_shape(reader: Reader, layout: Layout) -> tuple:
    """Shape of a reader's windows as a model takes them: one shape, or a tuple of two."""
    shapes = tuple(shape_of_window(part.windows.frames, part.index.feature, layout) for part in reader.parts)
    return shapes[0] if len(shapes) == 1 else shapes


@dataclass(frozen=True)
class InputTransform:
    """`stored * scale + offset` in float32, then the layout.

    Args:
        picture: (frames, channels, bins per channel) of windows that become (bins, frames, channels); None for windows
            that stay (frames, bins).
    """

    scale: float
    offset: float
    picture: tuple[int, int, int] | None

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """Stored windows (windows, frames, bins) as a model takes them: float32."""
        values = stored.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)
        if self.picture is None:
            return values
        return np.ascontiguousarray(values.reshape(-1, *self.picture).transpose(0, 3, 1, 2))


def input_transforms(
    reader: Reader, layout: Layout, standardisation: Standardisation | tuple[Standardisation, ...]
) -> list[InputTransform]:
    """How the windows of each part are decoded and standardised."""
    parts = reader.parts
    given = standardisation if isinstance(standardisation, tuple) else (standardisation,) * len(parts)
    return [_of_part(part, layout, scaled) for part, scaled in zip(parts, given, strict=True)]


def _of_part(part: WindowReader, layout: Layout, standardisation: Standardisation) -> InputTransform:
    feature = part.index.feature
    frames, bins = part.window_shape
    return InputTransform(
        scale=feature.storage.scale / standardisation.deviation,
        offset=(feature.storage.offset - standardisation.mean) / standardisation.deviation,
        picture=None if is_sequence(feature, layout) else (frames, feature.channels, bins // feature.channels),
    )
