"""Memory that threads share: each waits until there is room, and what never fits is refused."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.core.errors import BudgetError
from data_pipeline.cache.memory_share import MemoryShare

PATH = Path("a.wav")
MEGABYTE = 1 << 20


def test_what_does_not_fit_alone_is_refused_with_what_is_declared_and_what_is_left():
    share = MemoryShare(3 * MEGABYTE)
    share.require(PATH, 3 * MEGABYTE, "is long")
    with pytest.raises(BudgetError) as caught, share.taken(PATH, 4 * MEGABYTE, "declares 9 frames"):
        pass
    assert str(caught.value) == (
        "a.wav: declares 9 frames, which needs 4 MB of memory, and --memory-limit leaves 3 MB. Raise the limit, or cut "
        "the file into shorter clips."
    )


@pytest.mark.parametrize(("left", "together"), [(5, 2), (4, 2), (3, 1), (None, 8)])
def test_as_many_threads_go_on_as_there_is_room_for(left, together):
    share, running, most, lock = MemoryShare(left), 0, 0, threading.Lock()
    full = threading.Event()

    def work(number: int) -> int:
        nonlocal running, most
        with share.taken(PATH, 2, ""):
            with lock:
                running += 1
                most = max(most, running)
                if running == together:
                    full.set()
            # So that others could come in, if there were room.
            assert full.wait(10)
            with lock:
                running -= 1
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == list(range(16))
    assert most == together


def test_memory_is_free_again_after_an_error():
    share = MemoryShare(2)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), share.taken(PATH, 2, ""):
            raise ValueError("broken")


def test_a_copy_in_another_process_has_a_share_of_its_own():
    share = MemoryShare(2)
    with share.taken(PATH, 2, ""):
        copy = pickle.loads(pickle.dumps(share))
        with copy.taken(PATH, 2, ""), pytest.raises(BudgetError):
            copy.require(PATH, 3, "")
