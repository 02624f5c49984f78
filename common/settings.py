"""What a command chose, applied to a paper's experiments."""

import json
from typing import Any

from common.errors import SpecError
from common.paper import Paper
from common.records import Setting
from common.spec import Experiment, parse_change
from common.specbase import Spec
from data_pipeline.features import Feature

_FLAG_OF = {
    "protocol.split": "--split",
    "protocol.unit": "--unit",
    "protocol.stratified": "--allow-incomplete",
    "training.epochs": "--epochs",
    "training.precision": "--precision",
}


def resolve(paper: Paper, experiment: Experiment, setting: Setting, given: Feature | None) -> Experiment:
    """A row's experiment as a command runs it: scale, features and flags applied."""

    def shown(feature: Feature) -> Feature:
        return {"paper": feature, "small": paper.small_features[feature], "given": given}[setting.features]

    protocol = experiment.protocol.but(split=setting.split, unit=setting.unit, stratified=setting.stratified)
    second = experiment.second_input
    changes = {}
    if setting.scale == "smoke":
        smoke = paper.smoke_paper_features if setting.features == "paper" else paper.smoke
        changes |= {path: value for path, value in smoke.items() if experiment.has(path)}
        changes |= paper.tuned.get(experiment.digest, {})
    if setting.epochs is not None:
        changes["training.epochs"] = setting.epochs
    if setting.precision is not None:
        changes["training.precision"] = setting.precision
    changes |= dict(parse_change(text) for text in setting.changes)
    return experiment.but(
        feature=shown(experiment.feature),
        second_input=second and second.but(feature=shown(second.feature)),
        protocol=protocol,
    ).changed(changes)


def canonical(paper: Paper, experiments: dict[str, Experiment], setting: Setting, given: Feature | None) -> Setting:
    """The setting with its changes in the one order and spelling that equal values have: as the specs hold them.

    Args:
        experiments: row label -> experiment, of the rows that are asked for.

    Raises:
        SpecError: a change does not fit the rows' experiments.
    """
    if not setting.changes:
        return setting
    values = dict(map(parse_change, setting.changes))
    if values.get("protocol.carry_weights") and setting.split != "rotating":
        raise SpecError(f"--carry-weights: goes with --split rotating, received --split {setting.split}.")
    for path in values:
        lacking = [label for label, experiment in experiments.items() if not experiment.has(path)]
        if 0 < len(lacking) < len(experiments):
            having = " ".join(f'--row "{label}"' for label in experiments if label not in lacking)
            raise SpecError(
                f"--set {path}: the rows {', '.join(lacking)} have no such value. Ask for those that have it: {having}."
            )
    resolved = resolve(paper, next(iter(experiments.values())), setting, given)
    changes = [f"{path}={json.dumps(_at(resolved, path), separators=(',', ':'))}" for path in sorted(values)]
    return setting.but(changes=tuple(changes))


def _at(spec: Spec, path: str) -> Any:
    """The plain value at a dotted path."""
    value: Any = spec.as_json()
    for name in path.split("."):
        value = value[name]
    return value


def read_changes(changes: tuple[str, ...]) -> tuple[str, ...]:
    """`--set` values as `path=JSON`.

    Raises:
        SpecError: not `PATH=VALUE`, a path is given twice, or a flag of its own sets it.
    """
    values: dict[str, Any] = {}
    for text in changes:
        path, value = parse_change(text)
        if path in values:
            raise SpecError(f"--set {path}: given twice.")
        if path in _FLAG_OF:
            raise SpecError(f"--set {path}: this value has a flag of its own, {_FLAG_OF[path]}.")
        values[path] = value
    return tuple(f"{path}={json.dumps(value)}" for path, value in values.items())


def without_idle_overrides(
    paper: Paper, experiments: list[Experiment], setting: Setting, given: Feature | None
) -> Setting:
    """`--epochs 50` where 50 is the paper's value is no other setting than none.

    Args:
        experiments: of the rows that are asked for.
    """

    def outcome(candidate: Setting) -> list[str] | None:
        try:
            return [resolve(paper, experiment, candidate, given).digest for experiment in experiments]
        except SpecError:
            return None  # values that only fit together

    wanted = [resolve(paper, experiment, setting, given).digest for experiment in experiments]
    candidates = [lambda now, name=name: now.but(**{name: None}) for name in ("epochs", "precision")]
    candidates += [
        lambda now, change=change: now.but(changes=tuple(c for c in now.changes if c != change))
        for change in setting.changes
    ]
    for leave_out in candidates:
        without = leave_out(setting)
        if outcome(without) == wanted:
            setting = without
    return setting
