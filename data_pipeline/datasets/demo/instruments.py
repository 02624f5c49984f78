"""The instruments of the synthesised music, in plain numpy and scipy.

A note is an array of float32 samples at `SAMPLE_RATE`. Every instrument takes the frequencies of a whole chord, because
a distortion works on the sum of its notes. This module knows nothing about genres or bars: `composition` decides which
notes are played, this module how they sound.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.fft import irfft

from data_pipeline.datasets.demo.mixing import SAMPLE_RATE, Sound

_TABLE_SIZE = 4096
_NYQUIST_HZ = SAMPLE_RATE / 2


def decay(time: np.ndarray, seconds: float) -> np.ndarray:
    """exp(-time / seconds), held at a level far below hearing so that no product with it underflows."""
    return np.exp(-np.minimum(time / np.float32(seconds), np.float32(25)))


def times(seconds: float) -> np.ndarray:
    """Time of each sample in seconds, float32 (samples,); at least 64 samples."""
    return np.arange(max(round(seconds * SAMPLE_RATE), 64), dtype=np.float32) / np.float32(SAMPLE_RATE)


def edges(note: np.ndarray, attack_seconds: float, release_seconds: float) -> np.ndarray:
    """Fade both ends in place, so that no note clicks."""
    attack = min(int(attack_seconds * SAMPLE_RATE), note.size // 2)
    release = min(int(release_seconds * SAMPLE_RATE), note.size // 2)
    if attack:
        note[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)
    if release:
        note[-release:] *= np.linspace(1, 0, release, dtype=np.float32)
    return note


def lowpass(note: np.ndarray, hz: float) -> np.ndarray:
    """First-order low-pass filter with its cutoff at `hz`."""
    from scipy.signal import lfilter  # here: takes a second to import, which all commands would wait for

    keep = math.exp(-2 * math.pi * min(hz, 0.9 * _NYQUIST_HZ) / SAMPLE_RATE)
    return lfilter(np.float32([1 - keep]), np.float32([1, -keep]), note)


def noise(rng: np.random.Generator, samples: int) -> np.ndarray:
    """White Gaussian noise of unit variance, float32 (samples,)."""
    return rng.standard_normal(samples, dtype=np.float32)


def _cycles(
    hz: float, samples: int, rng: np.random.Generator, vibrato_hz: float = 0.0, depth: float = 0.0
) -> np.ndarray:
    """Phase in cycles from a random start; `depth` is the vibrato's relative frequency deviation."""
    time = np.arange(samples) / SAMPLE_RATE
    cycles = hz * time + rng.random()
    if depth:
        # Players start a note straight and let the vibrato grow.
        grown = np.minimum(time * 3, 1)
        cycles += grown * (hz * depth / (2 * math.pi * vibrato_hz)) * np.sin(2 * math.pi * vibrato_hz * time)
    return cycles


