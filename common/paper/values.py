"""The single values of an experiment: their paths, what they are, and which option sets them."""

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from common.core.descriptions import field_descriptions
from common.core.spec import Spec
from common.paper.experiment import Experiment
from common.paper.overrides import OPTION_OF, is_settable

_TYPED = {"None": "null", "True": "true", "False": "false"}


@dataclass(frozen=True)
class DescribedValue:
    """One value of an experiment.

    Args:
        path: dotted, as `--set` takes it.
        value: plain, as JSON has it.
        about: what it is, in a line; empty where no docstring says so.
        option: the option that sets it; empty where only `--set` does.
        settable: whether `--set` takes it; otherwise only its option does.
        choices: what it may be, as it is typed; empty where it is a number, a list or a text of any kind.
    """

    path: str
    value: Any
    about: str
    option: str
    settable: bool
    choices: tuple[str, ...] = ()


def described_values(experiment: Experiment) -> list[DescribedValue]:
    """All values of an experiment that a command can replace one by one."""
    plain = experiment.as_json()
    found = []
    for path in experiment.changeable_paths:
        *parents, name = path.split(".")
        owner, value = experiment, plain
        for parent in parents:
            owner, value = getattr(owner, parent), value[parent]
        # A spec is not a single value, and `kind` only tells which spec it is.
        if name != "kind" and not isinstance(getattr(owner, name), Spec):
            about = _alone(name, _as_typed(field_descriptions(type(owner)).get(name, "")))
            choices = _choices(type(owner).model_fields[name].annotation)
            found.append(DescribedValue(path, value[name], about, OPTION_OF.get(path, ""), is_settable(path), choices))
    return found


def _choices(annotation: Any) -> tuple[str, ...]:
    """The values of a field that has a choice of words, or of these and `null`."""
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return _choices(parts[0]) if len(parts) == 1 and parts[0] is not annotation else ()


def _alone(name: str, about: str) -> str:
    """A description that can be read without the name: `padding of the convolutions` for `of the convolutions`."""
    return f"{name.replace('_', ' ')} {about}" if about.startswith("of ") else about


def _as_typed(about: str) -> str:
    """A description with values as a command line takes them, which is as JSON has them: `null` for `None`."""
    return re.sub(r"\b(None|True|False)\b", lambda found: _TYPED[found[0]], about)
