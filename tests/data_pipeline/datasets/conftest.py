"""Files of arrays."""

import numpy as np
import pytest

from tests.helpers.arrays import content


@pytest.fixture
def save(tmp_path):
    """Write an `.npz` of `content` with changes and return its path."""

    def write(**changes):
        np.savez(tmp_path / "given.npz", **content(**changes))
        return tmp_path / "given.npz"

    return write
