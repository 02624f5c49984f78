"""Bytes of audio files that encoders write, tools damage and downloads leave; each holds one known signal."""

import io
import struct
from collections.abc import Iterator

import numpy as np
import soundfile

RATE = 44100
SECONDS = 0.5


def signal(seed: int = 0, seconds: float = SECONDS, rate: int = RATE) -> np.ndarray:
    """A tone whose pitch wanders between 300 and 2,300 Hz: no part of it resembles another. Peak 0.5."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    pitch = np.interp(np.arange(count), np.linspace(0, count, 40), rng.uniform(300, 2300, 40))
    return (0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / rate)).astype(np.float32)


def written(samples: np.ndarray, rate: int = RATE, **options) -> bytes:
    """A file as libsndfile writes it."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, **options)
    return stream.getvalue()


def mp3(samples: np.ndarray, rate: int = RATE, mode: str = "CONSTANT", level: float = 0.5) -> bytes:
    return written(samples, rate, format="MP3", bitrate_mode=mode, compression_level=level)


# RIFF and AIFF -------------------------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes, *, size: int | None = None, order: str = "<", padded: bool = True) -> bytes:
    """A chunk of RIFF (`<`) or AIFF (`>`); `size` is the length that it declares."""
    declared = len(content) if size is None else size
    return name + struct.pack(f"{order}I", declared) + content + (b"\0" if padded and len(content) % 2 else b"")


def wav_format(tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, align: int | None = None) -> bytes:
    align = channels * bits // 8 if align is None else align
    return struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)


def extensible(valid_bits: int, mask: int, *, bits: int = 24, channels: int = 1, extra: int = 22) -> bytes:
    """Content of an extensible format chunk of PCM; `extra` is the length of its second half as it declares it."""
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    head = wav_format(0xFFFE, channels, bits=bits)
    return head + struct.pack("<HHI", extra, valid_bits, mask) + guid


def riff(*chunks: bytes, size: int | None = None, kind: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return kind + struct.pack("<I", len(body) if size is None else size) + body


def integers(samples: np.ndarray, code: str = "<i2") -> bytes:
    return np.round(samples * np.iinfo(code).max).astype(code).tobytes()


def three_bytes(samples: np.ndarray) -> bytes:
    """24-bit little-endian samples."""
    return np.round(samples * (2**23 - 1)).astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes()


def four_bytes(samples: np.ndarray) -> bytes:
    """24-bit little-endian samples in the upper 3 of 4 bytes."""
    return (np.round(samples * (2**23 - 1)).astype("<i4") << 8).tobytes()


def dts_in_wav() -> bytes:
    """Blocks that begin as those of DTS do, in a WAV that says stereo of 16 bits."""
    blocks = b"".join(bytes.fromhex("ff1f00e80a") + noise(4091) for _ in range(30))
    return riff(chunk(b"fmt ", wav_format(channels=2)), chunk(b"data", blocks))


def noise(count: int) -> bytes:
    """Random bytes, none of them FF: no frame of MP3 begins in them."""
    return np.random.default_rng(0).integers(0, 255, count, dtype=np.uint8).tobytes()


def aiff(*chunks: bytes, kind: bytes = b"AIFF") -> bytes:
    body = kind + b"".join(chunks)
    return b"FORM" + struct.pack(">I", len(body)) + body


def comm(frames: int, *, channels: int = 1, bits: int = 16, rate: int = RATE, code: bytes = b"") -> bytes:
    """The chunk that describes an AIFF; `code` is the four-letter code of an AIFC."""
    exponent = rate.bit_length() - 1
    ten_bytes = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent))
    tail = code + b"\0\0" if code else b""
    return chunk(b"COMM", struct.pack(">hIh", channels, frames, bits) + ten_bytes + tail, order=">")


def ssnd(content: bytes, offset: int = 0) -> bytes:
    return chunk(b"SSND", struct.pack(">II", offset, 0) + b"\xaa" * offset + content, order=">")


# MP3 -----------------------------------------------------------------------------------------------------------------

_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)


def frames_of(data: bytes) -> list[bytes]:
    """The frames of an MPEG-1 Layer III file that begins with one."""
    position, found = 0, []
    while position + 4 <= len(data) and data[position] == 0xFF:
        head = data[position + 2]
        length = 144_000 * _KBPS[head >> 4] // (44100, 48000, 32000)[head >> 2 & 3] + (head >> 1 & 1)
        found.append(data[position : position + length])
        position += length
    return found


def without_info(data: bytes) -> bytes:
    """An MP3 without the first frame, which holds no sound but the number of frames."""
    first = frames_of(data)[0]
    assert b"Info" in first or b"Xing" in first
    return data[len(first) :]


