"""What a paper states: everything that the declaration of a paper is written with."""

from common.core.errors import SpecError
from common.core.late import late
from common.core.spec import Spec
from common.paper.experiment import Experiment, Input
from common.paper.figures import Figure, Level
from common.paper.first_training import FirstTraining
from common.paper.fixed import FixedValue
from common.paper.items import DocumentItem
from common.paper.paper import Paper
from common.paper.protocol import Protocol
from common.paper.provenance import Source, assumed, differs, stated
from common.paper.tables import (
    ArchitectureRow,
    ArchitectureTable,
    Confusion,
    LayerColumn,
    LayerDifference,
    Reference,
    ResultTable,
    Row,
    result_table,
)
from common.paper.training import Training
from common.paper.value_tables import ValueRow, ValueTable
from data_pipeline.augmentation.chain import SpectrogramChain
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.augmentation.specs import Augmentation, SpectrogramAugmentation, WaveformAugmentation
from data_pipeline.features.librosa_mel import AbsoluteDbLogMel, Mfcc, MinMaxLogMel
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.spectrograms import LogMel, StftDb, TorchaudioLogMel
from data_pipeline.features.waveform import Waveform
from data_pipeline.windows.index import WindowSpec, seconds_of

__all__ = [
    "AbsoluteDbLogMel",
    "ArchitectureRow",
    "ArchitectureTable",
    "Augmentation",
    "Confusion",
    "DocumentItem",
    "Experiment",
    "Figure",
    "FirstTraining",
    "FixedValue",
    "Input",
    "LayerColumn",
    "LayerDifference",
    "Level",
    "LogMel",
    "Mfcc",
    "MinMaxLogMel",
    "MusicnnEmbedding",
    "OfflineAugmentation",
    "Paper",
    "Protocol",
    "Reference",
    "ResultTable",
    "Row",
    "Source",
    "Spec",
    "SpecError",
    "SpectrogramAugmentation",
    "SpectrogramChain",
    "StftDb",
    "TorchaudioLogMel",
    "Training",
    "ValueRow",
    "ValueTable",
    "Waveform",
    "WaveformAugmentation",
    "WindowSpec",
    "assumed",
    "differs",
    "late",
    "result_table",
    "seconds_of",
    "stated",
]
