"""The figures that are drawn again for SoundFusion."""

from common.paper import Figure
from reproductions.soundfusion import published as p
from reproductions.soundfusion.experiments import TRANSFER_WEIGHTS

# Id -> title, row of the table of performance.
_NETWORKS = {
    "simplecnn": ("SimpleCNN", "SimpleCNN"),
    "resnet2d": ("ResNet 2D", "ResNet2D-s"),
    "nnet1": ("nnet 1", "nnet1"),
    "nnet2": ("nnet 2", "nnet2"),
    "vgg16": ("VGG16", "VGG16"),
    "resnet1d": ("1D ResNet", "ResNet1D-m"),
    "fusion_features": ("Information fusion by feature concatenation", "SoundFusion-1"),
    "fusion_decisions": ("Information fusion by decision weighting", "SoundFusion-2"),
}

FIGURES = (
    *(Figure(figure, "network", title, rows=(("performance", row),)) for figure, (title, row) in _NETWORKS.items()),
    Figure("waveform", "waveforms", "Waveforms, one clip per genre", genres=p.GENRES),
    Figure("waveform_windows", "waveform_windows", "Windows of 5 s over the samples"),
    Figure(
        "mel",
        "spectrograms",
        "Mel spectrograms, one clip per genre",
        # The network that takes the slide's stereo spectrograms of 64 bands.
        rows=(("performance", "SimpleCNN"),),
        genres=p.GENRES,
    ),
    Figure("windows", "windows", "The same windows of a mel spectrogram"),
    Figure("class_distribution", "distribution", "Clips of each genre in the data set and in its parts"),
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
