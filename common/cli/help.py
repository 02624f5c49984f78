"""Help texts: options in groups, the most needed first, and a line of its own for each sentence.

Typer's own help squeezes the sentences into a third of the screen and shows the Python types of values.
"""

import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from common.core.console import PlainConsole
from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.core.option_groups import GROUPS, OUTPUT

# Columns of the names of options and of the space after them.
LEFT_COLUMNS = 26
_LEAST_COLUMNS = 60
# Longer lines are hard to read.
_MOST_COLUMNS = 120
_SENTENCE_END = re.compile(r"(?<=[.?])\s+(?=[A-Z])")


class HelpCommand(TyperCommand):
    """A command whose help text is in the form of this module."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help text. It goes to standard output at once, as that of typer does."""
        screen = _Screen()
        screen.begin(self, ctx)
        screen.options(self.get_params(ctx))


class HelpGroup(TyperGroup):
    """A command with commands below it, whose help text is in the form of this module.

    Args:
        member: what the names below it are, in the singular.
    """

    def __init__(self, *, member: str = "command", **described: Any):
        super().__init__(**described)
        self._member = member

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help text with the list of what is below it."""
        screen = _Screen()
        screen.begin(self, ctx)
        described = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        screen.section(f"{self._member.capitalize()}s", described)
        screen.section("Options", [(_spelled(param), _about(param)) for param in self.get_params(ctx)])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of that name.

        Raises:
            SpecError: there is none.
        """
        name = args[0]
        if name not in self.commands and not (ctx.resilient_parsing or name.startswith("-")):
            near = did_you_mean(nearest_names(name, self.commands))
            raise SpecError(f"{name}: no such {self._member}{near or '.'} Expected one of: {', '.join(self.commands)}.")
        return super().resolve_command(ctx, args)


def sentences(text: str) -> list[str]:
    """The sentences of a help text, each of which begins with a capital letter."""
    return _SENTENCE_END.split(" ".join(text.split()))


class _Screen:
    """Standard output, as help texts use it."""

    def __init__(self) -> None:
        self._console = PlainConsole(file=sys.stdout, soft_wrap=True)
        self._columns = min(max(_LEAST_COLUMNS, self._console.width), _MOST_COLUMNS)

    def begin(self, command: Any, ctx: Any) -> None:
        """Print how the command is used, and what it does."""
        pieces = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
        self._console.print(Text(f"Usage: {pieces}"))
        for paragraph in (command.help or "").split("\n\n"):
            self._console.print()
            for line in _filled(paragraph, self._columns):
                self._console.print(Text(line))

    def options(self, params: Iterable[Any]) -> None:
        """Print arguments and options, by group; those without a group belong to the output."""
        shown = [param for param in params if not getattr(param, "hidden", False)]
        arguments = [param for param in shown if param.param_type_name == "argument"]
        self.section("Arguments", [(param.metavar or param.name.upper(), _about(param)) for param in arguments])
        for group in GROUPS:
            own = [param for param in shown if param not in arguments and _group_of(param) == group]
            self.section(group, [(_spelled(param), _about(param)) for param in own])

    def section(self, title: str, lines: list[tuple[str, str]]) -> None:
        """Print a heading and its lines; nothing where there are none."""
        if not lines:
            return
        self._console.print()
        self._console.print(Text(title, style="bold"))
        for name, about in lines:
            left = f"  {name}"
            first, *others = _lines(about, self._columns - LEFT_COLUMNS) or [""]
            if len(left) > LEFT_COLUMNS - 2:
                self._console.print(Text(left, style="cyan"))
                left = ""
            self._console.print(Text.assemble((left.ljust(LEFT_COLUMNS), "cyan"), first))
            for line in others:
                self._console.print(Text(" " * LEFT_COLUMNS + line))


def _group_of(param: Any) -> str:
    return param.rich_help_panel if getattr(param, "rich_help_panel", None) in GROUPS else OUTPUT


def _spelled(param: Any) -> str:
    """The names of an option, the short one first, and what it takes."""
    names = ", ".join(sorted(param.opts, key=len))
    takes = "" if param.is_flag or param.metavar == "" else param.metavar or param.name.upper()
    return f"{names} {takes}".rstrip()


def _about(param: Any) -> str:
    """The help text of an option, with its choices where neither text nor `metavar` names them, and with its default
    where there is one that can be shown."""
    if param.name == "help":
        return "Show this text, then stop."
    text, default = param.help or "", param.default
    choices = [str(choice) for choice in param.type_descriptor.choices or ()]
    if "|" not in (param.metavar or "") and any(choice not in f"{text} {param.metavar}" for choice in choices):
        text += f" One of: {', '.join(choices)}."
    if param.show_default and default not in (None, "") and not isinstance(default, bool | list):
        text += f" Default: {f'{default:g}' if isinstance(default, float) else default}."
    return text


def _lines(text: str, columns: int) -> list[str]:
    """A help text in lines: whole sentences, as many as fit into one; a sentence that is too long is broken. A
    paragraph begins a line."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        begun = len(lines)
        for sentence in sentences(paragraph):
            if len(lines) > begun and len(lines[-1]) + 1 + len(sentence) <= columns:
                lines[-1] += f" {sentence}"
            else:
                lines += _filled(sentence, columns)
    return lines


def _filled(text: str, columns: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), columns, break_long_words=False, break_on_hyphens=False)
