"""Flags that several commands share: which data, how they are split, and where things lie."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from common.paper.protocol import SplitName
from common.runs.options import Options
from common.training.memory import parse_size

Dataset = Annotated[
    Literal["demo", "gtzan", "fma_small", "fma_large", "arrays"], typer.Option("--dataset", help="Which data.")
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of the dataset, or .npz file of --dataset arrays.")]
ScaleFlag = Annotated[
    Literal["smoke", "paper"] | None,
    typer.Option("--scale", help="smoke: minutes, to see that it works. Default: smoke for demo, else paper."),
]
Features = Annotated[
    Literal["paper", "small"] | None,
    typer.Option(
        "--features", help="small: cheaper than the paper's. Default: small for demo at smoke scale, else paper."
    ),
]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="At most so many epochs.")]
Split = Annotated[SplitName | None, typer.Option("--split", help="How clips are dealt out.")]
UnitFlag = Annotated[
    Literal["clip", "segment"] | None,
    typer.Option("--unit", help="segment: deal out single windows (contaminated)."),
]
PrecisionFlag = Annotated[
    Literal["float32", "mixed_bfloat16"] | None, typer.Option("--precision", help="Of the arithmetic.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Replace a value of every row, e.g. training.batch_windows=16; repeat for several. "
        "The paper's generated page lists the values.",
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option("--weights", metavar="NAME=FILE", help="Trained weights that a row starts from; repeat for several."),
]
MemorySize = Annotated[
    str | None, typer.Option("--memory-limit", help="Most resident memory, e.g. 4GB.", metavar="SIZE")
]
DevicesFlag = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="N|cpu:N",
        help="Share each batch out over the first N GPUs; cpu:N: over N virtual CPU devices, to try it out.",
    ),
]
SecondsPerColumn = Annotated[
    float | None,
    typer.Option("--seconds-per-column", min=1e-6, help="Time step of --dataset arrays without n_samples."),
]
DecoderFlag = Annotated[Literal["soundfile", "tensorflow-io"], typer.Option("--decoder", help="Audio decoder.")]
Cache = Annotated[Path, typer.Option("--cache", help="Folder for extracted features.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for results.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on without unusable clips; tables count them.")]
AllowIncomplete = Annotated[
    bool, typer.Option("--allow-incomplete", help="Go on although clips are missing; tables say so.")
]


def options_of(
    *,
    memory_limit: str | None,
    cache: Path,
    out: Path,
    weights: list[str] | None,
    changes: list[str] | None,
    **others: Any,
) -> Options:
    """What a command was asked, from its flags.

    Args:
        memory_limit: as typed, e.g. `4GB`.
        cache: may begin with `~`; `out` too.
        others: that `Options` takes as they are.

    Raises:
        SpecError: the memory limit is no size.
    """
    return Options(
        memory_limit_bytes=None if memory_limit is None else parse_size(memory_limit),
        cache=cache.expanduser(),
        out=out.expanduser(),
        weights=tuple(weights or ()),
        changes=tuple(changes or ()),
        **others,
    )
