"""`encore list`: the papers, or the tables of one."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.listing import show_listing
from common.cli.screen import ScreenOptions, print_json, print_listing
from common.core.console import say, warn
from common.core.errors import SpecError
from common.core.extras import require_backend
from common.core.option_groups import SPECIAL
from common.launch import load_paper, paper_keys, papers_with_searches
from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks
from common.reports.screen.columns import Column

_YEAR = re.compile(r"\b(?:19|20)\d\d(?:-(?:19|20)\d\d)?\b")


def _keys(incomplete: str) -> list[str]:
    return [key for key in paper_keys() if key.startswith(incomplete)]


@dataclass(frozen=True)
class ListOptions:
    """What to list."""

    paper: Annotated[
        str | None,
        Argument(metavar="PAPER", help="Paper to show, e.g. se_cnn. Default: all papers.", autocompletion=_keys),
    ] = None
    update_counts: Annotated[
        bool,
        Option(
            "--update-counts",
            rich_help_panel=SPECIAL,
            help="Count the parameters of a paper's networks again. The counts are stored in the paper's folder.",
        ),
    ] = False


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    about = "List the papers, or the tables of one with rows, parameter counts and published numbers."
    app.command(help=about, cls=HelpCommand)(command_of(_list, ListOptions, ScreenOptions))
    return app


def _list(asked: ListOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    if asked.update_counts:
        if asked.paper is None:
            raise SpecError("--update-counts: counts the networks of one paper; name it, e.g. encore list se_cnn.")
        _update_counts(load_paper(asked.paper))
    if asked.paper is not None:
        return show_listing(load_paper(asked.paper), screen)
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
    rows = [
        (one["key"], _title(one), one["published_on"], ", ".join(one["tables"]), "yes" if one["searches"] else "")
        for one in papers
    ]
    heads = ("paper", "title and authors", "data", "tables", "tune")
    cells = zip(*rows, strict=True) if rows else ((),) * len(heads)
    columns = [Column(head, of_papers, is_text=True) for head, of_papers in zip(heads, cells, strict=True)]
    if papers:
        print_listing("Papers", columns, screen)
    say("encore list PAPER shows the rows of its tables, encore run PAPER trains them.")
    return 0


def _title(described: dict[str, Any]) -> str:
    """The short title of a paper with its first author and year, as far as the citation has them."""
    authors = described["citation"].partition('"')[0].strip(" ,").split(", ")
    by = authors[0] if len(authors) == 1 else " and ".join(authors) if len(authors) == 2 else f"{authors[0]} et al."
    year = _YEAR.search(described["citation"])
    return ", ".join(filter(None, (described["title"], by, year and year[0])))


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
