"""What the slides print of the layers of SimpleCNN, nnet1, nnet2 and ResNet1D, for comparison with what we build."""

from common.paper import ArchitectureRow, ArchitectureTable, Experiment, LayerColumn, LayerDifference, late

_SIZES = "common.paper.layer_sizes"
_WORDS = "reproductions.soundfusion.layer_words"
_KERNEL, _STRIDE = (LayerColumn(name, late(f"{_SIZES}:{name}")) for name in ("kernel_size", "stride"))
_FILTERS, _POOL = (LayerColumn(name, late(f"{_SIZES}:{name}")) for name in ("filters", "pool_size"))
# Kernel and padding of SimpleCNN's four convolutions, rows and columns alike.
_SIMPLE_CNN_CONVOLUTIONS = ((5, 2), (3, 1), (3, 1), (3, 1))


def simple_cnn_table(experiment: Experiment) -> ArchitectureTable:
    """The listing of SimpleCNN, and the sizes that the slide states above it."""

    def row(label: str, layers: tuple[str, ...], kernel=None, stride=None, padding=None) -> ArchitectureRow:
        kind = label.partition(":")[0]
        return ArchitectureRow(
            label, {"type": kind, "kernel_size": kernel, "stride": stride, "padding": padding}, layers
        )

    rows = []
    for number, (kernel, padding) in enumerate(_SIMPLE_CNN_CONVOLUTIONS, start=1):
        first = 3 * number - 2
        rows += [
            row(
                f"Conv2d: 2-{first}",
                (f"conv{number}_pad", f"conv{number}"),
                kernel=[kernel, kernel],
                stride=[2, 2],
                padding=[padding, padding],
            ),
            row(f"ReLU: 2-{first + 1}", (f"relu{number}",)),
            row(f"BatchNorm2d: 2-{first + 2}", (f"norm{number}",)),
        ]
    rows += [row("AdaptiveAvgPool2d: 1-2", ("average",)), row("Linear: 1-3", ("logits", "genre"))]
    return ArchitectureTable(
        id="simplecnn",
        title="Layers of SimpleCNN",
        columns=(
            LayerColumn("type", late(f"{_WORDS}:torch_type")),
            _KERNEL,
            _STRIDE,
            LayerColumn("padding", late(f"{_SIZES}:padding")),
        ),
        rows=tuple(rows),
        experiment=experiment,
        total=25_472,
        notes=(
            "Sequential: 1-1 of the listing holds the layers 2-1 to 2-12; Keras has no layer for it. Padding is a "
            "layer of its own in Keras, and part of the convolution here.",
        ),
    )


def nnet_table(experiment: Experiment) -> ArchitectureTable:
    """nnet1 or nnet2 as the slides describe them in words."""
    variant = experiment.model.variant
    convolution, pooling, both = "convolutional layer", "max pooling", "max pooling and average pooling"
    if variant == "nnet1":
        printed = (
            ("Convolution 1", convolution, ("conv1_pad", "conv1", "relu1")),
            ("Pooling 1", pooling, ("pool1",)),
            ("Convolution 2", convolution, ("conv2_pad", "conv2", "relu2")),
            ("Pooling 2", pooling, ("pool2",)),
            ("Convolution 3", convolution, ("conv3_pad", "conv3", "relu3")),
            ("Last pooling", both, ("max", "average", "pooled", "flatten")),
            ("Hidden layer 1", None, ("dense1", "dense1_relu", "dense1_dropout")),
        )
    else:
        printed = (
            ("Convolution 1", convolution, ("bands", "conv1", "norm1", "relu1")),
            ("Convolution 2", convolution, ("conv2", "norm2", "relu2")),
            ("Convolution 3", convolution, ("conv3_pad", "conv3", "norm3")),
            ("Shortcut", "shortcut connection", ("add", "relu3")),
            ("Last pooling", both, ("max", "average", "pooled")),
            ("Hidden layer 1", None, ("dense1", "dense1_relu")),
        )
    printed += (
        ("Hidden layer 2", None, ("dense2", "dense2_relu")),
        ("Last layer", None, ("logits", "logits_dropout", "genre")),
    )
    return ArchitectureTable(
        id=f"{variant}-layers",
        title=f"Layers of {variant}",
        columns=(LayerColumn("layer", late(f"{_WORDS}:words")),),
        rows=tuple(ArchitectureRow(label, {"layer": kind}, layers) for label, kind, layers in printed),
        experiment=experiment,
        notes=(
            "The slides describe the network in words and state no sizes. This is that of the authors' code, whose "
            "kernels cover all frames and slide along frequency; in that of Zhang et al. they cover all bins and slide "
            f"along time (table {variant} of nnet).",
        ),
    )


def resnet1d_table(experiment: Experiment) -> ArchitectureTable:
    """The table of ResNet1D that the slides print, beside the network of the authors' code."""
    lengths = (36750, 12250, 4083, 1361, 453, 151, 50, 16, 5, 1)
    channels = (128, 128, 256, 256, 256, 256, 256, 256, 512)

    def row(label, layers, output, filters=None, kernel=None, pool=None, stride=None) -> ArchitectureRow:
        sizes = {"filters": filters, "kernel_size": kernel, "pool_size": pool, "stride": stride, "output_size": output}
        return ArchitectureRow(label, sizes, layers)

    rows = [
        row("Input", ("waveform",), [110250]),
        row("Conv1D, first", ("stem_pad", "stem"), [128, lengths[0]], filters=128, kernel=3, stride=3),
    ]
    parts = ("conv1_pad", "conv1", "norm1", "relu1", "conv2_pad", "conv2", "norm2", "projection", "add", "relu2")
    for number, width in enumerate(channels, start=1):
        name = f"block{number}"
        block = tuple(f"{name}_{part}" for part in parts)
        rows += [
            row(f"Res1D {number}", block, [width, lengths[number - 1]], filters=width, kernel=3, stride=1),
            row(f"MaxPool {number}", (f"{name}_pool",), [width, lengths[number]], pool=3, stride=3),
        ]
    rows += [
        row("Conv1D, last", ("head",), [512, 1], filters=512, kernel=1, stride=1),
        row("Output", ("vector1d", "logits", "logits_dropout", "genre"), [10]),
    ]
    return ArchitectureTable(
        id="resnet1d",
        title="Layers of ResNet1D",
        columns=(
            _FILTERS,
            _KERNEL,
            _POOL,
            _STRIDE,
            LayerColumn("output_size", late(f"{_SIZES}:channels_and_length"), heading="output shape"),
        ),
        rows=tuple(rows),
        experiment=experiment,
        total=4_086_794,
        differences=(
            LayerDifference(
                "The slides print the network of Allamy and Koerich, which is built for table 4.1 of resnet1d. Their "
                "results are of the network of the authors' code, which is built here as ResNet1D-m: fewer filters, no "
                "biases, poolings of 9 after the first four blocks, padding, and eight genres.",
                columns=("filters", "pool_size", "stride", "output_size", "parameters"),
            ),
        ),
    )
