"""What a command asks for."""

from dataclasses import dataclass, replace
from pathlib import Path

from common.paper.experiment import Scale
from common.paper.protocol import SplitName, Unit
from common.paper.training import Precision
from common.runs.selection import read_weight_files
from data_pipeline.audio.decode import Decoder


@dataclass(frozen=True)
class Options:
    """What a command asks for; None where the paper, the scale or the dataset decides."""

    dataset: str = "demo"
    data: Path | None = None
    tables: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    scale: Scale | None = None
    features: str | None = None
    epochs: int | None = None
    seeds: int | None = None
    split: SplitName | None = None
    unit: Unit | None = None
    precision: Precision | None = None
    memory_limit_bytes: int | None = None
    cache: Path = Path("~/.cache/encore")
    out: Path = Path("results")
    fresh: bool = False
    skip_bad: bool = False
    allow_incomplete: bool = False
    decoder: Decoder = "soundfile"
    seconds_per_column: float | None = None
    changes: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    genres: str | None = None
    legacy_metric: bool = False
    devices: str | None = None

    @property
    def weight_files(self) -> dict[str, Path]:
        """Name -> file of `--weights NAME=FILE`."""
        return read_weight_files(self.weights)

    @property
    def effective_scale(self) -> Scale:
        return self.scale or ("smoke" if self.dataset == "demo" else "paper")

    def with_absolute_paths(self) -> "Options":
        """The same for processes that run in other folders."""
        return replace(
            self,
            data=None if self.data is None else _absolute(self.data),
            cache=_absolute(self.cache),
            out=_absolute(self.out),
            weights=tuple(f"{name}={_absolute(path)}" for name, path in self.weight_files.items()),
        )


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
