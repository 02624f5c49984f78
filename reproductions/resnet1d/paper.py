"""ResNet1D: R. Donati and A. Borsatto, "ResNet 1D CNN", project report of the course Numerical Analysis for Machine
Learning, Politecnico di Milano, 2021-2022, after S. Allamy and A. L. Koerich, "1D CNN Architectures for Music Genre
Classification", 2021.

Claim: a residual network on raw samples reaches 52.5 % of windows and 55.4 % of clips on GTZAN, trained on a sixth of
the clips at a time; L2 regularisation and gradient accumulation lower both. The paper that it follows reports 80.93 %.
Expected here: nothing is measured on GTZAN yet. Cost: 0.4 s a training window on two cores, so about 25 minutes an
epoch of one round; a graphics processor is needed for a table at paper scale.

    python reproductions/resnet1d/run.py --dataset gtzan --data ~/gtzan --table 7 --row Normal --seeds 1
"""

from typing import Any

import keras

from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.protocol import Protocol
from common.paper.provenance import ONE_INPUT_AS_IT_IS, PLATEAU, STEPS_AND_WEIGHTS, Source, unused
from common.paper.tables import ArchitectureRow, ArchitectureTable, Figure, Reference, ResultTable, Row
from common.paper.training import Training
from data_pipeline.features.waveform import Waveform
from data_pipeline.windows.index import WindowSpec
from reproductions.resnet1d.model import BLOCKS, ResNet1dSpec, build

SAMPLE_RATE = 22050
FEATURE = Waveform(sample_rate=SAMPLE_RATE)
# 75 % overlap: a hop of 27,562.5 samples, of which each start is rounded down, makes the 21st window of a clip of
# 661,500 samples end with its last sample.
WINDOWS = WindowSpec(seconds=5.0, hop_seconds=1.25, max_per_track=21, rounding="starts")
BLOCK_CONVOLUTIONS = r"block\d_conv[12]"
LAMBDAS = (0.01, 0.001, 0.0001)
BEST_LAMBDA = 0.001


def _experiment(**training: Any) -> Experiment:
    return Experiment(
        paper="resnet1d",
        model=ResNet1dSpec(),
        feature=FEATURE,
        windows=WINDOWS,
        protocol=Protocol(split="rotating", partitions=6),
        training=Training(**{"batch_windows": 32, "epochs": 100, "patience_epochs": 5} | training),
    )


def _l2(strength: float, form: str = "sum") -> Experiment:
    return _experiment(l2=strength, l2_form=form, l2_layers=BLOCK_CONVOLUTIONS)


def _row(label: str, segments: float | None, aggregation: float | None, experiment: Experiment) -> Row:
    return Row(label=label, published={"segments": segments, "aggregation": aggregation}, experiment=experiment)


_METRICS = {
    "metrics": ("segments", "aggregation"),
    # Section 6.1: the predictions of a song's segments are averaged.
    "compared_with": {"segments": "window_accuracy", "aggregation": "clip_accuracy_mean_softmax"},
}
TABLE_7 = ResultTable(
    id="7",
    title="Average accuracy of the three models",
    row_header="Model",
    **_METRICS,
    reference=Reference(label="Allamy and Koerich, mean accuracy", percent=80.93),
    rows=(
        _row("Normal", 52.52, 55.35, _experiment()),
        _row("L2", 35.88, 38.32, _l2(BEST_LAMBDA)),
        _row("Gradient accumulation", 37.31, 37.92, _experiment(batch_windows=10, accumulate_batches=8)),
    ),
)
TABLE_6_2 = ResultTable(
    id="6.2",
    title="L2 regularisation: forms and lambdas",
    row_header="L2 and lambda",
    **_METRICS,
    notes=(
        "The report has no such table: it gives one number for L2, for its best lambda, 0.001, and does not say in "
        "which form; it stands beside the sum, which is what Keras' L2 does.",
    ),
    rows=tuple(
        # The report gives numbers for its best lambda only, and not which of the forms they are of.
        _row(
            f"{form}, {strength:g}",
            *((35.88, 38.32) if (form, strength) == ("sum", BEST_LAMBDA) else (None, None)),
            _l2(strength, form),
        )
        for form in ("sum", "mean", "decoupled")
        for strength in LAMBDAS
    ),
)


