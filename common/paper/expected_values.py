"""What a value that `--set` replaces may be, in words, and whether one fits."""

import json
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from common.core.errors import SpecError
from common.core.spec import Spec
from common.paper.experiment import Experiment

_LIMITS = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
_SIMPLE = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_SEVERAL = {bool: "true or false", int: "whole numbers", float: "numbers", str: "texts"}


def require_fitting(experiment: Experiment, values: dict[str, Any]) -> None:
    """Check single values against the types of their fields. What depends on other values is checked when the spec is
    built.

    Args:
        experiment: one that has all of them.
        values: dotted path -> value.

    Raises:
        SpecError: naming the first value that does not fit, and what was expected.
    """
    for path, value in values.items():
        *parents, name = path.split(".")
        owner: Any = experiment
        for parent in parents:
            owner = getattr(owner, parent)
        field = type(owner).model_fields[name]
        words = _expected(field.annotation, field.metadata)
        if not words:
            continue
        kind = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            own = [one["msg"] for one in error.errors() if one["type"] == "value_error"]
            reason = own[0].removeprefix("Value error, ") if own else f"expected {words}"
            shown = value if isinstance(value, str) else json.dumps(value)
            raise SpecError(f"--set {path}={shown}: {reason}.") from error


def _expected(kind: Any, metadata: Iterable[Any] = ()) -> str:
    """A type in words; empty for a spec, which is no single value, and for what has no words."""
    arguments = get_args(kind)
    if get_origin(kind) is Annotated:
        return _expected(arguments[0], (*arguments[1:], *metadata))
    if isinstance(kind, type) and issubclass(kind, Spec):
        return ""
    if kind in _SIMPLE:
        return " ".join([_SIMPLE[kind], *_limits(metadata)])
    if get_origin(kind) is Literal:
        return f"one of: {', '.join(map(str, arguments))}"
    if get_origin(kind) in (Union, UnionType):
        parts = ["null" if part is NoneType else _expected(part) for part in arguments]
        return " or ".join(parts) if all(parts) else ""
    if get_origin(kind) is tuple:
        inner = arguments[0]
        while get_origin(inner) is Annotated:
            inner = get_args(inner)[0]
        if inner not in _SEVERAL:
            return "a list in brackets"
        count = "" if arguments[-1] is Ellipsis else f"{len(arguments)} "
        return f"a list of {count}{_SEVERAL[inner]} in brackets"
    return ""


def _limits(metadata: Iterable[Any]) -> list[str]:
    found = [(getattr(limit, name, None), words) for limit in metadata for name, words in _LIMITS.items()]
    return [f"{words} {bound:g}" for bound, words in found if bound is not None]
