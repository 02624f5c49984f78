"""The options that commands share, with their help texts.

`common.cli.flags` turns the fields into options of a command line, in this order and under these names.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Self

from typer import Option

from common.paper.experiment import Scale
from common.paper.protocol import SPLIT_MEANINGS, UNIT_MEANINGS, SplitName, Unit, read_unit
from common.paper.training import Precision
from common.runs.selection import read_weight_files
from common.training.asked_devices import parse_devices
from common.training.memory import NO_LIMIT, MemoryLimit, parse_memory_limit
from data_pipeline.audio.decode import Decoder

DatasetName = Literal["demo", "gtzan", "fma_small", "fma_large", "arrays"]


@dataclass(frozen=True)
class DataOptions:
    """Which data a command reads, and where it keeps what it makes."""

    dataset: Annotated[DatasetName, Option(help="Data set to use; demo is generated music and needs no download.")] = (
        "demo"
    )
    data: Annotated[
        Path | None, Option(help="Folder that holds the data set, or the .npz file of --dataset arrays.")
    ] = None
    seconds_per_column: Annotated[
        float | None,
        Option(
            min=1e-6, help="Seconds between columns of the spectrograms in --dataset arrays, if it has no n_samples."
        ),
    ] = None
    decoder: Annotated[Decoder, Option(help="Library that decodes audio files.")] = "soundfile"
    cache: Annotated[Path, Option(help="Folder for extracted features, which later commands use again.")] = Path(
        "~/.cache/encore"
    )
    out: Annotated[Path, Option(help="Folder for results: records, tables, figures.")] = Path("results")
    skip_bad: Annotated[
        bool, Option("--skip-bad", help="Skip clips that cannot be used; tables say how many they are.")
    ] = False

    def __post_init__(self) -> None:
        for name in ("cache", "out"):
            object.__setattr__(self, name, getattr(self, name).expanduser())


@dataclass(frozen=True)
class Options(DataOptions):
    """What `run.py` and `tune.py` both take; None where the paper, the scale or the data set decides.

    Args:
        tables, rows: ids of tables, and names or labels of rows; empty for the paper's own choice.
        changes: values of `--set`, as `PATH=VALUE`.
        weights: values of `--weights`, as `NAME=FILE`.
    """

    tables: Annotated[tuple[str, ...], Option("--table", help="Table of the paper to make; repeat for several.")] = ()
    rows: Annotated[
        tuple[str, ...],
        Option(
            "--row",
            help="Row to run: its name or label as encore list shows them, or several names with commas between them. "
            "Default: all rows.",
        ),
    ] = ()
    scale: Annotated[
        Scale | None,
        Option(
            help="paper: the size of the paper; smoke: few clips and epochs, done in minutes, to see that everything "
            "works. Default: smoke for the demo data, else paper."
        ),
    ] = None
    features: Annotated[
        Literal["paper", "small"] | None,
        Option(
            help="paper: the features of the paper; small: features that are faster to extract and to train on. "
            "Default: small for the demo data at smoke scale, else paper."
        ),
    ] = None
    epochs: Annotated[int | None, Option(min=1, help="Train for at most this many epochs. Default: the paper's.")] = (
        None
    )
    seeds: Annotated[
        int | None,
        Option(
            min=1, help="Train each row with this many random seeds. Default: the paper's number, 1 at smoke scale."
        ),
    ] = None
    split: Annotated[
        SplitName | None,
        Option(
            metavar="NAME",
            help="\n\n".join(
                [
                    "How clips are split into training, validation and test parts. Default: the paper's split.",
                    *(f"{name}: {meaning}." for name, meaning in SPLIT_MEANINGS.items()),
                ]
            ),
        ),
    ] = None
    genres: Annotated[
        str | None,
        Option(metavar="NAME,NAME|all", help="Use only clips of these genres. Default: the paper's genres."),
    ] = None
    unit: Annotated[
        Unit | None,
        Option(
            metavar="window|clip",
            parser=read_unit,
            help="\n\n".join(
                ["What is split. Default: the paper's.", *(f"{name}: {text}." for name, text in UNIT_MEANINGS.items())]
            ),
        ),
    ] = None
    precision: Annotated[
        Precision | None,
        Option(
            help="Precision of the network's arithmetic; mixed_bfloat16 is faster and less exact. Default: the paper's."
        ),
    ] = None
    changes: Annotated[
        tuple[str, ...],
        Option(
            "--set",
            metavar="PATH=VALUE",
            help="Replace one value of every row, e.g. training.batch_windows=16; repeat for several values. "
            "--sources of run.py lists all paths.",
        ),
    ] = ()
    weights: Annotated[
        tuple[str, ...],
        Option(metavar="NAME=FILE", help="File with trained weights that a row starts from; repeat for several files."),
    ] = ()
    memory_limit: Annotated[
        MemoryLimit,
        Option(
            metavar="SIZE",
            parser=parse_memory_limit,
            show_default=False,
            help="Most memory that a process may hold while it loads, extracts, trains and tests, e.g. 4GB. "
            "Default: no limit.",
        ),
    ] = field(default=NO_LIMIT)
    devices: Annotated[
        str | None,
        Option(
            metavar="N|cpu:N",
            help="Train each network on the first N GPUs, which share every batch; cpu:N uses N virtual CPU devices, "
            "to try it out.",
        ),
    ] = None
    allow_incomplete: Annotated[
        bool,
        Option(
            "--allow-incomplete",
            help="Continue although clips of the data set are missing; tables are marked incomplete.",
        ),
    ] = False
    keep_weights: Annotated[
        Literal["none", "best"],
        Option(
            help="best: keep the weights that each run was evaluated with; none: remove them after testing, to save "
            "space."
        ),
    ] = "best"
    fresh: Annotated[
        bool, Option("--fresh", help="Train the requested runs again, although they have been recorded before.")
    ] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.devices is not None:
            parse_devices(self.devices)

    @property
    def weight_files(self) -> dict[str, Path]:
        """Name -> file of `--weights NAME=FILE`."""
        return read_weight_files(self.weights)

    @property
    def effective_scale(self) -> Scale:
        """The scale that was asked for, or else smoke for the demo data and paper for any other."""
        return self.scale or ("smoke" if self.dataset == "demo" else "paper")

    def with_absolute_paths(self) -> Self:
        """The same options with absolute paths, for processes that run in other folders."""
        return replace(
            self,
            data=None if self.data is None else _absolute(self.data),
            cache=_absolute(self.cache),
            out=_absolute(self.out),
            weights=tuple(f"{name}={_absolute(path)}" for name, path in self.weight_files.items()),
        )


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
