"""The items of the slides on SoundFusion, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem(
        "Processing pipeline",
        tables=("mel_settings",),
        figures=("waveform_windows", "windows"),
        note="The slide's picture is not in the document's text; what it names is shown by these.",
    ),
    DocumentItem("Audio representations: raw waveform", figures=("waveform", "waveform_windows")),
    DocumentItem("Audio representations: mel spectrograms", figures=("mel", "windows")),
    DocumentItem("Audio representations: mel spectrograms, settings", tables=("mel_settings",)),
    DocumentItem("Dataset: FMA, class distribution in the three sets", figures=("class_distribution",)),
    DocumentItem(
        "Learning framework",
        other_commands=("encore list soundfusion",),
        note="The slide's picture is not in the document's text; the networks are listed.",
    ),
    DocumentItem("1. SimpleCNN, listing of layers", tables=("simplecnn",), figures=("simplecnn",)),
    DocumentItem("2. ResNet 2D", figures=("resnet2d",)),
    DocumentItem("nnet 1 and nnet 2", tables=("nnet1-layers", "nnet2-layers"), figures=("nnet1", "nnet2")),
    DocumentItem("Transfer learning: three steps", tables=("transfer_steps",)),
    DocumentItem("VGG16", figures=("vgg16",)),
    DocumentItem("1D ResNet", figures=("resnet1d",)),
    DocumentItem(
        "1D ResNet, table of layers",
        tables=("resnet1d",),
        other_commands=("encore run resnet1d --table 4.1",),
        note="It is of another network than the one that the study ran, that of the paper resnet1d.",
    ),
    DocumentItem("Information fusion by feature concatenation", figures=("fusion_features",)),
    DocumentItem("Information fusion by decision weighting", figures=("fusion_decisions",)),
    DocumentItem("Regularization techniques: data augmentation and dropout", tables=("augmentation_settings",)),
    DocumentItem("Regularization techniques: results", tables=("regularisation",)),
    DocumentItem(
        "SpecAugment, grid 1",
        tables=("specaugment1",),
        figures=("specaugment1",),
        note="The summary names a grid search; its values are those of the study's repository.",
    ),
    DocumentItem(
        "SpecAugment, grid 2",
        tables=("specaugment2",),
        figures=("specaugment2",),
        note="The summary names a grid search; its values are those of the study's repository.",
    ),
    DocumentItem("nnet 2 training", figures=("nnet2_loss",)),
    DocumentItem("nnet 2 training + regularization", tables=("nnet2",), figures=("nnet2_loss",)),
    DocumentItem("Width scaling", tables=("width",), figures=("width",)),
    DocumentItem("1D - 2D comparison", figures=("1d_2d",)),
    DocumentItem(
        "Transfer learning: results",
        tables=("transfer",),
        figures=("transfer_accuracy",),
        note="At paper scale with `--weights gtzan=DIR`, which trains the step on GTZAN first.",
    ),
    DocumentItem("Confusion matrices", tables=("1", "2", "3")),
    DocumentItem("SoundFusion performance", tables=("performance",)),
)
