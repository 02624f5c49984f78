"""The frames of an MPEG audio stream (MP3): where they are, how many, and what the stream declares about itself.

Decoders trust the Xing, Info or VBRI header in the first frame, which may be missing, say 0 or belong to another file.
Without one they estimate the length from the first frame's bit rate, and stop early, without an error, where the
estimate is too short. So the frames are counted here, and a stream whose length is stated wrongly gets a header that
states it.

Formats: ISO/IEC 11172-3 and 13818-3 (frame headers); the Xing, Info and VBRI headers as LAME and Fraunhofer write them.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache

from data_pipeline.audio.id3 import after_tags

# Whether MPEG version 1, layer -> bit rates by index, in kbit/s; 0 where the index is not in use.
_BIT_RATES_KBPS = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
# Version bits of a frame header -> sample rates by index.
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# The second byte holds version and layer, none of them reserved; the third neither a reserved nor a free bit rate.
_HEADER = re.compile(rb"\xff(?=[\xe2-\xe7\xf2-\xff][\x10-\xef])")
_HEADER_BYTES = 4
_MONO = 3
# Random bytes look like a frame header now and then, hardly ever like three, each where the one before it ends.
_CONSECUTIVE = 3
# Samples at the beginning that a Layer III decoder adds, and trims where a header states the length.
_DECODER_DELAY = 529
# What may stand behind the last frame.
_TRAILING_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")


@dataclass(frozen=True)
class MpegStream:
    """The whole frames of a file.

    Args:
        begin: position of the first frame, which may only declare the length.
        layer: 1, 2 or 3.
        samples_per_frame: of each channel.
        frames: number of frames with samples, without a first one that only declares the length.
        declared_frames: what the Xing, Info or VBRI header says; None where there is none, or none with a length.
        pieces: (begin, end) of frames that follow each other without a gap, in bytes.
        changes_format: frames of another version, layer or sample rate follow.
    """

    begin: int
    layer: int
    samples_per_frame: int
    frames: int
    declared_frames: int | None
    pieces: tuple[tuple[int, int], ...]
    changes_format: bool

    @property
    def samples(self) -> int:
        """Samples of each channel in all frames, before anything is trimmed."""
        return self.frames * self.samples_per_frame

    @property
    def least_samples(self) -> int:
        """What has to decode, where no header says how much to trim."""
        return self.samples - _DECODER_DELAY

    @property
    def most_samples(self) -> int:
        """What can decode: a first frame that states the length, and a cut one at the end, may give samples too."""
        return self.samples + 4 * self.samples_per_frame


def find_stream(data: bytes) -> MpegStream | None:
    """Look for the frames of an MPEG stream: behind tags and other bytes before the first frame, and across gaps.

    Returns:
        The stream; None where no frames with samples are found.
    """
    begin = _next_frame(data, after_tags(io.BytesIO(data)))
    if begin is None:
        return None
    kind, lengths = _kind(data, begin), _lengths(_kind(data, begin))
    _, layer = _version_and_layer(data[begin + 1])
    position, declared = begin, None
    first = data[begin : begin + lengths[data[begin + 2]]]
    if layer == 3 and (place := _length_header(first)) is not None:
        declared = _declared_frames(first, place)
        position += len(first)
    pieces, frames, changes_format = [], 0, False
    while True:
        end, count = _consecutive(data, position, kind, lengths)
        if count:
            pieces.append((position, end))
            frames += count
        following = _next_frame(data, max(end, position + 1))
        if following is None:
            break
        if _kind(data, following) != kind:
            changes_format = True
            break
        position = following
    if not frames:
        return None
    return MpegStream(
        begin=begin,
        layer=layer,
        samples_per_frame=_samples_per_frame(kind),
        frames=frames,
        declared_frames=declared,
        pieces=tuple(pieces),
        changes_format=changes_format,
    )


def mended(data: bytes, stream: MpegStream) -> bytes:
    """The stream without tags and gaps; in Layer III, behind an Info header that states its number of frames.

    The header states no encoder delay and no padding, so that a decoder only trims its own delay. Of
    Layers I and II, whose frames have no such header, decoders estimate the length well: their bit rate is constant.
    """
    frames = b"".join(data[first:last] for first, last in stream.pieces)
    if stream.layer != 3:
        return frames
    begin = stream.pieces[0][0]
    head = bytearray(data[begin : begin + _HEADER_BYTES])
    head[1] |= 1  # no checksum follows
    lengths, place = _lengths(_kind(data, begin)), _HEADER_BYTES + _side_bytes(head)
    text = b"Info" + (1).to_bytes(4, "big") + stream.frames.to_bytes(4, "big")
    # The byte after the text has to be zero and within the frame: an encoder's delay could follow there.
    index = next(index for index in range(1, 15) if lengths[index << 4 | head[2] & 0x0F] > place + len(text))
    head[2] = index << 4 | head[2] & 0x0F
    return (bytes(head).ljust(place, b"\0") + text).ljust(lengths[head[2]], b"\0") + frames


def _next_frame(data: bytes, position: int) -> int | None:
    """Position of the first of several consecutive frames, at or behind `position`.

    At the end of the file fewer are enough, where the last one ends with the file or is followed by a tag.
    """
    for found in _HEADER.finditer(data, position):
        begin = found.start()
        if begin + _HEADER_BYTES > len(data):
            break
        kind = _kind(data, begin)
        lengths, is_mono = _lengths(kind), data[begin + 3] >> 6 == _MONO
        end, count = begin, 0
        while count < _CONSECUTIVE and _is_header(data, end, kind, lengths):
            if (data[end + 3] >> 6 == _MONO) != is_mono:
                break
            end += lengths[data[end + 2]]
            count += 1
        is_at_end = count and (end == len(data) or data.startswith(_TRAILING_TAGS, end))
        is_cut = count > 1 and end > len(data)
        if count == _CONSECUTIVE or is_at_end or is_cut:
            return begin
    return None


def _consecutive(data: bytes, position: int, kind: tuple[int, int], lengths: list[int]) -> tuple[int, int]:
    """(end, number) of the whole frames of one kind from `position` on."""
    size, count, version_and_layer = len(data), 0, kind[0]
    last = size - _HEADER_BYTES
    # Once for each 26 ms of music, so without a function call.
    while position <= last and data[position] == 0xFF and data[position + 1] & 0xFE == version_and_layer:
        length = lengths[data[position + 2]]
        if not length or position + length > size:
            break
        position += length
        count += 1
    return position, count


def _is_header(data: bytes, position: int, kind: tuple[int, int], lengths: list[int]) -> bool:
    return (
        position + _HEADER_BYTES <= len(data)
        and data[position] == 0xFF
        and data[position + 1] & 0xFE == kind[0]
        and lengths[data[position + 2]] > 0
    )


def _kind(data: bytes, position: int) -> tuple[int, int]:
    """What all frames of a stream have in common: version and layer, and the index of the sample rate."""
    return data[position + 1] & 0xFE, data[position + 2] >> 2 & 3


def _version_and_layer(byte: int) -> tuple[int, int]:
    return byte >> 3 & 3, 4 - (byte >> 1 & 3)


@lru_cache(maxsize=32)
def _lengths(kind: tuple[int, int]) -> list[int]:
    """Bytes of a frame by its header's third byte; 0 where the byte is not one of this kind's."""
    version, layer = _version_and_layer(kind[0])
    lengths = [0] * 256
    if version not in _SAMPLE_RATES or kind[1] > 2 or layer == 4:
        return lengths
    rate = _SAMPLE_RATES[version][kind[1]]
    for index, kilobits in enumerate(_BIT_RATES_KBPS[version == 3, layer]):
        for padding in (0, 1):
            byte = index << 4 | kind[1] << 2 | padding << 1
            if layer == 1:
                length = (12 * 1000 * kilobits // rate + padding) * 4
            else:
                length = _samples_per_frame(kind) // 8 * 1000 * kilobits // rate + padding
            if kilobits:
                lengths[byte] = lengths[byte | 1] = length
    return lengths


def _samples_per_frame(kind: tuple[int, int]) -> int:
    version, layer = _version_and_layer(kind[0])
    if layer == 1:
        return 384
    return 576 if layer == 3 and version != 3 else 1152


def _side_bytes(frame: bytes) -> int:
    """Bytes of side information of a Layer III frame, which is all zero in a frame that declares the length."""
    is_mono, is_version_1 = frame[3] >> 6 == _MONO, frame[1] >> 3 & 3 == 3
    if is_version_1:
        return 17 if is_mono else 32
    return 9 if is_mono else 17


def _length_header(frame: bytes) -> int | None:
    """Place of a Xing, Info or VBRI header in the first frame; None where there is none."""
    place = _HEADER_BYTES + _side_bytes(frame)
    # Also in a frame with a checksum, which moves the side information by two bytes but not this header.
    if frame[place : place + 4] in (b"Xing", b"Info"):
        return place
    return 36 if frame[36:40] == b"VBRI" else None


def _declared_frames(frame: bytes, place: int) -> int | None:
    if frame[place : place + 4] == b"VBRI":
        return int.from_bytes(frame[place + 14 : place + 18], "big")
    has_frames = frame[place + 7] & 1 if len(frame) >= place + 12 else 0
    return int.from_bytes(frame[place + 8 : place + 12], "big") if has_frames else None
