"""Kinds of audio files that people reported, each as a small file that can be made again, and what reading it gives."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.helpers.odd_audio import (
    RATE,
    aiff,
    ape_tag,
    changed_page,
    chunk,
    comm,
    dts_in_wav,
    extensible,
    flac_blocks,
    flac_of,
    flac_with_total,
    four_bytes,
    frames_of,
    id3_frame,
    id3v1,
    id3v2,
    integers,
    mp3,
    noise,
    ogg_flac,
    ogg_page,
    ogg_pages,
    reframed,
    riff,
    signal,
    ssnd,
    three_bytes,
    vbri,
    wav_format,
    with_opus_head,
    with_skeleton,
    with_video,
    without_info,
    written,
)

WHOLE, REFUSED, EITHER, AS_STATED = "whole", "refused", "either", "as stated"
# What the page says of an outcome.
_DOES = {WHOLE: "read whole", REFUSED: "refused, with a reason"}


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Args:
        name: as on the page.
        suffix: of the file's name.
        reported: where people report such files.
        make: the file's bytes.
        outcome: WHOLE: every part is found in what is read; REFUSED: a DataError; EITHER: one or the other, but never
            other sound without a word; AS_STATED: nothing in the file tells that it is not what it says.
        rate: Hz at which the file is read.
        parts: sounds that the file holds, in their order; None stands for X at `rate`.
        length: samples that are read where the outcome is AS_STATED.
        does: what reading the file gives, where it is not plain from the outcome.
    """

    name: str
    suffix: str
    reported: str
    make: Callable[[], bytes]
    outcome: str
    rate: int = RATE
    parts: tuple[np.ndarray, ...] | None = None
    length: int | None = None
    does: str = ""

    @property
    def described(self) -> str:
        """What the page says that reading such a file gives."""
        return self.does or _DOES[self.outcome]


X, Y = signal(0), signal(1)
LONG = signal(0, 3.0)
PCM, BIG = integers(X), integers(X, ">i2")
HALF = len(X) // 2
FMT = chunk(b"fmt ", wav_format())
DATA = chunk(b"data", PCM)
WAV = riff(FMT, DATA)
AIFF = aiff(comm(len(X)), ssnd(BIG))
ARTIST = id3_frame(b"TPE1", b"\0Somebody")
BYTES_64 = struct.pack("<QQQI", len(PCM) + 100, len(PCM), len(X), 0)
LONG_48 = signal(0, 3.0, rate=48000)


@cache
def flac() -> bytes:
    return written(X, RATE, format="FLAC")


@cache
def vorbis(seed: int = 0, seconds: float = 0.5, rate: int = RATE) -> bytes:
    return written(signal(seed, seconds, rate), rate, format="OGG", subtype="VORBIS")


@cache
def opus(seed: int = 0, seconds: float = 0.5) -> bytes:
    return written(signal(seed, seconds, 48000), 48000, format="OGG", subtype="OPUS")


@cache
def mp3_of(name: str) -> bytes:
    return mp3({"X": X, "Y": Y, "LONG": LONG}[name])


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def zeroed(data: bytes) -> bytes:
    """The second half zeros, as programs leave it that set a file's size before they fill it."""
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


def chained(data: bytes) -> bytes:
    """Pages of a second stream, as `cat` puts them behind a first."""
    return b"".join(changed_page(page, serial=99) for page in ogg_pages(data))


def without_end_mark(data: bytes) -> bytes:
    pages = ogg_pages(data)
    return b"".join([*pages[:-1], changed_page(pages[-1], flags=0)])


def without_page(data: bytes, number: int) -> bytes:
    """A stream that lacks a page of sound, with pages of sound before and behind it."""
    pages = ogg_pages(data)
    assert 2 < number < len(pages) - 1
    return b"".join(pages[:number] + pages[number + 1 :])


def without_inner_times(data: bytes) -> bytes:
    """-1 in place of the time of every page of sound but the last."""
    pages = ogg_pages(data)
    return b"".join([*pages[:2], *(changed_page(page, granule=-1) for page in pages[2:-1]), pages[-1]])


def with_empty_end(data: bytes) -> bytes:
    """A stream whose end mark is on a page of its own, without packets."""
    pages = ogg_pages(data)
    last = pages[-1]
    serial, number = struct.unpack("<II", last[14:22])
    (time,) = struct.unpack("<q", last[6:14])
    end = ogg_page([b""], serial=serial, number=number + 1, granule=time, flags=4)
    return b"".join([*pages[:-1], changed_page(last, flags=0), end])


def later(data: bytes, samples: int) -> bytes:
    """A stream whose times begin later: a piece that was cut out of a longer one."""
    pages = ogg_pages(data)
    times = [struct.unpack("<q", page[6:14])[0] for page in pages]
    return b"".join(
        changed_page(page, granule=time + samples) if time > 0 else page
        for page, time in zip(pages, times, strict=True)
    )


