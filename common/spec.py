"""What a paper claims and how a row is trained: frozen, validated, hashable descriptions."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    field_validator,
    model_validator,
)

from common.errors import SpecError
from common.specbase import Spec
from data_pipeline.augment import Augmentation
from data_pipeline.features import Feature
from data_pipeline.windows import WindowSpec

Scale = Literal["smoke", "paper"]
Unit = Literal["clip", "segment"]
SplitName = Literal["holdout", "kfold", "rotating", "official", "fault_filtered"]
Precision = Literal["float32", "mixed_bfloat16"]
L2Form = Literal["sum", "mean", "decoupled"]
LeftOver = Literal["carry", "flush"]


class Protocol(Spec):
    """Which windows train, choose and test.

    Args:
        split: `holdout` (fractions), `kfold` (folds; the fold after the test fold validates), `rotating` (partition k
            trains, k + 1 validates, k + 2 tests, for every k), or a predefined split of
            the dataset's clips: `official` (FMA), `fault_filtered` (GTZAN).
        unit: what is dealt out: whole clips, or single windows (`segment`: windows of one clip then stand on both
            sides of the split, and the result is contaminated).
        fractions: train, valid and test shares of a holdout.
        folds: number of folds of `kfold`.
        stratified: every part gets every genre in proportion.
        seed: of the split alone, so that all rows and run seeds meet the same test clips.
        partitions: number of partitions, and so of rounds, of `rotating`.
        equal_partitions: leave out the clips of each genre that cannot be shared out evenly among the partitions.
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

    @model_validator(mode="after")
    def _check(self) -> "Protocol":
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, received {self.fractions}")
        if self.split == "kfold" and self.folds < 3:
            raise ValueError(f"folds must be at least 3 (train, valid, test), received {self.folds}")
        for name in ("carry_weights", "equal_partitions"):
            if getattr(self, name) and self.split != "rotating":
                raise ValueError(f"{name} goes with the rotating split, received {self.split}")
        return self

    @property
    def name(self) -> str:
        """How tables name it."""
        if self.split in ("official", "fault_filtered"):
            return f"{self.split.replace('_', '-')} over clips"
        kinds = {
            "holdout": "/".join(f"{100 * share:g}" for share in self.fractions),
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
            lower validation loss; None keeps it.
        keep: the weights that are judged: of the epoch with the `best` (least) validation loss, or of the `last`.
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
    keep: Literal["best", "last"] = "best"
    plateau_epochs: PositiveInt | None = None
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.2

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


class Input(Spec):
    """What a network is shown: a feature, and the windows that are cut from it."""

    feature: Feature
    windows: WindowSpec


_CHANGEABLE = ("model", "feature", "windows", "protocol", "training", "second_input")


class Experiment(Spec):
    """Everything that decides what one row computes, but for the data, the fold and the seed.

    Args:
        second_input: for networks with two inputs: another feature of the same windows; None for one input.
    """

    paper: str
    model: SerializeAsAny[Spec]
    feature: Feature
    windows: WindowSpec
    protocol: Protocol
    training: Training
    second_input: Input | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The one or two inputs of the network."""
        first = Input(feature=self.feature, windows=self.windows)
        return (first,) if self.second_input is None else (first, self.second_input)

    def has(self, path: str) -> bool:
        """Whether there is a value at a dotted path that can be changed."""
        return path in self._changeable_paths()

    def changed(self, changes: dict[str, Any]) -> Self:
        """A validated copy with other values.

        Args:
            changes: dotted path -> value, e.g. `{"training.epochs": 3}`.

        Raises:
            SpecError: there is no such value, or it does not fit.
        """
        known = self._changeable_paths()
        for path in changes:
            if path not in known:
                raise SpecError(f"{path}: no such value of {self.paper}; its values are: {', '.join(known)}.")
            inside = [other for other in changes if other.startswith(f"{path}.")]
            if inside:
                raise SpecError(f"{path}: is given together with {inside[0]}, which is a part of it. Give one of them.")
        return _changed(self, changes)

    def _changeable_paths(self) -> list[str]:
        return [path for name in _CHANGEABLE for path in _paths_below(getattr(self, name), f"{name}.")]


def _paths_below(spec: Spec | None, prefix: str) -> list[str]:
    """Dotted paths of all values of a spec: its leaves, and the specs between them."""
    paths = []
    for name in type(spec).model_fields if spec is not None else ():
        paths += [f"{prefix}{name}", *_paths_below(_spec_or_none(getattr(spec, name)), f"{prefix}{name}.")]
    return paths


def _spec_or_none(value: Any) -> Spec | None:
    return value if isinstance(value, Spec) else None


def _changed(spec: Spec, changes: dict[str, Any]) -> Any:
    own = {path: value for path, value in changes.items() if "." not in path}
    below: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, separator, rest = path.partition(".")
        if separator:
            below.setdefault(name, {})[rest] = value
    return spec.but(**own, **{name: _changed(getattr(spec, name), values) for name, values in below.items()})


def parse_change(text: str) -> tuple[str, Any]:
    """`PATH=VALUE` into path and value; the value is read as JSON, else taken as text.

    Raises:
        SpecError: there is no `=`, or the value is not finite.
    """
    path, separator, value = text.partition("=")
    if not separator or not path or not value:
        raise SpecError(f"--set {text}: expected PATH=VALUE, e.g. training.batch_windows=16.")
    try:
        read = json.loads(value)
    except ValueError:
        return path, value
    try:
        json.dumps(read, allow_nan=False)
    except ValueError as error:
        raise SpecError(f"--set {text}: expected a finite value.") from error
    return path, read


class Row(Spec):
    """One line of a published table: what was published (None where the paper gives no number), and the experiment that
    measures it again."""

    label: str
    published: dict[str, float | None]
    experiment: Experiment


class Reference(Spec):
    """A number that a table is read against, e.g. of the paper that the published one reproduces."""

    label: str
    percent: float


class Table(Spec):
    """One published table of results.

    Args:
        id: as in the paper, e.g. `5.1`.
        row_header: what the row labels are.
        metrics: the published metrics, as keys of `Row.published`.
        compared_with: published metric -> the measured metric that it is compared with.
        reference: a number to read the table against.
        notes: what a reader of the published numbers has to know.
    """

    id: str
    title: str
    row_header: str
    metrics: tuple[str, ...]
    compared_with: dict[str, str]
    reference: Reference | None = None
    notes: tuple[str, ...] = ()
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
