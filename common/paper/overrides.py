"""What a command sets for all rows at once, and a row's experiment with those settings applied."""

import json
from typing import Any, Literal

from common.core.errors import SpecError
from common.core.files import sha256_of_json
from common.core.spec import Spec, build
from common.paper.experiment import Experiment, Input, Scale
from common.paper.paper import Paper
from common.paper.protocol import SplitName, Unit
from common.paper.training import Precision
from data_pipeline.features import Feature


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


class Setting(Spec):
    """What a command chose for all rows at once; the records of one table share it.

    Args:
        data_digest: of the tracks that were used.
        features: `paper`, or `small` (cheaper features than the paper's), or `given` (precomputed arrays).
        epochs, precision: None where the paper's or the scale's own value holds.
        stratified: False where a split could not be stratified and was dealt without regard to genre.
        changes: values of every experiment that were replaced by `--set`, as `path=JSON`, sorted.
        genres: that were asked for; empty for the paper's own choice.
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

    protocol = experiment.protocol.replace(split=setting.split, unit=setting.unit, stratified=setting.stratified)
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
    return experiment.replace(
        feature=shown(experiment.feature),
        second_input=second and second.replace(feature=shown(second.feature)),
        protocol=protocol,
    ).with_values(changes)


def canonical_changes(
    paper: Paper, experiments: dict[str, Experiment], setting: Setting, given: Feature | None
) -> Setting:
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
    return setting.replace(changes=tuple(changes))


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
    candidates = [lambda now, name=name: now.replace(**{name: None}) for name in ("epochs", "precision")]
    candidates += [
        lambda now, change=change: now.replace(changes=tuple(c for c in now.changes if c != change))
        for change in setting.changes
    ]
    for leave_out in candidates:
        without = leave_out(setting)
        if outcome(without) == wanted:
            setting = without
    return setting


def conditions_of(paper: Paper, row: Experiment, setting: Setting, ran: Experiment | dict) -> str:
    """Digest of what a row was run with where its own features and windows, and the setting, do not say it.

    Two runs of a row with another time step of the columns, say, are no two runs of one experiment.
    """
    values = ran if isinstance(ran, dict) else ran.as_json()
    # As specs, because a record may be older than a field that has a default.
    shown = [build(Input, {name: values[name] for name in ("feature", "windows")})]
    if values.get("second_input"):
        shown.append(build(Input, values["second_input"]))
    given = shown[0].feature if setting.features == "given" else None
    expected = resolve(paper, row, setting, given).inputs
    differing = [(place, ours.digest) for place, ours in enumerate(shown) if ours != expected[place]]
    return sha256_of_json({"given": given and given.digest, "differing": differing})
