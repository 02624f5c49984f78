"""What a command chose, applied to a paper's experiments."""

import json
from typing import Any

from common.errors import SpecError
from common.paper import Paper
from common.records import Setting
from common.spec import Experiment, parse_change
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
    feature = {"paper": experiment.feature, "small": paper.small_feature, "given": given}[setting.features]
    protocol = experiment.protocol.but(split=setting.split, unit=setting.unit, stratified=setting.stratified)
    changes = {}
    if setting.scale == "smoke":
        changes |= paper.smoke_paper_features if setting.features == "paper" else paper.smoke
    if setting.epochs is not None:
        changes["training.epochs"] = setting.epochs
    if setting.precision is not None:
        changes["training.precision"] = setting.precision
    changes |= dict(parse_change(text) for text in setting.changes)
    return experiment.but(feature=feature, protocol=protocol).changed(changes)


def canonical(paper: Paper, setting: Setting, given: Feature | None) -> Setting:
    """The setting with its changes in the one order and spelling that equal values have: as the specs hold them.

    Raises:
        SpecError: a change does not fit the paper's experiments.
    """
    if not setting.changes:
        return setting
    carries = dict(map(parse_change, setting.changes)).get("protocol.carry_weights")
    if carries and setting.split != "rotating":
        raise SpecError(f"--carry-weights: goes with --split rotating, received --split {setting.split}.")
    values = resolve(paper, paper.default_experiment, setting, given).as_json()
    changes = []
    for path in sorted(parse_change(text)[0] for text in setting.changes):
        part, _, name = path.partition(".")
        changes.append(f"{path}={json.dumps(values[part][name], separators=(',', ':'))}")
    return setting.but(changes=tuple(changes))


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


def without_idle_overrides(paper: Paper, setting: Setting, given: Feature | None) -> Setting:
    """`--epochs 50` where 50 is the paper's value is no other setting than none."""

    def outcome(candidate: Setting) -> list[str]:
        return [resolve(paper, row.experiment, candidate, given).digest for table in paper.tables for row in table.rows]

    candidates = [lambda now, name=name: now.but(**{name: None}) for name in ("epochs", "precision")]
    candidates += [
        lambda now, change=change: now.but(changes=tuple(c for c in now.changes if c != change))
        for change in setting.changes
    ]
    for leave_out in candidates:
        without = leave_out(setting)
        if outcome(without) == outcome(setting):
            setting = without
    return setting
