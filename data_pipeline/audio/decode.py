"""Strict audio decoding: every frame that a file declares or holds must decode, be finite and not all be zero."""

import importlib.util
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from common.core.errors import DataError, EncoreError, SpecError
from common.core.interrupts import raise_if_interrupted
from common.core.words import counted
from data_pipeline.audio import containers, mpeg, ogg
from data_pipeline.audio.other_files import START_BYTES, about_file
from data_pipeline.audio.refusal import refusal
from data_pipeline.audio.sound_file import Opened, average_channels, count_frames, open_sound, source_of

Decoder = Literal["soundfile", "tensorflow-io"]
# Part of the keys of caches. To be raised when the same file and decoder give other samples than before, so that
# features are extracted again.
DECODING_VERSION = 2
# What libsndfile says of files named .mp3 in which it finds no frames, though it has opened them.
_NOT_FOUND = "File does not exist or is not a regular file"


@dataclass(frozen=True)
class AudioHeader:
    """What the header of an audio file declares; `frames` is an estimate for MP3 files that do not state it."""

    sample_rate: int
    channels: int
    frames: int


@dataclass(frozen=True)
class ReadLimits:
    """What is asked between a file's header and its samples, before memory is taken for these.

    Args:
        most_seconds: a longer file is refused; None for any length.
        reserve: called once with the header; may raise an error, or wait until there is memory.
    """

    most_seconds: float | None = None
    reserve: Callable[[AudioHeader], None] | None = None

    @property
    def asks_anything(self) -> bool:
        """Whether there is any limit, for which frames are counted where a header leaves their number open."""
        return self.most_seconds is not None or self.reserve is not None

    def admit(self, header: AudioHeader, path: Path) -> None:
        """Raise a DataError where the file is too long, and call `reserve`."""
        if self.most_seconds is not None and header.frames > self.most_seconds * header.sample_rate:
            seconds = f"{header.frames / header.sample_rate:,.0f} s"
            # Of a file that states no length, no more frames are counted than show that there are too many.
            counted_all = header.frames > int(self.most_seconds * header.sample_rate) + 1
            frames = f" ({header.frames:,} frames at {header.sample_rate:,} Hz)"
            lasts = f"{seconds}{frames}" if counted_all else f"more than {seconds}"
            raise refusal(
                path,
                f"lasts {lasts}, expected at most {self.most_seconds:,.0f} s beside the other clips: its "
                "header is wrong, or it is no clip",
            )
        if self.reserve is not None:
            self.reserve(header)


NO_LIMITS = ReadLimits()


def read_header(path: Path, limits: ReadLimits = NO_LIMITS) -> AudioHeader:
    """Read a file's header; the samples are decoded only where it leaves their number open.

    Raises:
        DataError: the file is not audio, holds fewer bytes than its header declares, or no frames at all; its sample
            rate is not between 4 and 384 kHz; it is longer than `limits` allow.
    """
    path = Path(path)
    with _naming(path):
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = containers.find_samples(file, size, path)
            file.seek(0)
            is_ogg = file.read(len(ogg.NAME)) == ogg.NAME
        if is_ogg and len(parts := ogg.links(path.read_bytes(), path)) > 1:
            samples, rate = _decode_parts(parts, path, False, limits)
            return AudioHeader(rate, samples.shape[1], len(samples))
        try:
            if data is None or not data.header:
                opened = open_sound(source_of(path), size, path)
            else:
                opened = open_sound(io.BytesIO(data.mended(path.read_bytes())), size, path)
        except soundfile.SoundFileError as error:
            opened = _open_at_first_frame(path.read_bytes(), path, error)
        with opened.file as file:
            frames = _frames_within(limits, file) if opened.frames is None else opened.frames
            header = AudioHeader(file.samplerate, file.channels, frames)
    if header.frames == 0:
        raise _without_frames(path)
    limits.admit(header, path)
    return header


