"""ResNet1D: R. Donati and A. Borsatto, "ResNet 1D CNN", project report of the course Numerical Analysis for Machine
Learning, Politecnico di Milano, 2021-2022, after S. Allamy and A. L. Koerich, "1D CNN Architectures for Music Genre
Classification", 2021.

Claim: a residual network on raw samples reaches 52.5 % of windows and 55.4 % of clips on GTZAN, trained on a sixth of
the clips at a time; L2 regularisation and gradient accumulation lower both. The paper that it follows reports 80.93 %.
Expected here: nothing is measured on GTZAN yet. Cost: 0.4 s per training window on two cores, so about 25 minutes
per epoch of one round; a GPU is needed for a table at paper scale.

    python reproductions/resnet1d/run.py --dataset gtzan --data ~/gtzan --table 7 --row normal --seeds 1
"""

from typing import Any

from common.paper import (
    ArchitectureRow,
    ArchitectureTable,
    Experiment,
    FixedValue,
    LayerColumn,
    Paper,
    Protocol,
    Reference,
    Training,
    Waveform,
    WindowSpec,
    assumed,
    differs,
    late,
    result_table,
    stated,
)
from reproductions.resnet1d.figures import FIGURES
from reproductions.resnet1d.items import ITEMS
from reproductions.resnet1d.specs import BLOCKS, ResNet1dSpec
from reproductions.resnet1d.value_tables import VALUE_TABLES

SAMPLE_RATE = 22050
FEATURE = Waveform(sample_rate=SAMPLE_RATE)
# 75 % overlap is a hop of 27,562.5 samples. With each start rounded down, the 21st window of a clip of 661,500 samples
# ends with its last sample.
WINDOWS = WindowSpec(seconds=5.0, hop_seconds=1.25, max_per_track=21, rounding="starts")
BLOCK_CONVOLUTIONS = r"block\d_conv[12]"
LAMBDAS = (0.01, 0.001, 0.0001)
BEST_LAMBDA = 0.001


BASE = Experiment(
    paper="resnet1d",
    model=ResNet1dSpec(),
    feature=FEATURE,
    windows=WINDOWS,
    protocol=Protocol(split="rotating", partitions=6),
    training=Training(batch_windows=32, epochs=100, patience_epochs=5),
)
# Section 6.1: the predictions of a song's segments are averaged.
_COMPARED = {"segments": "window_accuracy", "aggregation": "clip_accuracy_mean_softmax"}

_FORMS = ("sum", "mean", "decoupled")


def _l2(strength: float, form: str = "sum") -> dict[str, Any]:
    return {"training.l2": strength, "training.l2_form": form, "training.l2_layers": BLOCK_CONVOLUTIONS}


TABLE_7 = result_table(
    BASE,
    id="7",
    title="Average accuracy of the three models",
    row_header="Model",
    compared_with=_COMPARED,
    reference=Reference(label="Allamy and Koerich, mean accuracy", percent=80.93),
    rows={
        "Normal": ((52.52, 55.35), {}),
        "L2": ((35.88, 38.32), _l2(BEST_LAMBDA)),
        "Gradient accumulation": (
            (37.31, 37.92),
            {"training.batch_windows": 10, "training.accumulate_batches": 8},
        ),
    },
    names={"Gradient accumulation": "accumulation"},
)
TABLE_6_2 = result_table(
    BASE,
    id="6.2",
    title="L2 regularisation: forms and lambdas",
    row_header="L2 and lambda",
    compared_with=_COMPARED,
    notes=(
        "The report has no such table: it gives one number for L2, with its best lambda, 0.001, and does not say for "
        "which form; the number stands in the row of the sum, which is what Keras' L2 computes.",
    ),
    rows={
        # The report gives numbers for its best lambda only, and does not say for which form.
        f"{form}, {strength:g}": (
            (35.88, 38.32) if (form, strength) == ("sum", BEST_LAMBDA) else (None, None),
            _l2(strength, form),
        )
        for form in _FORMS
        for strength in LAMBDAS
    },
    names={f"{form}, {strength:g}": f"l2-{form}-{strength:g}" for form in _FORMS for strength in LAMBDAS},
)


def _layer(
    label: str,
    layers: tuple[str, ...],
    output: list[int],
    *,
    filters: int | None = None,
    kernel: int | None = None,
    pool: int | None = None,
    stride: int | None = None,
) -> ArchitectureRow:
    """A line of the table of section 4.1, which prints `-` for what is None.

    Args:
        output: channels x length.
        kernel, pool, stride: in steps of the sequence.
    """
    published = {
        "filters": filters,
        "kernel_size": kernel,
        "pool_size": pool,
        "stride": stride,
        "output_size": output,
    }
    return ArchitectureRow(label, published, layers)