def flac_with_much_metadata() -> bytes:
    blocks, sound = flac_blocks(flac())
    picture = struct.pack(">II", 3, 10) + b"image/jpeg" + bytes(20) + struct.pack(">I", 200_000) + bytes(200_000)
    return flac_of([blocks[0], (2, b"test" + bytes(50)), (6, picture), (1, bytes(4096)), *blocks[1:]], sound)


def flac_with(index: int, block: tuple[int, bytes]) -> bytes:
    """A FLAC file with another metadata block at an index."""
    blocks, sound = flac_blocks(flac())
    return flac_of([*blocks[:index], block, *blocks[index:]], sound)


def caf(size: int | None, before: bytes = b"") -> bytes:
    """A CAF file of 16-bit samples.

    Args:
        size: the length that its data state; -1 for until the end.
        before: further chunks before the data.
    """
    description = struct.pack(">d4sIIIII", float(RATE), b"lpcm", 2, 2, 1, 1, 16)
    length = len(PCM) + 4 if size is None else size
    head = b"caff\0\1\0\0desc" + struct.pack(">q", 32) + description
    return head + before + b"data" + struct.pack(">q", length) + bytes(4) + PCM


def rf64(kind: bytes = b"RF64", sizes: bytes = BYTES_64, data_size: int = 0xFFFFFFFF) -> bytes:
    return riff(chunk(b"ds64", sizes), FMT, chunk(b"data", PCM, size=data_size), kind=kind, size=0xFFFFFFFF)


def with_titles(data: bytes) -> bytes:
    """A stream with a title behind each 8,192 bytes; the byte before a title counts its length in units of 16."""
    title = b"\3" + b"StreamTitle='Somebody - Something';".ljust(48, b"\0")
    return b"".join(data[start : start + 8192] + title for start in range(0, len(data), 8192))


def mp3_in_wav() -> bytes:
    layer_3 = struct.pack("<HHIIHH", 0x55, 1, RATE, 8000, 1, 0) + struct.pack("<HHIHHH", 12, 1, 2, 417, 1, 1393)
    return riff(chunk(b"fmt ", layer_3), chunk(b"fact", struct.pack("<I", len(X))), chunk(b"data", mp3_of("X")))


def adts() -> bytes:
    """Frames of AAC as a stream: 371 bytes each, which begin with FF F1."""
    return b"".join(b"\xff\xf1\x50\x80\x2e\x7f\xfc" + bytes(range(100, 200)) * 3 + bytes(64) for _ in range(50))


LAME_DELAY = "read whole, with the encoder's delay"
PAGE = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>" + b"<p>gone</p>" * 100

FLAC_KINDS = (
    Kind(
        "FLAC whose number of samples is unknown (0), as ffmpeg and VLC write it",
        ".flac",
        "libsndfile/libsndfile#1038, sonic-visualiser/sonic-visualiser#125",
        lambda: flac_with_total(flac(), 0),
        WHOLE,
    ),
    Kind(
        "FLAC whose number of samples is unknown, cut in the middle",
        ".flac",
        "vitiko98/qobuz-dl#160",
        lambda: cut(flac_with_total(flac(), 0)),
        REFUSED,
    ),
    Kind(
        "FLAC that states fewer samples than it holds",
        ".flac",
        "ietf-wg-cellar/flac-specification#110",
        lambda: flac_with_total(flac(), HALF),
        WHOLE,
    ),
    Kind(
        "FLAC that states more samples than it holds",
        ".flac",
        "xiph/flac#257",
        lambda: flac_with_total(flac(), 2 * len(X)),
        REFUSED,
    ),
    Kind("FLAC cut in the middle", ".flac", "J05HI/DeezLoadr#41", lambda: cut(flac()), REFUSED),
    Kind("FLAC, second half zeros", ".flac", "webtorrent/webtorrent-desktop#1256", lambda: zeroed(flac()), REFUSED),
    Kind("FLAC without MD5", ".flac", "xiph/flac#155", lambda: flac()[:26] + bytes(16) + flac()[42:], WHOLE),
    Kind(
        "FLAC with ID3v2 before it",
        ".flac",
        "tinytag/tinytag#46, mixxxdj/mixxx#4645, libsdl-org/SDL_mixer#526",
        lambda: id3v2(ARTIST) + flac(),
        WHOLE,
    ),
    Kind(
        "FLAC with ID3v2 and a cover of 300 KB before it",
        ".flac",
        "whipper-team/whipper#176",
        lambda: id3v2(id3_frame(b"APIC", b"\0image/jpeg\0\3\0" + bytes(300_000))) + flac(),
        WHOLE,
    ),
    Kind("FLAC with ID3v1 behind it", ".flac", "xiph/flac#523", lambda: flac() + id3v1(), WHOLE),
    Kind(
        "FLAC with a picture of 200 KB, application data and padding",
        ".flac",
        "moode-player/moode#539, mywave82/opencubicplayer#111",
        flac_with_much_metadata,
        WHOLE,
    ),
    Kind(
        "FLAC whose first block is there twice",
        ".flac",
        "xiph/flac#257",
        lambda: flac_with(1, flac_blocks(flac())[0][0]),
        WHOLE,
    ),
    Kind("FLAC with an empty seek table", ".flac", "taglib/taglib#98", lambda: flac_with(1, (3, b"")), WHOLE),
    Kind(
        "FLAC whose picture is shorter than it states",
        ".flac",
        "xiph/flac#291, ietf-wg-cellar/flac-specification#113",
        lambda: flac_with(1, (6, struct.pack(">II", 3, 4000))),
        REFUSED,
    ),
    Kind(
        "FLAC in Ogg",
        ".oga",
        "bastibe/python-soundfile#424",
        lambda: ogg_flac(X),
        EITHER,
        does="refused; the reason given is an unknown error",
    ),
    Kind("FLAC named .mp3", ".mp3", "markcxx/coco-downloader#9", flac, WHOLE),
)

