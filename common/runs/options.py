"""The options that commands share, with their help texts.

`common.cli.flags` turns the fields into options of a command line, in this order and under these names.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Self

from typer import Option

from common.core.errors import SpecError
from common.core.files import expanded
from common.core.option_groups import DATA, MACHINES, OUTPUT, SPECIAL, TRAINING, WHAT
from common.paper.experiment import Scale
from common.paper.overrides import given_changes, stated_values
from common.paper.paper import Paper
from common.paper.protocol import SPLIT_MEANINGS, UNIT_MEANINGS, SplitName, Unit, read_unit
from common.paper.training import Precision
from common.records.paths import OWN_RESULTS
from common.runs.selection import read_weight_files, weight_files_in
from common.training.asked_devices import parse_devices
from common.training.memory import NO_LIMIT, MemoryLimit, parse_memory_limit
from data_pipeline.audio.decode import Decoder
from data_pipeline.cache import DEFAULT_CACHE, cache_folder
from data_pipeline.datasets.about import OWN_FOLDER_VALUE, VALUES_TEXT, names_beginning, own_folder_key, require_known
from data_pipeline.datasets.genre_names import is_names_file
from data_pipeline.datasets.request import DataRequest

# In place of a value of `--set`: list the values that there are.
SET_HELP = "help"
# Larger ones could meet those that `common.training.mirrored` gives to further devices.
_HIGHEST_SEED = 10**9 - 1


@dataclass(frozen=True)
class DataOptions:
    """Which data a command reads, and where it keeps what it makes."""

    dataset: Annotated[
        str,
        Option(
            metavar="NAME",
            rich_help_panel=DATA,
            show_default=False,
            parser=require_known,
            autocompletion=names_beginning,
            help=f"{VALUES_TEXT} Default: demo, which is generated music.",
        ),
    ] = "demo"
    data: Annotated[
        Path | None,
        Option(metavar="PATH", rich_help_panel=DATA, help="Folder of the data set, or the file of arrays (.npz)."),
    ] = None
    labels: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=SPECIAL,
            help="Genres, artists, splits of --dataset folder (.csv). Columns: path, and any of genre, artist, split. "
            "Parts of a split: train, valid, test, removed.",
        ),
    ] = None
    artist_level: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=SPECIAL,
            help="Artists are the folders N levels below the genres. For --dataset folder. Default: the files' tags.",
        ),
    ] = None
    clip_seconds: Annotated[
        float | None,
        Option(
            min=0.001,
            metavar="S",
            rich_help_panel=SPECIAL,
            help="Use S seconds from the middle of each clip of audio. Default: whole clips.",
        ),
    ] = None
    seconds_per_column: Annotated[
        float | None,
        Option(
            min=1e-6,
            metavar="S",
            rich_help_panel=SPECIAL,
            help="Seconds between columns, of --dataset arrays. Needed where the file has no n_samples (clip lengths).",
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
    decoder: Annotated[
        Decoder,
        Option(metavar="NAME", rich_help_panel=SPECIAL, help="Decoder of audio files: soundfile or tensorflow-io."),
    ] = "soundfile"
    out: Annotated[
        Path,
        Option(
            metavar="DIR",
            rich_help_panel=OUTPUT,
            help="Folder for results: records, tables, figures.",
        ),
    ] = OWN_RESULTS
    cache: Annotated[
        Path,
        Option(metavar="DIR", rich_help_panel=OUTPUT, help="Folder for extracted features, which are used again."),
    ] = DEFAULT_CACHE
    skip_bad: Annotated[
        bool,
        Option(
            "--skip-bad",
            rich_help_panel=SPECIAL,
            help="Skip clips that cannot be used. Tables say how many they are.",
        ),
    ] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "dataset", require_known(self.dataset))
        object.__setattr__(self, "cache", cache_folder(self.cache))
        object.__setattr__(self, "out", expanded(self.out))

    @property
    def data_key(self) -> str:
        """Key of the data set, after which its folder of results is named."""
        is_given = self.dataset == OWN_FOLDER_VALUE and self.data is not None
        return own_folder_key(self.data) if is_given else self.dataset

    @property
    def data_request(self) -> DataRequest:
        """The data that the options name."""
        return DataRequest(
            self.dataset,
            self.data,
            self.cache,
            seconds_per_column=self.seconds_per_column,
            genre_names=self.genre_names,
            labels=self.labels,
            artist_level=self.artist_level,
            clip_seconds=self.clip_seconds,
        )


@dataclass(frozen=True)
class Options(DataOptions):
    """What `run.py` and `tune.py` both take; None where the paper, the scale or the data set decides.

    Args:
        tables, rows: ids of tables, and names or labels of rows; empty for the paper's own choice.
        patience: number of epochs, or `none` to train all epochs.
        only_seed: value of `--seed`, which is named so because a search has a seed of its own.
        changes: values of `--set`, as `PATH=VALUE`.
        weights: values of `--weights`, as `NAME=FILE`.
        weights_dir: folder of files that are named after the weights that they hold.
    """

    tables: Annotated[
        tuple[str, ...],
        Option("--table", metavar="ID", rich_help_panel=WHAT, help="Table of the paper to make; repeat for several."),
    ] = ()
    rows: Annotated[
        tuple[str, ...],
        Option(
            "--row",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Row to run, named as in encore list; several: r8,r16. Default: all rows.",
        ),
    ] = ()
    scale: Annotated[
        Scale | None,
        Option(
            metavar="paper|smoke",
            rich_help_panel=WHAT,
            help="As in the paper, or smoke: a quick test, in minutes. Default: smoke for the demo corpus, else paper.",
        ),
    ] = None
    split: Annotated[
        SplitName | None,
        Option(
            metavar="NAME",
            rich_help_panel=WHAT,
            help="\n\n".join(
                [
                    "Which clips are for training, validation and testing. Default: the paper's split.",
                    *(f"{name}: {meaning}." for name, meaning in SPLIT_MEANINGS.items()),
                ]
            ),
        ),
    ] = None
    genres: Annotated[
        tuple[str, ...],
        Option(
            metavar="NAMES",
            rich_help_panel=DATA,
            help="Genres to use, e.g. blues,jazz; all for every genre. Default: the paper's genres.",
        ),
    ] = ()
    unit: Annotated[
        Unit | None,
        Option(
            metavar="window|clip",
            rich_help_panel=WHAT,
            parser=read_unit,
            help="\n\n".join(
                ["What is split. Default: the paper's.", *(f"{name}: {text}." for name, text in UNIT_MEANINGS.items())]
            ),
        ),
    ] = None
    epochs: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=TRAINING,
            help="Train for at most N epochs. Default: the paper's.",
        ),
    ] = None
    batch_size: Annotated[
        int | None,
        Option(min=1, metavar="N", rich_help_panel=TRAINING, help="Windows in a batch. Default: the paper's."),
    ] = None
    learning_rate: Annotated[
        float | None,
        Option(metavar="X", rich_help_panel=TRAINING, help="Learning rate of the optimizer. Default: the paper's."),
    ] = None
    patience: Annotated[
        str | None,
        Option(
            metavar="N",
            rich_help_panel=TRAINING,
            help="Stop after N epochs without a lower validation loss. Train all epochs with --patience none. Default: "
            "the paper's.",
        ),
    ] = None
    seeds: Annotated[
        int | None,
        Option(
            min=1,
            metavar="N",
            rich_help_panel=TRAINING,
            help="Train each row N times, with the seeds 0 to N - 1. Default: the paper's number, 1 at smoke scale.",
        ),
    ] = None
    only_seed: Annotated[
        int | None,
        Option(
            "--seed",
            min=0,
            max=_HIGHEST_SEED,
            metavar="N",
            rich_help_panel=TRAINING,
            help="Train each row once, with the seed N.",
        ),
    ] = None
    changes: Annotated[
        tuple[str, ...],
        Option(
            "--set",
            metavar="PATH=VALUE",
            rich_help_panel=TRAINING,
            help="Replace one value of every row; repeat for several. Example: training.l2=0.001. All paths and "
            "values: --set help.",
        ),
    ] = ()
    features: Annotated[
        Literal["paper", "small"] | None,
        Option(
            metavar="paper|small",
            rich_help_panel=TRAINING,
            help="The paper's features, or small ones, which are faster. Default: small for the demo corpus at smoke "
            "scale, else paper.",
        ),
    ] = None
    precision: Annotated[
        Precision | None,
        Option(
            metavar="NAME",
            rich_help_panel=TRAINING,
            help="float32, or mixed_bfloat16: faster and less exact. Default: the paper's.",
        ),
    ] = None
    weights: Annotated[
        tuple[str, ...],
        Option(
            metavar="NAME=FILE",
            rich_help_panel=TRAINING,
            help="Trained weights that a row starts from. Repeat for several. "
            "For some, NAME=DIR trains them first on data there.",
        ),
    ] = ()
    weights_dir: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            rich_help_panel=TRAINING,
            help="Folder of trained weights, named e.g. resnet34.npz.",
        ),
    ] = None
    memory_limit: Annotated[
        MemoryLimit,
        Option(
            metavar="SIZE",
            rich_help_panel=MACHINES,
            parser=parse_memory_limit,
            show_default=False,
            help="Most memory that a process may hold, e.g. 4GB. Default: no limit.",
        ),
    ] = field(default=NO_LIMIT)
    devices: Annotated[
        str | None,
        Option(
            metavar="N|cpu:N",
            rich_help_panel=MACHINES,
            help="Train each network on the first N GPUs together. To try that out without GPUs: cpu:N.",
        ),
    ] = None
    allow_incomplete: Annotated[
        bool,
        Option(
            "--allow-incomplete",
            rich_help_panel=SPECIAL,
            help="Continue although clips of the data set are missing. Tables are then marked incomplete.",
        ),
    ] = False
    keep_weights: Annotated[
        Literal["none", "best"],
        Option(
            metavar="NAME",
            rich_help_panel=OUTPUT,
            help="Weights of each run to keep: best or none. Best are those of its best epoch.",
        ),
    ] = "best"
    fresh: Annotated[
        bool,
        Option("--fresh", rich_help_panel=WHAT, help="Train again what has been trained and recorded before."),
    ] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.devices is not None:
            parse_devices(self.devices)
        if self.seeds is not None and self.only_seed is not None:
            raise SpecError(
                f"--seeds {self.seeds}, --seed {self.only_seed}: --seeds N trains with the seeds 0 to N - 1, --seed N "
                "with the seed N only; give one of them."
            )
        given_changes(self.changes, self._stated)

    @property
    def all_changes(self) -> tuple[str, ...]:
        """Values that are replaced in every row, as `PATH=VALUE`: those of `--set`, and of options that stand for one
        value."""
        return given_changes(self.changes, self._stated)

    @property
    def all_seeds(self) -> tuple[int, ...] | None:
        """Seeds to train each row with; None for the paper's or the scale's own number of them."""
        if self.only_seed is not None:
            return (self.only_seed,)
        return None if self.seeds is None else tuple(range(self.seeds))

    @property
    def _stated(self) -> dict[str, str | int | float]:
        """Flag -> value, of the options that are given and stand for one value of the experiments."""
        return stated_values(self.batch_size, self.learning_rate, self.patience)

    @property
    def weight_files(self) -> dict[str, Path]:
        """Name -> file of `--weights NAME=FILE`."""
        return read_weight_files(self.weights)

    def weight_files_of(self, paper: Paper, names: Collection[str]) -> dict[str, Path]:
        """Name -> file of `--weights NAME=FILE`, and of what `--weights-dir` has of other names.

        Args:
            names: of the weights that the requested rows start from.
        """
        given = self.weight_files
        if self.weights_dir is None:
            return given
        lacking = [name for name in names if name not in given]
        return given | weight_files_in(expanded(self.weights_dir), paper, lacking)

    @property
    def effective_scale(self) -> Scale:
        """The scale that was asked for, or else smoke for the demo data and paper for any other."""
        return self.scale or ("smoke" if self.dataset == "demo" else "paper")

    def with_absolute_paths(self) -> Self:
        """The same options with absolute paths, for processes that run in other folders."""
        return replace(
            self,
            data=None if self.data is None else _absolute(self.data),
            genre_names=_with_absolute_file(self.genre_names),
            labels=None if self.labels is None else _absolute(self.labels),
            cache=_absolute(self.cache),
            out=_absolute(self.out),
            weights=tuple(
                f"{name}={_absolute(Path(place))}" if place else name
                for name, _, place in (text.partition("=") for text in self.weights)
            ),
            weights_dir=None if self.weights_dir is None else _absolute(self.weights_dir),
        )


def _absolute(path: Path) -> Path:
    return expanded(path).absolute()


def _with_absolute_file(genre_names: str | None) -> str | None:
    """Names as they are; the path of a file of names is made absolute."""
    if genre_names is None or not is_names_file(genre_names):
        return genre_names
    return str(_absolute(Path(genre_names)))