def reframed(data: bytes, *, index: int, checksum: bool = False, size: int | None = None) -> bytes:
    """A mono MPEG-1 MP3 with each frame's data in the frame itself, under the bit rate of `index`.

    Args:
        checksum: protect headers with CRC-16.
        size: bytes of each frame where `index` is 0, the free bit rate.
    """
    sounds = frames_of(without_info(data))
    # 4 bytes of header, 17 of side information for mono: where its data begin, and the lengths of two granules in bits.
    stream = b"".join(frame[21:] for frame in sounds)
    out, start = [], 0
    for frame in sounds:
        side = int.from_bytes(frame[4:21], "big")
        back, lengths = side >> (136 - 9), (side >> (136 - 18 - 12) & 0xFFF, side >> (136 - 18 - 59 - 12) & 0xFFF)
        begin = start - back
        content = stream[max(begin, 0) : begin + (sum(lengths) + 7) // 8] if begin >= 0 else b""
        start += len(frame) - 21
        side_bytes = (side & ((1 << (136 - 9)) - 1)).to_bytes(17, "big") if begin >= 0 else bytes(17)
        header = bytes([0xFF, frame[1] & 0xFE if checksum else frame[1], index << 4 | frame[2] & 0x0C, frame[3]])
        total = size or 144_000 * _KBPS[index] // (44100, 48000, 32000)[frame[2] >> 2 & 3]
        guard = _crc16(header[2:] + side_bytes).to_bytes(2, "big") if checksum else b""
        body = header + guard + side_bytes + content
        assert len(body) <= total
        out.append(body.ljust(total, b"\0"))
    return b"".join(out)


def vbri(data: bytes) -> bytes:
    """An MP3 whose first frame holds a header of the Fraunhofer encoder instead of LAME's."""
    info, *sounds = frames_of(data)
    fields = struct.pack(">HHHII", 1, 1105, 75, sum(map(len, sounds)), len(sounds))
    head = info[:4] + bytes(32) + b"VBRI" + fields
    return head.ljust(len(info), b"\0") + b"".join(sounds)


def _crc16(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value


def id3v2(payload: bytes, *, version: int = 3, flags: int = 0, size: int | None = None) -> bytes:
    length = len(payload) if size is None else size
    return b"ID3" + bytes((version, 0, flags)) + bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0)) + payload


def id3_frame(name: bytes, content: bytes, *, synchsafe: bool = False) -> bytes:
    """A frame of an ID3v2.3 tag, or of an ID3v2.4 tag (`synchsafe`)."""
    length = len(content)
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0)) if synchsafe else struct.pack(">I", length)
    return name + size + b"\0\0" + content


def id3v1(artist: bytes = b"Somebody") -> bytes:
    return b"TAG" + bytes(30) + artist.ljust(30, b"\0") + bytes(30) + b"2004" + bytes(30) + b"\0"


def ape_tag(fields: dict[str, str], *, header: bool) -> bytes:
    """An APEv2 tag; with a header, as one at the front of a file must have."""
    items = b"".join(
        struct.pack("<II", len(value.encode()), 0) + key.encode() + b"\0" + value.encode()
        for key, value in fields.items()
    )
    flags = 0x80000000 if header else 0

    def part(own: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, len(fields), flags | own) + bytes(8)

    return (part(0x20000000) if header else b"") + items + part(0)


# Ogg and FLAC --------------------------------------------------------------------------------------------------------


def ogg_pages(data: bytes) -> list[bytes]:
    position, found = 0, []
    while position < len(data):
        count = data[position + 26]
        length = 27 + count + sum(data[position + 27 : position + 27 + count])
        found.append(data[position : position + length])
        position += length
    return found


def ogg_page(packets: list[bytes], *, serial: int, number: int, granule: int = 0, flags: int = 0) -> bytes:
    """A page that holds whole packets."""
    lacing = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    assert len(lacing) <= 255
    head = b"OggS\0" + bytes([flags]) + struct.pack("<qII", granule, serial, number) + bytes(4) + bytes([len(lacing)])
    return with_ogg_crc(head + lacing + b"".join(packets))


def with_ogg_crc(page: bytes) -> bytes:
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return page[:22] + struct.pack("<I", value) + page[26:]


def changed_page(page: bytes, *, serial: int | None = None, granule: int | None = None, flags: int | None = None):
    """A page with other fields and their checksum."""
    head = bytearray(page)
    if flags is not None:
        head[5] = flags
    if granule is not None:
        head[6:14] = struct.pack("<q", granule)
    if serial is not None:
        head[14:18] = struct.pack("<I", serial)
    return with_ogg_crc(bytes(head))


