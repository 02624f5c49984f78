"""Everything that determines what one row computes, except the data, the fold and the seed."""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import SerializeAsAny

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, group_of_values, nearest_path
from common.core.spec import Spec, build
from common.paper.protocol import Protocol
from common.paper.training import Training
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.features import Feature
from data_pipeline.windows.index import WindowSpec

Scale = Literal["smoke", "paper"]


class Input(Spec):
    """One input of a network: a feature, and the windows that are cut from it.

    Args:
        standardise: False leaves this input as it is also where `training.standardise` is on.
    """

    feature: Feature
    windows: WindowSpec
    standardise: bool = True


_CHANGEABLE = ("model", "feature", "windows", "protocol", "training", "second_input", "copies")


class Experiment(Spec):
    """Everything that determines what one row computes, except the data, the fold and the seed.

    Args:
        second_input: for networks with two inputs: another feature of the same windows; None for one input.
        copies: altered copies of clips that are added to training and validation; None for none.
    """

    paper: str
    model: SerializeAsAny[Spec]
    feature: Feature
    windows: WindowSpec
    protocol: Protocol
    training: Training
    second_input: Input | None = None
    copies: OfflineAugmentation | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The one or two inputs of the network."""
        first = Input(feature=self.feature, windows=self.windows)
        return (first,) if self.second_input is None else (first, self.second_input)

    @property
    def unused_values(self) -> tuple[str, ...]:
        """`second_input` and `copies` where there are none, and what belongs to a standardisation that is off."""
        unused = [name for name in ("second_input", "copies") if getattr(self, name) is None]
        if self.second_input is not None and not self.training.standardise:
            unused.append("second_input.standardise")
        return tuple(unused)

    def has(self, path: str) -> bool:
        """Whether there is a changeable value at a dotted path."""
        return path in self.changeable_paths

    def with_values(self, changes: dict[str, Any]) -> Self:
        """Return a validated copy with other values.

        Args:
            changes: dotted path -> value, e.g. `{"training.epochs": 3}`.

        Raises:
            SpecError: a path does not exist or is given twice, or a value is not valid.
        """
        known = self.changeable_paths
        for path in changes:
            if path not in known:
                near = group_of_values(path, known) or did_you_mean(nearest_path(path, known))
                raise SpecError(f"{path}: no such value of {self.paper}{near or '.'} Its values: {', '.join(known)}.")
            below = [other for other in changes if other.startswith(f"{path}.")]
            if below:
                raise SpecError(f"{path}: is given together with {below[0]}, which is a part of it. Give one of them.")
        return _with_values(self, changes)

    def read_like(self, values: dict[str, Any]) -> Self:
        """An experiment of the same kind from its JSON values, e.g. those of a record of the same row. A value that
        they lack was added later and gets its default, which is what was done before.

        Raises:
            SpecError: a value is unknown or not valid.
        """
        known = dict(values) if isinstance(values, dict) else {}
        return build(type(self), known | {"model": build(type(self.model), known.get("model"))})

    def differences(self, other: "Experiment") -> dict[str, tuple[Any, Any]]:
        """Dotted path -> (our value, theirs), of all values that differ, those that have their default included."""
        return dict(_differences(self.as_json(), other.as_json()))

    @property
    def changeable_paths(self) -> list[str]:
        """Dotted paths of all values that rows and commands can change."""
        return [path for name in _CHANGEABLE for path in _paths_below(getattr(self, name), f"{name}.")]


def _paths_below(spec: Spec | None, prefix: str) -> list[str]:
    """Dotted paths of all values of a spec: its leaves, and the nested specs above them."""
    paths = []
    for name in type(spec).model_fields if spec is not None else ():
        paths += [f"{prefix}{name}", *_paths_below(_spec_or_none(getattr(spec, name)), f"{prefix}{name}.")]
    return paths


def _differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from _differences(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif one != other:
        yield path, (one, other)


def _spec_or_none(value: Any) -> Spec | None:
    return value if isinstance(value, Spec) else None


def _with_values(spec: Spec, changes: dict[str, Any]) -> Any:
    direct = {path: value for path, value in changes.items() if "." not in path}
    nested: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, separator, rest = path.partition(".")
        if separator:
            nested.setdefault(name, {})[rest] = value
    changed = {name: _with_values(getattr(spec, name), values) for name, values in nested.items()}
    return spec.replace(**direct, **changed)