OGG_KINDS = (
    Kind(
        "two Ogg Vorbis files joined",
        ".ogg",
        "RustAudio/lewton#18, zaps166/QMPlay2#94",
        lambda: vorbis() + chained(vorbis(1)),
        WHOLE,
        parts=(X, Y),
    ),
    Kind(
        "two Ogg Vorbis files of different rates joined",
        ".ogg",
        "TeamPyOgg/PyOgg#70",
        lambda: vorbis() + chained(vorbis(1, rate=22050)),
        REFUSED,
        parts=(X, Y),
    ),
    Kind(
        "two Opus files joined",
        ".opus",
        "RustAudio/lewton#18, xiph/flac#254",
        lambda: opus() + chained(opus(1)),
        WHOLE,
        rate=48000,
        parts=(signal(0, rate=48000), signal(1, rate=48000)),
    ),
    Kind(
        "Ogg Vorbis with Skeleton",
        ".ogg",
        "nothings/stb#676",
        lambda: with_skeleton(vorbis()),
        EITHER,
        does="refused; the reason given is an unimplemented format",
    ),
    Kind(
        "Ogg Vorbis beside video",
        ".ogg",
        "bvibber/ogv.js#196",
        lambda: with_video(vorbis()),
        EITHER,
        does="refused; the reason given is an unimplemented format",
    ),
    Kind(
        "Ogg Vorbis cut in the middle",
        ".ogg",
        "libsndfile/libsndfile#809, libsndfile/libsndfile#989",
        lambda: cut(vorbis(0, 3.0)),
        REFUSED,
    ),
    Kind(
        "Ogg Vorbis whose last page lacks the end mark",
        ".ogg",
        "libsndfile/libsndfile#989",
        lambda: without_end_mark(vorbis(0, 3.0)),
        WHOLE,
        parts=(LONG,),
    ),
    Kind(
        "Ogg Vorbis that lost a page in the middle",
        ".ogg",
        "eshaz/wasm-audio-decoders#4",
        lambda: without_page(vorbis(0, 5.0), 3),
        REFUSED,
    ),
    Kind(
        "Ogg Vorbis cut between two pages",
        ".ogg",
        "libsndfile/libsndfile#809",
        lambda: b"".join(ogg_pages(vorbis(0, 5.0))[:-1]),
        AS_STATED,
        length=205_376,
        does="read as far as it goes: only the end mark is missing, which whole files lack, too",
    ),
    Kind(
        "Ogg Vorbis whose times begin at 10 min",
        ".ogg",
        "RustAudio/lewton#87",
        lambda: later(vorbis(), 600 * RATE),
        WHOLE,
    ),
    Kind(
        "Ogg Vorbis, second half zeros",
        ".ogg",
        "webtorrent/webtorrent-desktop#1256",
        lambda: zeroed(vorbis(0, 3.0)),
        REFUSED,
    ),
    Kind(
        "Opus cut in the middle",
        ".opus",
        "libsndfile/libsndfile#888",
        lambda: cut(opus(0, 3.0)),
        REFUSED,
    ),
    Kind(
        "Opus whose last page lacks the end mark",
        ".opus",
        "libsndfile/libsndfile#888",
        lambda: without_end_mark(opus()),
        EITHER,
        rate=48000,
        does="refused; the reason given is that it is malformed",
    ),
    Kind(
        "Opus that lost a page", ".opus", "eshaz/wasm-audio-decoders#4", lambda: without_page(opus(0, 3.0), 3), REFUSED
    ),
    Kind("Opus named .ogg", ".ogg", "bastibe/python-soundfile#251", opus, WHOLE, rate=48000),
    Kind(
        "Opus with a gain of -6 dB in its header",
        ".opus",
        "complexlogic/rsgain#65, taglib/taglib#916",
        lambda: with_opus_head(opus(), gain_db=-6),
        WHOLE,
        rate=48000,
        parts=(signal(0, rate=48000) * np.float32(10 ** (-6 / 20)),),
        does="read whole, with the gain applied",
    ),
    Kind(
        "Opus that was made from 44.1 kHz",
        ".opus",
        "xiph/opusfile#30, deltabeard/ctrmus#35",
        lambda: with_opus_head(opus(), rate=44100),
        WHOLE,
        rate=48000,
        does="read whole, at 48 kHz",
    ),
    Kind(
        "Opus that was made from 16 kHz",
        ".opus",
        "SpeechColab/GigaSpeech#100, signalwire/freeswitch#199",
        lambda: with_opus_head(opus(), rate=16000),
        WHOLE,
        does="read whole, at 16 kHz",
    ),
    Kind(
        "Ogg Vorbis with ID3v2 before it",
        ".ogg",
        "quodlibet/mutagen#96, clementine-player/Clementine#7213",
        lambda: id3v2(ARTIST) + vorbis(),
        EITHER,
        does="refused; the reason given is that embedding is not supported",
    ),
    Kind(
        "Ogg Vorbis whose inner pages state no time, as old encoders wrote them",
        ".ogg",
        "pnn64/deadsync#656",
        lambda: without_inner_times(vorbis(0, 3.0)),
        WHOLE,
        parts=(LONG,),
    ),
    Kind(
        "Ogg Vorbis with zeros up to 1 KB behind its first page",
        ".ogg",
        "schreibfaul1/ESP32-audioI2S#558",
        lambda: ogg_pages(vorbis())[0].ljust(1024, b"\0") + b"".join(ogg_pages(vorbis())[1:]),
        WHOLE,
    ),
    Kind(
        "Ogg Vorbis whose last page is empty, as VLC writes it",
        ".ogg",
        "Vanilagy/mediabunny#279",
        lambda: with_empty_end(vorbis(0, 3.0)),
        WHOLE,
        parts=(LONG,),
    ),
)