def _wave(cycles: np.ndarray, hz: float, amplitudes: np.ndarray) -> np.ndarray:
    """A periodic wave with the given harmonic amplitudes; harmonics above the Nyquist frequency are left out."""
    count = max(min(amplitudes.size, int(0.95 * _NYQUIST_HZ / hz)), 1)
    spectrum = np.zeros(_TABLE_SIZE // 2 + 1, dtype=np.complex64)
    spectrum[1 : count + 1] = -0.5j * _TABLE_SIZE * amplitudes[:count]
    table = irfft(spectrum, _TABLE_SIZE)
    return table[(cycles * _TABLE_SIZE).astype(np.int64) & (_TABLE_SIZE - 1)]


@cache
def _slope(harmonics: int, exponent: float) -> np.ndarray:
    """Harmonic amplitudes 1 / k**exponent (1 is a sawtooth)."""
    return np.arange(1, harmonics + 1, dtype=np.float32) ** np.float32(-exponent)


def _pluck(hz: float, seconds: float, rng: np.random.Generator, bright: float, ring_seconds: float) -> np.ndarray:
    """A Karplus-Strong string, one period per row: every turn around the loop damps harmonic k a little more.

    Working on the spectra of whole periods replaces the sample-by-sample loop of the original algorithm, and reading
    the result at a fractional speed tunes it exactly.
    """
    period = max(round(SAMPLE_RATE / hz), 8)
    samples = max(round(seconds * SAMPLE_RATE), 64)
    harmonics = np.arange(period // 2 + 1, dtype=np.float32)
    tone = rng.uniform(0.55, 1, harmonics.size) / (1 + harmonics * hz / (900 + 4200 * bright)) ** 1.6
    # A string plucked at a quarter of its length lacks every fourth harmonic.
    pick = np.abs(np.sin(np.pi * harmonics * 0.23)) + 0.08
    start = tone * pick * np.exp(2j * np.pi * rng.random(harmonics.size))
    start[0] = 0
    loss = 6.9 / (ring_seconds * hz) + (0.0005 + 0.0035 * (1 - bright)) * (harmonics * hz / 440) ** 1.2
    turns = np.arange(math.ceil(samples * hz / SAMPLE_RATE) + 2, dtype=np.float32)
    damping = np.exp(-np.minimum(turns[:, None] * loss.astype(np.float32), np.float32(25)))
    string = irfft(start.astype(np.complex64) * damping, period, axis=1).ravel()
    string *= np.float32(1.6) / max(float(np.abs(string[: 2 * period]).max()), 1e-6)
    position = np.arange(samples) * (hz * period / SAMPLE_RATE)
    whole = position.astype(np.int64)
    part = (position - whole).astype(np.float32)
    return string[whole] * (1 - part) + string[whole + 1] * part


def _each(chord: np.ndarray, play: Callable[[float], np.ndarray]) -> np.ndarray:
    """The sum of the chord's notes at a level that does not depend on their number."""
    return sum(play(float(hz)) for hz in chord) / np.float32(len(chord) ** 0.7)


def guitar(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Steel-string guitar; the strings of a chord are struck one after the other."""
    ring = 2.4 * sound.sustain
    note = np.zeros(round((seconds + 0.012 * len(chord)) * SAMPLE_RATE) + 64, dtype=np.float32)
    for order, hz in enumerate(chord):
        string = _pluck(hz, seconds, rng, 0.35 + 0.6 * sound.brightness, ring)
        at = round(0.009 * order * SAMPLE_RATE)
        note[at : at + string.size] += string[: note.size - at]
    return edges(note / np.float32(len(chord) ** 0.7), 0, 0.05)


def banjo(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Short, bright plucks; also mandolins and harpsichords."""
    note = _each(chord, lambda hz: _pluck(hz, seconds, rng, 0.6 + 0.4 * sound.brightness, 0.7 * sound.sustain))
    return edges(note - 0.6 * lowpass(note, 350), 0, 0.03)


def upright_bass(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Plucked bass with little treble."""
    note = _each(chord, lambda hz: _pluck(hz, seconds, rng, 0.25 * sound.brightness, 1.6 * sound.sustain))
    return edges(lowpass(note, 500 + 900 * sound.brightness) * 1.4, 0.004, 0.04)


def synth_bass(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """A sawtooth whose treble closes soon after the attack, over a strong fundamental."""
    time = times(seconds)

    def play(hz: float) -> np.ndarray:
        cycles = _cycles(hz, time.size, rng)
        dull = _wave(cycles, hz, _slope(8, 2.0))
        return dull + _wave(cycles, hz, _slope(24, 1.0)) * decay(time, 0.05 + 0.15 * sound.brightness) * 0.5

    return edges(_each(chord, play), 0.004, 0.03)


def piano(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Struck strings: the upper harmonics decay sooner than the lower ones."""
    time = times(seconds)

    def play(hz: float) -> np.ndarray:
        cycles = _cycles(hz, time.size, rng)
        ring = 1.3 * sound.sustain * (262 / hz) ** 0.5
        amplitudes = _slope(24, 1.9 - 0.7 * sound.brightness)
        body = _wave(cycles, hz, amplitudes[:4]) * decay(time, ring)
        upper = np.where(np.arange(amplitudes.size) < 4, np.float32(0), amplitudes)
        return body + _wave(cycles * 1.0009, hz, upper) * decay(time, ring * 0.3)

    note = _each(chord, play)
    knock = min(note.size, 500)
    note[:knock] += 0.05 * lowpass(noise(rng, knock), 1500) * decay(time[:knock], 0.005)
    return edges(note, 0.003, 0.08)


def electric_piano(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Two-operator frequency modulation with a bell-like attack."""
    time = times(seconds)

    def play(hz: float) -> np.ndarray:
        phase = (np.float64(2 * math.pi) * (_cycles(hz, time.size, rng) % 1)).astype(np.float32)
        index = (0.5 + 1.6 * sound.brightness) * decay(time, 0.5)
        tine = 0.25 * np.sin(7 * phase) * decay(time, 0.08) if hz * 7 < _NYQUIST_HZ else np.float32(0)
        return np.sin(phase + index * np.sin(phase)) * decay(time, 1.2 * sound.sustain) + tine

    note = _each(chord, play)
    return edges(note * (1 + 0.2 * np.sin(np.float32(2 * math.pi * 5) * time)), 0.003, 0.08)


def organ(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Drawbars through a rotating loudspeaker."""
    time = times(seconds)
    drawbars = np.float32([0.8, 1, 0.75, 0.6, 0, 0.35 * sound.brightness, 0, 0.5 * sound.brightness])
    note = _each(chord, lambda hz: _wave(_cycles(hz, time.size, rng, 6.1, 0.003), hz, drawbars) * np.float32(0.4))
    return edges(note * (1 + 0.15 * np.sin(np.float32(2 * math.pi * 6.1) * time)), 0.008, 0.03)


def _ensemble(
    chord: np.ndarray, time: np.ndarray, cents: float, slope: float, rng: np.random.Generator, vibrato: float
) -> np.ndarray:
    def play(hz: float) -> np.ndarray:
        voices = [hz * 2 ** (step * cents / 1200) for step in (-1, 1)]
        return sum(_wave(_cycles(v, time.size, rng, 5.2, vibrato), v, _slope(32, slope)) for v in voices) * 0.5

    return _each(chord, play)


def strings(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """A section of bowed strings with a slow attack; also a synthesiser pad."""
    note = _ensemble(chord, times(seconds + 0.12), sound.detune_cents, 1.7 - 0.6 * sound.brightness, rng, 0.003)
    return edges(lowpass(note, 1800 + 3000 * sound.brightness), 0.12, 0.15)


def fiddle(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """One bowed string with vibrato."""
    note = _ensemble(chord, times(seconds), 1.5, 1.35 - 0.35 * sound.brightness, rng, 0.006)
    return edges(0.75 * note - 0.4 * lowpass(note, 300), 0.05, 0.05)


def flute(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Few harmonics and some breath; also a whistled synthesiser lead."""
    time = times(seconds)
    tone = np.float32([1, 0.35, 0.12 + 0.2 * sound.brightness, 0.05])
    note = _each(chord, lambda hz: _wave(_cycles(hz, time.size, rng, 5, 0.005), hz, tone))
    return edges(0.6 * note + 0.02 * lowpass(noise(rng, note.size), 3000), 0.05, 0.06)


def _formants(hz: float, centres_hz: tuple[float, ...], width_hz: float, slope: float) -> np.ndarray:
    """Harmonic amplitudes shaped by a throat or the bell of a horn: resonances on top of a falling spectrum."""
    amplitudes = _slope(40, slope)
    harmonics_hz = hz * np.arange(1, 41)
    gain = sum(1 / (1 + ((harmonics_hz - centre) / width_hz) ** 2) for centre in centres_hz)
    return (amplitudes * (0.12 + gain)).astype(np.float32)


def horn(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Saxophone or trumpet: the spectrum opens during the attack."""
    time = times(seconds)

    def play(hz: float) -> np.ndarray:
        cycles = _cycles(hz, time.size, rng, 5.4, 0.005)
        bright = _wave(cycles, hz, _formants(hz, (600, 1400 + 900 * sound.brightness), 500, 0.9))
        return bright * (1 - decay(time, 0.06)) + _wave(cycles, hz, _slope(3, 1.5)) * np.float32(0.4)

    return edges(_each(chord, play) * np.float32(0.42), 0.025, 0.05)


def voice(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """A sung vowel, drawn for each note."""
    time = times(seconds)
    first, second = ((700, 1150), (480, 1800), (420, 850), (330, 2200))[int(rng.integers(4))]
    size = 0.9 + 0.25 * sound.brightness

    def play(hz: float) -> np.ndarray:
        throat = _formants(hz, (first * size, second * size, 2750 * size), 130, 1.0)
        return _wave(_cycles(hz, time.size, rng, 5.6, 0.008), hz, throat * np.float32(0.85))

    return edges(_each(chord, play), 0.04, 0.07)


def _driven(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator, gain: float) -> np.ndarray:
    time = times(seconds)
    strings_sum = _ensemble(chord, time, 2.0, 1.15, rng, 0.0) * decay(time, 1.5 * sound.sustain)
    note = np.tanh(np.float32(gain * sound.drive) * strings_sum)
    # The loudspeaker of a guitar amplifier passes little above 3 to 5 kHz and little below 100 Hz.
    note = lowpass(lowpass(note, 3000 + 2500 * sound.brightness), 5000)
    return edges((note - lowpass(note, 90)) * np.float32(0.8), 0.003, 0.02)


def crunch_guitar(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Electric guitar through an amplifier that is just beginning to distort."""
    return _driven(chord, seconds, sound, rng, 1.6)


def metal_guitar(chord: np.ndarray, seconds: float, sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Electric guitar with heavy distortion."""
    return _driven(chord, seconds, sound, rng, 9.0)


INSTRUMENTS: dict[str, Callable[[np.ndarray, float, Sound, np.random.Generator], np.ndarray]] = {
    play.__name__: play
    for play in (
        guitar,
        banjo,
        upright_bass,
        synth_bass,
        piano,
        electric_piano,
        organ,
        strings,
        fiddle,
        flute,
        horn,
        voice,
        crunch_guitar,
        metal_guitar,
    )
}
"""Name -> function of (frequencies in Hz, seconds, sound, rng) that returns float32 samples of about unit peak."""
