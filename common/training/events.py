"""Files of events, which TensorBoard draws as learning curves.

TensorBoard's own writer writes from a thread, which prints a traceback of its own where the disk is full; this one
writes where it is called.
"""

import os
import socket
import time
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from common.core.errors import DataError
from common.core.files import make_folder

_PREFIX = "events.out.tfevents"
_FORMAT = "brain.Event:2"


def events_in(folder: Path) -> list[Path]:
    """The files of events in a folder."""
    return sorted(folder.glob(f"{_PREFIX}.*"))


class EventsFile:
    """A new file of events.

    Args:
        folder: of the file; it is created.

    Raises:
        DataError: the file cannot be written, also where an event is added.
    """

    def __init__(self, folder: Path):
        name = f"{_PREFIX}.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.0"
        self._path = make_folder(folder) / name
        try:
            self._file = open(self._path, "xb", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._failure(error) from error
        self._records = RecordWriter(self._file)
        self._write(Event(wall_time=time.time(), file_version=_FORMAT))

    def add(self, values: dict[str, float], *, step: int) -> None:
        """Add the values of one step.

        Args:
            values: name of a curve -> its value.
        """
        for name, value in values.items():
            event = Event(wall_time=time.time(), step=step)
            event.summary.value.add(
                tag=name,
                tensor=make_tensor_proto(np.float32(value)),
                metadata=SummaryMetadata(
                    plugin_data=SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME), data_class=DATA_CLASS_SCALAR
                ),
            )
            self._write(event)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, event: Event) -> None:
        try:
            self._records.write(event.SerializeToString())
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> DataError:
        return DataError(
            f"{self._path}: learning curves cannot be written ({error.strerror or error}). Give a writable folder with "
            "free space with --out."
        )
