"""nnet1 and nnet2: W. Zhang, W. Lei, X. Xu, X. Xing, "Improved Music Genre Classification with Convolutional Neural
Networks", Interspeech 2016, pp. 3304-3308.

Claim: pooling maximum and average over time, and a shortcut (nnet2), raise the accuracy of a small convolutional
network on GTZAN to 84.8 and 87.4 % in ten-fold cross-validation. Both numbers are from secondary sources and
unverified: the paper's text was not at hand. Cost: about 6 s (nnet1) per epoch and fold on two cores with 128 x 38
(bands x frames) windows of log-mel arrays; the paper's 513 x 128 have 13 times as many values.

    python reproductions/nnet/run.py --dataset gtzan --data ~/gtzan
"""

import keras

from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.protocol import Protocol
from common.paper.provenance import (
    ACCUMULATION,
    L2_PENALTY,
    ONE_INPUT_AS_IT_IS,
    PLATEAU,
    ROTATION,
    STEPS_AND_WEIGHTS,
    Source,
    unused,
)
from common.paper.tables import ArchitectureRow, ArchitectureTable, Figure, ResultTable, Row
from common.paper.training import Training
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.windows.index import WindowSpec, seconds_of
from reproductions.nnet.model import NnetSpec, build

SAMPLE_RATE, HOP_SAMPLES = 22050, 512
WINDOW_FRAMES = 128
FEATURE = StftDb(sample_rate=SAMPLE_RATE, n_fft=1024, hop_samples=HOP_SAMPLES, top_db=80.0)
RATE = FEATURE.frames_per_second
NNET1 = NnetSpec(variant="nnet1", filters=(128, 128, 256))
NNET2 = NnetSpec(variant="nnet2", filters=(256, 256, 256))


