"""Selects the devices of one machine that a training uses.

TensorFlow's `MirroredStrategy` keeps a copy of every variable on each device, splits each batch in order (the first
part goes to the first device) and adds up the gradients; `common.training.mirrored` adds what it lacks.
`keras.distribution` is no alternative: Keras 3.15 calls its own implementation for TensorFlow a prototype that is not
to be used, and on JAX it fails on a batch that does not divide evenly, such as most last batches of an epoch.
"""

import contextlib
import functools
import logging
from dataclasses import dataclass
from typing import Any

import keras

from common.core.errors import SpecError
from common.training.asked_devices import parse_devices
from common.training.mirrored import SharedAccumulatedAdam, build_metrics, mirror
from common.training.optimizers import AccumulatedAdam


@dataclass(frozen=True)
class Devices:
    """The devices that a training uses.

    Args:
        count: number of devices; a single one is used without a strategy.
        kind: `GPU`, or `virtual CPU`; empty where `--devices` was not given.
        strategy: TensorFlow's strategy that distributes the work; None for one device.
    """

    count: int = 1
    kind: str = ""
    strategy: Any = None

    def scope(self) -> contextlib.AbstractContextManager:
        """The context in which models, their optimisers and their metrics have to be created."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    @property
    def facts(self) -> dict[str, str | int]:
        """What a record stores about the devices; nothing for one device."""
        return {} if self.strategy is None else {"devices": self.count, "kind_of_devices": self.kind}

    @property
    def accumulated_adam(self) -> type[AccumulatedAdam]:
        """The class of the accumulating optimiser for these devices."""
        return AccumulatedAdam if self.strategy is None else SharedAccumulatedAdam

    def shared(self, model: keras.Model) -> keras.Model:
        """The network as these devices train it; on one device the model itself. Call it in the scope."""
        if self.strategy is None:
            return model
        return mirror(model)

    def build_metrics(self, model: keras.Model) -> None:
        """Create the variables of a model's metrics, which cannot be created in a step. Call it in the scope."""
        if self.strategy is not None:
            build_metrics(model)


ONE_DEVICE = Devices()


def find_devices(asked: str | None) -> Devices:
    """The devices that `--devices` asks for.

    Virtual CPU devices have to be requested before TensorFlow computes anything, because then it sets up its devices;
    requesting the same number again later has no effect.

    Args:
        asked: `N` for the first N GPUs, `cpu:N` for N virtual CPU devices, None for TensorFlow's own choice.

    Raises:
        SpecError: `asked` is not a number of devices, there are fewer, or Keras does not run on TensorFlow.
    """
    if asked is None:
        return ONE_DEVICE
    count, on_cpu = parse_devices(asked)
    if keras.backend.backend() != "tensorflow":
        raise SpecError(
            f"--devices {asked}: several devices are used through TensorFlow's strategies, and Keras runs on "
            f"{keras.backend.backend()}. Leave --devices out, or set KERAS_BACKEND=tensorflow."
        )
    return _devices(count, on_cpu=on_cpu)


@functools.cache
def _devices(count: int, *, on_cpu: bool) -> Devices:
    """The devices of this process; cached, so that their strategy is created only once."""
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
    # At INFO it logs the strategy's choices and each of the first reductions to standard error.
    tf.get_logger().setLevel(logging.WARNING)
    names = [f"{'CPU' if on_cpu else 'GPU'}:{number}" for number in range(count)]
    # Between GPUs the strategy's default (NCCL) is the fastest; for CPUs, which share their memory anyway, it warns.
    reduction = tf.distribute.ReductionToOneDevice(reduce_to_device="CPU:0") if on_cpu else None
    return Devices(count, kind, tf.distribute.MirroredStrategy(names, cross_device_ops=reduction))


def _split_cpu(count: int) -> None:
    """Make TensorFlow set up `count` virtual CPU devices."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        present = len(tf.config.list_logical_devices("CPU"))
        if present != count:
            raise SpecError(
                f"--devices cpu:{count}: TensorFlow has already set up {present} CPU devices in this process. Request "
                "virtual devices in a new process, before anything is computed."
            ) from error
