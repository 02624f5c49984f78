"""The process whose memory `accumulation` and `recurrent` measure: build a network, make updates, report the peak."""

import importlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from common.core.tf_logging import quiet_start
from common.training.memory import peak_resident_bytes
from common.training.model_cache import CompiledModelCache

with quiet_start():
    import numpy as np

    from common.training.memory import peak_resident_bytes
    from common.training.model_cache import CompiledModelCache


def consume(
    *, paper: str, row: list[str], shape: list[int], windows: int, batches: int, updates: int, precision: str
) -> dict[str, Any]:
    """Make updates on random windows.

    Args:
        paper: key of the paper.
        row: table id and row label.
        shape: of a window.
        windows: in a batch.
        batches: accumulated to an update; 1 for plain Adam.
        updates: how many updates.

    Returns:
        The peak of resident memory in bytes: of the process, and of the process before the first batch.
    """
    changes = {
        "training.batch_windows": windows,
        "training.accumulate_batches": batches,
        "training.precision": precision,
    }
    described = importlib.import_module(f"reproductions.{paper}.paper").PAPER
    experiment = described.row(*row).experiment.with_values(changes)
    classes = described.published_classes

    def build(input_shape: tuple, genres: int):
        return described.build(experiment.model, input_shape, genres)

    model = CompiledModelCache().model_for(experiment, build, tuple(shape), classes, seed=0)
    before = peak_resident_bytes()
    rng = np.random.default_rng(0)
    for _ in range(updates * batches):
        x = rng.standard_normal((windows, *shape), np.float32)
        model.train_on_batch(x, np.arange(windows) % classes)
    return {"peak_bytes": peak_resident_bytes(), "before_bytes": before}


def offer_as_victim() -> None:
    """Where memory runs out, the system shall end this process and no other (Linux; elsewhere nothing happens)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    offer_as_victim()
    print(json.dumps(consume(**json.loads(sys.argv[1]))))