def read_audio(
    path: Path,
    *,
    sample_rate: int | None = None,
    mono: bool = True,
    decoder: Decoder = "soundfile",
    content: bytes | None = None,
    limits: ReadLimits = NO_LIMITS,
) -> np.ndarray:
    """Decode a whole file.

    Args:
        path: WAV, AU, FLAC, OGG or MP3 file.
        sample_rate: Hz; the samples are resampled (soxr, high quality) when the file has another rate.
        mono: average the channels.
        decoder: `soundfile`, or `tensorflow-io` (see `requirements-tfio.txt`).
        content: the file's bytes, where they were read already. The decoder still opens a sound file by its path, and
            finds it in the system's page cache: if it called Python for every frame, threads would wait for each other.
        limits: what is asked before samples are decoded; tensorflow-io gives a header only with the samples.

    Returns:
        float32 samples in [-1, 1], shape (samples,) if mono, else (samples, channels).

    Raises:
        DataError: the file does not decode, holds fewer frames than its header declares, no frames at all, values that
            are not finite, or nothing but zeros; its header declares more frames than its bytes can hold, a sample rate
            that is not between 4 and 384 kHz, or samples in a form that cannot be told; streams that follow one another
            in it differ in sample rate or channels, or lack pages; the file is longer than `limits` allow.
        SpecError: the decoder is not installed.
    """
    path = Path(path)
    content = read_content(path) if content is None else content
    with _naming(path):
        decode = _decode_soundfile if decoder == "soundfile" else _decode_tensorflow_io
        samples, file_rate = decode(content, path, mono, limits)
        if len(samples) == 0:
            raise _without_frames(path)
        # Checked after averaging: channels of opposite phase cancel to silence.
        lowest, highest = samples.min(), samples.max()
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            raise refusal(path, "holds samples that are not finite (NaN or infinity)")
        if lowest == highest == 0:
            raise refusal(path, f"all {len(samples)} frames are zero (digital silence)")
        if sample_rate is not None and sample_rate != file_rate:
            samples = soxr.resample(samples, file_rate, sample_rate, quality="HQ").astype(np.float32, copy=False)
    return samples


def read_content(path: Path) -> bytes:
    """Read all bytes of a file.

    Raises:
        DataError: it cannot be read.
    """
    with _naming(path):
        return Path(path).read_bytes()


