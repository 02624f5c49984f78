"""The figures that are drawn again for SoundFusion."""

from common.paper import Figure
from reproductions.soundfusion.experiments import TRANSFER_WEIGHTS

FIGURES = (
    Figure("waveform_windows", "waveform_windows", "Windows of 5 s over the samples"),
    Figure("windows", "windows", "The same windows of a mel spectrogram"),
    Figure(
        "nnet2_loss",
        "loss",
        "nnet2, loss without and with regularisation",
        rows=(("nnet2", "without regularisation"), ("nnet2", "with regularisation")),
    ),
    Figure(
        "transfer_accuracy",
        "accuracy",
        "Transfer learning with VGG16",
        rows=tuple(("transfer", weights) for weights in TRANSFER_WEIGHTS),
    ),
    Figure("1d_2d", "confusions", "1D - 2D comparison", matrices=("3", "2")),
)
