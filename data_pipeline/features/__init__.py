"""Features that are stored for each track: samples, spectrograms in decibels, embeddings, or precomputed arrays.

Every feature is an array of shape (frames, bins), time first, so that a window is one contiguous piece of a file.
A feature declares its frames per second; windows are given in seconds (see `data_pipeline.windows.index`).

Each kind of feature has an `extraction_version`. Raise it whenever the same audio would give other stored values, also
through another way of decoding or resampling: caches are named by it, so that earlier values are not used again. It is
no field, because it does not belong to what an experiment asks for: digests and run ids stay the same.
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
