"""Specs of the study's networks: what can be varied in each."""

from typing import Annotated, Literal, get_args

from pydantic import Field, PositiveInt, model_validator

from common.paper import Spec

ImageNetName = Literal["vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101"]
# The names in `--weights NAME=FILE`.
WEIGHT_NAMES: tuple[str, ...] = get_args(ImageNetName)
IMAGENET_FILTERS, IMAGENET_UNITS = 64, 4096


class ConvolutionalSpec(Spec):
    """Blocks of convolution, batch normalisation, ReLU and max pooling, over time or over time and frequency.

    Args:
        dimensions: 1 slides along time with all bands as channels; 2 along both.
        filters, kernels, pools: of each block; a pooling's stride is its size.
    """

    kind: Literal["convolutional"] = "convolutional"
    dimensions: Literal[1, 2]
    filters: tuple[PositiveInt, ...] = Field(min_length=1)
    kernels: tuple[PositiveInt, ...]
    pools: tuple[PositiveInt, ...]

    @model_validator(mode="after")
    def _same_length(self) -> "ConvolutionalSpec":
        if not len(self.filters) == len(self.kernels) == len(self.pools):
            raise ValueError(
                f"expected as many filters as kernels and pools, received {self.filters}, {self.kernels}, {self.pools}"
            )
        return self


class EmbeddingSpec(Spec):
    """Two dense layers on the mean of a clip's embeddings.

    Args:
        units: units of the hidden layer.
    """

    kind: Literal["embedding"] = "embedding"
    units: PositiveInt = 32


class ImageNetSpec(Spec):
    """An image network, all of whose layers are trained; the spectrogram is its input in all three channels.

    Args:
        network: name of the network.
        weights: initial weights, `imagenet` or `random`.
        base_filters: filters of the first stage; later stages have up to eight times as many.
        strides: which convolution in the first block of a stage has the stride, in ResNet50 and ResNet101: the
            `middle` one, as in torchvision, or the `first`, as in the paper and in Keras.
        units: units of each of VGG's two hidden layers; ResNets have none.
        stage_depth: at most so many blocks in each stage of a ResNet, or convolutions in each of VGG's; None for all.
    """

    kind: Literal["imagenet"] = "imagenet"
    network: ImageNetName
    weights: Literal["imagenet", "random"] = "imagenet"
    base_filters: PositiveInt = IMAGENET_FILTERS
    strides: Literal["middle", "first"] = "middle"
    units: PositiveInt = IMAGENET_UNITS
    stage_depth: PositiveInt | None = None

    @property
    def weights_file(self) -> str | None:
        """Name of the pretrained weights in `--weights NAME=FILE`; None where the network starts from random ones."""
        return self.network if self.weights == "imagenet" else None

    @model_validator(mode="after")
    def _fits(self) -> "ImageNetSpec":
        size = (self.base_filters, self.units)
        if self.weights == "imagenet" and size != (IMAGENET_FILTERS, IMAGENET_UNITS):
            raise ValueError(f"weights imagenet go with {IMAGENET_FILTERS} filters, {IMAGENET_UNITS} units, not {size}")
        if self.weights == "imagenet" and self.stage_depth is not None:
            raise ValueError(f"weights imagenet go with whole stages, not with a stage_depth of {self.stage_depth}")
        return self


class SpecAndEmbedSpec(Spec):
    """A network on spectrograms and one on embeddings, whose outputs are concatenated.

    Args:
        spectral: the network on spectrograms.
        embedding: the network on embeddings.
    """

    kind: Literal["spec_and_embed"] = "spec_and_embed"
    spectral: Annotated[ConvolutionalSpec | ImageNetSpec, Field(discriminator="kind")]
    embedding: EmbeddingSpec = EmbeddingSpec()

    @property
    def weights_file(self) -> str | None:
        """See `ImageNetSpec.weights_file`."""
        return getattr(self.spectral, "weights_file", None)
