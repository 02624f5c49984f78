"""The process whose memory `benchmarks.memory` measures: open a cache, stream all of it, train, report the peak.

Training on 8 GB of windows would take most of an hour on two cores, and the steps are all alike. So every window
passes once through the reader and the dataset that training uses, and then `common.training.fit.fit` trains two short
epochs, each on other windows from all shards. Data that either part retains count towards the peak.
"""

import json
import sys
from pathlib import Path
from typing import Any

from common.core.tf_logging import quiet_start

with quiet_start():
    import numpy as np

    from benchmarks.synthetic import disjoint_windows
    from common.core.errors import EncoreError
    from common.paper.experiment import Experiment
    from common.paper.protocol import Protocol
    from common.paper.training import Training
    from common.records.paths import WorkPaths
    from common.splits.windows import Fold
    from common.training.fit import fit
    from common.training.memory import MemoryLimit, peak_resident_bytes
    from common.training.run import Run
    from data_pipeline.cache.shards import read_index
    from data_pipeline.windows.index import WindowSpec
    from data_pipeline.windows.reader import WindowReader
    from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order
    from reproductions.se_cnn.model import build
    from reproductions.se_cnn.specs import SeCnnSpec
EPOCHS = 2
BATCH_WINDOWS = 32
WIDTHS = (16, 32, 64, 128, 64)


def consume(*, cache: str, work: str, frames: int, limit_bytes: int, steps: int) -> dict[str, Any]:
    """Stream and train.

    Args:
        cache: folder of the shards.
        work: folder for the checkpoint and logs.
        frames: length of a window.
        limit_bytes: limit of resident memory.
        steps: training steps in each epoch.

    Returns:
        The peak of resident memory in bytes, how many windows were streamed, and the settings of the training.

    Raises:
        BudgetError: the limit is too small.
    """
    index = read_index(Path(cache))
    memory_limit = MemoryLimit(limit_bytes)
    with WindowReader(index, disjoint_windows(index, frames)) as reader:
        everything = np.arange(len(reader.windows))
        order = epoch_order(everything, seed=1, epoch=0)
        dataset = as_tf_dataset(reader, order, batch_size=BATCH_WINDOWS, memory_left_bytes=memory_limit.left_bytes())
        streamed = sum(int(values.shape[0]) for values, _ in dataset)
        run = Run(_experiment(index, frames, steps), index.data_digest, _fold(everything), seed=0)
        fit(
            run,
            lambda shape, classes: build(run.experiment.model, shape, classes),
            reader,
            layout="bins_frames_channel",
            work=WorkPaths(Path(work)),
            memory_limit=memory_limit,
        )
    return {
        "peak_bytes": peak_resident_bytes(),
        "windows": streamed,
        "batch_windows": BATCH_WINDOWS,
        "widths": list(WIDTHS),
        "epochs": EPOCHS,
    }


def _experiment(index, frames: int, steps: int) -> Experiment:
    seconds = frames / index.feature.frames_per_second
    return Experiment(
        paper="se_cnn",
        model=SeCnnSpec(widths=WIDTHS),
        feature=index.feature,
        windows=WindowSpec(seconds=seconds, hop_seconds=seconds),
        protocol=Protocol(),
        training=Training(batch_windows=BATCH_WINDOWS, epochs=EPOCHS, windows_per_epoch=steps * BATCH_WINDOWS),
    )


def _fold(everything: np.ndarray) -> Fold:
    """Trains on all windows and validates on two batches of them: random numbers cannot be learnt anyway."""
    few = everything[: 2 * BATCH_WINDOWS]
    return Fold(number=0, train=everything, valid=few, test=few, split_digest="", shared_tracks=0)


if __name__ == "__main__":
    try:
        print(json.dumps(consume(**json.loads(sys.argv[1]))))
    except EncoreError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
