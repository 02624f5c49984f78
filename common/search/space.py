"""The space of a search: parameters with their ranges, and the row of a paper whose values they vary."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.core.percent import percent_text, stored_percent
from common.core.spec import Spec, build
from common.paper.experiment import Experiment
from common.records.record import Record

Objective = Literal["val_accuracy", "val_loss"]
# Objective -> the direction in which it is better.
DIRECTIONS = {"val_accuracy": "max", "val_loss": "min"}
# Windows and split are always those of the row, so only these parts of an experiment can be varied.
_SEARCHABLE = ("model.", "training.")
_ROUNDING = 1e-9


class _Parameter(Spec):
    """One value of an experiment that a search varies.

    Args:
        name: in tables and figures.
        path: dotted path of the value, in `model` or `training`.
        place: index of the element, where the value is a tuple.
    """

    name: str
    path: str
    place: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _searchable(self) -> "_Parameter":
        if not self.path.startswith(_SEARCHABLE):
            raise ValueError(f"a search varies values of model and training, received {self.path}")
        return self


class _Range(_Parameter):
    """Numbers from `low` to `high`, both inclusive."""

    low: float
    high: float
    sampling: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _in_order(self) -> "_Range":
        if not self.low <= self.high or (self.sampling == "log" and self.low <= 0):
            raise ValueError(f"a range from {self.low:g} to {self.high:g}, {self.sampling}")
        return self

    def holds(self, drawn: Any) -> bool:
        """Whether this is a value that keras-tuner can draw."""
        # Powers of a logarithmic range may end beside its bounds.
        room = _ROUNDING * max(abs(self.low), abs(self.high))
        return isinstance(drawn, int | float) and self.low - room <= drawn <= self.high + room


class FloatRange(_Range):
    """Any number from `low` to `high`."""

    kind: Literal["float"] = "float"

    def share_of(self, value: float) -> float:
        """The position of a value in the range, from 0 to 1."""
        return _share(value, self.low, self.high, self.sampling)

    def value_of(self, drawn: float) -> float:
        """The experiment's value for the value that keras-tuner drew."""
        return drawn


