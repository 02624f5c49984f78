"""Mixing: the sound that one artist's recordings share, and the way from a sum of notes to a finished clip."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft, rfftfreq

SAMPLE_RATE = 22_050
PEAK = 0.95
_EQUALISER_TAPS = 1024


@dataclass(frozen=True)
class Sound:
    """Settings that all recordings of one artist share: instruments, drum kit, reverb and mastering.

    Args:
        tuning_cents: distance from A = 440 Hz.
        brightness: 0 (dull) to 1 (bright) strings, hammers and filters.
        sustain: factor on the ringing time of notes.
        drive: factor on every distortion, including that of the mastering.
        detune_cents: width of ensembles and choirs.
        kick_hz, snare_hz: pitch of the two drums.
        hat_decay: factor on the ringing time of cymbals.
        drums_db: level of the drums relative to the rest.
        tilt_db: treble relative to bass, in dB per octave.
        bell_hz, bell_db: one broad peak or dip.
        cutoff_hz: upper end of the recording.
        room_seconds, room_mix: time until the reverb has decayed by 60 dB, and its amount (0 to 1).
        hiss_db: noise floor relative to full scale.
    """

    tuning_cents: float
    brightness: float
    sustain: float
    drive: float
    detune_cents: float
    kick_hz: float
    snare_hz: float
    hat_decay: float
    drums_db: float
    tilt_db: float
    bell_hz: float
    bell_db: float
    cutoff_hz: float
    room_seconds: float
    room_mix: float
    hiss_db: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Sound":
        """Draw the sound of one artist; the ranges are the same for all genres, so that genres overlap."""
        return cls(
            tuning_cents=rng.uniform(-35, 35),
            brightness=rng.uniform(0, 1),
            sustain=rng.uniform(0.6, 1.5),
            drive=rng.uniform(0.6, 1.8),
            detune_cents=rng.uniform(3, 18),
            kick_hz=rng.uniform(42, 66),
            snare_hz=rng.uniform(150, 260),
            hat_decay=rng.uniform(0.5, 1.6),
            drums_db=rng.uniform(-4, 3),
            tilt_db=rng.uniform(-1.5, 1.5),
            bell_hz=math.exp(rng.uniform(math.log(200), math.log(4500))),
            bell_db=rng.uniform(-6, 6),
            cutoff_hz=math.exp(rng.uniform(math.log(5000), math.log(10_400))),
            room_seconds=rng.uniform(0.25, 1.5),
            room_mix=rng.uniform(0.1, 0.75),
            hiss_db=rng.uniform(-75, -55),
        )


def paste(bus: np.ndarray, note: np.ndarray, start: int, gain: float) -> None:
    """Add `gain * note` to `bus` (samples,) at sample `start`; what lies outside the bus is cut off."""
    first = max(start, 0)
    last = min(start + note.size, bus.size)
    if last > first:
        bus[first:last] += np.float32(gain) * note[first - start : last - start]


def _equaliser(sound: Sound) -> np.ndarray:
    """Tilt, bell and bandwidth as a symmetric filter (_EQUALISER_TAPS,)."""
    hz = np.maximum(rfftfreq(_EQUALISER_TAPS, 1 / SAMPLE_RATE), 40)
    bell = np.exp(-0.5 * (np.log2(hz / sound.bell_hz) / 0.7) ** 2)
    gain_db = sound.tilt_db * np.log2(hz / 800) + sound.bell_db * bell
    gain = 10 ** (gain_db / 20) / np.sqrt(1 + (hz / sound.cutoff_hz) ** 8)
    gain[0] = 0
    return np.roll(irfft(gain, _EQUALISER_TAPS), _EQUALISER_TAPS // 2) * np.hanning(_EQUALISER_TAPS)


def _reverb(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Impulse response of the reverb: the direct sound and a decaying tail of noise (samples,)."""
    samples = round(sound.room_seconds * SAMPLE_RATE)
    time = np.arange(samples) / SAMPLE_RATE
    tail = rng.standard_normal(samples) * np.exp(-6.9 * time / sound.room_seconds)
    tail *= sound.room_mix / math.sqrt(float(np.sum(tail**2)))
    # Walls absorb treble, and a reverberating bass makes a mix muddy.
    hz = rfftfreq(samples, 1 / SAMPLE_RATE)
    tail = irfft(rfft(tail) * (hz / 250) ** 2 / (1 + (hz / 250) ** 2) / (1 + hz / 3500), samples)
    tail[0] += 1
    return tail


def master(bus: np.ndarray, sound: Sound, rng: np.random.Generator, *, loudness_db: float) -> np.ndarray:
    """Apply reverb, equaliser, level, hiss and soft clipping to a sum of notes.

    Args:
        bus: float32 (samples,).
        sound: the artist's settings.
        rng: source of the reverb's reflections and of the hiss.
        loudness_db: root mean square relative to full scale, before soft clipping.

    Returns:
        float32 (samples,), peak at most `PEAK`.
    """
    from scipy.signal import fftconvolve, oaconvolve  # here: takes a second to import, as in instruments.py

    # Both filters in one impulse response, so that the clip is convolved only once.
    response = fftconvolve(_reverb(sound, rng), _equaliser(sound)).astype(np.float32)
    delay = _EQUALISER_TAPS // 2
    mixed = oaconvolve(bus, response)[delay : delay + bus.size]
    level = math.sqrt(float(np.mean(mixed**2)))
    mixed *= np.float32(10 ** (loudness_db / 20) / max(level, 1e-6))
    mixed += np.float32(10 ** (sound.hiss_db / 20)) * rng.standard_normal(bus.size, dtype=np.float32)
    return np.float32(PEAK) * np.tanh(mixed / np.float32(PEAK))
