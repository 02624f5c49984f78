"""Command-line options from dataclasses: each field is declared once, with its help text, and keeps its name."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection
from copy import copy
from pathlib import Path
from typing import Annotated, Any, Self, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, ParameterInfo

from common.core.errors import SpecError
from common.core.files import expanded
from data_pipeline.cache import DEFAULT_CACHE

_TUPLE_OF_TEXT = tuple[str, ...]
# Flags that every mode of a command takes.
_OF_ALL_MODES = ("quiet", "verbose", "wide")


def command_of(
    handle: Callable[..., int],
    *models: type,
    help_texts: dict[str, str] | None = None,
    without: Collection[str | tuple[type, str]] = (),
    hidden: tuple[str, ...] = (),
    words: dict[str, Callable[[str], list[str]]] | None = None,
) -> Callable[..., int]:
    """A function whose parameters are the fields of the given dataclasses, for `typer.Typer.command`.

    Args:
        handle: is called with one instance of each dataclass and the flags that were typed, and returns the exit code.
        models: dataclasses whose fields are annotated with `typer.Option` or `typer.Argument`.
        help_texts: field -> help text to show instead of the declared one.
        without: fields that this command does not offer; they keep their defaults. A name is meant in all dataclasses,
            (dataclass, name) in that one only: another one may have a field of the same name that is offered.
        hidden: fields that the help text leaves out.
        words: field -> function from the beginning of a value to the values that a shell offers to complete it.
    """
    parameters: dict[str, inspect.Parameter] = {}
    offered_by = {
        model: [
            field
            for field in dataclasses.fields(model)
            if field.name not in without and (model, field.name) not in without
        ]
        for model in models
    }
    for model, fields in offered_by.items():
        hints = get_type_hints(model, include_extras=True)
        for field in fields:
            help_text = (help_texts or {}).get(field.name)
            offered = (words or {}).get(field.name)
            annotation = _annotation(hints[field.name], field.name, help_text, offered, hidden=field.name in hidden)
            default = field.default
            # Options that may be repeated come as lists.
            default = list(default) if isinstance(default, tuple) else default
            parameters[field.name] = inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )

    parameters["context"] = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def command(context: typer.Context, **given: Any) -> int:
        instances = []
        for model, fields in offered_by.items():
            names = [field.name for field in fields]
            values = {name: tuple(v) if isinstance(v := given[name], list) else v for name in names}
            instances.append(model(**values))
        return handle(*instances, TypedFlags.of(context))

    command.__signature__ = inspect.Signature(list(parameters.values()))
    command.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    command.__doc__ = handle.__doc__
    return command


def _annotation(
    hint: Any, name: str, help_text: str | None, words: Callable[[str], list[str]] | None, *, hidden: bool
) -> Any:
    """The type of a field as typer takes it, with another help text and values to complete if there are any."""
    if get_origin(hint) is not Annotated:
        raise TypeError(f"expected a field annotated with typer.Option or typer.Argument, received {hint}")
    kind, option = get_args(hint)
    if not isinstance(option, ParameterInfo):
        raise TypeError(f"expected typer.Option or typer.Argument, received {option}")
    option = copy(option)
    option.hidden = hidden
    if help_text is not None:
        option.help = help_text
    if words is not None:
        option.autocompletion = words
    if kind in (Path, Path | None):
        option.parser = functools.partial(_read_path, _spelled(name, option))
    if kind is bool:
        option.metavar = ""  # a flag takes no value, though its type would be shown as one
    return Annotated[list[str] if kind == _TUPLE_OF_TEXT else kind, option]


def _spelled(name: str, option: ParameterInfo) -> str:
    """A field as it is typed: its flag, or what stands for an argument in the help text."""
    if isinstance(option, ArgumentInfo):
        return option.metavar or name.upper()
    return option.param_decls[0] if option.param_decls else f"--{name.replace('_', '-')}"


def _read_path(flag: str, text: str | Path) -> Path:
    """A path from the command line. An empty one, as of a variable of the shell that is not set, is refused: it would
    mean the current folder.

    Raises:
        SpecError: it is empty.
        DataError: it begins with a home folder that is not known.
    """
    if text == "":
        raise SpecError(f'{flag} "": is empty; expected a path. For the current folder, give a dot (.).')
    if Path(text) != DEFAULT_CACHE:
        expanded(text)
    return Path(text)


@dataclasses.dataclass(frozen=True)
class TypedFlags:
    """The flags that a command line gave, also where they gave the default value.

    Args:
        typed: fields of the given flags, in the order of their declaration.
        spelled: field -> flag, of all that the command has.
    """

    typed: tuple[str, ...]
    spelled: dict[str, str]

    @classmethod
    def of(cls, context: typer.Context) -> Self:
        """The flags of a command line that typer has parsed."""
        spelled = {one.name: one.opts[0] for one in context.command.params if one.name and one.opts}
        given = [name for name in spelled if context.get_parameter_source(name).name == "COMMANDLINE"]
        return cls(tuple(name for name in given if name != "help"), spelled)

    def require_only(self, honoured: Collection[str], *, mode: str, takes: str = "") -> None:
        """Refuse flags that a mode of the command does not use.

        Args:
            honoured: fields that the mode uses, its own flag among them.
            mode: the flag of the mode, e.g. `--from-records`.
            takes: why it takes no other flags; by default the flags that it takes are listed.

        Raises:
            SpecError: naming the refused flags as they are typed.
        """
        refused = [self.spelled[name] for name in self.typed if name not in (*honoured, *_OF_ALL_MODES)]
        if refused:
            others = [flag for name, flag in self.spelled.items() if name in honoured and flag != mode]
            listed = " and ".join([", ".join(others[:-1]), others[-1]] if len(others) > 1 else others)
            does = takes or (f"takes only {listed}" if others else "takes no other flag")
            raise SpecError(
                f"{', '.join(refused)}: not used by {mode}, which {does}. Leave "
                f"{'it' if len(refused) == 1 else 'them'} out."
            )