AIFF_KINDS = (
    Kind(
        "AIFC with little-endian samples (sowt)",
        ".aif",
        "git-moss/ConvertWithMoss#205",
        lambda: aiff(comm(len(X), code=b"sowt"), ssnd(PCM), kind=b"AIFC"),
        WHOLE,
    ),
    Kind(
        "AIFF whose samples begin behind 512 bytes",
        ".aiff",
        "naudio/NAudio#1405, libsndfile/libsndfile#942",
        lambda: aiff(comm(len(X)), ssnd(BIG, offset=512)),
        WHOLE,
    ),
    Kind(
        "AIFF whose samples come before their description",
        ".aiff",
        "mackron/dr_libs#265",
        lambda: aiff(ssnd(BIG), comm(len(X))),
        WHOLE,
    ),
    Kind(
        "AIFF that states half as many frames as it holds",
        ".aiff",
        "libsndfile/libsndfile#123, pure-data/pure-data#855",
        lambda: aiff(comm(HALF), ssnd(BIG)),
        WHOLE,
    ),
    Kind(
        "AIFF with ID3 behind the samples",
        ".aiff",
        "audiojs/decode#46",
        lambda: aiff(comm(len(X)), ssnd(BIG), chunk(b"ID3 ", id3v2(bytes(20_000)), order=">")),
        WHOLE,
    ),
    Kind(
        "AIFF cut in the middle",
        ".aiff",
        "quodlibet/mutagen#517, mono/taglib-sharp#95",
        lambda: cut(AIFF),
        REFUSED,
    ),
    Kind(
        "AIFF whose outermost chunk states more than there is",
        ".aiff",
        "pdeljanov/Symphonia#523",
        lambda: AIFF[:4] + struct.pack(">I", len(AIFF) + 5000) + AIFF[8:],
        WHOLE,
    ),
    Kind(
        "CAF whose data are as long as the file (-1), as pipes leave it",
        ".caf",
        "libsndfile/libsndfile#50",
        lambda: caf(-1),
        EITHER,
        does="refused; the reason given is that it is malformed",
    ),
    Kind(
        "CAF with 24 KB of `free` before its samples",
        ".caf",
        "libsndfile/libsndfile#191",
        lambda: caf(None, before=b"free" + struct.pack(">q", 24_496) + bytes(24_496)),
        WHOLE,
    ),
    Kind(
        "CAF with a chunk behind its samples",
        ".caf",
        "libsndfile/libsndfile#50",
        lambda: caf(None) + b"info" + struct.pack(">qI", 20_004, 0) + bytes(20_000),
        WHOLE,
    ),
)

