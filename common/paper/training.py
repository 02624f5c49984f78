"""How a network is fitted: optimiser, batches, epochs, penalties, schedules, augmentation."""

import re
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator, model_validator

from common.core.spec import Spec
from data_pipeline.augmentation.specs import Augmentation

Precision = Literal["float32", "mixed_bfloat16"]
L2Form = Literal["sum", "mean", "decoupled"]
LeftOver = Literal["carry", "flush"]


class Training(Spec):
    """How a network is fitted.

    Args:
        optimizer: `adam`, or `adadelta`, for which `accumulate_batches` must be 1; Keras' other defaults.
        batch_windows: windows in a batch.
        epochs: at most this many.
        patience_epochs: stop after this many epochs without a lower validation loss; None never stops early.
        standardise: feed the network `(value - mean) / deviation`, both taken from the training windows.
        windows_per_epoch: train on this many of the shuffled windows per epoch; None for all.
        accumulate_batches: batches whose gradients make one update together.
        accumulate_reduce: an update takes the `mean` over the samples of its batches, as one large batch would, or the
            `sum` of the batches' gradients (of a short batch in proportion to its samples).
        accumulate_left_over: batches left over at the end of an epoch, too few for an update, are carried into the
            next epoch (`carry`), or make a smaller update of their own (`flush`).
        l2: strength lambda of the L2 penalty on kernels; 0 for none.
        l2_form: lambda times the `sum` or the `mean` of a kernel's squares is added to the loss, or `decoupled`: each
            update shrinks the kernel by learning rate times lambda instead.
        l2_layers: regular expression that matches the whole names of the layers that are penalised.
        l2_variables: the penalty covers the `kernels` of those layers, or `all` trainable variables of the network:
            biases, normalisations and embeddings too, as PyTorch's `weight_decay` does.
        augmentation: what training windows go through at random; None for nothing.
        plateau_epochs: multiply the learning rate by `plateau_factor` whenever so many epochs in a row have brought no
            validation loss that is lower by more than `plateau_threshold`; None keeps it.
        step_epochs: multiply the learning rate by `step_factor` after every so many epochs; None keeps it. Both may act
            in one run, and both factors then count.
        class_weights: `inverse_frequency` weighs the loss of a window by windows / (genres x windows of its genre), of
            the training part; validation is never weighed.
        watch: what is called validation loss, by which epochs are chosen, stopped and slowed down: the `loss` as it is
            trained, penalties included (Keras' way), or `cross_entropy` alone (PyTorch's, whose weight decay is no part
            of a loss).
        keep: the weights that are judged: of the epoch with the `best` (least) validation loss, of that with the
            `best_accuracy` on validation windows (the first of equal ones), or of the `last`. Early stopping and
            plateaus look at the loss in any case.
    """

    optimizer: Literal["adam", "adadelta"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    batch_windows: PositiveInt = 32
    epochs: PositiveInt
    patience_epochs: PositiveInt | None = None
    precision: Precision = "float32"
    standardise: bool = False
    windows_per_epoch: PositiveInt | None = None
    accumulate_batches: PositiveInt = 1
    accumulate_reduce: Literal["mean", "sum"] = "mean"
    accumulate_left_over: LeftOver = "carry"
    l2: NonNegativeFloat = 0.0
    l2_form: L2Form = "sum"
    l2_layers: str = ".*"
    l2_variables: Literal["kernels", "all"] = "kernels"
    augmentation: Augmentation | None = None
    keep: Literal["best", "best_accuracy", "last"] = "best"
    plateau_epochs: PositiveInt | None = None
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.2
    plateau_threshold: NonNegativeFloat = 0.0
    watch: Literal["loss", "cross_entropy"] = "loss"
    step_epochs: PositiveInt | None = None
    step_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    class_weights: Literal["none", "inverse_frequency"] = "none"

    @model_validator(mode="after")
    def _accumulates(self) -> "Training":
        if self.accumulate_batches > 1 and self.optimizer != "adam":
            raise ValueError(f"accumulate_batches goes with optimizer adam, received {self.optimizer}")
        if self.l2_variables == "all" and self.l2_layers != ".*":
            raise ValueError(f"l2_variables all covers every layer, received l2_layers {self.l2_layers}")
        return self

    @field_validator("l2_layers")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern
