"""Training on several devices of one machine: which take part.

TensorFlow's `MirroredStrategy` keeps a copy of every variable on each device, splits each batch in order (the first
part goes to the first device) and adds the gradients up; `common.training.mirrored` does what it leaves undone.
`keras.distribution` is no alternative: for TensorFlow, Keras 3.15 calls its own implementation a prototype that is not
to be used, and on JAX it fails on a batch that does not divide evenly, as the last of an epoch seldom does.
"""

import contextlib
import functools
import logging
import re
from dataclasses import dataclass
from typing import Any

import keras

from common.core.errors import SpecError
from common.training.mirrored import SharedAccumulatedAdam, build_metrics, mirror
from common.training.optimizers import AccumulatedAdam


@dataclass(frozen=True)
class Devices:
    """What takes part in a training.

    Args:
        count: of devices; one is not wrapped in any strategy.
        kind: `GPU`, or `virtual CPU`; empty where nothing was asked for.
        strategy: of TensorFlow, which shares the work out; None for one device.
    """

    count: int = 1
    kind: str = ""
    strategy: Any = None

    def scope(self) -> contextlib.AbstractContextManager:
        """Where models, their optimisers and their metrics are made."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    @property
    def facts(self) -> dict[str, str | int]:
        """What a record says of them; nothing for one device."""
        return {} if self.strategy is None else {"devices": self.count, "kind_of_devices": self.kind}

    @property
    def accumulated_adam(self) -> type[AccumulatedAdam]:
        """The accumulating optimiser that works on these devices."""
        return AccumulatedAdam if self.strategy is None else SharedAccumulatedAdam

    def shared(self, model: keras.Model) -> keras.Model:
        """The same network as these devices train it; on one device the model itself. To be called in the scope."""
        if self.strategy is None:
            return model
        return mirror(model)

    def build_metrics(self, model: keras.Model) -> None:
        """Make the variables of a compiled model's metrics, which cannot be made in a step. Call it in the scope."""
        if self.strategy is not None:
            build_metrics(model)


ONE_DEVICE = Devices()


def find_devices(asked: str | None) -> Devices:
    """The devices that `--devices` asks for.

    Virtual CPU devices have to be asked for before TensorFlow computes anything, which is when it sets its devices up;
    afterwards asking again for the same is free.

    Args:
        asked: `N` for the first N GPUs, `cpu:N` for N virtual CPU devices, None for what TensorFlow takes by itself.

    Raises:
        SpecError: no such number of devices, or another backend than TensorFlow.
    """
    if asked is None:
        return ONE_DEVICE
    found = re.fullmatch(r"(cpu:)?([1-9]\d{0,3})", asked)
    if not found:
        raise SpecError(
            f"--devices {asked}: not a number of devices. Give e.g. --devices 2 for two GPUs, or --devices cpu:2 to "
            "try it out on two virtual CPU devices."
        )
    if keras.backend.backend() != "tensorflow":
        raise SpecError(
            f"--devices {asked}: several devices are used through TensorFlow's strategies, and Keras runs on "
            f"{keras.backend.backend()}. Leave --devices out, or set KERAS_BACKEND=tensorflow."
        )
    return _found(int(found[2]), on_cpu=found[1] is not None)


@functools.cache
def _found(count: int, *, on_cpu: bool) -> Devices:
    """Devices of one process, whose strategy is made once."""
    import tensorflow as tf

    kind = "virtual CPU" if on_cpu else "GPU"
    if on_cpu:
        _split_cpu(count)
    else:
        gpus = len(tf.config.list_physical_devices("GPU"))
        if gpus < count:
            raise SpecError(
                f"--devices {count}: asks for {count} GPUs, and TensorFlow finds {gpus} on this machine. Ask for "
                f"fewer, leave --devices out, or give --devices cpu:{count} to try it out without GPUs."
            )
    if count == 1:
        return Devices(kind=kind)
    # It tells of the strategy's choices and of each of the first additions, on standard error.
    tf.get_logger().setLevel(logging.WARNING)
    names = [f"{'CPU' if on_cpu else 'GPU'}:{number}" for number in range(count)]
    # Between GPUs the strategy's own choice (NCCL) is the fastest; it warns of CPUs, which share their memory anyway.
    adding = tf.distribute.ReductionToOneDevice(reduce_to_device="CPU:0") if on_cpu else None
    return Devices(count, kind, tf.distribute.MirroredStrategy(names, cross_device_ops=adding))


def _split_cpu(count: int) -> None:
    """Have TensorFlow set up so many virtual CPU devices."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        present = len(tf.config.list_logical_devices("CPU"))
        if present != count:
            raise SpecError(
                f"--devices cpu:{count}: TensorFlow has already set up {present} CPU devices in this process. Ask for "
                "virtual devices before anything is computed, in a process of its own."
            ) from error