def _experiment(model: NnetSpec) -> Experiment:
    return Experiment(
        paper="nnet",
        model=model,
        feature=FEATURE,
        windows=WindowSpec(
            seconds=seconds_of(WINDOW_FRAMES, RATE),
            hop_seconds=seconds_of(WINDOW_FRAMES // 2, RATE),
            max_per_track=19,
        ),
        protocol=Protocol(split="kfold", folds=10),
        training=Training(
            optimizer="adadelta", learning_rate=1.0, batch_windows=32, epochs=50, patience_epochs=10, standardise=True
        ),
    )


RESULTS = ResultTable(
    id="results",
    title="Accuracy on GTZAN",
    row_header="Network",
    metrics=("accuracy",),
    compared_with={"accuracy": "clip_accuracy_mean_softmax"},
    notes=(
        "UNVERIFIED: the published numbers are from secondary sources, and what they count (windows or clips) is not "
        "known; ours beside them is clip accuracy.",
    ),
    rows=(
        Row(label="nnet1", published={"accuracy": 84.8}, experiment=_experiment(NNET1)),
        Row(label="nnet2", published={"accuracy": 87.4}, experiment=_experiment(NNET2)),
    ),
)


def _output(model: keras.Model, names: tuple[str, ...]) -> list[int]:
    """Frames x channels (or units) after the last of the layers."""
    return list(model.get_layer(names[-1]).output.shape[1:])


def _head() -> tuple[ArchitectureRow, ...]:
    return (
        ArchitectureRow("Max and average pooling", [512], ("max", "average", "pooled")),
        ArchitectureRow("Dense 300", [300], ("dense1",)),
        ArchitectureRow("Dense 150", [150], ("dense2",)),
        ArchitectureRow("Softmax", [10], ("genre",)),
    )


def _architecture(model: NnetSpec, rows: tuple[ArchitectureRow, ...]) -> ArchitectureTable:
    return ArchitectureTable(
        id=model.variant,
        title=f"Architecture of {model.variant}",
        column="frames_and_channels",
        rows=(*rows, *_head()),
        experiment=_experiment(model),
        measure=_output,
    )


ARCHITECTURE_1 = _architecture(
    NNET1,
    (
        ArchitectureRow("Conv 4 x 513, 128", [125, 128], ("conv1", "norm1", "relu1")),
        ArchitectureRow("MaxPool 2 x 1, first", [62, 128], ("pool1",)),
        ArchitectureRow("Conv 4 x 1, 128", [59, 128], ("conv2", "norm2", "relu2")),
        ArchitectureRow("MaxPool 2 x 1, second", [29, 128], ("pool2",)),
        ArchitectureRow("Conv 4 x 1, 256", [26, 256], ("conv3", "norm3", "relu3")),
    ),
)
ARCHITECTURE_2 = _architecture(
    NNET2,
    (
        ArchitectureRow("Conv 4 x 513, 256", [125, 256], ("conv1", "norm1", "relu1")),
        ArchitectureRow("Conv 4 x 1, 256, second", [125, 256], ("conv2", "norm2", "relu2")),
        ArchitectureRow("Conv 4 x 1, 256, third", [125, 256], ("conv3", "norm3")),
        ArchitectureRow("Shortcut", [125, 256], ("add", "relu3")),
    ),
)
_UNREAD = "the paper's text was not at hand"
SOURCES = {
    "paper": Source(status="stated", reason="the paper itself"),
    "model.variant": Source(
        status="stated", reason="the paper's figure of both networks, as redrawn on slides of a later study"
    ),
    "model.filters": Source(
        status="stated", reason="the paper's figure of both networks, as redrawn on slides of a later study"
    ),
    "model.dense_units": Source(
        status="stated", reason="the paper's figure of both networks, as redrawn on slides of a later study"
    ),
    "model.dropout": Source(
        status="assumed",
        reason=f"{_UNREAD}; two public re-implementations take 0.2 after both hidden layers (one "
        "also after each convolution)",
    ),
    "model.batch_norm": Source(
        status="assumed", reason=f"{_UNREAD}; two public re-implementations normalise after each convolution"
    ),
    "feature.kind": Source(
        status="assumed", reason="STFT magnitude in the figure; that it is in dB and scaled to 0-1 is assumed"
    ),
    "feature.sample_rate": Source(status="assumed", reason="the rate of GTZAN"),
    "feature.n_fft": Source(status="stated", reason="513 bins in the figure"),
    "feature.hop_samples": Source(status="assumed", reason="half a window; 128 frames are then about 3 seconds"),
    "feature.top_db": Source(status="assumed", reason=f"{_UNREAD}; 80 dB below the clip's maximum"),
    "windows.seconds": Source(status="stated", reason="128 frames in the figure, about 3 seconds"),
    "windows.hop_seconds": Source(status="assumed", reason="50 % overlap, as later reports say of it"),
    "windows.max_per_track": Source(status="assumed", reason="what 30 seconds give"),
    "windows.rounding": Source(status="assumed", reason="whole hops of 64 frames"),
    "protocol.split": Source(
        status="stated",
        reason="ten-fold cross-validation, as secondary sources report; that the fold after the test fold validates "
        "(and only eight train) is assumed",
    ),
    "protocol.folds": Source(status="stated", reason="ten, as secondary sources report"),
    "protocol.unit": Source(status="assumed", reason=f"{_UNREAD}; whole clips"),
    "protocol.stratified": Source(status="assumed", reason=f"{_UNREAD}; equal shares of each genre"),
    "protocol.seed": Source(status="assumed", reason=f"{_UNREAD}; one fixed shuffle for both networks"),
    "training.optimizer": Source(
        status="assumed",
        reason=f"{_UNREAD}; a public re-implementation takes it (option: `--set training.optimizer=adam --set "
        "training.learning_rate=0.001`); rho 0.95 and epsilon 1e-7 are Keras' defaults, its library has 0.9 and 1e-6",
    ),
    "training.learning_rate": Source(status="assumed", reason="1.0 is the classic rate of Adadelta"),
    "training.batch_windows": Source(
        status="assumed", reason=f"{_UNREAD}; Keras' default (a public re-implementation takes 64)"
    ),
    "training.epochs": Source(status="assumed", reason=f"{_UNREAD}; at most 50"),
    "training.patience_epochs": Source(
        status="assumed", reason=f"{_UNREAD}; 10 epochs without a lower validation loss, best weights kept"
    ),
    "training.keep": Source(
        status="assumed", reason="the epoch of the least validation loss; the paper's text was not at hand"
    ),
    "training.precision": Source(status="assumed", reason="Keras' default"),
    "training.standardise": Source(
        status="assumed",
        reason=f"{_UNREAD}; chosen on validation: lowest validation loss of nnet1 in one fold of log-mel arrays within "
        "eight epochs 1.12, with values of 0-1 as they are 1.47 and swinging",
    ),
    "training.windows_per_epoch": Source(status="assumed", reason="all"),
    **unused(
        "protocol.fractions", *ROTATION, *ACCUMULATION, *L2_PENALTY, *PLATEAU, *STEPS_AND_WEIGHTS, *ONE_INPUT_AS_IT_IS
    ),
}
_SMOKE = {"training.epochs": 4, "training.patience_epochs": None, "training.windows_per_epoch": 1024}
PAPER = Paper(
    key="nnet",
    title="nnet",
    citation=(
        'W. Zhang, W. Lei, X. Xu, X. Xing, "Improved Music Genre Classification with Convolutional Neural Networks", '
        "Interspeech 2016, pp. 3304-3308."
    ),
    tables=(RESULTS,),
    architecture=(ARCHITECTURE_1, ARCHITECTURE_2),
    figures=(
        Figure("windows", "windows", "Windows of a spectrogram"),
        Figure("accuracy", "accuracy", "nnet2, accuracy on training and validation folds"),
        Figure("loss", "loss", "nnet2, loss on training and validation folds"),
    ),
    published_on="GTZAN",
    default_row=("results", "nnet2"),
    build=build,
    layout="frames_bins",
    small_features={FEATURE: LogMel(n_fft=2048, hop_samples=2048, n_mels=32)},
    smoke=_SMOKE,
    smoke_paper_features=_SMOKE | {"training.epochs": 1, "training.windows_per_epoch": 128},
    smoke_tracks_per_genre=12,
    paper_seeds=1,
    sources=SOURCES,
    notes=(
        "Computed: without batch normalisation nnet1 has 660,336 parameters and nnet2 1,250,928 (ten genres).",
        "Assumed in nnet2: the second and third convolution keep the length (for the shortcut), and a ReLU follows "
        "the addition (a public re-implementation has none). Normalisations have Keras' defaults, momentum 0.99.",
        "SoundFusion builds networks of the same names whose kernels cover all frames and slide along frequency.",
    ),
)