WAV_KINDS = (
    Kind(
        "WAV of 24 bits with an odd number of bytes and none added",
        ".wav",
        "libsndfile/libsndfile#887",
        lambda: riff(chunk(b"fmt ", wav_format(bits=24)), chunk(b"data", three_bytes(X[:-1]), padded=False)),
        WHOLE,
        parts=(X[:-1],),
    ),
    Kind(
        "WAV of floats without `fact`",
        ".wav",
        "scipy/scipy#3778, taglib/taglib#980",
        lambda: riff(chunk(b"fmt ", wav_format(3, bits=32)), chunk(b"data", X.tobytes())),
        WHOLE,
    ),
    Kind(
        "WAV whose format chunk has 20 bytes",
        ".wav",
        "mhx/dwarfs#309, jstrait/wavefile#33",
        lambda: riff(chunk(b"fmt ", wav_format() + bytes(4)), DATA),
        WHOLE,
    ),
    Kind(
        "WAV of floats whose format chunk has 40 bytes, 24 of them zero",
        ".wav",
        "pdeljanov/Symphonia#247",
        lambda: riff(chunk(b"fmt ", wav_format(3, bits=32) + bytes(24)), chunk(b"data", X.tobytes())),
        WHOLE,
    ),
    Kind(
        "WAV (extensible) with 0 valid bits",
        ".wav",
        "ruuda/hound#50",
        lambda: riff(chunk(b"fmt ", extensible(0, 4)), chunk(b"data", three_bytes(X))),
        WHOLE,
    ),
    Kind(
        "WAV (extensible) with 20 valid bits of 24",
        ".wav",
        "justdan96/tsMuxer#276",
        lambda: riff(chunk(b"fmt ", extensible(20, 4)), chunk(b"data", three_bytes(X))),
        WHOLE,
    ),
    Kind(
        "WAV (extensible) with 24 valid bits of 32",
        ".wav",
        "xiph/flac#301",
        lambda: riff(chunk(b"fmt ", extensible(24, 4, bits=32)), chunk(b"data", integers(X.astype("f8"), "<i4"))),
        WHOLE,
    ),
    Kind(
        "WAV (extensible) whose channel mask is 0",
        ".wav",
        "libsndfile/libsndfile#167",
        lambda: riff(chunk(b"fmt ", extensible(24, 0)), chunk(b"data", three_bytes(X))),
        WHOLE,
    ),
    Kind(
        "WAV (extensible) whose channel mask is FFFFFFFF",
        ".wav",
        "evuraan/yellowShoes#13",
        lambda: riff(chunk(b"fmt ", extensible(24, 0xFFFFFFFF)), chunk(b"data", three_bytes(X))),
        WHOLE,
    ),
    Kind(
        "WAV of 24 bits in 4 bytes",
        ".wav",
        "xiph/flac#301",
        lambda: riff(chunk(b"fmt ", wav_format(bits=24, align=4)), chunk(b"data", four_bytes(X))),
        WHOLE,
    ),
    Kind(
        "WAV whose block length counts bits",
        ".wav",
        "pdeljanov/Symphonia#409",
        lambda: riff(chunk(b"fmt ", wav_format(align=16)), DATA),
        WHOLE,
    ),
    Kind(
        "WAV of 4 bits a sample",
        ".wav",
        "xiph/flac#918",
        lambda: riff(chunk(b"fmt ", wav_format(bits=4, align=1)), DATA),
        REFUSED,
    ),
    Kind(
        "WAV with an odd number of samples for two channels",
        ".wav",
        "librosa/librosa#749",
        lambda: riff(
            chunk(b"fmt ", wav_format(channels=2)),
            chunk(b"data", np.repeat(np.frombuffer(PCM, "<i2"), 2).tobytes() + b"\1\0"),
        ),
        WHOLE,
        does="read whole, without the last sample",
    ),
    Kind(
        "WAV that says two channels and holds one",
        ".wav",
        "librosa/librosa#749",
        lambda: riff(chunk(b"fmt ", wav_format(channels=2)), DATA),
        AS_STATED,
        length=HALF,
        does="read as two channels: nothing in the file tells",
    ),
    Kind(
        "WAV of more than 4 GB, whose 32-bit lengths began anew",
        ".wav",
        "bastibe/python-soundfile#228, libsndfile/libsndfile#300, breakfastquay/rubberband#101",
        lambda: riff(FMT, chunk(b"data", PCM, size=HALF), size=HALF + 36),
        REFUSED,
    ),
    Kind(
        "RF64 cut in the middle",
        ".wav",
        "MediaArea/MediaInfoLib#352",
        lambda: cut(rf64()),
        REFUSED,
    ),
    Kind(
        "RF64 whose `data` says 00FFFFFF instead of FFFFFFFF",
        ".wav",
        "Zeugma440/atldotnet#191",
        lambda: rf64(data_size=0x00FFFFFF),
        WHOLE,
    ),
    Kind(
        "RF64 whose lengths are all 0, after a recorder lost its power",
        ".wav",
        "agfline/wavfix#12",
        lambda: rf64(sizes=bytes(28)),
        EITHER,
        does="refused; the reason given is that it holds no frames",
    ),
    Kind(
        "BW64",
        ".wav",
        "libsndfile/libsndfile#399, MediaArea/MediaInfo#822",
        lambda: rf64(b"BW64"),
        REFUSED,
    ),
    Kind(
        "WAV with `bext`, `iXML` and `_PMX` behind the samples",
        ".wav",
        "MediaArea/MediaConch_SourceCode#788, pjsip/pjproject#597, audiojs/decode#47",
        lambda: riff(FMT, DATA, chunk(b"bext", bytes(602)), chunk(b"iXML", b" " * 5000), chunk(b"_PMX", b"x" * 3001)),
        WHOLE,
    ),
    Kind(
        "WAV with `bext` of odd length before the samples, a byte added",
        ".wav",
        "FFmpeg/FFmpeg#13, milkytracker/MilkyTracker#173",
        lambda: riff(FMT, chunk(b"bext", bytes(603)), DATA),
        WHOLE,
    ),
    Kind(
        "WAV with `bext` of odd length before the samples, no byte added",
        ".wav",
        "FFmpeg/FFmpeg#13",
        lambda: riff(FMT, chunk(b"bext", bytes(603), padded=False), DATA),
        WHOLE,
    ),
    Kind(
        "WAV with 390 KB of zeros in `LIST` before the samples",
        ".wav",
        "libsndfile/libsndfile#542",
        lambda: riff(FMT, chunk(b"LIST", bytes(393_164)), DATA),
        WHOLE,
    ),
    Kind(
        "WAV whose format comes behind its samples",
        ".wav",
        "markondej/fm_transmitter#210",
        lambda: riff(DATA, FMT),
        REFUSED,
    ),
    Kind(
        "WAV with two format chunks",
        ".wav",
        "MediaArea/MediaInfoLib#1859, libsndfile/libsndfile#1110",
        lambda: riff(FMT, FMT, DATA),
        REFUSED,
    ),
    Kind(
        "two WAV files joined",
        ".wav",
        "MediaArea/MediaInfoLib#1859",
        lambda: WAV + riff(FMT, chunk(b"data", integers(Y))),
        EITHER,
        parts=(X, Y),
        does="refused; the reason given is that a chunk is missing",
    ),
    Kind(
        "DTS in WAV that says PCM",
        ".wav",
        "MusicPlayerDaemon/MPD#2158, mackron/dr_libs#317",
        dts_in_wav,
        AS_STATED,
        length=30_720,
        does="read as the noise that it says it is: not told from music",
    ),
    Kind(
        "WAV with one silent channel",
        ".wav",
        "mir-dataset-loaders/mirdata#63",
        lambda: written(np.stack([X, 0 * X], axis=1), RATE, format="WAV"),
        WHOLE,
        parts=(X / 2,),
        does="read whole; the average of both channels has half the amplitude",
    ),
    Kind(
        "WAV, second half zeros",
        ".wav",
        "webtorrent/webtorrent-desktop#1256",
        lambda: zeroed(WAV),
        AS_STATED,
        length=len(X),
        does="read whole, with the zeros: silence in a part is no fault",
    ),
    Kind("WAV named .mp3", ".mp3", "libsndfile/libsndfile#723", lambda: WAV, WHOLE),
    Kind("MP3 in WAV named .mp3", ".mp3", "libsndfile/libsndfile#779", mp3_in_wav, WHOLE),
)

