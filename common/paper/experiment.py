"""Everything that decides what one row computes, but for the data, the fold and the seed."""

from typing import Any, Literal, Self

from pydantic import SerializeAsAny

from common.core.errors import SpecError
from common.core.spec import Spec
from common.paper.protocol import Protocol
from common.paper.training import Training
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.features import Feature
from data_pipeline.windows.index import WindowSpec

Scale = Literal["smoke", "paper"]


class Input(Spec):
    """What a network is shown: a feature, and the windows that are cut from it."""

    feature: Feature
    windows: WindowSpec


_CHANGEABLE = ("model", "feature", "windows", "protocol", "training", "second_input", "copies")


class Experiment(Spec):
    """Everything that decides what one row computes, but for the data, the fold and the seed.

    Args:
        second_input: for networks with two inputs: another feature of the same windows; None for one input.
        copies: altered copies of the clips that train and validate beside them; None for none.
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

    def has(self, path: str) -> bool:
        """Whether there is a value at a dotted path that can be changed."""
        return path in self._changeable_paths()

    def with_values(self, changes: dict[str, Any]) -> Self:
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
        return _with_values(self, changes)

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


def _with_values(spec: Spec, changes: dict[str, Any]) -> Any:
    own = {path: value for path, value in changes.items() if "." not in path}
    below: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, separator, rest = path.partition(".")
        if separator:
            below.setdefault(name, {})[rest] = value
    return spec.replace(**own, **{name: _with_values(getattr(spec, name), values) for name, values in below.items()})
