"""Two thousand damaged audio files: nothing but documented errors, little memory, and no file that takes long."""

import pytest

from tests.helpers.fuzzing import MOST_GROWTH_BYTES, faults_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(2))
def test_damaged_audio_leads_to_documented_errors_only(tmp_path, seed):
    faults, grown_bytes = faults_of("audio", seed, 1000, tmp_path)
    assert faults == []
    assert grown_bytes < MOST_GROWTH_BYTES
