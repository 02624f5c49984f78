"""Memory of the process, and the limit that it may be given."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from common.core.errors import BudgetError
from common.training import memory
from common.training.memory import NO_LIMIT, MemoryLimit

LIMIT = MemoryLimit(100 << 20)
ROOT = Path(memory.__file__).parents[2]


@pytest.fixture
def held(monkeypatch):
    """Set what the process holds now, and its peak."""

    def set_bytes(now: int, peak: int) -> None:
        monkeypatch.setattr(memory, "resident_bytes", lambda: now)
        monkeypatch.setattr(memory, "peak_resident_bytes", lambda: peak)

    return set_bytes


def test_what_is_left_is_less_what_the_process_holds_now(held):
    held(now=70 << 20, peak=90 << 20)
    assert LIMIT.left_bytes() == 30 << 20
    assert NO_LIMIT.left_bytes() is None


def test_a_peak_above_the_limit_is_refused_with_what_helps(held):
    held(now=1, peak=100 << 20)
    LIMIT.require("training")
    held(now=1, peak=(100 << 20) + 1)
    NO_LIMIT.require("training")
    found = r"^--memory-limit 100 MB: after {} the process peaked at 100 MB, so that it needs 200 MB or more\. {}$"
    with pytest.raises(
        BudgetError, match=found.format("training", r"Raise the limit, or use --precision mixed_bfloat16\.")
    ):
        LIMIT.require("training")
    with pytest.raises(BudgetError, match=found.format("extraction", r"Extract less\.")):
        LIMIT.require("extraction", remedy="Extract less.")


def test_memory_that_is_filled_is_held_and_given_back():
    before = memory.resident_bytes()
    filled = np.ones(200 << 20, np.uint8)
    assert memory.resident_bytes() - before > filled.nbytes * 0.9
    del filled
    assert memory.resident_bytes() - before < 100 << 20


def test_the_peak_outlasts_what_was_given_back():
    np.ones(200 << 20, np.uint8)
    assert memory.peak_resident_bytes() > memory.resident_bytes() + (100 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status is Linux's")
def test_both_are_what_the_system_reports():
    def reported(name: str) -> int:
        with open("/proc/self/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name)) * 1024

    assert memory.resident_bytes() == pytest.approx(reported("VmRSS"), abs=4 << 20)
    assert memory.peak_resident_bytes() == pytest.approx(reported("VmHWM"), abs=4 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status is Linux's")
def test_what_the_program_that_started_this_one_held_does_not_count(tmp_path):
    filled = np.ones(400 << 20, np.uint8)
    code = "from common.training.memory import peak_resident_bytes; print(peak_resident_bytes())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < filled.nbytes


def test_a_system_that_does_not_tell_the_peak_of_the_program_tells_that_of_the_process(monkeypatch):
    monkeypatch.setattr(memory, "_peak_of_program", lambda: None)
    assert memory.peak_resident_bytes() >= memory.resident_bytes() - (4 << 20)


def test_on_windows_the_peak_is_that_of_the_working_set(monkeypatch):
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=5, peak_wset=7))
    monkeypatch.setattr(memory.sys, "platform", "win32")
    monkeypatch.setattr(psutil, "Process", lambda: process)
    assert (memory.resident_bytes(), memory.peak_resident_bytes()) == (5, 7)
