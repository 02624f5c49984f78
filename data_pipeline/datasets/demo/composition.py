"""From the description of a musical style to the notes of one excerpt.

Patterns are strings that divide one bar evenly (16 characters in 4/4 are sixteenths, 12 are triplets of eighths);
blanks are ignored and `|` separates bars that alternate. `.` is a rest and `-` holds the note before it. `X`, `x` and
`o` are accented, normal and soft; in the patterns of a line the characters name chord tones: `0` root an octave down,
`1` root, `2` `3` `4` `5` `6` `7` scale steps (third, fifth and seventh as the chord has them), `8` octave, `9` ninth,
`u` the semitone below the next root.

Progressions are Roman numerals, one bar each, `,` between two chords of one bar: `ii7,V7 IM7`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

_NUMERALS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_MAJOR_CHORDS = {
    "": (0, 4, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "9": (0, 4, 7, 10, 14),
    "7b9": (0, 4, 10, 13),
    "sus": (0, 5, 7),
}
_MINOR_CHORDS = {"": (0, 3, 7), "5": (0, 7), "7": (0, 3, 7, 10), "9": (0, 3, 7, 10, 14), "h7": (0, 3, 6, 10)}
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}
_VELOCITIES = {"X": 1.0, "x": 0.75, "o": 0.42}
_SECTION_BARS = 4


@dataclass(frozen=True)
class Part:
    """The part of one player in a band.

    Args:
        kind: `chords` and `line` follow the pattern; `melody` takes its rhythm from the pattern and invents pitches.
        instruments: names in `instruments.INSTRUMENTS`, separated by blanks; each artist picks one.
        patterns: separated by `/`; each clip picks one (a melody picks two and alternates).
        register: MIDI note that chords surround, and above which lines and melodies lie.
        level_db: loudness in the mix.
        chance: probability that an artist has this player.
        voicing: `close` around the register, `open` as a guitar strums, `power` for root, fifth and octave.
    """

    kind: Literal["chords", "line", "melody"]
    instruments: str
    patterns: str
    register: int
    level_db: float
    chance: float = 1.0
    voicing: Literal["close", "open", "power"] = "close"


@dataclass(frozen=True)
class Style:
    """A genre: its tempi, progressions, parts and drums.

    Args:
        tempo_bpm: slowest and fastest; a bar has `beats` beats.
        progressions: (Roman numerals, name of the melody's scale); each clip picks one.
        parts: the players; the first one never pauses.
        drums: alternatives of piece -> pattern; each clip picks one.
        drums_chance: probability that an artist has a drummer.
        fills_chance: probability of a fill at the end of a section.
        swing: smallest and largest delay of every second step, as a share of a sixteenth of the bar.
        swell_db: half the range in which the loudness rises and falls over a phrase.
        loudness_db: quietest and loudest artist, root mean square relative to full scale.
    """

    tempo_bpm: tuple[float, float]
    progressions: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    drums: tuple[dict[str, str], ...] = ()
    drums_chance: float = 1.0
    fills_chance: float = 0.4
    swing: tuple[float, float] = (0.0, 0.0)
    swell_db: float = 1.0
    loudness_db: tuple[float, float] = (-20.0, -15.0)
    beats: int = 4


@dataclass(frozen=True)
class Player:
    """One artist's choice for a part."""

    part: Part
    instrument: str
    level_db: float


@dataclass(frozen=True)
class Event:
    """One sound: an instrument with its MIDI notes, or a drum (`notes` empty). A negative start is cut off."""

    start_seconds: float
    instrument: str
    notes: tuple[int, ...]
    seconds: float
    gain: float


def choose_band(style: Style, rng: np.random.Generator) -> tuple[tuple[Player, ...], bool]:
    """The players of one artist and whether there is a drummer."""
    players = tuple(
        Player(part, str(rng.choice(part.instruments.split())), part.level_db + rng.uniform(-2.5, 2.5))
        for number, part in enumerate(style.parts)
        if rng.random() < part.chance or number == 0
    )
    return players, bool(style.drums) and rng.random() < style.drums_chance


@cache
def parse_chord(text: str) -> tuple[int, tuple[int, ...]]:
    """`bVII7` -> (semitones of the root above the key, intervals of the chord).

    Raises:
        ValueError: not the Roman numeral of a known chord.
    """
    match = re.fullmatch(r"([b#]?)([IV]+|[iv]+)(.*)", text)
    chords = _MAJOR_CHORDS if match and match[2].isupper() else _MINOR_CHORDS
    if not match or match[2].upper() not in _NUMERALS or match[3] not in chords:
        raise ValueError(f"not a chord: {text!r}, expected a Roman numeral such as bVII7")
    return _NUMERALS[match[2].upper()] + {"b": -1, "#": 1, "": 0}[match[1]], chords[match[3]]


@cache
def parse_pattern(text: str) -> tuple[tuple[tuple[float, float, str, bool], ...], ...]:
    """Per bar the notes as (start, length, character, whether on an even step); start and length as shares of a bar."""
    bars = []
    for bar in text.replace(" ", "").split("|"):
        notes = []
        for step, character in enumerate(bar):
            if character not in ".-":
                held = len(bar[step + 1 :]) - len(bar[step + 1 :].lstrip("-"))
                notes.append((step / len(bar), (held + 1) / len(bar), character, step % 2 == 0))
        bars.append(tuple(notes))
    return tuple(bars)


def _above(pitch_class: int, lowest: int) -> int:
    return lowest + (pitch_class - lowest) % 12


def _voicing(root: int, intervals: tuple[int, ...], part: Part) -> tuple[int, ...]:
    if part.voicing == "close":
        return tuple(sorted({_above(root + step, part.register - 6) for step in intervals}))
    low = _above(root, part.register - 6)
    fifth = next((step for step in intervals if step in (6, 7)), 7)
    if part.voicing == "power":
        return (low, low + fifth, low + 12)
    return (low, low + fifth, low + 12, low + 12 + (intervals[1] if intervals[1] < 6 else 7), low + 12 + fifth)


def _chord_tone(character: str, intervals: tuple[int, ...]) -> int:
    if character == "0":
        return -12
    third = next((step for step in intervals if step in (3, 4, 5)), 7)
    fifth = next((step for step in intervals if step in (6, 7)), 7)
    seventh = next((step for step in intervals if step in (10, 11)), 10)
    return {"1": 0, "2": 2, "3": third, "4": 5, "5": fifth, "6": 9, "7": seventh, "8": 12, "9": 14}[character]


class _Song:
    """The random choices for one whole excerpt."""

    def __init__(self, style: Style, rng: np.random.Generator, seconds: float) -> None:
        self.style, self.rng = style, rng
        self.bar_seconds = style.beats * 60 / rng.uniform(*style.tempo_bpm)
        self.swing = rng.uniform(*style.swing)
        numerals, self.scale = style.progressions[int(rng.integers(len(style.progressions)))]
        self.key = int(rng.integers(12))
        self.chords = [[parse_chord(chord) for chord in bar.split(",")] for bar in numerals.split()]
        # An excerpt may begin anywhere in a bar.
        self.offset_seconds = rng.uniform(0, self.bar_seconds)
        self.first_bar = _SECTION_BARS * int(rng.integers(max(len(self.chords) // _SECTION_BARS, 1)))
        self.bars = math.ceil((seconds + self.offset_seconds) / self.bar_seconds)
        self.swell_bars, self.swell_phase = rng.uniform(5, 9), rng.uniform(0, 2 * math.pi)

    def chord(self, bar: int, at: float) -> tuple[int, tuple[int, ...]]:
        chords = self.chords[(self.first_bar + bar) % len(self.chords)]
        root, intervals = chords[int(at * len(chords))]
        return self.key + root, intervals

    def sections(self, chance: float) -> list[bool]:
        """Which sections of four bars a player takes part in."""
        return list(self.rng.random(self.bars // _SECTION_BARS + 1) < chance)

    def event(
        self, bar: int, at: float, even: bool, instrument: str, notes: tuple, length: float, gain: float
    ) -> Event:
        swell = math.sin(2 * math.pi * (bar + at) / self.swell_bars + self.swell_phase)
        gain *= 10 ** ((self.style.swell_db * swell + self.rng.uniform(-1, 1)) / 20)
        late = 0 if even else self.swing / 16
        start = (bar + at + late) * self.bar_seconds - self.offset_seconds + self.rng.uniform(-0.005, 0.005)
        return Event(start, instrument, notes, round(length * self.bar_seconds, 3), gain)


def _accompaniment(song: _Song, player: Player, active: list[bool]) -> Iterator[Event]:
    part = player.part
    pattern = parse_pattern(str(song.rng.choice(part.patterns.split("/"))))
    level = 10 ** (player.level_db / 20)
    for bar in range(song.bars):
        if not active[bar // _SECTION_BARS]:
            continue
        for at, length, character, even in pattern[bar % len(pattern)]:
            root, intervals = song.chord(bar, at)
            if part.kind == "chords":
                notes, velocity = _voicing(root, intervals, part), _VELOCITIES[character]
            elif character == "u":
                notes, velocity = (_above(song.chord(bar + 1, 0)[0] - 1, part.register),), 0.75
            else:
                notes = (_above(root, part.register) + _chord_tone(character, intervals),)
                velocity = 0.9 if at * song.style.beats % 1 == 0 else 0.75
            yield song.event(bar, at, even, player.instrument, notes, length * 0.97, level * velocity)


def _melody(song: _Song, player: Player, active: list[bool]) -> Iterator[Event]:
    """Phrases of four bars in the form A A' A B: steps along the scale, pulled to chord tones on strong beats."""
    lowest, rng = player.part.register, song.rng
    ladder = [n for n in range(lowest, lowest + 18) if (n - song.key) % 12 in SCALES[song.scale]]
    motifs = []
    for text in rng.choice(player.part.patterns.split("/"), 2):
        rhythm = parse_pattern(str(text))[0]
        motifs.append((rhythm, rng.integers(-2, 3, len(rhythm)), int(rng.integers(2, len(ladder) - 2))))
    level = 10 ** (player.level_db / 20)
    for bar in range(song.bars):
        if not active[bar // _SECTION_BARS] or rng.random() < 0.1:
            continue
        rhythm, steps, position = motifs[bar % _SECTION_BARS == _SECTION_BARS - 1]
        for (at, length, character, even), step in zip(rhythm, steps, strict=True):
            position = min(max(position + int(step), 0), len(ladder) - 1)
            note = ladder[position]
            if at * song.style.beats % 2 == 0 or length > 0.2:
                root, intervals = song.chord(bar, at)
                tones = {(root + interval) % 12 for interval in intervals}
                note = min((n for n in range(lowest - 3, lowest + 21) if n % 12 in tones), key=lambda n: abs(n - note))
            yield song.event(bar, at, even, player.instrument, (note,), length, level * _VELOCITIES[character])


def _drums(song: _Song, level_db: float) -> Iterator[Event]:
    rng, style = song.rng, song.style
    patterns = {name: parse_pattern(text) for name, text in style.drums[int(rng.integers(len(style.drums)))].items()}
    level = 10 ** (level_db / 20)
    active = song.sections(0.93)
    for bar in range(song.bars):
        if not active[bar // _SECTION_BARS]:
            continue
        fill = bar % _SECTION_BARS == _SECTION_BARS - 1 and rng.random() < style.fills_chance
        for piece, pattern in patterns.items():
            for at, length, character, even in pattern[bar % len(pattern)]:
                if not (fill and at >= 0.75):
                    yield song.event(bar, at, even, piece, (), length, level * _VELOCITIES[character])
        if fill:
            for step, piece in enumerate(rng.choice(("snare", "tom", "tom"), 4)):
                yield song.event(bar, 0.75 + step / 16, True, str(piece), (), 0.1, level * (0.5 + 0.12 * step))
        if style.fills_chance and bar % _SECTION_BARS == 0 and rng.random() < style.fills_chance:
            yield song.event(bar, 0, True, "crash", (), 0.5, 0.8 * level)


def compose(
    style: Style, band: tuple[tuple[Player, ...], bool], rng: np.random.Generator, *, seconds: float, drums_db: float
) -> list[Event]:
    """Write one excerpt of a piece for a band.

    Args:
        style: the genre.
        band: what `choose_band` returned for the artist.
        rng: source of everything that differs between the clips of an artist.
        seconds: length of the excerpt.
        drums_db: level of the drums relative to the other players.

    Returns:
        The sounds, in no particular order; the first start before 0 and the last end after `seconds`.
    """
    song = _Song(style, rng, seconds)
    events = []
    for number, player in enumerate(band[0]):
        melody = player.part.kind == "melody"
        active = song.sections(1.0 if number == 0 else 0.75 if melody else 0.92)
        events.extend((_melody if melody else _accompaniment)(song, player, active))
    if band[1]:
        events.extend(_drums(song, drums_db))
    return events