def _architecture_rows() -> tuple[ArchitectureRow, ...]:
    lengths = (36750, 12250, 4083, 1361, 453, 151, 50, 16, 5, 1)
    channels = (128, 128, 256, 256, 256, 256, 256, 256, 512)
    stem, head = (tuple(f"{place}_{part}" for part in ("conv", "norm", "relu")) for place in ("stem", "head"))
    rows = [
        _layer("Input", ("waveform",), [110250]),
        _layer("Conv1D, first", stem, [128, lengths[0]], filters=128, kernel=3, stride=3),
    ]
    for number in range(1, BLOCKS + 1):
        width = channels[number - 1]
        parts = ["conv1", "1_norm", "1_relu", "conv2", "2_norm"]
        if number == 1 or channels[number - 2] == width:
            parts += ["add", "out"]
        else:
            parts += ["projection", "projection_norm", "add", "out"]
        block = tuple(f"block{number}_{part}" for part in parts)
        rows += [
            _layer(f"Res1D {number}", block, [width, lengths[number - 1]], filters=width, kernel=3, stride=1),
            _layer(f"MaxPool {number}", (f"pool{number}",), [width, lengths[number]], pool=3, stride=3),
        ]
    rows += [
        _layer("Conv1D, last", head, [512, 1], filters=512, kernel=1, stride=1),
        _layer("Output", ("flatten", "genre"), [10]),
    ]
    return tuple(rows)


