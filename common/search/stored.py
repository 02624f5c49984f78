"""What the files of a search have to hold, so that a damaged one is named instead of ending a command."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PlainValidator,
    PositiveInt,
    ValidationError,
    model_validator,
)

from common.core.errors import SpecError
from common.core.spec import Spec, problems_of
from common.paper.overrides import Setting
from common.search.space import Objective, Parameters, parameters_of

FORMAT_VERSION = 1
Status = Literal["RUNNING", "COMPLETED", "FAILED"]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Input should be a text")
    return value


def _drawn(value: Any) -> bool | int | float | str:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("Input should be a number or a text")
    return value


# pydantic's own `str` refuses the names of files that are not valid UTF-8, which messages and values may hold.
Text = Annotated[str, PlainValidator(_text)]
Drawn = Annotated[bool | int | float | str, PlainValidator(_drawn)]


class _Stored(Spec):
    """Values of a file: of the types that are written, and no others."""

    model_config = ConfigDict(strict=True)


class StoredNote(_Stored):
    """A note on a trial, see `common.search.folder.TrialNote`."""

    id: str
    runs: list[str]
    trained: NonNegativeInt
    seconds: NonNegativeFloat
    failure: Text


class StoredTrial(_Stored):
    """The state of a trial, see `common.search.journal.TrialState`."""

    id: str
    values: dict[str, Drawn]
    status: Status
    score: float | None
    tuner: Text

    @model_validator(mode="after")
    def _check_score(self) -> Self:
        if (self.score is not None) != (self.status == "COMPLETED"):
            raise ValueError("a score is expected of a completed trial, and only of it")
        return self


class StoredEvent(_Stored):
    """A line of the journal."""

    number: PositiveInt
    trial: StoredTrial


class StoredSnapshot(_Stored):
    """All trials so far."""

    events: NonNegativeInt
    ended: list[str]
    trials: list[StoredTrial]

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        ids = {trial.id for trial in self.trials}
        ended = {trial.id for trial in self.trials if trial.status != "RUNNING"}
        if len(ids) < len(self.trials) or len(self.ended) > len(ended) or set(self.ended) != ended:
            raise ValueError("ids of trials contradict each other")
        return self


class _Split(_Stored):
    """The clips of a search."""

    split_digest: str = Field(alias="digest")
    fold: NonNegativeInt
    folds: PositiveInt


class _About(_Stored):
    """What is shown of the space."""

    title: str
    plotted: str
    published: dict[str, float]
    published_by: str
    notes: list[str]


class StoredDescription(_Stored):
    """The description of a search, see `common.search.search.Search.identity`; earlier ones have no
    `whole_experiment`."""

    format: Literal[1]
    space: str
    row: list[str] = Field(min_length=2, max_length=2)
    parameters: dict[str, dict[str, Any]]
    shared_values: dict[str, Any]
    paper: str
    experiment: str
    whole_experiment: str = ""
    setting: dict[str, Any]
    split: _Split
    objective: Objective
    seed: NonNegativeInt
    runs_per_trial: PositiveInt
    initial: PositiveInt
    trials: PositiveInt
    about: _About
    token: str

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        try:
            Setting.model_validate({name: value for name, value in self.setting.items() if name != "weights"})
            self._space()
        except ValidationError as error:
            raise ValueError(f"setting: {problems_of(error)}") from error
        except SpecError as error:
            raise ValueError(str(error)) from error
        if not isinstance(self.setting.get("weights", ""), str):
            raise ValueError("setting: weights are not named by text")
        if self.about.plotted not in self.parameters:
            raise ValueError(f"plotted: no parameter {self.about.plotted}")
        return self

    def _space(self) -> Parameters:
        return parameters_of([{**values, "name": name} for name, values in self.parameters.items()])
