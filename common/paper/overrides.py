"""The setting of a command, which holds for all its rows, and the experiments of rows with the setting applied."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from common.core.errors import SpecError
from common.core.files import sha256_of_json
from common.core.nearest import did_you_mean, group_of_values, nearest_path
from common.core.spec import Spec, build
from common.paper.expected_values import require_fitting
from common.paper.experiment import Experiment, Input, Scale
from common.paper.paper import Paper
from common.paper.protocol import SplitName, Unit
from common.paper.training import Precision
from data_pipeline.audio.decode import Decoder
from data_pipeline.features import Feature

# Values of experiments that have an option of their own, and cannot be set with `--set`.
_ONLY_BY_OPTION = {
    "protocol.split": "--split",
    "protocol.unit": "--unit",
    "protocol.stratified": "--allow-incomplete",
    "training.epochs": "--epochs",
    "training.precision": "--precision",
}
# What an option does that does not take the value itself.
EFFECT_OF = {"protocol.stratified": "--allow-incomplete turns it off where a genre has too few clips."}
# Values that an option sets just as `--set` does.
_ALSO_BY_OPTION = {
    "training.batch_windows": "--batch-size",
    "training.learning_rate": "--learning-rate",
    "training.patience_epochs": "--patience",
}
# Path of a value -> the option that sets it.
OPTION_OF = _ONLY_BY_OPTION | _ALSO_BY_OPTION


def is_settable(path: str) -> bool:
    """Whether `--set` takes a value; otherwise it has an option of its own."""
    return path not in _ONLY_BY_OPTION


class Setting(Spec):
    """What a command chose for all rows at once; the records of one table share it.

    Args:
        data_digest: of the tracks that were used.
        features: `paper`, or `small` (cheaper features than the paper's), or `given` (precomputed arrays).
        epochs, precision: None where the paper's or the scale's own value holds.
        stratified: False where clips were too few to split each genre in proportion.
        changes: values of every experiment that `--set` replaced, as `path=JSON`, sorted.
        genres: genres that were asked for; empty for the paper's own choice.
        decoder: of the audio files; the default also where the data are arrays.
    """

    dataset: str
    data_digest: str
    scale: Scale
    features: Literal["paper", "small", "given"]
    split: SplitName
    unit: Unit
    epochs: int | None = None
    precision: Precision | None = None
    stratified: bool = True
    changes: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    decoder: Decoder = "soundfile"


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


def read_changes(changes: tuple[str, ...]) -> tuple[str, ...]:
    """`--set` values as `path=JSON`.

    Raises:
        SpecError: not `PATH=VALUE`, a path is given twice, or the value has an option of its own.
    """
    values: dict[str, Any] = {}
    for text in changes:
        path, value = parse_change(text)
        if path in values:
            raise SpecError(f"--set {path}: given twice.")
        if path in _ONLY_BY_OPTION:
            raise SpecError(f"--set {path}: this value has an option of its own, {_ONLY_BY_OPTION[path]}.")
        values[path] = value
    return tuple(f"{path}={json.dumps(value)}" for path, value in values.items())


def stated_values(
    batch_size: int | None, learning_rate: float | None, patience: str | None
) -> dict[str, str | int | float]:
    """Flag -> value, of the options that are given and stand for one value of the experiments."""
    values = {"--batch-size": batch_size, "--learning-rate": learning_rate, "--patience": patience}
    return {flag: value for flag, value in values.items() if value is not None}


def given_changes(changes: tuple[str, ...], stated: Mapping[str, str | int | float]) -> tuple[str, ...]:
    """The values of `--set` and those of options that stand for one value, as `PATH=VALUE`.

    Args:
        changes: values of `--set`.
        stated: flag -> value, e.g. `{"--batch-size": 16}`.

    Raises:
        SpecError: a value does not fit its flag, or is given with `--set` as well.
    """
    by_flag = {flag: path for path, flag in _ALSO_BY_OPTION.items()}
    added = {}
    for flag, value in stated.items():
        path = by_flag[flag]
        for text in changes:
            if text.partition("=")[0] == path:
                raise SpecError(f"{flag} {value}, --set {text}: both set {path}; give one of them.")
        added[path] = _patience(value) if flag == "--patience" else value
        if flag == "--learning-rate" and not (math.isfinite(value) and value > 0):
            raise SpecError(f"--learning-rate {value}: expected a number above 0, e.g. 0.001.")
    return (*changes, *(f"{path}={json.dumps(value)}" for path, value in added.items()))


def _patience(text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal() or int(text) == 0:
        raise SpecError(f"--patience {text}: expected a number of epochs, 1 or more; or none, to train all epochs.")
    return int(text)


def require_paths(paths: Iterable[str], experiments: dict[str, Experiment]) -> None:
    """Check that all rows that are asked for have the values that `--set` replaces.

    Args:
        experiments: row name -> experiment.

    Raises:
        SpecError: naming the path, and the nearest one that exists or the rows that have it.
    """
    for path in paths:
        without = [name for name, experiment in experiments.items() if not experiment.has(path)]
        if len(without) == len(experiments):
            known = dict.fromkeys(known for experiment in experiments.values() for known in experiment.changeable_paths)
            near = nearest_path(path, known)
            means = group_of_values(path, filter(is_settable, known)) or did_you_mean(
                [_ONLY_BY_OPTION.get(name, name) for name in near]
            )
            raise SpecError(f"--set {path}: no such value{means or '.'} --set help lists all values.")
        if without:
            having = ",".join(name for name in experiments if name not in without)
            raise SpecError(
                f"--set {path}: the rows {', '.join(without)} have no such value. Ask for those that have it: "
                f"--row {having}."
            )


@dataclass(frozen=True)
class Resolver:
    """Applies a command's setting to the rows of a paper.

    Args:
        given: feature of the arrays that the dataset consists of; None where there is audio.
    """

    paper: Paper
    setting: Setting
    given: Feature | None = None

    def experiment(self, row: Experiment) -> Experiment:
        """A row's experiment as the command runs it: scale, features and options applied.

        Raises:
            SpecError: a value does not exist or does not fit.
        """
        paper, setting = self.paper, self.setting
        changes: dict[str, Any] = {}
        if setting.scale == "smoke":
            smoke = paper.smoke_values(paper_features=setting.features == "paper")
            changes |= {path: value for path, value in smoke.items() if row.has(path)}
            changes |= paper.tuned.get(row.digest, {})
        if setting.epochs is not None:
            changes["training.epochs"] = setting.epochs
        if setting.precision is not None:
            changes["training.precision"] = setting.precision
        changes |= dict(parse_change(text) for text in setting.changes)
        second = row.second_input
        return row.replace(
            feature=self._feature(row.feature),
            second_input=second and second.replace(feature=self._feature(second.feature)),
            protocol=row.protocol.replace(split=setting.split, unit=setting.unit, stratified=setting.stratified),
        ).with_values(changes)

    def _feature(self, feature: Feature) -> Feature | None:
        if self.setting.features == "small":
            return self.paper.small_feature(feature)
        return self.given if self.setting.features == "given" else feature

    def with_setting(self, **changes: Any) -> Self:
        """The same with some fields of the setting replaced."""
        return replace(self, setting=self.setting.replace(**changes))

    def with_canonical_changes(self, experiments: dict[str, Experiment]) -> Self:
        """The same with the setting's changes in one order and spelling, as the specs hold the values: equal values
        then make equal settings.

        Args:
            experiments: row name -> experiment, of the rows that are asked for.

        Raises:
            SpecError: a change does not fit the rows' experiments.
        """
        if not self.setting.changes:
            return self
        values = dict(map(parse_change, self.setting.changes))
        if values.get("protocol.carry_weights") and self.setting.split != "rotating":
            raise SpecError(f"--carry-weights: goes with --split rotating, received --split {self.setting.split}.")
        # As they are run on these data: arrays have other features than the paper's.
        unchanged = self.with_setting(changes=())
        require_paths(values, {name: unchanged.experiment(row) for name, row in experiments.items()})
        for row in experiments.values():
            require_fitting(unchanged.experiment(row), values)
        resolved = self.experiment(next(iter(experiments.values())))
        changes = [f"{path}={json.dumps(_at(resolved, path), separators=(',', ':'))}" for path in sorted(values)]
        return self.with_setting(changes=tuple(changes))

    def without_idle_overrides(self, experiments: list[Experiment]) -> Self:
        """The same without options that change nothing: `--epochs 50` where 50 is the paper's own value.

        Args:
            experiments: of the rows that are asked for.
        """

        def digests(resolver: Resolver) -> list[str] | None:
            try:
                return [resolver.experiment(experiment).digest for experiment in experiments]
            except SpecError:
                return None  # some values are valid only together

        def without_change(change: str) -> Callable[[Resolver], Resolver]:
            return lambda now: now.with_setting(changes=tuple(c for c in now.setting.changes if c != change))

        candidates = [lambda now: now.with_setting(epochs=None), lambda now: now.with_setting(precision=None)]
        candidates += [without_change(change) for change in self.setting.changes]
        wanted, found = digests(self), self
        for leave_out in candidates:
            fewer = leave_out(found)
            if digests(fewer) == wanted:
                found = fewer
        return found


def _at(spec: Spec, path: str) -> Any:
    """The plain value at a dotted path."""
    value: Any = spec.as_json()
    for name in path.split("."):
        value = value[name]
    return value


def conditions_of(paper: Paper, row: Experiment, setting: Setting, ran: Experiment | dict) -> str:
    """Digest of the features and windows that a row was run with, where they are not those that the setting implies.

    Runs of a row that differ in this, e.g. in the time step of precomputed columns, are not repetitions of each other.

    Args:
        row: the row's experiment, as the paper has it.
        ran: the experiment that was run, or its JSON values.
    """
    values = ran if isinstance(ran, dict) else ran.as_json()
    # Built into specs, because a record may be older than a field that has a default.
    inputs = [build(Input, {name: values[name] for name in ("feature", "windows")})]
    if values.get("second_input"):
        inputs.append(build(Input, values["second_input"]))
    given = inputs[0].feature if setting.features == "given" else None
    expected = Resolver(paper, setting, given).experiment(row).inputs
    differing = [(place, ours.digest) for place, ours in enumerate(inputs) if ours != expected[place]]
    return sha256_of_json({"given": given and given.digest, "differing": differing})
