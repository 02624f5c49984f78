"""nnet1 and nnet2: W. Zhang, W. Lei, X. Xu, X. Xing, "Improved Music Genre Classification with Convolutional Neural
Networks", Interspeech 2016, pp. 3304-3308.

Claim: max and average pooling over time, and a shortcut (nnet2), raise the accuracy of a small convolutional
network on GTZAN to 84.8 and 87.4 % in ten-fold cross-validation. Both numbers are from secondary sources and
unverified: the paper's text was not at hand. Cost: about 6 s (nnet1) per epoch and fold on two cores with 128 x 38
(bands x frames) windows of log-mel arrays; the paper's 513 x 128 have 13 times as many values.

    python reproductions/nnet/run.py --dataset gtzan --data ~/gtzan
"""

from common.paper import (
    ArchitectureRow,
    ArchitectureTable,
    Experiment,
    LayerColumn,
    Paper,
    Protocol,
    StftDb,
    Training,
    WindowSpec,
    assumed,
    late,
    result_table,
    seconds_of,
    stated,
)
from reproductions.nnet.figures import FIGURES
from reproductions.nnet.items import ITEMS
from reproductions.nnet.specs import NnetSpec

SAMPLE_RATE, HOP_SAMPLES = 22050, 512
WINDOW_FRAMES = 128
FEATURE = StftDb(sample_rate=SAMPLE_RATE, n_fft=1024, hop_samples=HOP_SAMPLES, top_db=80.0)
RATE = FEATURE.frames_per_second
NNET1 = NnetSpec(variant="nnet1", filters=(128, 128, 256))
NNET2 = NnetSpec(variant="nnet2", filters=(256, 256, 256))
BASE = Experiment(
    paper="nnet",
    model=NNET1,
    feature=FEATURE,
    windows=WindowSpec(
        seconds=seconds_of(WINDOW_FRAMES, RATE), hop_seconds=seconds_of(WINDOW_FRAMES // 2, RATE), max_per_track=19
    ),
    protocol=Protocol(split="kfold", folds=10),
    training=Training(
        optimizer="adadelta", learning_rate=1.0, batch_windows=32, epochs=50, patience_epochs=10, standardise=True
    ),
)
RESULTS = result_table(
    BASE,
    id="results",
    title="Accuracy on GTZAN",
    row_header="Network",
    compared_with={"accuracy": "clip_accuracy_mean_softmax"},
    notes=(
        "UNVERIFIED: the published numbers are from secondary sources, and what they count (windows or clips) is not "
        "known; our numbers next to them are clip accuracies.",
    ),
    rows={"nnet1": (84.8, {"model": NNET1}), "nnet2": (87.4, {"model": NNET2})},
)


def _layer(
    label: str,
    layers: tuple[str, ...],
    output: list[int],
    *,
    kernel: list[int] | None = None,
    filters: int | None = None,
    pool: list[int] | None = None,
) -> ArchitectureRow:
    """A line of a figure's network.

    Args:
        output: frames x channels, or units.
        kernel, pool: frames x bins.
    """
    published = {"kernel_size": kernel, "filters": filters, "pool_size": pool, "output_size": output}
    return ArchitectureRow(label, published, layers)


_OUR_KERNELS = (
    "Our convolutions are along time, with the bins as channels: the first kernel, over 4 frames and 513 channels, is "
    "the paper's 4 x 513; the others, over 4 frames, are its 4 x 1."
)


def _architecture(model: NnetSpec, rows: tuple[ArchitectureRow, ...], frames: int, computed: int) -> ArchitectureTable:
    """A table of layers with what both networks end in.

    Args:
        frames: that are pooled at the end.
        computed: trainable parameters of the figure's layers, without batch normalisation.
    """
    head = (
        _layer("Max and average pooling", ("max", "average", "pooled"), [512], pool=[frames, 1]),
        _layer("Dense 300", ("dense1",), [300]),
        _layer("Dense 150", ("dense2",), [150]),
        _layer("Softmax", ("genre",), [10]),
    )
    return ArchitectureTable(
        id=model.variant,
        title=f"Architecture of {model.variant}",
        columns=(
            LayerColumn("kernel_size", late("reproductions.nnet.model:kernel_size")),
            LayerColumn("filters", late("common.paper.layer_sizes:filters")),
            LayerColumn("pool_size", late("reproductions.nnet.model:pool_size")),
            LayerColumn("output_size", late("reproductions.nnet.model:output_size"), heading="output shape"),
        ),
        rows=(*rows, *head),
        experiment=BASE.replace(model=model),
        notes=(
            _OUR_KERNELS,
            "The paper was not at hand: kernels, filters and poolings are those of its figure as drawn elsewhere, and "
            "output shapes follow from them.",
            f"Computed: the figure's layers have {computed:,} parameters without batch normalisation; ours have two "
            "more for each filter, those of the normalisation.",
        ),
    )


ARCHITECTURE_1 = _architecture(
    NNET1,
    (
        _layer("Convolution 1", ("conv1", "norm1", "relu1"), [125, 128], kernel=[4, 513], filters=128),
        _layer("MaxPool 1", ("pool1",), [62, 128], pool=[2, 1]),
        _layer("Convolution 2", ("conv2", "norm2", "relu2"), [59, 128], kernel=[4, 1], filters=128),
        _layer("MaxPool 2", ("pool2",), [29, 128], pool=[2, 1]),
        _layer("Convolution 3", ("conv3", "norm3", "relu3"), [26, 256], kernel=[4, 1], filters=256),
    ),
    frames=26,
    computed=660_336,
)
ARCHITECTURE_2 = _architecture(
    NNET2,
    (
        _layer("Convolution 1", ("conv1", "norm1", "relu1"), [125, 256], kernel=[4, 513], filters=256),
        _layer("Convolution 2", ("conv2", "norm2", "relu2"), [125, 256], kernel=[4, 1], filters=256),
        _layer("Convolution 3", ("conv3", "norm3"), [125, 256], kernel=[4, 1], filters=256),
        _layer("Shortcut", ("add", "relu3"), [125, 256]),
    ),
    frames=125,
    computed=1_250_928,
)
_UNREAD = "the paper's text was not at hand"
SOURCES = {
    "model": stated("the paper's figure of both networks, as redrawn on slides of a later study"),
    "model.dropout": assumed(
        f"{_UNREAD}; two public re-implementations take 0.2 after both hidden layers (one also after each convolution)",
    ),
    "model.batch_norm": assumed(f"{_UNREAD}; two public re-implementations normalise after each convolution"),
    "feature.kind": assumed("STFT magnitude in the figure; that it is in dB and scaled to 0-1 is assumed"),
    "feature.sample_rate": assumed("the rate of GTZAN"),
    "feature.n_fft": stated("513 bins in the figure"),
    "feature.hop_samples": assumed("half a window; 128 frames are then about 3 seconds"),
    "feature.top_db": assumed(f"{_UNREAD}; 80 dB below the clip's maximum"),
    "windows.seconds": stated("128 frames in the figure, about 3 seconds"),
    "windows.hop_seconds": assumed("50 % overlap, as later reports say"),
    "windows.max_per_track": assumed("what 30 seconds give"),
    "windows.rounding": assumed("whole hops of 64 frames"),
    "protocol.split": stated(
        "ten-fold cross-validation, as secondary sources report; that the fold after the test fold is for "
        "validation, and the other eight for training, is assumed",
    ),
    "protocol.folds": stated("ten, as secondary sources report"),
    "protocol.unit": assumed(f"{_UNREAD}; whole clips"),
    "protocol.stratified": assumed(f"{_UNREAD}; equal shares of each genre"),
    "protocol.seed": assumed(f"{_UNREAD}; one fixed shuffle for both networks"),
    "training.optimizer": assumed(
        f"{_UNREAD}; a public re-implementation takes it (or: `--set training.optimizer=adam --set "
        "training.learning_rate=0.001`); rho 0.95 and epsilon 1e-7 are Keras' defaults, its library has 0.9 and 1e-6",
    ),
    "training.learning_rate": assumed("1.0 is the classic rate of Adadelta"),
    "training.batch_windows": assumed(f"{_UNREAD}; Keras' default (a public re-implementation takes 64)"),
    "training.epochs": assumed(f"{_UNREAD}; at most 50"),
    "training.patience_epochs": assumed(f"{_UNREAD}; 10 epochs without a lower validation loss, best weights kept"),
    "training.keep": assumed("the epoch with the lowest validation loss; the paper's text was not at hand"),
    "training.precision": assumed("Keras' default"),
    "training.standardise": assumed(
        f"{_UNREAD}; chosen on validation: the lowest validation loss of nnet1 in one fold of log-mel arrays "
        "within eight epochs was 1.12; with values of 0-1 as they are it was 1.47, and fluctuated",
    ),
    "training.windows_per_epoch": assumed("all"),
}
PAPER = Paper(
    key="nnet",
    title="nnet",
    citation=(
        'W. Zhang, W. Lei, X. Xu, X. Xing, "Improved Music Genre Classification with Convolutional Neural Networks", '
        "Interspeech 2016, pp. 3304-3308."
    ),
    tables=(RESULTS,),
    architecture=(ARCHITECTURE_1, ARCHITECTURE_2),
    items=ITEMS,
    figures=FIGURES,
    published_on="GTZAN",
    default_row=("results", "nnet2"),
    build=late("reproductions.nnet.model:build"),
    layout="frames_bins",
    smoke_paper_features={"training.epochs": 1, "training.patience_epochs": None, "training.windows_per_epoch": 128},
    paper_seeds=1,
    sources=SOURCES,
    notes=(
        "Computed: without batch normalisation nnet1 has 660,336 parameters and nnet2 1,250,928 (ten genres).",
        "Assumed in nnet2: the second and third convolution keep the length (for the shortcut), and a ReLU follows "
        "the addition (a public re-implementation has none). Normalisations have Keras' defaults, momentum 0.99.",
        "SoundFusion builds networks of the same names whose kernels cover all frames and slide along frequency.",
    ),
)