_SIZES = "common.paper.layer_sizes"
TABLE_4_1 = ArchitectureTable(
    id="4.1",
    title="Model architecture",
    columns=(
        LayerColumn("filters", late(f"{_SIZES}:filters")),
        LayerColumn("kernel_size", late(f"{_SIZES}:kernel_size")),
        LayerColumn("pool_size", late(f"{_SIZES}:pool_size")),
        LayerColumn("stride", late(f"{_SIZES}:stride")),
        LayerColumn("output_size", late(f"{_SIZES}:channels_and_length"), heading="output shape"),
    ),
    rows=_architecture_rows(),
    experiment=BASE,
    total=4_086_794,
    notes=("Sizes of a Res1D are those of both of its convolutions of kernel 3, without the projection.",),
)
_SILENT = "the report is silent"
SOURCES = {
    "model.stem_filters": stated("section 4.1, table"),
    "model.block_filters": stated("section 4.1, table"),
    "model.head_filters": stated("section 4.1, table"),
    "model.negative_slope": assumed(f"{_SILENT}; Keras' default"),
    "model.norm_momentum": assumed(f"{_SILENT}; Keras' default"),
    "model.dropout": assumed("none: section 7.1 lists dropout as a possible improvement (elsewhere 0.25 is used)"),
    "model.projection": assumed(
        "section 5.1: where the shapes differ; with biases and batch normalisation everywhere this is the only "
        "combination with the 4,086,794 parameters of section 4.1",
    ),
    "feature.kind": stated("section 2: directly from the raw audio signal"),
    "feature.sample_rate": stated("section 3: 22,050 Hz"),
    "windows.seconds": stated("section 3: 5 seconds, 110,250 samples"),
    "windows.hop_seconds": stated("section 3: overlap of 75 %"),
    "windows.max_per_track": stated("section 3: 21 segments, 20 of shorter songs"),
    "windows.rounding": assumed(
        f"{_SILENT} on the half sample of the hop of 27,562.5; each start is rounded down, so that the 21st "
        "window ends at sample 661,500",
    ),
    "protocol.split": stated("section 6: three partitions at a time, rotated"),
    "protocol.unit": stated("section 3: partitions hold songs, equally many of each genre"),
    "protocol.partitions": stated("sections 3 and 6: 6 partitions"),
    "protocol.equal_partitions": differs(
        "section 3: equally many songs of each genre in every partition, but 100 do not divide by 6; all are used (17, "
        "17, 17, 17, 16, 16), or with `--set protocol.equal_partitions=true` 16 each",
    ),
    "protocol.carry_weights": assumed(
        f"{_SILENT}; fresh weights in each round, because carried ones have been trained on the test partition "
        "from round 5 on (`--carry-weights` carries them, and tables say so)",
    ),
    "protocol.stratified": stated("section 3: the same amount of songs of each genre"),
    "protocol.seed": assumed(f"{_SILENT}; one fixed shuffle for all rows"),
    "training.optimizer": stated("section 5.1: Adam"),
    "training.learning_rate": assumed(f"{_SILENT}; Keras' default"),
    "training.batch_windows": stated("sections 5.2 and 6.3: 32; 10 in the row Gradient accumulation"),
    "training.epochs": stated("section 6.1: 100 epochs"),
    "training.patience_epochs": stated(
        "section 5.1: patience 5; that it watches the validation loss, and that the best weights are kept, is assumed",
    ),
    "training.keep": assumed("the epoch with the lowest validation loss; the report is silent"),
    "training.precision": assumed(f"{_SILENT}; float32 is Keras' default"),
    "training.standardise": assumed(f"{_SILENT}; samples in [-1, 1] as decoded"),
    "training.windows_per_epoch": stated("section 3: all segments of a partition"),
    "training.accumulate_batches": stated(
        "section 6.3: 8 in the row Gradient accumulation, so that 8 x 10 = 80; 1 elsewhere"
    ),
    "training.accumulate_reduce": differs(
        "section 6.3 writes the sum, but the forum answer it cites has both versions; the mean equals one batch of 80, "
        "and with Adam the two hardly differ",
    ),
    "training.accumulate_left_over": assumed(f"{_SILENT}; carried into the next epoch, as Keras does"),
    "training.l2": stated("section 6.2: 0.001 in the row L2 (0.01 and 0.0001 in Table 6.2)"),
    "training.l2_form": differs(
        "section 6.2 writes the mean of the squares (some rows of Table 6.2 have it); Keras' L2 takes their sum, and "
        "which one was run is unknown",
    ),
    "training.l2_layers": assumed(
        "section 6.2: the convolutions of the residual blocks; rows with L2 take the 18 of kernel 3 "
        r"(`block\d_conv[12]`), without the two projections (`block\d_(conv[12]\|projection)` has them too)",
    ),
    "training.watch": assumed("the loss with its penalty, as Keras monitors it"),
    "training.l2_variables": assumed("kernels, as Keras' `kernel_regularizer` penalises"),
}
FIXED = {
    "activation_after_stem_and_head": FixedValue(
        value="LeakyReLU",
        source=assumed(f"{_SILENT}; as after the normalisations in the blocks, and no parameter depends on it"),
    ),
    "initial_weights": FixedValue(value="Glorot uniform", source=assumed(f"{_SILENT}; Keras' default")),
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
    value_tables=VALUE_TABLES,
    items=ITEMS,
    figures=FIGURES,
    published_on="GTZAN",
    published_split="rotating",
    default_row=("7", "Normal"),
    build=late("reproductions.resnet1d.model:build"),
    layout="frames_bins",
    # 60,000 samples per window: about the fewest that nine poolings can take.
    small_features={FEATURE: Waveform(sample_rate=12000)},
    smoke={
        "model.stem_filters": 16,
        "model.block_filters": (16, 16, 32, 32, 32, 32, 32, 32, 64),
        "model.head_filters": 64,
        # The few updates of smoke scale would leave moving statistics with momentum 0.99 near where they began.
        "model.norm_momentum": 0.5,
        # Three rounds instead of six, each of more clips: half of the runs, of which the tables have many.
        "protocol.partitions": 3,
        "windows.hop_seconds": 12.5,
        "training.epochs": 2,
        "training.windows_per_epoch": 64,
        # Otherwise so few batches would not complete one update of eight.
        "training.accumulate_left_over": "flush",
        "training.patience_epochs": None,
    },
    smoke_paper_features={
        "model.norm_momentum": 0.5,
        # Otherwise so few batches would not complete one update of eight.
        "training.accumulate_left_over": "flush",
        "windows.hop_seconds": 12.5,
        "training.epochs": 1,
        "training.windows_per_epoch": 20,
        "training.patience_epochs": None,
    },
    paper_seeds=1,
    sources=SOURCES,
    fixed=FIXED,
    notes=(
        "The report's first text says 40-50 % for the model Normal, its table 52.52 and 55.35 %.",
        "Early stopping watches the validation loss including the penalty, as Keras does.",
        "Accumulation acts on gradients; batch normalisation still sees micro-batches of 10.",
        'Rounds are averaged with equal weight, as the report\'s "average accuracy" is taken to mean.',
    ),
    default_tables=("4.1", "7"),
)
