"""Audio files as encoders, taggers, recorders and downloads leave them: read whole, or refused with a reason."""

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from common.core.errors import DataError
from data_pipeline.audio import decode
from data_pipeline.audio.decode import read_audio
from tests.helpers.odd_audio import signal
from tests.helpers.odd_audio_kinds import AS_STATED, EITHER, KINDS, REFUSED, WHOLE, Kind

# LAME's delay at the beginning and the rest of the last frame, in each of up to two parts.
_SPARE_SAMPLES = 2 * 2 * 1152


def _contains(samples: np.ndarray, part: np.ndarray) -> bool:
    """Whether samples hold a part, somewhere, at its level."""
    lag = int(np.argmax(correlate(samples, part, method="fft"))) - (len(part) - 1)
    found, expected = samples[max(lag, 0) :], part[max(-lag, 0) :]
    count = min(len(found), len(expected))
    if count < 0.97 * len(part):
        return False
    found, expected = found[:count], expected[:count]
    level = np.std(found) / np.std(expected)
    return bool(np.corrcoef(found, expected)[0, 1] > 0.95 and 0.9 < level < 1.1)


def _missing(kind: Kind, samples: np.ndarray) -> str:
    """What is wrong with the samples; empty where they are the parts of this kind of file and no more."""
    parts = (signal(0, rate=kind.rate),) if kind.parts is None else kind.parts
    expected = sum(map(len, parts))
    if abs(len(samples) - expected) > _SPARE_SAMPLES and kind.outcome == WHOLE:
        return f"{len(samples)} samples instead of {expected}"
    absent = [number for number, part in enumerate(parts) if not _contains(samples, part)]
    return f"of {len(parts)} parts these are not in it: {absent}" if absent else ""


def _read(path: Path, rate: int) -> np.ndarray | DataError:
    try:
        return read_audio(path, sample_rate=rate)
    except DataError as error:
        return error


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_a_file_is_read_whole_or_refused(kind, tmp_path):
    path = tmp_path / f"song{kind.suffix}"
    path.write_bytes(kind.make())
    read = _read(path, kind.rate)
    if isinstance(read, DataError):
        assert kind.outcome in (REFUSED, EITHER), read
        assert str(read).startswith(f"{path}: ")
        assert "--skip-bad" in str(read)
    elif kind.outcome == AS_STATED:
        assert len(read) == kind.length
    else:
        assert kind.outcome in (WHOLE, EITHER), f"{len(read)} samples were read"
        assert _missing(kind, read) == ""


def test_the_page_lists_every_kind_with_what_reading_it_gives():
    page = (Path(decode.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = [f"| {kind.name} | {kind.reported} | {kind.described} |" for kind in KINDS]
    assert [row for row in rows if row not in page.splitlines()] == []
