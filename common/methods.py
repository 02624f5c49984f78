"""How clips are dealt out and how a network is fitted: the two halves of an experiment that know no data."""

import re
from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from common.specbase import Spec
from data_pipeline.augment import Augmentation

Unit = Literal["clip", "segment"]
SplitName = Literal["holdout", "per_genre", "artist", "kfold", "rotating", "official", "fault_filtered", "course"]
PREDEFINED = ("official", "fault_filtered", "course")
Precision = Literal["float32", "mixed_bfloat16"]
L2Form = Literal["sum", "mean", "decoupled"]
LeftOver = Literal["carry", "flush"]


class Protocol(Spec):
    """Which windows train, choose and test.

    Args:
        split: `holdout` (fractions), `per_genre` (fractions of each genre's own shuffle, rounded down for training and
            validation), `artist` (fractions in tenths, every artist in one part), `kfold` (folds; the fold after the
            test fold validates), `rotating` (partition k trains, k + 1 validates, k + 2 tests, for every k), or a
            predefined split of the dataset's clips: `official` (FMA), `fault_filtered`, `course` (GTZAN).
        unit: what is dealt out: whole clips, or single windows (`segment`: windows of one clip then stand on both
            sides of the split, and the result is contaminated).
        fractions: train, valid and test shares of `holdout`, `per_genre` and `artist`.
        folds: number of folds of `kfold`.
        stratified: every part gets every genre in proportion.
        seed: of the split alone, so that all rows and run seeds meet the same test clips.
        partitions: number of partitions, and so of rounds, of `rotating`.
        equal_partitions: leave out the clips of each genre that cannot be shared out evenly among the partitions.
        duplicates: `drop` leaves out, before clips are dealt, every clip that is byte for byte another one with a
            smaller id; `keep` deals out all.
        carry_weights: a round of `rotating` starts from the best weights of the round before instead of from fresh
            ones; its test partition may then have been trained on.
    """

    split: SplitName = "holdout"
    unit: Unit = "clip"
    fractions: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (0.6, 0.1, 0.3)
    folds: PositiveInt = 10
    stratified: bool = True
    seed: NonNegativeInt = 0
    partitions: Annotated[int, Field(ge=3)] = 6
    equal_partitions: bool = False
    carry_weights: bool = False
    duplicates: Literal["keep", "drop"] = "keep"

    @model_validator(mode="after")
    def _check(self) -> "Protocol":
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, received {self.fractions}")
        if self.split == "kfold" and self.folds < 3:
            raise ValueError(f"folds must be at least 3 (train, valid, test), received {self.folds}")
        if self.split == "artist" and any(abs(10 * share - round(10 * share)) > 1e-9 for share in self.fractions):
            raise ValueError(f"fractions of split artist must be tenths, received {self.fractions}")
        for name in ("carry_weights", "equal_partitions"):
            if getattr(self, name) and self.split != "rotating":
                raise ValueError(f"{name} goes with the rotating split, received {self.split}")
        return self

    @property
    def name(self) -> str:
        """How tables name it."""
        return f"{self._name}, exact duplicates left out" if self.duplicates == "drop" else self._name

    @property
    def _name(self) -> str:
        if self.split in PREDEFINED:
            return f"{self.split.replace('_', '-')} over clips"
        shares = "/".join(f"{100 * share:g}" for share in self.fractions)
        kinds = {
            "holdout": shares,
            "per_genre": f"{shares} of each genre" if self.stratified else shares,
            "artist": f"{shares} with artists apart",
            "kfold": f"{self.folds}-fold",
            "rotating": f"{self.partitions} rotating partitions",
        }
        text = f"{kinds[self.split]} over {'clips' if self.unit == 'clip' else 'windows'}"
        if self.carry_weights:
            text += ", weights carried from round to round"
        if self.equal_partitions:
            text += ", partitions of equal size"
        return text if self.stratified else f"{text}, not stratified"


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
