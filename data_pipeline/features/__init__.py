"""Features that are stored for each track: samples, spectrograms in decibels, embeddings, or precomputed arrays.

Every feature is an array of shape (frames, bins), time first, so that a window is one contiguous piece of a file.
A feature declares its frames per second; windows are given in seconds (see `data_pipeline.windows.index`).
"""

from typing import Annotated

from pydantic import Field

from data_pipeline.features.librosa_mel import AbsoluteDbLogMel, Mfcc, MinMaxLogMel
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel, StftDb, TorchaudioLogMel
from data_pipeline.features.waveform import Waveform

Feature = Annotated[
    StftDb
    | LogMel
    | TorchaudioLogMel
    | AbsoluteDbLogMel
    | MinMaxLogMel
    | Mfcc
    | MusicnnEmbedding
    | Waveform
    | Precomputed,
    Field(discriminator="kind"),
]