def _architecture_rows() -> tuple[ArchitectureRow, ...]:
    lengths = (36750, 12250, 4083, 1361, 453, 151, 50, 16, 5, 1)
    channels = (128, 128, 256, 256, 256, 256, 256, 256, 512)
    rows = [
        ArchitectureRow("Input", [110250], ("waveform",)),
        ArchitectureRow("Conv1D, first", [128, lengths[0]], ("stem_conv", "stem_norm", "stem_relu")),
    ]
    for number in range(1, BLOCKS + 1):
        width = channels[number - 1]
        parts = ["conv1", "1_norm", "1_relu", "conv2", "2_norm"]
        if number == 1 or channels[number - 2] == width:
            parts += ["add", "out"]
        else:
            parts += ["projection", "projection_norm", "add", "out"]
        layers = tuple(f"block{number}_{part}" for part in parts)
        rows += [
            ArchitectureRow(f"Res1D {number}", [width, lengths[number - 1]], layers),
            ArchitectureRow(f"MaxPool {number}", [width, lengths[number]], (f"pool{number}",)),
        ]
    rows += [
        ArchitectureRow("Conv1D, last", [512, 1], ("head_conv", "head_norm", "head_relu")),
        ArchitectureRow("Output", [10], ("flatten", "genre")),
    ]
    return tuple(rows)


def _published_shape(model: keras.Model, names: tuple[str, ...]) -> list[int]:
    """What we built as the report prints it: channels x length, channels left out where there is one."""
    shape = list(model.get_layer(names[-1]).output.shape[1:])
    return shape[:1] if names == ("waveform",) else shape[::-1]


