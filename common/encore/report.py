"""`encore report`: all results of a folder on one page, which needs no network."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, print_json, print_sentence
from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.files import expanded
from common.core.option_groups import OUTPUT, SPECIAL, WHAT
from common.core.shell import shell_word
from common.core.words import counted
from common.launch import is_paper, load_paper, paper_keys
from common.paper.paper import Paper
from common.records.paths import COMMITTED_RESULTS, OWN_RESULTS, result_folders, results_of_checkout, table_files
from common.report_page.limits import CLIP_DATA_BYTES, CLIP_DATA_FLAG, MEGABYTE

_HELP = (
    "Write one HTML page with all results of a folder: published and measured numbers, what leaks, learning curves, "
    "confusion matrices, and the clips that are always wrong. It needs no network and holds no audio."
)
_JSON_HELP = "Print path, size and content as JSON."


@dataclass(frozen=True)
class ReportOptions:
    """What the command takes."""

    results: Annotated[
        Path | None,
        Argument(
            metavar="RESULTS",
            help=f"Folder of results. Default: {OWN_RESULTS} where it has any, else {COMMITTED_RESULTS}.",
        ),
    ] = None
    out: Annotated[Path, Option(metavar="FILE", rich_help_panel=OUTPUT, help="The page, a .html file.")] = Path(
        "report.html"
    )
    papers: Annotated[
        tuple[str, ...],
        Option(
            "--paper", metavar="PAPER", rich_help_panel=WHAT, help="Show this paper only. Repeat for several, or a,b."
        ),
    ] = ()
    clip_data_mb: Annotated[
        float,
        Option(
            min=0,
            metavar="N",
            rich_help_panel=SPECIAL,
            help="Most MB of decisions on single clips. Above it, those of whole rows are left out. The rest of the "
            "page is not counted. No limit: inf.",
        ),
    ] = CLIP_DATA_BYTES / MEGABYTE


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    words = {"papers": lambda incomplete: [key for key in paper_keys() if key.startswith(incomplete)]}
    app.command(help=_HELP, cls=HelpCommand)(
        command_of(
            _report, ReportOptions, ScreenOptions, without=("wide",), help_texts={"json": _JSON_HELP}, words=words
        )
    )
    return app


def _report(options: ReportOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    target = _target(options.out)
    keys = _keys(options.papers)
    asked = [load_paper(key) for key in keys]
    results = _results_folder(options.results)
    papers = asked or _papers_in(results)
    say(f"reading the results in {results} ...")
    from common.report_page.write import write_page

    # As good as none from the largest number on that a computer counts with.
    most = round(min(options.clip_data_mb * MEGABYTE, sys.maxsize))
    written = write_page(papers, results, target, clip_bytes=most)
    if written is None:
        raise DataError(_without_papers(results, [paper.key for paper in papers]))
    for paper in papers:
        if paper.key not in written.papers:
            warn(f"{paper.key}: no results in {results}, so that it is not on the page")
    if written.left_out:
        place = shell_word(written.path)
        command = f"encore report {shell_word(results)}{_flags(keys)} --out {place} {CLIP_DATA_FLAG} N"
        warn(f"{written.left_out} Another limit of these decisions: {command}")
    if screen.json:
        print_json(
            {
                "page": str(written.path),
                "bytes": written.size,
                "papers": list(written.papers),
                "rows": written.rows,
                "runs": written.runs,
                "left_out": written.left_out,
            }
        )
        return 0
    size = f"{written.size / MEGABYTE:.2f} MB"
    about = f"{counted(written.rows, 'measured row')}, {counted(written.runs, 'run')}, {size}"
    print_sentence(f"written to: {shell_word(written.path)} ({about}); open it in a browser")
    return 0


def _target(out: Path) -> Path:
    """The file of the page.

    Raises:
        SpecError: it does not end in .html.
        DataError: it cannot be written.
    """
    target = expanded(out)
    if target.suffix.lower() != ".html":
        raise SpecError(f"--out {out}: expected a file that ends in .html, e.g. --out report.html.")
    if target.is_dir():
        raise DataError(
            f"{target}: is a folder; expected a file. Give another one, e.g. --out {target / 'report.html'}"
        )
    place = next(folder for folder in target.absolute().parents if folder.exists())
    if not place.is_dir():
        raise DataError(
            f"{target}: cannot be written, because {place} is a file; expected a folder. Give another file with --out."
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise DataError(
            f"{target}: cannot be written, because nothing may be written in {place}. Give another file with --out."
        )
    return target


def _keys(papers: tuple[str, ...]) -> list[str]:
    """Keys of the papers that were asked for, each once."""
    parts = (part.strip() for text in papers for part in text.split(","))
    return list(dict.fromkeys(filter(None, parts)))


def _flags(keys: list[str]) -> str:
    """The flags that ask for papers."""
    return "".join(f" --paper {key}" for key in keys)


def _without_papers(results: Path, keys: list[str]) -> str:
    """Why a folder has nothing of papers that can be shown, as an error message."""
    text = (
        f"{results}: holds no table and no record of {', '.join(keys)} that can be shown; expected "
        "PAPER/DATASET/runs/*.json or PAPER/DATASET/table_*.json."
    )
    if there := [key for key in keys if result_folders(results, key)]:
        return f"{text} Make the tables again: encore run {there[0]} --from-records --out {shell_word(results)}"
    for other in filter(None, [OWN_RESULTS, COMMITTED_RESULTS, results_of_checkout()]):
        found = [key for key in keys if table_files(other, key, with_demo=True) or result_folders(other, key)]
        if found and other.resolve() != results.resolve():
            return f"{text} There are some in {other}: encore report {shell_word(other)}{_flags(found)}"
    return f"{text} Make some, e.g. encore run {keys[0]}"


def _results_folder(asked: Path | None) -> Path:
    """The folder of results that was asked for, or the first of those where results are without one.

    Raises:
        DataError: there is none.
    """
    if asked is not None:
        folder = expanded(asked)
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "no such folder"
            raise DataError(
                f"{folder}: {what}; expected a folder of results, as commands write it with --out. Name another, e.g. "
                "encore report results"
            )
        return folder
    places = [OWN_RESULTS, COMMITTED_RESULTS, *filter(None, [results_of_checkout()])]
    for place in places:
        if place.is_dir() and _papers_in(place, required=False):
            return place
    raise DataError(
        f"{OWN_RESULTS}, {COMMITTED_RESULTS}: no results of any paper there. Make some, e.g. encore run se_cnn, or "
        "name a folder of results: encore report DIR"
    )


def _papers_in(results: Path, *, required: bool = True) -> list[Paper]:
    """The papers that have results in a folder; one whose declaration has a mistake is named in a warning.

    Raises:
        DataError: there are none, and some are required.
    """
    keys = [key for key in paper_keys() if table_files(results, key, with_demo=True) or result_folders(results, key)]
    if not keys and required:
        raise DataError(_without_results(results))
    found = []
    for key in keys:
        try:
            found.append(load_paper(key))
        except SpecError as error:
            warn(f"not on the page: {key}: {error}")
    return found


def _without_results(results: Path) -> str:
    """Why a folder has no results, as an error message."""
    expected = "expected PAPER/DATASET/runs/*.json below it, as commands write them with --out"
    for key, folder in ((results.name, results.parent), (results.parent.name, results.parent.parent)):
        if is_paper(key) and result_folders(folder, key):
            command = f"encore report {shell_word(folder)} --paper {key}"
            return f"{results}: is a folder of {key} alone; {expected}. Name {folder} and the paper instead: {command}"
    return f"{results}: holds no results of a paper; {expected}. Name another folder: encore report DIR"
