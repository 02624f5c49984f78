"""Settings of a fit: optimiser, batches, epochs, penalties, schedules, augmentation."""

import re
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator, model_validator

from common.core.spec import Spec
from data_pipeline.augmentation.specs import Augmentation

Precision = Literal["float32", "mixed_bfloat16"]
L2Form = Literal["sum", "mean", "decoupled"]
LeftOver = Literal["carry", "flush"]


class Training(Spec):
    """Settings of a fit.

    Args:
        optimizer: `adam`, or `adadelta`, for which `accumulate_batches` must be 1; otherwise with Keras' defaults.
        learning_rate: learning rate of the optimizer at the start.
        batch_windows: windows in a batch.
        epochs: maximum number of epochs.
        patience_epochs: stop after this many epochs without a lower validation loss; None never stops early.
        precision: of the network's arithmetic: `float32`, or `mixed_bfloat16`, which is faster and less exact.
        standardise: feed the network `(value - mean) / standard deviation`, both computed on the training windows.
        windows_per_epoch: train on this many of the shuffled windows per epoch; None for all.
        accumulate_batches: number of batches whose gradients make one update.
        accumulate_reduce: an update takes the `mean` over the samples of its batches, as one large batch would, or the
            `sum` of the batches' gradients (a short batch counts in proportion to its samples).
        accumulate_left_over: batches left at the end of an epoch, too few for an update, are carried over into the
            next epoch (`carry`), or make a smaller update (`flush`).
        l2: strength lambda of the L2 penalty on kernels; 0 for none.
        l2_form: lambda times the `sum` or the `mean` of a kernel's squares is added to the loss, or `decoupled`: each
            update shrinks the kernel by learning rate times lambda instead.
        l2_layers: regular expression that matches the full names of the penalised layers.
        l2_variables: the penalty covers the `kernels` of those layers, or `all` trainable variables of the network:
            biases, normalisations and embeddings too, as PyTorch's `weight_decay` does.
        augmentation: random augmentation of the training windows; None for none.
        plateau_epochs: multiply the learning rate by `plateau_factor` after this many epochs in a row without a
            validation loss that is lower by more than `plateau_threshold`; None keeps it constant.
        plateau_factor: factor of the learning rate at a plateau.
        plateau_threshold: improvement of the validation loss below which an epoch counts as a part of a plateau.
        plateau_threshold_form: that improvement is `absolute`, or `relative`: a share of the lowest loss so far.
        step_epochs: multiply the learning rate by `step_factor` each time this many epochs have passed; None keeps it
            constant. Combined with `plateau_epochs`, both factors apply.
        step_factor: factor of the learning rate at each step.
        class_weights: `inverse_frequency` weights the loss of a window by windows / (genres x windows of its genre),
            counted in the training part; the validation loss is never weighted.
        watch: the validation loss for selecting epochs, early stopping and plateaus: the training `loss` including
            penalties (as in Keras), or `cross_entropy` only (as in PyTorch, whose weight decay is not part of a loss).
        keep: epoch whose weights are evaluated: the one with the `best` (lowest) validation loss, the one with the
            `best_accuracy` on validation windows (the first of equal ones), or the `last`. Early stopping and plateaus
            always use the loss.
        gradient_norms: note in the history, for each layer, the norm of the gradient of its variables over the batches
            of each epoch. Training is the same without.
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
    plateau_threshold_form: Literal["absolute", "relative"] = "absolute"
    watch: Literal["loss", "cross_entropy"] = "loss"
    step_epochs: PositiveInt | None = None
    step_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    class_weights: Literal["none", "inverse_frequency"] = "none"
    gradient_norms: bool = False

    @model_validator(mode="after")
    def _check_combinations(self) -> "Training":
        if self.accumulate_batches > 1 and self.optimizer != "adam":
            raise ValueError(f"accumulate_batches goes with optimizer adam, received {self.optimizer}")
        if self.plateau_threshold_form == "relative" and self.plateau_threshold >= 1:
            raise ValueError(f"a relative plateau_threshold is a share below 1, received {self.plateau_threshold:g}")
        if self.l2_variables == "all" and self.l2_layers != ".*":
            raise ValueError(f"l2_variables all covers every layer, received l2_layers {self.l2_layers}")
        return self

    @property
    def unused_values(self) -> tuple[str, ...]:
        """Options that are switched off, and what belongs to them."""
        unused: list[str] = []
        if self.accumulate_batches == 1:
            unused += ["accumulate_batches", "accumulate_reduce", "accumulate_left_over"]
        if self.l2 == 0:
            # Without a penalty the training loss is the cross-entropy, whichever of the two is watched.
            unused += ["l2", "l2_form", "l2_layers", "l2_variables", "watch"]
        if self.plateau_epochs is None:
            unused += ["plateau_epochs", "plateau_factor", "plateau_threshold"]
        if self.plateau_epochs is None or self.plateau_threshold == 0:
            unused.append("plateau_threshold_form")
        if self.step_epochs is None:
            unused += ["step_epochs", "step_factor"]
        if self.class_weights == "none":
            unused.append("class_weights")
        if self.augmentation is None:
            unused.append("augmentation")
        if not self.gradient_norms:
            unused.append("gradient_norms")
        return tuple(unused)

    @field_validator("l2_layers")
    @classmethod
    def _check_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern
