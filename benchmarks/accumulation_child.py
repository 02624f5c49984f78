"""The process whose memory `accumulation` and `recurrent` measure: build a network, run updates, report the peak."""

import importlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.core.tf_logging import quiet_start

with quiet_start():
    import numpy as np

    from common.training.memory import peak_resident_bytes
    from common.training.model_cache import CompiledModelCache


def consume(
    *, paper: str, row: list[str], shape: list[int], windows: int, batches: int, updates: int, precision: str
) -> dict[str, Any]:
    """Run updates on random windows.

    Args:
        paper: key of the paper.
        row: table id and row label.
        shape: shape of a window.
        windows: windows in a batch.
        batches: batches accumulated per update; 1 for plain Adam.
        updates: number of updates.

    Returns:
        The peak of resident memory in bytes: in all, and before the first batch.
    """
    changes = {
        "training.batch_windows": windows,
        "training.accumulate_batches": batches,
        "training.precision": precision,
    }
    definition = importlib.import_module(f"reproductions.{paper}.paper").PAPER
    experiment = definition.row(*row).experiment.with_values(changes)
    classes = definition.published_classes

    def build(input_shape: tuple, genres: int):
        return definition.build(experiment.model, input_shape, genres)

    model = CompiledModelCache().model_for(experiment, build, tuple(shape), classes, seed=0)
    before = peak_resident_bytes()
    rng = np.random.default_rng(0)
    for _ in range(updates * batches):
        x = rng.standard_normal((windows, *shape), np.float32)
        model.train_on_batch(x, np.arange(windows) % classes)
    return {"peak_bytes": peak_resident_bytes(), "before_bytes": before}


def offer_as_victim() -> None:
    """Make this process the first that the system kills when memory runs out (Linux; does nothing elsewhere)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    offer_as_victim()
    print(json.dumps(consume(**json.loads(sys.argv[1]))))
