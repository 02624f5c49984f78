"""Files of events: what TensorBoard reads in them, and what is said where they cannot be written."""

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_ndarray

from common.core.errors import DataError
from common.training import events as module
from common.training.events import EventsFile, events_in


def test_tensorboard_reads_the_curves_that_were_written_before_the_file_was_closed(tmp_path):
    events = EventsFile(tmp_path / "new")
    events.add({"loss": 0.1, "val_loss": 2}, step=1)
    events.add({"loss": 0.05}, step=2)
    read = EventAccumulator(str(tmp_path / "new"))
    read.Reload()
    events.close()
    curves = {
        name: [(one.step, make_ndarray(one.tensor_proto).item()) for one in read.Tensors(name)]
        for name in read.Tags()["tensors"]
    }
    assert curves == {"loss": [(1, np.float32(0.1)), (2, np.float32(0.05))], "val_loss": [(1, 2.0)]}
    assert read.SummaryMetadata("loss").plugin_data.plugin_name == "scalars"
    assert [path.name for path in events_in(tmp_path / "new")] == [path.name for path in (tmp_path / "new").iterdir()]


def test_a_full_disk_is_one_line_that_names_the_file_and_the_flag(tmp_path):
    events = EventsFile(tmp_path)
    with open("/dev/full", "wb", buffering=0) as full:
        events._records = RecordWriter(full)
        with pytest.raises(
            DataError,
            match=r"events\.out\.\S+: learning curves cannot be written \(No space left on device\)\. .*--out",
        ):
            events.add({"loss": 0.1}, step=1)
    events.close()


def test_a_file_that_cannot_be_created_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(module.time, "time", lambda: 1.0)
    EventsFile(tmp_path).close()
    with pytest.raises(DataError, match=r"learning curves cannot be written \(File exists\)"):
        EventsFile(tmp_path)
