"""`encore list`: the papers, or the tables of one."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.table import Table as ScreenTable
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.listing import show_listing
from common.cli.screen import ScreenOptions, print_json, wide_console
from common.core.console import say, warn
from common.core.errors import SpecError
from common.core.extras import require_backend
from common.launch import load_paper, paper_keys, papers_with_searches
from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks


@dataclass(frozen=True)
class ListOptions:
    """What to list."""

    paper: Annotated[str | None, Argument(help="Paper whose tables to list, e.g. se_cnn. Default: all papers.")] = None
    update_counts: Annotated[
        bool,
        Option(
            "--update-counts",
            help="Build the networks of the paper, count their parameters, and store the counts in its folder.",
        ),
    ] = False


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    about = "List the papers, or the tables of one with rows, parameter counts and published numbers."
    app.command(help=about)(command_of(_list, ListOptions, ScreenOptions))
    return app


def _list(asked: ListOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    if asked.update_counts:
        if asked.paper is None:
            raise SpecError("--update-counts: counts the networks of one paper; name it, e.g. encore list se_cnn.")
        _update_counts(load_paper(asked.paper))
    if asked.paper is not None:
        return show_listing(load_paper(asked.paper), as_json=screen.json)
    papers, mistakes = [], {}
    for key in paper_keys():
        try:
            papers.append(_described(load_paper(key)))
        except SpecError as error:
            mistakes[key] = str(error)
            warn(str(error))
    if screen.json:
        print_json({"papers": papers, "mistakes": mistakes})
        return 0
    table = ScreenTable(title="Papers")
    for name in ("paper", "title", "data", "tables", "tune"):
        table.add_column(name, overflow="fold")
    for one in papers:
        tables = ", ".join(one["tables"])
        table.add_row(one["key"], one["title"], one["published_on"], tables, "yes" if one["searches"] else "")
    for key in mistakes:
        table.add_row(key, "cannot be used: there is a mistake in its modules")
    wide_console(100).print(table)
    say("encore list PAPER shows the rows of its tables, encore run PAPER trains them.")
    return 0


def _described(paper: Paper) -> dict[str, Any]:
    return {
        "key": paper.key,
        "title": paper.title,
        "citation": paper.citation,
        "published_on": paper.published_on,
        "tables": paper.table_ids,
        "searches": paper.key in papers_with_searches(),
    }


def _update_counts(paper: Paper) -> None:
    require_backend()
    built = StoredNetworks.built(paper)
    say(f"{built.store()}: parameters of the networks of {len(built.parameters)} experiments written")