def flac_with_total(data: bytes, total: int) -> bytes:
    """A FLAC file whose first block states another number of samples (36 bits); 0 means unknown."""
    fields = int.from_bytes(data[18:26], "big")
    return data[:18] + (fields & ~(2**36 - 1) | total).to_bytes(8, "big") + data[26:]


def flac_blocks(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Metadata blocks of a FLAC file as (type, content), and the bytes of its sound."""
    position, blocks = 4, []
    while True:
        kind, length = data[position], int.from_bytes(data[position + 1 : position + 4], "big")
        blocks.append((kind & 0x7F, data[position + 4 : position + 4 + length]))
        position += 4 + length
        if kind & 0x80:
            return blocks, data[position:]


def flac_of(blocks: list[tuple[int, bytes]], sound: bytes) -> bytes:
    heads = b"".join(
        bytes([kind | (0x80 if number == len(blocks) - 1 else 0)]) + len(content).to_bytes(3, "big") + content
        for number, (kind, content) in enumerate(blocks)
    )
    return b"fLaC" + heads + sound


def flac_frames(sound: bytes) -> Iterator[bytes]:
    """Frames of a FLAC file with blocks of equal length and fewer than 128 frames: the number is one byte."""
    starts = [0]
    while True:
        mark = sound[:2] + sound[2:3]
        following = sound.find(mark, starts[-1] + 16)
        while following != -1 and (sound[following + 4] != len(starts) or not _is_flac_head(sound[following:])):
            following = sound.find(mark, following + 1)
        if following == -1:
            # The last frame may have another length of block, so another third byte.
            following = next(
                (
                    place
                    for place in range(starts[-1] + 16, len(sound) - 6)
                    if sound[place : place + 2] == sound[:2]
                    and sound[place + 4] == len(starts)
                    and _is_flac_head(sound[place:])
                ),
                -1,
            )
        if following == -1:
            break
        starts.append(following)
    return (sound[start:end] for start, end in zip(starts, [*starts[1:], len(sound)], strict=True))


def _is_flac_head(data: bytes) -> bool:
    """Whether a frame's header ends in its CRC-8."""
    length = 5 + {6: 1, 7: 2}.get(data[2] >> 4, 0)
    value = 0
    for byte in data[:length]:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value == data[length]


def with_opus_head(data: bytes, *, gain_db: float = 0.0, rate: int = 48000) -> bytes:
    """An Opus file whose header states a gain, and the rate of what it was made from."""
    first, *others = ogg_pages(data)
    head = bytearray(first)
    start = first.index(b"OpusHead")
    head[start + 12 : start + 16] = struct.pack("<I", rate)
    head[start + 16 : start + 18] = struct.pack("<h", round(gain_db * 256))
    return with_ogg_crc(bytes(head)) + b"".join(others)


def with_skeleton(data: bytes) -> bytes:
    """An Ogg file with a stream that describes the others, as `oggenc -k` writes it."""
    first, *others = ogg_pages(data)
    head = ogg_page([b"fishead\0" + struct.pack("<HH", 3, 0) + bytes(52)], serial=5, number=0, flags=2)
    return head + first + ogg_page([b""], serial=5, number=1, flags=4) + b"".join(others)


def with_video(data: bytes) -> bytes:
    """An Ogg file with pages of a video stream between those of its sound."""
    first, *others = ogg_pages(data)
    head = ogg_page([b"\x80theora\3\2\1" + bytes(31)], serial=5, number=0, flags=2)
    video = [ogg_page([bytes(100)], serial=5, number=number + 1, granule=number) for number in range(len(others))]
    return head + first + b"".join(page for pair in zip(video, others, strict=True) for page in pair)


def ogg_flac(samples: np.ndarray) -> bytes:
    """FLAC in an Ogg container."""
    blocks, sound = flac_blocks(written(samples, format="FLAC"))
    info = next(content for kind, content in blocks if kind == 0)
    comment = next((content for kind, content in blocks if kind == 4), bytes(8))
    first = b"\x7fFLAC\x01\x00\x00\x01fLaC" + b"\x00\x00\x00\x22" + info
    pages = [
        ogg_page([first], serial=7, number=0, flags=2),
        ogg_page([b"\x84" + len(comment).to_bytes(3, "big") + comment], serial=7, number=1),
    ]
    frames, done = list(flac_frames(sound)), 0
    for number, frame in enumerate(frames):
        done = min(done + 4096, len(samples))
        last = number == len(frames) - 1
        pages.append(ogg_page([frame], serial=7, number=number + 2, granule=done, flags=4 if last else 0))
    return b"".join(pages)