def require_decoder(decoder: Decoder) -> None:
    """Check that a decoder is installed, before any file is reported as bad.

    Raises:
        SpecError: its package is missing.
    """
    if decoder == "tensorflow-io" and importlib.util.find_spec("tensorflow_io") is None:
        raise SpecError(
            "--decoder tensorflow-io: the package is not installed here. Install requirements-tfio.txt (TensorFlow "
            "2.16.2) in a separate environment, or use the default decoder soundfile."
        )


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into an error that names the file."""
    try:
        yield
    except EncoreError:
        raise
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Check that it exists and its permissions."
        ) from error
    # A damaged file makes libsndfile, its bindings and NumPy raise errors of many types, MemoryError among them.
    except Exception as error:
        raise_if_interrupted(error)
        detail = getattr(error, "error_string", None) or str(error) or type(error).__name__
        detail = detail.strip().removeprefix("Error : ").rstrip(".")
        if detail.startswith(_NOT_FOUND):
            detail = "Format not recognised"
        start = _start_of(path)
        if start is not None and (instead := about_file(start)):
            detail = f"it is {instead}"
        raise refusal(path, f"does not decode as audio ({detail}). Expected WAV, AU, FLAC, OGG or MP3") from error


def _start_of(path: Path) -> bytes | None:
    """The first bytes of a file; None where it was deleted in the meantime."""
    try:
        with open(path, "rb") as file:
            return file.read(START_BYTES)
    except OSError:
        return None


def _without_frames(path: Path) -> DataError:
    return refusal(path, "holds no audio frames (header only)")


def _truncated(path: Path, declared: int, decoded: int) -> DataError:
    return refusal(path, f"truncated: its headers declare {declared} frames, only {decoded} decode")


def _decode_soundfile(
    content: bytes, path: Path, mono: bool, limits: ReadLimits, *, is_part: bool = False
) -> tuple[np.ndarray, int]:
    data = containers.find_samples(io.BytesIO(content), len(content), path)
    if not is_part and content.startswith(ogg.NAME) and len(parts := ogg.links(content, path)) > 1:
        return _decode_parts(parts, path, mono, limits)
    if data is not None and data.header:
        source = io.BytesIO(data.mended(content))
    else:
        source = io.BytesIO(content) if is_part else source_of(path, content)
    try:
        opened = open_sound(source, len(content), path)
    except soundfile.SoundFileError as error:
        opened = _open_at_first_frame(content, path, error)
    with opened.file as file:
        if opened.is_mpeg:
            stream = mpeg.find_stream(content)
            if stream is not None:
                limits.admit(AudioHeader(file.samplerate, file.channels, stream.samples), path)
                return _decode_mpeg(opened, content, stream, path, mono)
        if limits.asks_anything:
            frames = opened.frames
            if frames is None:
                with open_sound(io.BytesIO(content), len(content), path).file as again:
                    frames = _frames_within(limits, again)
            limits.admit(AudioHeader(file.samplerate, file.channels, frames), path)
        samples = opened.read(mono=mono)
        if opened.frames is not None and len(samples) < opened.frames:
            raise _truncated(path, opened.frames, len(samples))
        return samples, file.samplerate


def _frames_within(limits: ReadLimits, file: soundfile.SoundFile) -> int:
    """Frames of a file whose header leaves their number open, or the first number above the limit: decoded without
    being kept."""
    at_most = None if limits.most_seconds is None else int(limits.most_seconds * file.samplerate) + 1
    return count_frames(file, at_most=at_most)


def _decode_parts(parts: list[bytes], path: Path, mono: bool, limits: ReadLimits) -> tuple[np.ndarray, int]:
    """Decode streams that follow one another, which libsndfile reads as files of their own."""
    if limits is not NO_LIMITS:
        headers = []
        for part in parts:
            opened = open_sound(io.BytesIO(part), len(part), path)
            with opened.file:
                headers.append(AudioHeader(opened.file.samplerate, opened.file.channels, opened.frames or 0))
        limits.admit(replace(headers[0], frames=sum(header.frames for header in headers)), path)
    decoded = [_decode_soundfile(part, path, False, NO_LIMITS, is_part=True) for part in parts]
    forms = {(rate, samples.shape[1]): None for samples, rate in decoded}
    if len(forms) > 1:
        named = "; ".join(f"{rate} Hz, {counted(channels, 'channel')}" for rate, channels in forms)
        raise refusal(path, f"holds {len(parts)} streams one after the other, in different forms ({named})")
    samples = np.concatenate([samples for samples, _ in decoded])
    return (average_channels(samples) if mono else samples), decoded[0][1]


def _decode_mpeg(
    opened: Opened, content: bytes, stream: mpeg.MpegStream, path: Path, mono: bool
) -> tuple[np.ndarray, int]:
    """Decode a stream as it is; where that does not give all frames that were counted, decode it from a copy in memory
    whose header states their number."""
    declared, declared_samples = stream.declared_frames, opened.frames or 0
    if stream.changes_format and declared != stream.frames:
        raise refusal(path, "the sample rate, version or layer of its MP3 frames changes in the middle")
    # A header that states the length also says how much of it to trim.
    is_stated = declared is not None and declared >= stream.frames - 1
    needed = declared_samples if is_stated else stream.least_samples
    if declared_samples >= needed:
        try:
            samples = opened.read(mono=mono, at_most=stream.most_samples)
        except soundfile.SoundFileError:
            samples = ()
        if len(samples) >= needed:
            return samples, opened.file.samplerate
    # One frame more is declared where its end is lost, and by encoders that count the frame that holds the header.
    if is_stated and declared > stream.frames + 1:
        raise _truncated(path, declared * stream.samples_per_frame, stream.samples)
    return _decode_stream(content, stream, path, mono)


def _open_at_first_frame(content: bytes, path: Path, error: soundfile.SoundFileError) -> Opened:
    """Open an MPEG stream behind bytes for which libsndfile does not recognise the file; raises `error` where there is
    none."""
    stream = mpeg.find_stream(content) if containers.is_mpeg_candidate(io.BytesIO(content)) else None
    if stream is None:
        raise error
    return open_sound(io.BytesIO(content[stream.begin :]), len(content) - stream.begin, path)


def _decode_stream(content: bytes, stream: mpeg.MpegStream, path: Path, mono: bool) -> tuple[np.ndarray, int]:
    mended = mpeg.mended(content, stream)
    opened = open_sound(io.BytesIO(mended), len(mended), path)
    with opened.file as file:
        samples = opened.read(mono=mono)
        if len(samples) < stream.least_samples:
            raise _truncated(path, stream.samples, len(samples))
        return samples, file.samplerate


def _decode_tensorflow_io(content: bytes, path: Path, mono: bool, limits: ReadLimits) -> tuple[np.ndarray, int]:
    require_decoder("tensorflow-io")
    import tensorflow_io

    containers.find_samples(io.BytesIO(content), len(content), path)
    try:
        tensor = tensorflow_io.audio.AudioIOTensor(str(path))
        samples = tensor.to_tensor().numpy()
        rate = int(tensor.rate.numpy())
    except Exception as error:  # tensorflow-io raises whatever its C++ ops raise, without a common base
        raise_if_interrupted(error)
        raise refusal(path, f"does not decode with tensorflow-io ({type(error).__name__}: {error})") from error
    limits.admit(AudioHeader(rate, samples.shape[1], len(samples)), path)
    if np.issubdtype(samples.dtype, np.integer):
        samples = samples.astype(np.float32) / np.float32(-float(np.iinfo(samples.dtype).min))
    samples = samples.astype(np.float32, copy=False)
    return (average_channels(samples) if mono else samples), rate
