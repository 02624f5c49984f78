"""What can be varied in each network of the study."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from common.core.spec import Spec

ImageNetName = Literal["vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101"]
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
                f"as many filters as kernels and pools, received {self.filters}, {self.kernels}, {self.pools}"
            )
        return self


class EmbeddingSpec(Spec):
    """Two dense layers on the mean of a clip's embeddings.

    Args:
        units: of the hidden layer.
    """

    kind: Literal["embedding"] = "embedding"
    units: PositiveInt = 32


class ImageNetSpec(Spec):
    """A network for pictures, all of it trained on; the spectrogram is given three times.

    Args:
        weights: `imagenet`, or `random`.
        base_filters: of the first stage; later ones have up to eight times as many.
        strides: which convolution of ResNet50's and ResNet101's first blocks takes the stride of a stage: the `middle`
            one, as in torchvision, or the `first`, as in the paper and in Keras.
        units: of each of VGG's two hidden layers; ResNets have none.
    """

    kind: Literal["imagenet"] = "imagenet"
    network: ImageNetName
    weights: Literal["imagenet", "random"] = "imagenet"
    base_filters: PositiveInt = IMAGENET_FILTERS
    strides: Literal["middle", "first"] = "middle"
    units: PositiveInt = IMAGENET_UNITS

    @property
    def weights_file(self) -> str | None:
        """Name of the file of trained weights that it starts from; None where it starts from random ones."""
        return self.network if self.weights == "imagenet" else None

    @model_validator(mode="after")
    def _fits(self) -> "ImageNetSpec":
        size = (self.base_filters, self.units)
        if self.weights == "imagenet" and size != (IMAGENET_FILTERS, IMAGENET_UNITS):
            raise ValueError(f"weights imagenet go with {IMAGENET_FILTERS} filters, {IMAGENET_UNITS} units, not {size}")
        return self


class SpecAndEmbedSpec(Spec):
    """A network over spectrograms and one over embeddings, whose outputs are joined.

    Args:
        spectral: the network over spectrograms.
        embedding: the network over embeddings.
    """

    kind: Literal["spec_and_embed"] = "spec_and_embed"
    spectral: Annotated[ConvolutionalSpec | ImageNetSpec, Field(discriminator="kind")]
    embedding: EmbeddingSpec = EmbeddingSpec()

    @property
    def weights_file(self) -> str | None:
        """See `ImageNetSpec.weights_file`."""
        return getattr(self.spectral, "weights_file", None)
