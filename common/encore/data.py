"""`encore data`: where to get a data set, what is known of it, and whether a user's copy is complete and whole."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, print_json
from common.core.console import say
from common.core.errors import EncoreError, SpecError
from common.core.files import require_writable_folder
from common.core.nearest import did_you_mean, nearest_names
from common.core.option_groups import OUTPUT, SPECIAL, WHAT
from common.core.shell import shell_word
from common.encore.data_pages import show_about, show_list
from data_pipeline.cache import DEFAULT_CACHE, cache_folder
from data_pipeline.datasets.about import ABOUT, OWN_FOLDER_VALUE, About, names_beginning, page_of, value_to_run
from data_pipeline.datasets.files import require_reachable

if TYPE_CHECKING:
    from data_pipeline.datasets.check.report import DataReport

_HELP = (
    "Where to get a data set, its licence, citation and known faults; with DIR, a check of your copy of it. Ends with "
    "0 where the copy can be used as it is, 1 where clips are missing or broken, or no paper has rows for it, 2 where "
    "it cannot be checked."
)
# Option that checks of one data set use -> this data set, and what is given of it.
_OWNERS = {
    "labels": (OWN_FOLDER_VALUE, "DIR"),
    "artist_level": (OWN_FOLDER_VALUE, "DIR"),
    "out": (OWN_FOLDER_VALUE, "DIR"),
    "seconds_per_column": ("arrays", "PATH"),
    "genre_names": ("arrays", "PATH"),
    "cache": ("gtzan", "PATH"),
}


@dataclass(frozen=True)
class DataOptions:
    """What the command takes."""

    dataset: Annotated[
        str | None,
        Argument(
            metavar="DATASET",
            help=f"One of: {', '.join(ABOUT)}. Without it: a list of them.",
            autocompletion=names_beginning,
        ),
    ] = None
    data: Annotated[
        Path | None,
        Argument(metavar="DIR", help="Folder of the data set or of arrays; GTZAN's archive, or an .npz of arrays."),
    ] = None
    quick: Annotated[
        bool,
        Option("--quick", rich_help_panel=WHAT, help="Read names, sizes and headers only; decode nothing."),
    ] = False
    labels: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=SPECIAL,
            help="Genres, artists, splits of data set folder (.csv). Columns: path, and any of genre, artist, split.",
        ),
    ] = None
    artist_level: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=SPECIAL,
            help="Artists are the folders N levels below the genres. For data set folder. Default: the files' tags.",
        ),
    ] = None
    out: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            rich_help_panel=OUTPUT,
            help="Folder for results: the picture of an own folder. Default: results/local.",
        ),
    ] = None
    seconds_per_column: Annotated[
        float | None,
        Option(
            min=1e-6,
            metavar="S",
            rich_help_panel=SPECIAL,
            help="Seconds between columns of arrays. Needed where the file has no n_samples.",
        ),
    ] = None
    genre_names: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            rich_help_panel=SPECIAL,
            help="Names of genres that arrays hold as numbers. In label order, e.g. blues,jazz. Or a text file with "
            "one name per line.",
        ),
    ] = None
    cache: Annotated[
        Path,
        Option(metavar="DIR", rich_help_panel=OUTPUT, help="Folder where GTZAN is unpacked, if it comes packed."),
    ] = DEFAULT_CACHE


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=_HELP, cls=HelpCommand)(command_of(_data, DataOptions, ScreenOptions, without=("wide",)))
    return app


def _data(options: DataOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    dataset, data = options.dataset and value_to_run(options.dataset), options.data
    if dataset is not None and page_of(dataset) is None:
        near = did_you_mean(nearest_names(dataset, ABOUT))
        raise SpecError(f"{dataset}: no such data set{near or '.'} Expected one of: {', '.join(ABOUT)}.")
    if options.quick and data is None:
        raise SpecError("--quick: goes with a folder to check, e.g. encore data gtzan DIR --quick.")
    for name in flags.typed:
        owner, path = _OWNERS.get(name, (dataset, ""))
        if path and (data is None or dataset != owner):
            raise SpecError(f"{flags.spelled[name]}: goes with encore data {owner} {path}.")
    if data is not None:
        return _check(dataset, data, options, as_json=screen.json)
    shown = list(ABOUT.values()) if dataset is None else [page_of(dataset)]
    if screen.json:
        values = [_about_json(about) for about in shown]
        print_json(values if dataset is None else values[0])
        return 0
    if dataset is None:
        show_list(shown)
    else:
        show_about(shown[0])
    return 0


def _check(dataset: str, data: Path, options: DataOptions, *, as_json: bool) -> int:
    if dataset == "demo":
        raise SpecError(
            f"{data}: the demo corpus is generated by Encore and checked whenever it is used; there is no folder to "
            "give. Name the data set of the folder, e.g. encore data gtzan DIR."
        )
    if page_of(dataset).check:
        raise SpecError(f"{data}: is not checked by Encore, but by mirdata: {page_of(dataset).check}.")
    # Loaded here, so that help texts and the pages on data sets are shown at once.
    from common.encore.data_papers import papers_on, split_names
    from common.encore.data_report import show_report
    from data_pipeline.datasets.check.arrays import check_arrays
    from data_pipeline.datasets.check.folder import check_folder

    try:
        require_reachable(data.expanduser(), flag="--data")
        if data.expanduser().exists():
            if dataset == OWN_FOLDER_VALUE:
                # Before the check, which may take minutes.
                require_writable_folder(_results(options), flag="--out")
            say(f"reading {data} ...")
        if dataset == "arrays":
            report, given = check_arrays(
                data,
                quick=options.quick,
                seconds_per_column=options.seconds_per_column,
                genre_names=options.genre_names,
            )
        else:
            given = None
            report = check_folder(
                dataset,
                data,
                quick=options.quick,
                labels=options.labels,
                artist_level=options.artist_level,
                # Only GTZAN is unpacked there.
                cache=cache_folder(options.cache) if dataset == "gtzan" else None,
            )
    except EncoreError as error:
        raise type(error)(_of_argument(str(error), ABOUT[dataset])) from error
    papers = papers_on(report, given)
    can_run = any(paper.rows for paper in papers) and report.genres_with_clips > 1
    splits = split_names(report.splits, with_artist=report.with_artist > 0) if can_run else []
    figures = _draw(report, _results(options)) if report.by_genre and report.usable else []
    if as_json:
        found = {"split_names": splits, "papers": [asdict(paper) for paper in papers]}
        print_json(report.as_json() | found | {"figures": list(map(str, figures))})
    else:
        show_report(report, splits, papers)
        if figures:
            say(f"picture: {' and '.join(map(shell_word, figures))}")
    return 0 if report.is_complete and can_run else 1


def _results(options: DataOptions) -> Path:
    """The folder of results of a command."""
    from common.records.paths import OWN_RESULTS  # here: takes longer to load than all pages on data sets

    return (options.out or OWN_RESULTS).expanduser()


def _draw(report: "DataReport", out: Path) -> list[Path]:
    """Draw what an own folder holds; returns the files.

    Args:
        out: folder of results.
    """
    # matplotlib takes half a second to load.
    from common.encore.data_figure import draw_report
    from common.records.paths import data_figure
    from common.reports.figures.files import save_figure
    from data_pipeline.datasets.folder import OWN_FOLDER

    return save_figure(partial(draw_report, report), data_figure(out, report.title.removeprefix(OWN_FOLDER)))


def _of_argument(message: str, about: About) -> str:
    """What is wrong with a folder, where it was given without `--data`, to the command that says where to get it."""
    give = f"Give {about.takes}. Where to get it: encore data {about.key}"
    return message.removeprefix("--data ").replace(about.where, give)


def _about_json(about: About) -> dict[str, Any]:
    values = asdict(about)
    for source in values["sources"]:
        source["sha1"] = dict(source["sha1"])
    return values
