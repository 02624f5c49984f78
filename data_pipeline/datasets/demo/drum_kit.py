"""The drum kit of the synthesised music: one function of (sound, rng) per piece, float32 samples of about unit peak.

Each piece is rendered once per clip and pasted at every hit, as a sampler does.
"""

import math
from collections.abc import Callable

import numpy as np

from data_pipeline.datasets.demo.instruments import decay, edges, lowpass, noise, times
from data_pipeline.datasets.demo.mixing import Sound


def _highpassed_noise(rng: np.random.Generator, samples: int, hz: float) -> np.ndarray:
    hiss = noise(rng, samples)
    return hiss - lowpass(hiss, hz)


def _falling_sine(time: np.ndarray, high_hz: float, low_hz: float, fall_seconds: float) -> np.ndarray:
    """A sine whose pitch falls exponentially from `high_hz` to `low_hz`: a struck skin."""
    fall = 1 - decay(time, fall_seconds)
    return np.sin(np.float32(2 * math.pi) * (low_hz * time + (high_hz - low_hz) * fall_seconds * fall))


def kick(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Bass drum."""
    time = times(0.35)
    body = _falling_sine(time, 4 * sound.kick_hz, sound.kick_hz, 0.03) * decay(time, 0.11)
    click = lowpass(noise(rng, time.size), 3000) * decay(time, 0.004)
    return edges(1.4 * body + (0.3 + 0.7 * sound.brightness) * click, 0.001, 0.05)


def snare(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Snare drum: two modes of the skin and the rattle of the wires."""
    time = times(0.3)
    skin = _falling_sine(time, 1.5 * sound.snare_hz, sound.snare_hz, 0.02) * decay(time, 0.07)
    wires = _highpassed_noise(rng, time.size, 1200 + 1500 * sound.brightness) * decay(time, 0.075 * sound.hat_decay)
    return edges(0.6 * skin + 0.5 * wires, 0.001, 0.05)


def rim(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Stick across the rim of the snare drum."""
    time = times(0.08)
    wood = np.sin(np.float32(2 * math.pi * 6.5 * sound.snare_hz) * time) * decay(time, 0.012)
    return edges(wood + 0.3 * _highpassed_noise(rng, time.size, 2000) * decay(time, 0.006), 0.0005, 0.01)


def clap(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Several hands, slightly out of time."""
    time = times(0.25)
    hands = sum(decay(np.abs(time - np.float32(at)), 0.004) * (time >= np.float32(at)) for at in (0, 0.011, 0.021))
    hands = hands + 0.7 * decay(time, 0.06) * (time > np.float32(0.025))
    clapped = lowpass(_highpassed_noise(rng, time.size, 700), 2500 + 2500 * sound.brightness)
    return edges(clapped * hands, 0, 0.03)


def brush(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Wire brush that sweeps over the snare drum."""
    time = times(0.2)
    sweep = lowpass(_highpassed_noise(rng, time.size, 900), 4500) * decay(time, 0.06)
    return edges(0.5 * sweep, 0.02, 0.05)


def _cymbal(sound: Sound, rng: np.random.Generator, seconds: float, decay_seconds: float, metal: float) -> np.ndarray:
    """Filtered noise over a cluster of inharmonic tones; `metal` is the share of the tones."""
    time = times(seconds)
    ratios = (2.0, 3.0, 4.16, 5.43, 6.79, 8.21)
    cluster = sum(np.sign(np.sin(np.float32(2 * math.pi * 430 * ratio) * time)) for ratio in ratios) / np.float32(6)
    sizzle = _highpassed_noise(rng, time.size, 5000 + 2500 * sound.brightness)
    mixed = metal * (cluster - lowpass(cluster, 4000)) + (1 - metal) * sizzle
    return edges(np.float32(1.3) * mixed * decay(time, decay_seconds * sound.hat_decay), 0.001, 0.03)


def hat(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Closed hi-hat."""
    return _cymbal(sound, rng, 0.12, 0.025, 0.3)


def open_hat(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Open hi-hat."""
    return _cymbal(sound, rng, 0.4, 0.13, 0.3)


def ride(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Ride cymbal: a ping with a long wash."""
    ping = _cymbal(sound, rng, 0.9, 0.3, 0.6)
    time = times(0.9)
    return ping * 0.6 + 0.1 * np.sin(np.float32(2 * math.pi * 3050) * time) * decay(time, 0.06)


def crash(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Crash cymbal."""
    return _cymbal(sound, rng, 1.8, 0.55, 0.25)


def tom(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Tom-tom, for fills."""
    time = times(0.4)
    skin = _falling_sine(time, 2.6 * sound.kick_hz, 1.8 * sound.kick_hz, 0.05)
    return edges(1.5 * skin * decay(time, 0.12), 0.001, 0.05)


def shaker(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    """Shaker or tambourine."""
    time = times(0.1)
    return edges(0.8 * _highpassed_noise(rng, time.size, 4500) * decay(time, 0.03), 0.012, 0.02)


DRUMS: dict[str, Callable[[Sound, np.random.Generator], np.ndarray]] = {
    play.__name__: play for play in (kick, snare, rim, clap, brush, hat, open_hat, ride, crash, tom, shaker)
}
"""Name -> function that renders one hit."""