MP3_KINDS = (
    Kind(
        "MP3 of free bit rate",
        ".mp3",
        "lieff/minimp3#69, schreibfaul1/ESP32-audioI2S#4",
        lambda: reframed(mp3_of("X"), index=0, size=1100),
        WHOLE,
        does=LAME_DELAY,
    ),
    Kind(
        "MP3 with checksums in its frames",
        ".mp3",
        "FlorisCreyf/mp3-decoder#4, pdeljanov/Symphonia#516, deltabeard/ctrmus#24",
        lambda: reframed(mp3_of("X"), index=14, checksum=True),
        WHOLE,
        does=LAME_DELAY,
    ),
    *(
        Kind(
            f"MP3 at {rate:,} Hz ({version})",
            ".mp3",
            reported,
            lambda rate=rate: mp3(signal(0, rate=rate), rate),
            WHOLE,
            rate=rate,
        )
        for rate, version, reported in (
            (8_000, "MPEG 2.5", "rtl-airband/RTLSDR-Airband#499"),
            (11_025, "MPEG 2.5", "eshaz/wasm-audio-decoders#7"),
            (12_000, "MPEG 2.5", "quodlibet/mutagen#46"),
            (16_000, "MPEG 2", "bastibe/python-soundfile#433"),
            (22_050, "MPEG 2", "naudio/NLayer#43"),
            (24_000, "MPEG 2", "quodlibet/mutagen#46"),
        )
    ),
    Kind(
        "two MP3 files joined, each with its own number of frames",
        ".mp3",
        "MusicPlayerDaemon/MPD#1200, richardr1126/openreader#129, remsky/Kokoro-FastAPI#57",
        lambda: mp3_of("X") + mp3_of("Y"),
        EITHER,
        parts=(X, Y),
        does=LAME_DELAY,
    ),
    Kind(
        "two MP3 files joined, without numbers of frames",
        ".mp3",
        "JamesHeinrich/getID3#120",
        lambda: without_info(mp3_of("X")) + without_info(mp3_of("Y")),
        WHOLE,
        parts=(X, Y),
        does=LAME_DELAY,
    ),
    Kind(
        "two MP3 files joined, ID3v2 between them",
        ".mp3",
        "tomclegg/mp3cat#1",
        lambda: without_info(mp3_of("X")) + id3v2(bytes(2000)) + without_info(mp3_of("Y")),
        EITHER,
        parts=(X, Y),
        does=LAME_DELAY,
    ),
    Kind(
        "MP3 whose rate changes in the middle",
        ".mp3",
        "Borewit/music-metadata#38, libsndfile/libsndfile#725",
        lambda: without_info(mp3_of("X")) + without_info(mp3(signal(1, rate=48000), 48000)),
        REFUSED,
        parts=(X, Y),
    ),
    Kind(
        "MP3 that turns from mono to stereo",
        ".mp3",
        "libsndfile/libsndfile#725",
        lambda: without_info(mp3_of("X")) + without_info(mp3(np.stack([Y, Y], axis=1))),
        EITHER,
        parts=(X, Y),
        does="refused; the reason given is that it is truncated",
    ),
    Kind(
        "MP3 behind 60 KB of random bytes",
        ".mp3",
        "sindresorhus/file-type#750",
        lambda: noise(60_000) + mp3_of("X"),
        WHOLE,
    ),
    Kind("MP3 behind 20 KB of zeros", ".mp3", "libsndfile/libsndfile#1039", lambda: bytes(20_000) + mp3_of("X"), WHOLE),
    Kind(
        "MP3 behind 100 KB of zeros",
        ".mp3",
        "libsndfile/libsndfile#1039",
        lambda: bytes(100_000) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 that begins inside a frame, as radio recordings do",
        ".mp3",
        "korandiz/mpa#1, mp3splt/mp3splt#146",
        lambda: without_info(mp3_of("LONG"))[150:],
        EITHER,
        parts=(LONG[5000:],),
        does=LAME_DELAY,
    ),
    Kind(
        "MP3 with APEv2 before it",
        ".mp3",
        "Borewit/music-metadata#362",
        lambda: ape_tag({"Artist": "Somebody"}, header=True) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 with Lyrics3 behind it",
        ".mp3",
        "spotify/pedalboard#164, taglib/taglib#934",
        lambda: mp3_of("X") + b"LYRICSBEGIN" + b"words " * 300 + b"001800LYRICS200" + id3v1(),
        WHOLE,
    ),
    Kind(
        "MP3 with frame headers in the cover of its ID3v2",
        ".mp3",
        "pdeljanov/Symphonia#522, ZaneDubya/MP3Sharp#14",
        lambda: id3v2(id3_frame(b"APIC", b"\0image/png\0\3\0" + mp3_of("Y")[:4000])) + without_info(mp3_of("X")),
        WHOLE,
        does=LAME_DELAY,
    ),
    Kind(
        "MP3 with FF FE in its ID3v2 (UTF-16)",
        ".mp3",
        "chmorgan/esp-libhelix-mp3#1",
        lambda: id3v2(id3_frame(b"TPE1", b"\1\xff\xfeA\0b\0")) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 with unsynchronised ID3v2",
        ".mp3",
        "DeaDBeeF-Player/deadbeef#2514, dhowden/tag#1",
        lambda: id3v2(id3_frame(b"TPE1", b"\1\xff\0\xfeA\0b\0"), flags=0x80) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 whose ID3v2.4 frames have plain lengths, as iTunes wrote them",
        ".mp3",
        "benrr101/node-taglib-sharp#102, mdlayher/taggolib#3",
        lambda: id3v2(id3_frame(b"APIC", b"\0image/png\0\3\0" + bytes(3000)), version=4) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 with an ID3v2 frame that states more than the file holds",
        ".mp3",
        "chicio/ID3TagEditor#88",
        lambda: id3v2(b"APIC" + struct.pack(">I", 24_847_503) + bytes(1000)) + mp3_of("X"),
        WHOLE,
    ),
    Kind(
        "MP3 radio recording with titles between its frames (ICY)",
        ".mp3",
        "gypified/libmpg123#1",
        lambda: with_titles(without_info(mp3_of("LONG"))),
        EITHER,
        parts=(LONG[:17_000], LONG[-20_000:]),
        does="read to the end; the frames that titles cut in two are damaged",
    ),
    Kind(
        "MP3 with VBRI",
        ".mp3",
        "taglib/taglib#136, navidrome/navidrome#6047",
        lambda: vbri(mp3_of("X")),
        EITHER,
        does=LAME_DELAY,
    ),
    Kind(
        "MP3 with a damaged frame",
        ".mp3",
        "lieff/minimp3#60",
        lambda: (lambda frames: b"".join(frames[:20]) + b"\x12" * len(frames[20]) + b"".join(frames[21:]))(
            frames_of(mp3_of("LONG"))
        ),
        EITHER,
        parts=(LONG[:20_000], LONG[30_000:]),
        does="read to the end, without that frame",
    ),
    Kind(
        "MP3 cut in the middle, with a number of frames",
        ".mp3",
        "finamp-app/finamp#874",
        lambda: cut(mp3_of("LONG")),
        REFUSED,
    ),
    Kind(
        "MP3 cut in the middle, without a number of frames",
        ".mp3",
        "nathom/streamrip#81",
        lambda: cut(without_info(mp3_of("LONG"))),
        AS_STATED,
        length=88_704,
        does="read as far as it goes: nothing in the file tells",
    ),
    Kind(
        "MP3, second half zeros", ".mp3", "webtorrent/webtorrent-desktop#1256", lambda: zeroed(mp3_of("LONG")), REFUSED
    ),
    Kind("MP3 of digital silence", ".mp3", "CheyneyComputerScience/CREMA-D#8", lambda: mp3(0 * X), REFUSED),
    Kind(
        "MP3 that holds only the number of its frames",
        ".mp3",
        "mdeff/fma#44",
        lambda: frames_of(mp3_of("X"))[0],
        REFUSED,
        does="refused; the reason given is an unknown format",
    ),
    Kind(
        "ID3v2 without sound",
        ".mp3",
        "mdeff/fma#36, mdeff/fma#70",
        lambda: id3v2(bytes(3000)),
        REFUSED,
        does="refused; the reason given is an unknown format",
    ),
    Kind("MP3 of 0.1 s", ".mp3", "mdeff/fma#8", lambda: mp3(X[:4410]), WHOLE, parts=(X[:4410],)),
    Kind("MP3 named .flac", ".flac", "luanxuechao/qn-decode#1", lambda: mp3_of("X"), WHOLE),
)

