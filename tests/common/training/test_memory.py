"""Memory of the process, and the limit that it may be given."""

import pytest

from common.core.errors import BudgetError
from common.training import memory
from common.training.memory import NO_LIMIT, MemoryLimit

LIMIT = MemoryLimit(100 << 20)


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
    found = r"^--memory-limit 100 MB: after {} the process peaked at 100 MB\. {}$"
    with pytest.raises(
        BudgetError, match=found.format("training", r"Raise the limit, or use --precision mixed_bfloat16\.")
    ):
        LIMIT.require("training")
    with pytest.raises(BudgetError, match=found.format("extraction", r"Extract less\.")):
        LIMIT.require("extraction", remedy="Extract less.")
