"""The length of an MP3 file, counted from its frame headers.

Without a Xing, Info or VBRI header in the first frame, a decoder estimates the length from that frame's bit rate. The
estimate may be too long or too short; where it is too short, decoding stops early without an error.
"""

from pathlib import Path

_BIT_RATES_KBPS = {
    # Whether MPEG version 1 -> bit rates of Layer III by index.
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
# Version bits of a frame header -> sample rates by index.
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# Allowance for what decoders trim: encoder delay and padding, and a first frame that holds only tags.
TRIMMED_SAMPLES = 4 * 1152


def counted_samples(path: Path) -> int | None:
    """Count the samples per channel of all Layer III frames from the beginning of the file.

    Returns:
        The count; None where the first frame is not a Layer III frame, or states the length itself (a truncated file
        then decodes to less than that).
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
    """Position after an ID3v2 tag, whose size field has seven bits per byte; 0 where there is no tag."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(header: bytes) -> tuple[int, int] | None:
    """(bytes, samples) of the frame that starts with this header; None where it is not a Layer III header."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    is_sync = header[0] == 0xFF and header[1] >> 5 == 7
    if not is_sync or layer != 1 or version not in _SAMPLE_RATES or not 0 < index < 15 or rate_index == 3:
        return None
    is_version_1 = version == 3
    samples = 1152 if is_version_1 else 576
    kilobits, sample_rate = _BIT_RATES_KBPS[is_version_1][index], _SAMPLE_RATES[version][rate_index]
    return samples // 8 * 1000 * kilobits // sample_rate + padding, samples
