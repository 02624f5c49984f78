"""The pages of `encore data`: the list of data sets, and what is known of one, with the parts of a page on screen."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from common.cli.screen import wide_console
from common.core.words import wrapped
from data_pipeline.datasets.about import About

# Width without a terminal, and the widest that text is still easy to read at.
WIDTH, WIDEST = 80, 100


def show_list(shown: Sequence[About]) -> None:
    """Print the data sets, each with what it is."""
    table = bare_table("--dataset", "what it is")
    for about in shown:
        table.add_row(about.key, about.summary)
    screen = wide_console(WIDTH, WIDEST)
    screen.print(table)
    screen.print("encore data DATASET      where to get it, licence, citation, known faults")
    screen.print("encore data DATASET DIR  checks your copy, and says what can be run with it")


def show_about(about: About) -> None:
    """Print the page on one data set."""
    screen = wide_console(WIDTH, WIDEST)
    screen.print(Text(f"{about.title}: {about.summary}", style="bold"))
    for source in about.sources:
        screen.print(Text(f"Get it from {source.site}:"))
        # Not wrapped, so that addresses and checksums can be copied.
        screen.print(Text(f"  https://{source.address}"), soft_wrap=True)
        for archive, digest in source.sha1:
            screen.print(Text(f"  SHA-1 of {archive}: {digest}"), soft_wrap=True)
        screen.print(Padding(Words(source.layout), (0, 0, 0, 2)))
    # As Text, so that brackets are no markup.
    rows = grid()
    rows.add_row("size", Text(about.size))
    if about.takes:
        rows.add_row("options", Text(f"--dataset {about.value or about.key} --data PATH, where PATH is {about.takes}"))
    rows.add_row("licence", Text(about.licence))
    if about.citation:
        rows.add_row("cite", Text(about.citation))
    for place, fault in enumerate(about.faults):
        rows.add_row("" if place else "known faults", Words(f"- {fault.text} [{fault.source}]", indent="  "))
    if about.note:
        rows.add_row("note", Words(about.note))
    screen.print(rows)
    if about.check:
        screen.print("Check your copy:")
        screen.print(Text(f"  {about.check}"), soft_wrap=True)
    elif about.takes:
        path = "PATH" if about.key == "arrays" else "DIR"
        screen.print(f"Check your copy: encore data {about.key} {path}")
    else:
        screen.print("Try it: encore run se_cnn")


class Words:
    """Text in lines that are broken between words, but not before a percent sign.

    Args:
        text: of one paragraph.
        indent: before every line but the first.
    """

    def __init__(self, text: str, *, indent: str = ""):
        self._text, self._indent = text, indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Brackets are no markup; a word that is wider than the screen is folded.
        yield Text("\n".join(wrapped(self._text, options.max_width, indent=self._indent)), overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, Text(self._text))


def grid() -> Table:
    """A column of names beside a column of text."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def bare_table(*columns: str) -> Table:
    """A table without lines."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in ("--dataset", "PAPER"))
    return table
