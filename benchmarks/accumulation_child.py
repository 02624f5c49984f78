"""The process whose memory `benchmarks.accumulation` measures: build ResNet1D, make updates, report the peak."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.quiet import quiet_start

with quiet_start():
    import numpy as np

    from common.training import peak_resident_bytes
    from common.workbench import Workbench
    from reproductions.resnet1d.paper import PAPER


def consume(*, windows: int, batches: int, updates: int, precision: str, samples: int) -> dict[str, Any]:
    """Make updates on random windows.

    Args:
        windows: in a batch.
        batches: accumulated to an update; 1 for plain Adam.
        updates: how many updates.
        samples: in a window.

    Returns:
        The peak of resident memory in bytes: of the process, and of the process before the first batch.
    """
    changes = {
        "training.batch_windows": windows,
        "training.accumulate_batches": batches,
        "training.precision": precision,
    }
    experiment = PAPER.default_experiment.changed(changes)
    model = Workbench().model_for(experiment, _build(experiment), (samples, 1), 10, seed=0)
    before = peak_resident_bytes()
    rng = np.random.default_rng(0)
    for _ in range(updates * batches):
        x = rng.standard_normal((windows, samples, 1), np.float32)
        model.train_on_batch(x, np.arange(windows) % 10)
    return {"peak_bytes": peak_resident_bytes(), "before_bytes": before}


def _build(experiment):
    return lambda shape, classes: PAPER.build(experiment.model, shape, classes)


def offer_as_victim() -> None:
    """Where memory runs out, the system shall end this process and no other (Linux; elsewhere nothing happens)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    offer_as_victim()
    print(json.dumps(consume(**json.loads(sys.argv[1]))))
