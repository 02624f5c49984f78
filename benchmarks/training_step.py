"""Time of a training step fed by our stream, compared with the same windows in one array in memory.

    python -m benchmarks.training_step
    python -m benchmarks.training_step --bins 513 --frames 129 --steps 20 --rounds 3

The network is SE-CNN as published. `array` is the fastest way in Keras: `model.fit(x, y, shuffle=True)` with everything
decoded beforehand. `stream` reads from shards, decodes and shuffles as training does. `array again` is a control, the
same as `array`: where those two differ by more than the limit, the comparison shows nothing.
"""

import statistics
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.harness import RESULTS, Folder, Out, Requirement, Result, Rounds, finish, interleave, launch, ratios
from benchmarks.synthetic import TRACK_FRAMES, disjoint_windows, scratch, write_shards
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order

MAX_RATIO = 1.05
WIDTHS = (32, 64, 128, 256, 128)


def command(
    bins: Annotated[int, typer.Option(min=32, help="Bins of a window.")] = 128,
    frames: Annotated[int, typer.Option(min=32, help="Frames of a window.")] = 39,
    steps: Annotated[int, typer.Option(min=2, help="Steps in a round.")] = 60,
    rounds: Rounds = 7,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """Time of a training step on the stream compared with an array in memory."""
    with scratch(folder, 2 * steps * 32 * bins * frames * 2) as temporary:
        return finish(measure(temporary, bins=bins, frames=frames, steps=steps, rounds=rounds), out)


def measure(
    folder: Path,
    *,
    bins: int,
    frames: int,
    steps: int,
    rounds: int,
    batch_windows: int = 32,
    widths: tuple[int, int, int, int, int] = WIDTHS,
) -> Result:
    """Write the data below `folder` and measure.

    Args:
        steps: steps in a round; the array holds exactly their windows.
        widths: channels of the network's stages.
    """
    windows = steps * batch_windows
    tracks = -(-windows // (TRACK_FRAMES // frames))
    index = write_shards(folder / "shards", size_bytes=tracks * TRACK_FRAMES * bins * 2, bins=bins)
    with WindowReader(index, disjoint_windows(index, frames)) as reader:
        positions = np.arange(windows)
        decoded = index.feature.storage.decode(reader.read(positions))
        x, y = np.ascontiguousarray(decoded.transpose(0, 2, 1))[..., None], reader.labels[positions]
        shape, classes = x.shape[1:], len(index.genres)
        model = _model(widths, shape, classes)

        def stream(number: int) -> float:
            order = epoch_order(positions, seed=0, epoch=number)
            return _step_seconds(model, as_tf_dataset(reader, order, batch_size=batch_windows), shuffle=False)

        def array(number: int) -> float:
            return _step_seconds(model, x, y, batch_size=batch_windows, shuffle=True)

        timing = interleave({"stream": stream, "array": array, "array again": array}, rounds)
    seconds, processor = timing.seconds, timing.processor_seconds
    compared = ratios(seconds["stream"], seconds["array"])
    controlled = ratios(seconds["array again"], seconds["array"])
    control_ratio = statistics.median(controlled)
    return Result(
        name="training_step",
        title=f"A training step of SE-CNN on {batch_windows} windows of {bins} bins x {frames} frames",
        unit="milliseconds",
        values={name: [1000 * value for value in values] for name, values in seconds.items()},
        ratios={
            "stream / array": compared,
            "array again / array": controlled,
            "stream / array, processor time": ratios(processor["stream"], processor["array"]),
        },
        requirements=(
            Requirement("our time / the array's", "at most", MAX_RATIO, statistics.median(compared)),
            Requirement(
                "control: the array's slower time / its faster",
                "at most",
                MAX_RATIO,
                max(control_ratio, 1 / control_ratio),
            ),
        ),
        settings={
            "window": {"bins": bins, "frames": frames},
            "widths": list(widths),
            "batch_windows": batch_windows,
            "steps_per_round": steps,
            "rounds": rounds,
        },
        facts=timing.facts,
    )


def _step_seconds(model, *data, **options) -> float:
    """Mean time from one step's end to the next within one `fit`.

    The work of `fit` before and after its steps is left out: Keras' own pipeline for arrays may take seconds to shut
    down, unlike our stream, which has tf.data's autotuning off. That is not part of the cost of a step.
    """
    import keras

    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
    model.fit(*data, **options, verbose=0, callbacks=[clock])
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def _model(widths: tuple[int, int, int, int, int], shape: tuple[int, ...], classes: int):
    """SE-CNN from seed 0, compiled as `common.training.fit` compiles it."""
    import keras

    from common.training.logits import cross_entropy
    from common.training.window_metrics import WindowAccuracy
    from reproductions.se_cnn.model import build
    from reproductions.se_cnn.specs import SeCnnSpec

    keras.utils.set_random_seed(0)
    model = build(SeCnnSpec(widths=widths), shape, classes)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=cross_entropy(),
        metrics=[WindowAccuracy(name="accuracy")],
        jit_compile=False,
    )
    return model


if __name__ == "__main__":
    launch(command)
