"""`encore board`: TensorBoard over the learning curves of runs, each named by paper, data set, row and seed."""

import importlib.util
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, print_json
from common.core.console import say
from common.core.errors import DataError, ExtraError, SpecError
from common.core.files import expanded
from common.core.interrupts import asked_to_stop, set_aside, waiting
from common.core.option_groups import OUTPUT, SPECIAL
from common.core.tf_logging import quiet_start
from common.launch import is_paper, paper_keys
from common.records.paths import curve_folders
from common.runs.options import DataOptions

_HELP = (
    "Show the learning curves of runs in TensorBoard, also while they are trained, until Ctrl-C. Runs are named "
    "PAPER/DATASET/ROW/SEED."
)
_JSON_HELP = "Print the address and the folders as JSON."


@dataclass(frozen=True)
class BoardOptions:
    """What the command takes."""

    paper: Annotated[str | None, Argument(metavar="PAPER", help="Show this paper only. Without it: all.")] = None
    out: Annotated[
        Path, Option(metavar="DIR", rich_help_panel=OUTPUT, help="Folder of results, as commands write it with --out.")
    ] = DataOptions.out
    port: Annotated[
        int | None,
        Option(
            min=1,
            max=65535,
            metavar="N",
            rich_help_panel=SPECIAL,
            help="Port of this machine. Default: the first free one from 6006 on.",
        ),
    ] = None


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=_HELP, cls=HelpCommand)(
        command_of(_board, BoardOptions, ScreenOptions, without=("wide",), help_texts={"json": _JSON_HELP})
    )
    return app


def _board(options: BoardOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    try:
        return _serve(options, screen)
    except KeyboardInterrupt:
        if asked_to_stop() not in (None, signal.SIGINT):
            raise
        set_aside()
        say("ended")
        return 0


def _serve(options: BoardOptions, screen: ScreenOptions) -> int:
    logdirs = log_folders(options.out, options.paper)
    if importlib.util.find_spec("tensorboard") is None:
        raise ExtraError(
            f"encore board: TensorBoard cannot be found. Install it: {sys.executable} -m pip install tensorboard."
        )
    url = start_board(logdirs, options.port)
    if screen.json:
        print_json({"url": url, "folders": {name: str(folder) for name, folder in logdirs.items()}})
    else:
        print(f"learning curves: {url} (Ctrl-C ends it)")
    sys.stdout.flush()
    with waiting():
        threading.Event().wait()
    return 0


def log_folders(out: Path, paper: str | None) -> dict[str, Path]:
    """The folders with learning curves, by the first part of the names of their runs.

    Raises:
        SpecError: there is no such paper.
        DataError: there are no learning curves, or TensorBoard cannot be given the path of a folder.
    """
    if paper is not None and not is_paper(paper):
        raise SpecError(f"{paper}: no paper of that name; expected one of: {', '.join(paper_keys())}.")
    out = expanded(out).absolute()
    found = curve_folders(out, paper or "*")
    if not found:
        of_paper = "" if paper is None else f" of {paper}"
        raise DataError(
            f"{out}: no learning curves{of_paper} below it; expected those that runs write into "
            "PAPER/DATASET/work/tensorboard. Train something first, e.g. encore run se_cnn, or name the folder with "
            "--out."
        )
    if "," in str(out):
        raise DataError(
            f"{out}: this path holds a comma, which TensorBoard takes for the end of a path. Move the results, or use "
            "a link without one."
        )
    return found


def start_board(logdirs: dict[str, Path], port: int | None) -> str:
    """Start TensorBoard in threads of this process; returns its address.

    Args:
        logdirs: first part of the names of runs -> folder.
        port: None for the first free one from 6006 on.

    Raises:
        SpecError: the port is in use.
    """
    spec = ",".join(f"{name}:{folder}" for name, folder in logdirs.items())
    # Also while it starts: it imports TensorFlow as late as that.
    with quiet_start(announced=True, what="TensorBoard"):
        from tensorboard import program

        board = program.TensorBoard()
        board.configure(
            argv=["tensorboard", "--logdir_spec", spec, *([] if port is None else ["--port", str(port)])],
            # The server that reads faster prints an advertisement of itself, and cannot name folders.
            load_fast="false",
        )
        try:
            return board.launch()
        except program.TensorBoardServerException as error:
            asked = "6006 to 6015" if port is None else str(port)
            raise SpecError(f"--port {asked}: {error}. Give another port.") from error
