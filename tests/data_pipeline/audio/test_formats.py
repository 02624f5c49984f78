"""Every format and encoding that libsndfile writes: the same sound, or refused with a reason."""

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio, read_header
from tests.helpers.odd_audio import signal

# Files without a header: libsndfile would have to be given the rate.
_WITHOUT_HEADER = "RAW"
# libsndfile lists these, but has no encoder for them.
_NOT_WRITTEN = {
    ("MP3", "MPEG_LAYER_I"),
    ("MP3", "MPEG_LAYER_II"),
    ("WAV", "MPEG_LAYER_III"),
    ("AIFF", "DWVW_12"),
}
CASES = [
    (format, subtype)
    for format in soundfile.available_formats()
    for subtype in soundfile.available_subtypes(format)
    if soundfile.check_format(format, subtype) and (format, subtype) not in _NOT_WRITTEN
]


def _written(path, sound: np.ndarray, rate: int, channels: int, format: str, subtype: str) -> bool:
    """Write a file; whether it could be: some formats and encodings hold one channel only."""
    try:
        soundfile.write(path, np.stack([sound] * channels, axis=1), rate, subtype=subtype, format=format)
    except soundfile.LibsndfileError:
        if channels == 1:
            raise
        return False
    return True


@pytest.mark.parametrize(("format", "subtype"), CASES, ids=["-".join(case) for case in CASES])
def test_what_libsndfile_writes_is_read(tmp_path, format, subtype):
    rate = 48_000 if subtype == "OPUS" else 44_100
    path, sound = tmp_path / f"a.{format.lower()}", signal(0, 1.0, rate)
    for channels in (1, 2):
        if not _written(path, sound, rate, channels, format, subtype):
            return
        if format == _WITHOUT_HEADER:
            with pytest.raises(DataError, match="does not decode as audio"):
                read_audio(path)
            return
        samples, header = read_audio(path), read_header(path)
        assert (header.channels, header.frames) == (channels, len(samples))
        # Encodings in blocks fill the last one with silence; the longest are those of ADPCM, 2,041 samples.
        assert 0 <= len(samples) - len(sound) < 2041
        assert np.corrcoef(samples[: len(sound)], sound)[0, 1] > 0.95
        assert 0.95 < np.std(samples[: len(sound)]) / np.std(sound) < 1.05