OTHER_KINDS = (
    Kind(
        "AAC stream named .mp3",
        ".mp3",
        "SimpleMobileTools/Simple-Voice-Recorder#1",
        adts,
        REFUSED,
    ),
    Kind(
        "WebM named .mp3",
        ".mp3",
        "yt-dlg/yt-dlg#28, ytdl-org/youtube-dl#28041",
        lambda: bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104") + noise(5000),
        REFUSED,
    ),
    Kind(
        "M4A named .mp3",
        ".mp3",
        "bastibe/python-soundfile#389",
        lambda: b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + noise(5000),
        REFUSED,
    ),
    Kind(
        "page of HTML named .wav",
        ".wav",
        "adafruit/Adafruit_Learning_System_Guides#518",
        lambda: PAGE,
        REFUSED,
    ),
    Kind(
        "page of HTML named .mp3",
        ".mp3",
        "adafruit/Adafruit_Learning_System_Guides#518",
        lambda: PAGE,
        REFUSED,
    ),
    Kind(
        "Git LFS pointer named .mp3",
        ".mp3",
        "CheyneyComputerScience/CREMA-D#3, microsoft/DNS-Challenge#6",
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 1323632\n",
        REFUSED,
    ),
    Kind(
        "AppleDouble of macOS, renamed to .mp3",
        ".mp3",
        "birdnet-team/BirdNET-Analyzer#635, quodlibet/quodlibet#1021",
        lambda: b"\0\5\x16\7\0\2\0\0Mac OS X        \0\2" + bytes(4000),
        REFUSED,
    ),
    Kind("samples without a header, named .wav", ".wav", "aargirakis/BZRPlayer#173", lambda: PCM, REFUSED),
)

KINDS = (*FLAC_KINDS, *OGG_KINDS, *AIFF_KINDS, *WAV_KINDS, *MP3_KINDS, *OTHER_KINDS)