TABLE_4_1 = ArchitectureTable(
    id="4.1",
    title="Model architecture",
    column="output_size",
    rows=_architecture_rows(),
    experiment=_experiment(),
    measure=_published_shape,
)
_SILENT = "the report is silent"
SOURCES = {
    "paper": Source(status="stated", reason="the report itself"),
    "model.stem_filters": Source(status="stated", reason="section 4.1, table"),
    "model.block_filters": Source(status="stated", reason="section 4.1, table"),
    "model.head_filters": Source(status="stated", reason="section 4.1, table"),
    "model.negative_slope": Source(status="assumed", reason=f"{_SILENT}; Keras' default"),
    "model.norm_momentum": Source(status="assumed", reason=f"{_SILENT}; Keras' default"),
    "model.dropout": Source(
        status="assumed", reason="none: section 7.1 lists dropout as a possible improvement (elsewhere 0.25 is used)"
    ),
    "model.projection": Source(
        status="assumed",
        reason="section 5.1: where the shapes differ; with biases and batch normalisation everywhere this is the one "
        "combination that has the 4,086,794 parameters of section 4.1",
    ),
    "feature.kind": Source(status="stated", reason="section 2: directly from the raw audio signal"),
    "feature.sample_rate": Source(status="stated", reason="section 3: 22,050 Hz"),
    "windows.seconds": Source(status="stated", reason="section 3: 5 seconds, 110,250 samples"),
    "windows.hop_seconds": Source(status="stated", reason="section 3: overlap of 75 %"),
    "windows.max_per_track": Source(status="stated", reason="section 3: 21 segments, 20 of shorter songs"),
    "windows.rounding": Source(
        status="assumed",
        reason=f"{_SILENT} on the half sample of the hop of 27,562.5; each start is rounded down, so that the 21st "
        "window ends at sample 661,500",
    ),
    "protocol.split": Source(status="stated", reason="section 6: three partitions at a time, rotated"),
    "protocol.unit": Source(status="stated", reason="section 3: partitions hold songs, equally many of each genre"),
    "protocol.partitions": Source(status="stated", reason="sections 3 and 6: 6 partitions"),
    "protocol.equal_partitions": Source(
        status="assumed",
        reason="100 songs of a genre do not divide by 6; all are used (17, 17, 17, 17, 16, 16), or with `true` 16 each",
    ),
    "protocol.carry_weights": Source(
        status="assumed",
        reason=f"{_SILENT}; fresh weights in each round, because carried ones have been trained on the test partition "
        "from round 5 on (`--carry-weights` does it and says so)",
    ),
    "protocol.stratified": Source(status="stated", reason="section 3: the same amount of songs of each genre"),
    "protocol.seed": Source(status="assumed", reason=f"{_SILENT}; one fixed shuffle for all rows"),
    "training.optimizer": Source(status="stated", reason="section 5.1: Adam"),
    "training.learning_rate": Source(status="assumed", reason=f"{_SILENT}; Keras' default"),
    "training.batch_windows": Source(
        status="stated", reason="sections 5.2 and 6.3: 32; 10 in the row Gradient accumulation"
    ),
    "training.epochs": Source(status="stated", reason="section 6.1: 100 epochs"),
    "training.patience_epochs": Source(
        status="stated",
        reason="section 5.1: patience 5; that it watches the validation loss, and that the best weights are kept, is "
        "assumed",
    ),
    "training.keep": Source(status="assumed", reason="the epoch of the least validation loss; the report is silent"),
    "training.precision": Source(status="assumed", reason=f"{_SILENT}; float32 is Keras' default"),
    "training.standardise": Source(status="assumed", reason=f"{_SILENT}; samples in [-1, 1] as decoded"),
    "training.windows_per_epoch": Source(status="stated", reason="section 3: all segments of a partition"),
    "training.accumulate_batches": Source(
        status="stated", reason="section 6.3: 8 in the row Gradient accumulation, so that 8 x 10 = 80; 1 elsewhere"
    ),
    "training.accumulate_reduce": Source(
        status="assumed",
        reason="section 6.3 writes the sum, the answer it cites exists with both; the mean is what a batch of 80 does, "
        "and Adam hardly tells them apart",
    ),
    "training.accumulate_left_over": Source(
        status="assumed", reason=f"{_SILENT}; carried into the next epoch, as Keras does"
    ),
    "training.l2": Source(status="stated", reason="section 6.2: 0.001 in the row L2 (0.01 and 0.0001 in Table 6.2)"),
    "training.l2_form": Source(
        status="assumed",
        reason="section 6.2 writes the mean of the squares, Keras' L2 takes their sum; which one was run is unknown",
    ),
    "training.l2_layers": Source(
        status="assumed",
        reason="section 6.2: the convolutions of the residual blocks; rows with L2 take the 18 of kernel 3 "
        r"(`block\d_conv[12]`), without the two projections (`block\d_(conv[12]\|projection)` has them too)",
    ),
    "training.watch": Source(status="assumed", reason="the loss with its penalty, as Keras monitors it"),
    "training.l2_variables": Source(status="assumed", reason="kernels, as Keras' `kernel_regularizer` penalises"),
    **unused("protocol.fractions", "protocol.folds", *PLATEAU, *STEPS_AND_WEIGHTS, *ONE_INPUT_AS_IT_IS),
}
PAPER = Paper(
    key="resnet1d",
    title="ResNet1D",
    citation=(
        'R. Donati, A. Borsatto, "ResNet 1D CNN", Politecnico di Milano, 2021-2022; after S. Allamy, A. L. Koerich, '
        '"1D CNN Architectures for Music Genre Classification", 2021.'
    ),
    tables=(TABLE_6_2, TABLE_7),
    architecture=(TABLE_4_1,),
    figures=(
        Figure("windows", "waveform_windows", "Sliding window over the samples"),
        Figure("accuracy", "accuracy", "Accuracy on training and validation partition"),
        Figure("loss", "loss", "Loss on training and validation partition"),
    ),
    published_on="GTZAN",
    default_row=("7", "Normal"),
    build=build,
    layout="frames_bins",
    # 60,000 samples a window: about the fewest that nine poolings can take.
    small_features={FEATURE: Waveform(sample_rate=12000)},
    smoke={
        "model.stem_filters": 16,
        "model.block_filters": (16, 16, 32, 32, 32, 32, 32, 32, 64),
        "model.head_filters": 64,
        # The few updates of smoke scale would leave moving statistics with momentum 0.99 near where they began.
        "model.norm_momentum": 0.5,
        "windows.hop_seconds": 7.5,
        "training.epochs": 4,
        "training.patience_epochs": None,
    },
    smoke_paper_features={
        "model.norm_momentum": 0.5,
        # So few batches would otherwise make no update of eight.
        "training.accumulate_left_over": "flush",
        "windows.hop_seconds": 12.5,
        "training.epochs": 1,
        "training.windows_per_epoch": 20,
        "training.patience_epochs": None,
    },
    smoke_tracks_per_genre=12,
    paper_seeds=1,
    sources=SOURCES,
    notes=(
        "The report's first text says 40-50 % for the model Normal, its table 52.52 and 55.35 %.",
        "Early stopping watches the validation loss including the penalty, as Keras does.",
        "Accumulation acts on gradients; batch normalisation still sees micro-batches of 10.",
        'Rounds are averaged with equal weight, as the report\'s "average accuracy" is taken to mean.',
    ),
    default_tables=("4.1", "7"),
)
