"""Which runs were trained with a loss of clipped probabilities, as it was in programs that recorded no version."""

from common.records.divergence import Divergence
from common.records.record import Record


def has_clipped_loss(run: Record | Divergence) -> bool:
    """Whether a run's loss was computed from probabilities that were clipped at 1e-7.

    Programs that recorded no version computed it so, except on TensorFlow with one device: there, Keras found the
    logits behind the network's softmax.
    """
    devices = run.machine.get("devices", 1)
    several_devices = isinstance(devices, int) and devices > 1
    return not run.encore_version and (run.machine.get("backend") in ("jax", "torch") or several_devices)
