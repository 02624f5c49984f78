"""Command-line options from dataclasses: each field is declared once, with its help text, and keeps its name."""

import dataclasses
import inspect
from collections.abc import Callable
from copy import copy
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import OptionInfo

_TUPLE_OF_TEXT = tuple[str, ...]


def command_of(
    handle: Callable[..., int],
    *models: type,
    help_texts: dict[str, str] | None = None,
    without: tuple[str, ...] = (),
) -> Callable[..., int]:
    """A function whose parameters are the fields of the given dataclasses, for `typer.Typer.command`.

    Args:
        handle: is called with one instance of each dataclass and returns the exit code.
        models: dataclasses whose fields are annotated with `typer.Option`.
        help_texts: field -> help text to show instead of the declared one.
        without: fields that this command does not offer; they keep their defaults.
    """
    parameters: dict[str, inspect.Parameter] = {}
    for model in models:
        hints = get_type_hints(model, include_extras=True)
        for field in dataclasses.fields(model):
            if field.name not in without:
                annotation = _annotation(hints[field.name], (help_texts or {}).get(field.name))
                default = field.default
                # Options that may be repeated come as lists.
                default = list(default) if isinstance(default, tuple) else default
                parameters[field.name] = inspect.Parameter(
                    field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )

    def command(**given: Any) -> int:
        instances = []
        for model in models:
            names = [field.name for field in dataclasses.fields(model) if field.name in given]
            values = {name: tuple(v) if isinstance(v := given[name], list) else v for name in names}
            instances.append(model(**values))
        return handle(*instances)

    command.__signature__ = inspect.Signature(list(parameters.values()))
    command.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    command.__doc__ = handle.__doc__
    return command


def _annotation(hint: Any, help_text: str | None) -> Any:
    """The field's type as typer takes it, with another help text if there is one."""
    if get_origin(hint) is not Annotated:
        raise TypeError(f"expected a field annotated with typer.Option, received {hint}")
    kind, option = get_args(hint)
    if not isinstance(option, OptionInfo):
        raise TypeError(f"expected typer.Option, received {option}")
    if help_text is not None:
        option = copy(option)
        option.help = help_text
    return Annotated[list[str] if kind == _TUPLE_OF_TEXT else kind, option]


def given_options(*instances: Any, besides: tuple[str, ...] = ()) -> list[str]:
    """Names of the fields that differ from their defaults, in order.

    Args:
        besides: fields to ignore.
    """
    return [
        field.name
        for instance in instances
        for field in dataclasses.fields(instance)
        if field.name not in besides and getattr(instance, field.name) != _default(instance, field)
    ]


def _default(instance: Any, field: dataclasses.Field) -> Any:
    # Instances normalise some values, paths among them.
    return getattr(type(instance)(), field.name)