class IntRange(_Range):
    """Any integer from `low` to `high`."""

    kind: Literal["int"] = "int"
    low: PositiveInt
    high: PositiveInt

    def share_of(self, value: float) -> float:
        """The position of a value in the range, between 0 and 1: the middle of the integer's part of it."""
        if self.sampling == "linear":
            return _middle((value - self.low) // 1, self.high - self.low + 1)
        return _share(value + 0.5, self.low, self.high + 1, self.sampling)

    def value_of(self, drawn: int) -> int:
        """The experiment's value for the value that keras-tuner drew."""
        return int(drawn)


class Choice(_Parameter):
    """One of several values: numbers in ascending order, or tuples of integers, e.g. widths of layers."""

    kind: Literal["choice"] = "choice"
    values: tuple[int | float | tuple[int, ...], ...] = Field(min_length=2)

    def holds(self, drawn: Any) -> bool:
        """Whether this is a value that keras-tuner can draw."""
        return drawn in self.labels

    @property
    def labels(self) -> list[float | str]:
        """The representations of all values in keras-tuner."""
        return [self.label(value) for value in self.values]

    def share_of(self, drawn: float | str) -> float:
        """The position of a value that keras-tuner drew, between 0 and 1: the middle of its part of the values."""
        return _middle(self.labels.index(drawn), len(self.values))

    def value_of(self, drawn: float | str) -> Any:
        """The experiment's value for the value that keras-tuner drew."""
        return next(value for value in self.values if self.label(value) == drawn)

    @staticmethod
    def label(value: int | float | tuple[int, ...]) -> float | str:
        """The representation of a value in keras-tuner, which has no tuples: their text."""
        return ",".join(map(str, value)) if isinstance(value, tuple) else value


Parameter = Annotated[FloatRange | IntRange | Choice, Field(discriminator="kind")]
# Parameter name -> the value that keras-tuner drew for one trial.
TrialValues = dict[str, float | int | str]


class Parameters(Spec):
    """The parameters of a space; names are unique."""

    every: tuple[Parameter, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> "Parameters":
        names = [parameter.name for parameter in self.every]
        if len(set(names)) < len(names):
            raise ValueError(f"names of parameters must be unique: {names}")
        return self

    def wrong_value(self, drawn: dict[str, Any]) -> str:
        """What keeps values from being those of a trial, in words; empty where nothing does."""
        names = [parameter.name for parameter in self.every]
        if drawn.keys() != set(names):
            return f"values of {', '.join(drawn) or 'nothing'}; expected those of {', '.join(names)}"
        wrong = [one.name for one in self.every if not one.holds(drawn[one.name])]
        return f"{wrong[0]}={drawn[wrong[0]]!r:.40} is not one of its values" if wrong else ""

    def vectors(self, trials: list[TrialValues]) -> np.ndarray:
        """Trials as inputs of a surrogate: float64 (trials, parameters), each from 0 to 1."""
        every = self.every
        return np.array([[one.share_of(drawn[one.name]) for one in every] for drawn in trials], np.float64)

    def applied(self, base: Experiment, drawn: TrialValues) -> Experiment:
        """The experiment with the values of one trial.

        Raises:
            SpecError: the experiment has no such value, or the drawn value is not valid for it.
        """
        changes: dict[str, Any] = {}
        for parameter in self.every:
            value = parameter.value_of(drawn[parameter.name])
            if parameter.place is not None:
                whole = list(changes.get(parameter.path, value_at(base, parameter.path)))
                whole[parameter.place] = value
                value = tuple(whole)
            changes[parameter.path] = value
        return base.with_values(changes)


def _share(value: float, low: float, high: float, sampling: str) -> float:
    """The position of a number between two others. The arithmetic of this function and the next is that of
    keras-tuner's `value_to_prob`, so that figures, which do without keras-tuner, show what a search was fitted to."""
    if low == high:
        return 0.5
    if sampling == "log":
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _middle(place: float, count: int) -> float:
    """The middle of one of several equal parts of the numbers from 0 to 1."""
    return (place + 0.5) * (1 / count)


def parameters_of(values: list[dict[str, Any]]) -> Parameters:
    """Parameters from their JSON values.

    Raises:
        SpecError: the values do not describe parameters.
    """
    return build(Parameters, {"every": values})


@dataclass(frozen=True)
class SearchSpace:
    """A search that a paper offers.

    Args:
        key: name on the command line and of the folder.
        title: for tables and figures.
        row: (table id, row label) of the row that is varied.
        parameters: that are varied.
        plotted: name of the parameter that the objective is plotted against.
        objective: measured on validation windows.
        base: values, by dotted path, that all trials of this search share and that differ from the row.
        smoke: values that smoke scale replaces in addition to the paper's, so that a search ends within minutes.
        canonical: maps all experiments that build the same network to one of them.
        trials: default number of trials.
        initial: number of trials drawn at random before the first chosen one; None for three per parameter.
        published: optimum stated by a source, by parameter.
        published_by: the source.
        notes: for readers of the search's table.
    """

    key: str
    title: str
    row: tuple[str, str]
    parameters: Parameters
    plotted: str
    objective: Objective = "val_accuracy"
    base: dict[str, Any] = field(default_factory=dict)
    smoke: dict[str, Any] = field(default_factory=dict)
    canonical: Callable[[Experiment], Experiment] = lambda experiment: experiment
    trials: int = 50
    initial: int | None = None
    published: dict[str, float] = field(default_factory=dict)
    published_by: str = ""
    notes: tuple[str, ...] = ()

    def trial(self, base: Experiment, drawn: TrialValues) -> Experiment:
        """The experiment of one trial, in the canonical form for its network."""
        return self.canonical(self.parameters.applied(base, drawn))


def find_space(spaces: tuple[SearchSpace, ...], key: str | None) -> SearchSpace:
    """The space with this key; the first space for None.

    Raises:
        SpecError: there is no space with this key.
    """
    for space in spaces:
        if key in (None, space.key):
            return space
    keys = [space.key for space in spaces]
    near = did_you_mean(nearest_names(key, keys))
    raise SpecError(f"--space {key}: no such space{near or '.'} Expected one of: {', '.join(keys)}.")


def value_at(experiment: Experiment, path: str) -> Any:
    """The value at a dotted path."""
    value: Any = experiment
    for name in path.split("."):
        value = getattr(value, name)
    return value


def score_of(record: Record, objective: Objective) -> float:
    """The objective at the best epoch, whose weights the run kept."""
    return float(record.history[record.best_epoch - 1][objective])


def format_score(score: float, objective: Objective) -> str:
    """The score as text, rounded as in the table of the search, e.g. `validation 71.2 %`."""
    if objective == "val_accuracy":
        return f"validation {percent_text(stored_percent(score))} %"
    return f"validation loss {score:.4f}"


def describe_values(drawn: TrialValues) -> str:
    """Values of a trial on one line, e.g. `r=31.4, widths=32,64,128,256,128`."""
    return ", ".join(f"{name}={format_value(value)}" for name, value in drawn.items())


def format_value(value: float | int | str) -> str:
    """One value of a trial, with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
