"""How much audio an MP3 file holds by its frame headers.

Without a Xing, Info or VBRI header in the first frame, the length that a decoder tells is a guess from that frame's bit
rate, too long or too short; where it is too short, decoding stops early without a word.
"""

from pathlib import Path

_KILOBITS = {
    # (MPEG version 1?, bit rates by index) of Layer III.
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
# Version bits of a frame header -> sample rates by index.
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# Encoder delay and padding, and a first frame that holds tags only, are trimmed by decoders.
TRIMMED_SAMPLES = 4 * 1152


def counted_samples(path: Path) -> int | None:
    """Samples (per channel) of all Layer III frames from the beginning of the file.

    Returns:
        None where the first frame tells the length (which a truncated file does not reach), or is no such frame.
    """
    data = path.read_bytes()
    position = _after_tag(data)
    first = _frame(data[position : position + 4]) if position + 4 <= len(data) else None
    if first is None or any(name in data[position : position + first[0]] for name in (b"Xing", b"Info", b"VBRI")):
        return None
    samples = 0
    while position + 4 <= len(data):
        found = _frame(data[position : position + 4])
        if found is None:
            break
        length, in_frame = found
        samples += in_frame
        position += length
    return samples


def _after_tag(data: bytes) -> int:
    """Behind an ID3v2 tag, whose size has seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(header: bytes) -> tuple[int, int] | None:
    """(bytes, samples) of the frame that a header begins; None where it is no Layer III header."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    is_sync = header[0] == 0xFF and header[1] >> 5 == 7
    if not is_sync or layer != 1 or version not in _RATES or not 0 < index < 15 or rate_index == 3:
        return None
    is_first = version == 3
    samples = 1152 if is_first else 576
    return samples // 8 * 1000 * _KILOBITS[is_first][index] // _RATES[version][rate_index] + padding, samples
