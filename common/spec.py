"""What a paper claims and how a row is trained: frozen, validated, hashable descriptions."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SerializeAsAny, model_validator

from common.specbase import Spec
from data_pipeline.features import Feature
from data_pipeline.windows import WindowSpec

Scale = Literal["smoke", "paper"]
Unit = Literal["clip", "segment"]
SplitName = Literal["holdout", "kfold", "fault_filtered"]
Precision = Literal["float32", "mixed_bfloat16"]


class Protocol(Spec):
    """Which windows train, choose and test.

    Args:
        split: `holdout` (fractions), `kfold` (folds; the fold after the test fold validates), or the name of a
            predefined split of the dataset.
        unit: what is dealt out: whole clips, or single windows (`segment`: windows of one clip then stand on both
            sides of the split, and the result is contaminated).
        fractions: train, valid and test shares of a holdout.
        folds: number of folds of `kfold`.
        stratified: every part gets every genre in proportion.
        seed: of the split alone, so that all rows and run seeds meet the same test clips.
    """

    split: SplitName = "holdout"
    unit: Unit = "clip"
    fractions: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (0.6, 0.1, 0.3)
    folds: PositiveInt = 10
    stratified: bool = True
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _check(self) -> "Protocol":
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, received {self.fractions}")
        if self.split == "kfold" and self.folds < 3:
            raise ValueError(f"folds must be at least 3 (train, valid, test), received {self.folds}")
        return self

    @property
    def name(self) -> str:
        """How tables name it."""
        if self.split == "holdout":
            shares = "/".join(f"{100 * share:g}" for share in self.fractions)
            text = f"{shares} over {'clips' if self.unit == 'clip' else 'windows'}"
        elif self.split == "kfold":
            text = f"{self.folds}-fold over {'clips' if self.unit == 'clip' else 'windows'}"
        else:
            text = f"{self.split.replace('_', '-')} over clips"
        return text if self.stratified or self.split == "fault_filtered" else f"{text}, not stratified"


class Training(Spec):
    """How a network is fitted.

    Args:
        batch_windows: windows in a batch.
        epochs: at most this many.
        patience_epochs: stop after this many epochs without a lower validation loss; None never stops early.
        standardise: feed the network `(value - mean) / deviation`, both taken from the training windows.
        windows_per_epoch: train on this many of the shuffled windows per epoch; None for all.
    """

    optimizer: Literal["adam"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    batch_windows: PositiveInt = 32
    epochs: PositiveInt
    patience_epochs: PositiveInt | None = None
    precision: Precision = "float32"
    standardise: bool = False
    windows_per_epoch: PositiveInt | None = None


class Experiment(Spec):
    """Everything that decides what one row computes, but for the data, the fold and the seed."""

    paper: str
    model: SerializeAsAny[Spec]
    feature: Feature
    windows: WindowSpec
    protocol: Protocol
    training: Training


class Row(Spec):
    """One line of a published table: what was published, and the experiment that measures it again."""

    label: str
    published: dict[str, float]
    experiment: Experiment


class Table(Spec):
    """One published table of results.

    Args:
        id: as in the paper, e.g. `5.1`.
        row_header: what the row labels are.
        metrics: the published metrics, as keys of `Row.published`.
        compared_with: published metric -> the measured metric that it is compared with.
    """

    id: str
    title: str
    row_header: str
    metrics: tuple[str, ...]
    compared_with: dict[str, str]
    rows: tuple[Row, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> "Table":
        labels = [row.label for row in self.rows]
        if len(set(labels)) < len(labels):
            raise ValueError(f"row labels of table {self.id} must be unique: {labels}")
        for row in self.rows:
            if set(row.published) != set(self.metrics):
                raise ValueError(
                    f"row {row.label} of table {self.id}: published {set(row.published)}, expected {self.metrics}"
                )
        if set(self.compared_with) != set(self.metrics):
            raise ValueError(f"table {self.id}: compared_with must name {self.metrics}")
        return self


class Source(Spec):
    """Where a value of an experiment comes from.

    Args:
        status: `stated` in the paper, or `assumed` by us where it is silent.
        reason: the place in the paper, or why we chose so.
    """

    status: Literal["stated", "assumed"]
    reason: str = Field(min_length=1)
