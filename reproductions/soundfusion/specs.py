"""Specs of the study's networks: what can be varied in each."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from common.paper import Spec

VGG16_UNITS = 4096
Rate = Annotated[float, Field(ge=0, lt=1)]
DropoutPlace = Literal["logits", "features"]


class _NetworkSpec(Spec):
    """Fields shared by all networks.

    Args:
        dropout: rate of the last dropout.
        dropout_on: the study applies dropout to the `logits`, the outputs of the last layer, which are then set to zero
            at random in training; `features`, the inputs of that layer, is the usual place.
        norm_momentum: momentum of the moving statistics of batch normalisation.
    """

    dropout: Rate = 0.0
    dropout_on: DropoutPlace = "logits"
    norm_momentum: Rate = 0.9


class SimpleCnnSpec(_NetworkSpec):
    """Four convolutions over a whole clip.

    Args:
        filters: channels of the four convolutions.
    """

    kind: Literal["simple_cnn"] = "simple_cnn"
    filters: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (8, 16, 32, 64)


class ResNet1dSpec(_NetworkSpec):
    """Nine residual blocks on a waveform.

    Args:
        base_filters: channels F of the first blocks: 16 for the small, 32 for the medium, 64 for the large network.
    """

    kind: Literal["resnet1d"] = "resnet1d"
    base_filters: PositiveInt


class ResNet2dSpec(_NetworkSpec):
    """Four stages of residual blocks on a spectrogram.

    Args:
        base_filters: channels F of the first stage; the stages have F, 2F, 2F and 4F. 16 for the small, 32 for
            the medium, 64 for the large network.
        blocks: number of residual blocks in each stage.
    """

    kind: Literal["resnet2d"] = "resnet2d"
    base_filters: PositiveInt
    blocks: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (3, 4, 6, 3)


class TransposedNnetSpec(_NetworkSpec):
    """nnet1 or nnet2 with the axes swapped: kernels cover all frames and slide along frequency.

    Args:
        variant: which of the two networks.
        filters: channels of the three convolutions; nnet2 adds the output of the first to that of the
            third, so these two must be equal.
        hidden_dropout: rate after the first hidden layer of nnet1.
    """

    kind: Literal["nnet"] = "nnet"
    variant: Literal["nnet1", "nnet2"]
    filters: tuple[PositiveInt, PositiveInt, PositiveInt]
    hidden_dropout: Rate = 0.5


class Vgg16Spec(_NetworkSpec):
    """VGG16 (K. Simonyan, A. Zisserman, 2014) for spectrograms.

    Args:
        weights: initial weights: `random`, `imagenet` (those of Keras, downloaded unless given by `--weights
            imagenet=FILE`), or `gtzan` (of a VGG16 that was trained on GTZAN, `--weights gtzan=FILE`).
        head: `classifier` keeps VGG16's two layers of 4,096 units; `average` has one new layer on the average of the
            last maps.
        trained: layers that are trained: `all`; `first_and_last` (the new first convolution, for one channel, and the
            new last layer); or `last_block` (the last three convolutions and the new layer).
        units: units of each of the two layers of the classifier.
    """

    kind: Literal["vgg16"] = "vgg16"
    weights: Literal["random", "imagenet", "gtzan"]
    head: Literal["classifier", "average"]
    trained: Literal["all", "first_and_last", "last_block"]
    units: PositiveInt = VGG16_UNITS

    @model_validator(mode="after")
    def _fits(self) -> "Vgg16Spec":
        fitting = {"imagenet": ("first_and_last", "last_block"), "gtzan": ("first_and_last", "all")}
        if self.trained not in fitting.get(self.weights, (self.trained,)):
            raise ValueError(
                f"weights {self.weights} go with trained {' or '.join(fitting[self.weights])}, received {self.trained}"
            )
        if self.weights == "imagenet" and self.units != VGG16_UNITS:
            raise ValueError(f"weights imagenet go with {VGG16_UNITS} units, received {self.units}")
        return self


class FusionSpec(_NetworkSpec):
    """ResNet1D and ResNet2D in parallel on the same window.

    Args:
        combination: `features` (SoundFusion-1: the branches' vectors are concatenated) or `decisions` (SoundFusion-2:
            the branches' probabilities are averaged).
        base_filters: F of the spectrogram branch.
        waveform_filters: F of the waveform branch; its vector has 4F values.
        blocks: number of residual blocks in each stage of the spectrogram branch.
        branch_units: length of the vector of the spectrogram branch.
        waveform_weight: weight of the waveform branch in the averaged probabilities (`decisions` only).
    """

    kind: Literal["fusion"] = "fusion"
    combination: Literal["features", "decisions"]
    base_filters: PositiveInt = 16
    waveform_filters: PositiveInt = 16
    blocks: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (3, 4, 6, 3)
    branch_units: PositiveInt = 64
    waveform_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
