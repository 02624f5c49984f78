"""Two thousand damaged files of arrays: nothing but documented errors, little memory, and no file that takes long."""

import pytest

from tests.helpers.fuzzing import MOST_GROWTH_BYTES, faults_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(2))
def test_damaged_arrays_lead_to_documented_errors_only(tmp_path, seed):
    faults, grown_bytes = faults_of("arrays", seed, 1000, tmp_path)
    assert faults == []
    assert grown_bytes < MOST_GROWTH_BYTES
