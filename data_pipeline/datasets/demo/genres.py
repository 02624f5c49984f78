"""The ten genres of the demo corpus as data: the parts that a band of each genre plays.

The notation of patterns and progressions is explained in `composition.py`. Genres share instruments, tempi and
progressions on purpose: their average spectra overlap, as those of real genres do.
"""

from data_pipeline.datasets.demo.composition import Part, Style

_WALK = "1--3--5--u--|1--2--3--u--|8--7--5--u-- / 1--2--3--5--|1--5--8--u--|1--3--5--6--"
_BACKBEAT = {"kick": "X.....x.X.......|X.....x.X.x.....", "snare": ".X.X", "hat": "xoxoxoxo"}
_BLUES = Style(
    tempo_bpm=(68, 128),
    progressions=(
        ("I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", "blues"),
        ("I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7,IV7 I7,V7", "blues"),
        ("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "blues"),
    ),
    parts=(
        Part("line", "upright_bass synth_bass", "1--3--5--6--|8--6--5--3-- / 1.13.35.56.5 / 1-.1-.5-.6-.", 29, -4),
        Part("chords", "guitar crunch_guitar piano organ", "x.ox.ox.ox.o / ...X.....X.o / x--...x--...", 52, -9),
        Part("melody", "guitar crunch_guitar horn voice", "x-xx-xx----- / ..xx-x...... / x--x-xX-----", 60, -5),
        Part("line", "piano organ", "...8.8...7.5 / 8.88.88.88.8", 60, -13, 0.5),
    ),
    drums=(
        {"kick": "X.....x.....", "snare": "...X.....X.o", "ride": "x.xx.xx.xx.x"},
        {"kick": "X.....X....x", "snare": "...X.....X..", "hat": "x.ox.ox.ox.o"},
        {"kick": "x..x..x..x..", "brush": "x.oX.ox.oX.o"},
    ),
    drums_chance=0.8,
    swell_db=2.0,
    loudness_db=(-23, -16),
)
_CLASSICAL = Style(
    tempo_bpm=(58, 132),
    progressions=(
        ("I V vi iii IV I IV V", "major"),
        ("I IV V7 I vi ii V7 I", "major"),
        ("i iv V7 i bVI iv V7 i", "harmonic minor"),
        ("i bVII bIII bVI iv i V V7", "harmonic minor"),
    ),
    parts=(
        Part("line", "piano piano banjo guitar", "1.5.3.5.1.5.3.5. / 1.5.8.9.8.5.8.5. / 1.3.5.8.5.3.1.3.", 48, -5),
        Part("chords", "strings strings voice", "x / xx", 58, -8, 0.75),
        Part("line", "strings upright_bass piano", "15 / 1", 36, -7, 0.8),
        Part(
            "melody",
            "fiddle flute piano horn",
            "x---x-x-x------- / x-x-x-x-x---x--- / X-----o-x---.... / xoxoxoxox---....",
            67,
            -6,
            0.9,
        ),
    ),
    fills_chance=0.0,
    swell_db=7.0,
    loudness_db=(-29, -19),
)
_COUNTRY = Style(
    tempo_bpm=(84, 152),
    progressions=(
        ("I I IV I V V I I", "major pentatonic"),
        ("I IV I V I IV V I", "major pentatonic"),
        ("I V vi IV", "major pentatonic"),
        ("I I7 IV IV I V I V", "mixolydian"),
    ),
    parts=(
        Part("line", "upright_bass upright_bass synth_bass", "1---5--- / 1---5-3- / 1---5--u|1---0---", 30, -4),
        Part("chords", "guitar", "..x...x. / ..x...xo / x.xox.xo / o.X.o.X.", 52, -7, 1.0, "open"),
        Part("line", "banjo guitar", "1358358513583585 / 8.5.3.5.8.5.3.5. / 13.58.35.13.58.5", 60, -8, 0.8),
        Part("melody", "fiddle voice guitar flute", "x-x-x--- / x-xxx-x- / x---x-x- / xxxxx---", 64, -6),
    ),
    drums=(
        {"kick": "X.......x.......", "snare": "oooXooooXoooXoXo"},
        {"kick": "X.......X.......", "brush": "o.x.X.x.o.x.X.x."},
        {"kick": "X.......x.x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
    ),
    drums_chance=0.8,
    fills_chance=0.2,
    swing=(0.0, 0.2),
    swell_db=1.5,
    loudness_db=(-22, -15),
)
_DISCO = Style(
    tempo_bpm=(108, 130),
    progressions=(
        ("i7 i7 iv7 iv7", "dorian"),
        ("i7 bVII bVI V7", "minor"),
        ("ii7 V7 IM7 vi7", "major"),
        ("vi7 ii7 V7 IM7", "major"),
        ("i7 IV7 i7 IV7", "dorian"),
    ),
    parts=(
        Part("line", "synth_bass", "1.8.1.8.1.8.1.8. / 1.811.8.1.815.8. / 1..1..8.1..1.587", 29, -3),
        Part("chords", "guitar crunch_guitar electric_piano", "..x.xx.x..x.xx.x / x.oxx.ox.xoxx.ox", 58, -11),
        Part("chords", "strings organ voice", "x / x-----x-......x-", 65, -9, 0.9),
        Part("melody", "strings horn voice voice", "x---x-x-x------- / x-xx--x-....x-x-", 66, -7),
    ),
    drums=(
        {"kick": "XXXX", "snare": ".X.X", "open_hat": ".x.x.x.x", "hat": "xxxx"},
        {"kick": "XXXX", "clap": ".X.X", "hat": "x.xxx.xxx.xxx.xx", "shaker": "oooooooooooooooo"},
    ),
    loudness_db=(-19, -14),
)
_HIPHOP = Style(
    tempo_bpm=(76, 104),
    progressions=(
        ("i7 iv7", "minor pentatonic"),
        ("i9 i9 bVI7 V7", "minor pentatonic"),
        ("i bVII bVI bVII", "minor pentatonic"),
        ("ii7 V7 i7 i7", "dorian"),
    ),
    parts=(
        Part("line", "synth_bass upright_bass", "1--1......3-5... / 1.....1.1-....7. / 1-......0--1....", 26, -1),
        Part("chords", "electric_piano piano strings guitar", "x-----..x-...... / x--..x-.......x- / x", 60, -9),
        Part("line", "flute piano guitar horn", "8..7..5.....3.5.|................ / 5.8.9.8.........", 60, -12, 0.6),
        Part("melody", "voice", "xxoxx.xxoxxxx... / x.xxoxx.xoxxx.xx", 48, -5, 0.75),
    ),
    drums=(
        {"kick": "X.x.......X..x..", "snare": "....X.......X..o", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X..x..x...X.....", "snare": "....X..o.o..X...", "hat": "xoxoxoxoxoxoxoxo"},
        {
            "kick": "X......x..X...x.",
            "clap": "....X.......X...",
            "hat": "x.xxx.x.x.xxx.xx",
            "open_hat": "......x.........",
        },
    ),
    fills_chance=0.1,
    swing=(0.15, 0.6),
    loudness_db=(-20, -14),
)
_JAZZ = Style(
    tempo_bpm=(96, 216),
    progressions=(
        ("ii7 V7 IM7 IM7", "major"),
        ("IM7 VI7 ii7 V7 iii7 VI7 ii7 V7", "major"),
        ("ii7 V7 IM7 IVM7 viih7 III7 vi7 vi7", "major"),
        ("iih7 V7b9 i7 i7", "dorian"),
        ("I7 IV7 I7 I7 IV7 IV7 I7 VI7 ii7 V7 I7,VI7 ii7,V7", "mixolydian"),
    ),
    parts=(
        Part("line", "upright_bass", _WALK, 30, -4),
        Part(
            "chords",
            "piano guitar electric_piano organ",
            "..x......x..|...x-......x / x-...x......|..x...x-.... / o..o..o..o..",
            60,
            -8,
        ),
        Part("melody", "horn horn piano flute", "x-xx-xx-xx-- / ..xx-xx-ox-x / x--x-x...... / x-xX-xx-xx-x", 62, -5),
    ),
    drums=(
        {"ride": "x..X.xx..X.x", "hat": "...x.....x..", "kick": "o.....o....."},
        {"ride": "x..X.xx..X.x", "hat": "...x.....x..", "snare": ".....o......|..o.....x..."},
        {"brush": "x.oX.ox.oX.o", "kick": "o..o..o..o..", "hat": "...x.....x.."},
    ),
    drums_chance=0.85,
    fills_chance=0.1,
    swell_db=2.5,
    loudness_db=(-25, -17),
)
_METAL = Style(
    tempo_bpm=(96, 190),
    progressions=(
        ("i5 i5 bVI5 bVII5", "minor"),
        ("i5 bII5 i5 bVII5", "phrygian"),
        ("i5 i5 i5,bIII5 bII5", "phrygian"),
        ("i5 bVI5 iv5 v5", "minor pentatonic"),
    ),
    parts=(
        Part(
            "chords",
            "metal_guitar metal_guitar crunch_guitar",
            "X.xxx.xxx.xxx.xx / x-xxx-xxX---x-xx / X-------x-----xx / xxxxxxxxxxxxxxxx",
            43,
            -3,
            1.0,
            "power",
        ),
        Part("line", "synth_bass", "1.111.111.111.11 / 1.1.1.1.1.1.1.11", 28, -6),
        Part("melody", "metal_guitar crunch_guitar voice", "xxxxxxxxx------- / x---x---x-x-x---", 62, -8, 0.8),
    ),
    drums=(
        {"kick": "X.xxX.xxX.xxX.xx", "snare": ".X.X", "hat": "xxxx"},
        {"kick": "xxxxxxxxxxxxxxxx", "snare": ".X.X", "ride": "xxxx"},
        {"kick": "X...x.x.X...x.x.", "snare": "..X.", "open_hat": "xxxx"},
    ),
    loudness_db=(-17, -12),
)
_POP = Style(
    tempo_bpm=(88, 130),
    progressions=(
        ("I V vi IV", "major pentatonic"),
        ("vi IV I V", "major pentatonic"),
        ("I vi IV V", "major"),
        ("IV V iii vi", "major"),
    ),
    parts=(
        Part(
            "line",
            "synth_bass synth_bass upright_bass",
            "1-1-1-1-1-1-1-1- / 1-----1---5-1--- / 1-------1---1-5-",
            30,
            -4,
        ),
        Part("chords", "piano electric_piano guitar", "x-x-x-x- / x-----x---x----- / x--x--x-", 60, -8),
        Part("chords", "strings organ", "x", 62, -13, 0.8),
        Part("line", "guitar electric_piano banjo", "1.5.8.5.9.8.5.3. / 8.5.3.5.8.5.3.5.", 64, -12, 0.6),
        Part("melody", "voice voice flute", "x-x-x-x-x---.... / ..x-x-x-x-x-x--- / x---x-xxx-------", 64, -4),
    ),
    drums=(
        _BACKBEAT,
        {"kick": "XXXX", "clap": ".X.X", "hat": ".x.x.x.x"},
        {"kick": "X.......X.x.....", "snare": ".X.X", "shaker": "xoxoxoxoxoxoxoxo"},
    ),
    loudness_db=(-19, -14),
)
_REGGAE = Style(
    tempo_bpm=(66, 92),
    progressions=(
        ("I IV", "major pentatonic"),
        ("i iv", "minor pentatonic"),
        ("I V ii IV", "major"),
        ("i bVII", "minor"),
    ),
    parts=(
        Part("line", "synth_bass upright_bass", "1--1..3-5-....u. / ..1-1-3-5-5-.... / 1---5-3-1-..0-u.", 27, -1),
        Part("chords", "guitar piano crunch_guitar", "..X...X...X...X. / ..X...Xo..X...Xo", 60, -6),
        Part("chords", "organ electric_piano", ".ox..ox..ox..ox. / ..x...x...x...x.", 55, -11, 0.8),
        Part("melody", "voice horn flute", "x-x-x---x-...... / ....x-xxx-x-x---", 62, -6),
    ),
    drums=(
        {"kick": "........X.......", "rim": "........X.....o.", "hat": "x.o.x.o.x.o.x.o."},
        {
            "kick": "X.......X.......",
            "rim": "....x.......x..o",
            "hat": "..x...x...x...x.",
            "shaker": "o.o.o.o.o.o.o.o.",
        },
        {"kick": "X...X...X...X...", "rim": "........X..o....", "hat": "x.xox.xox.xox.xo"},
    ),
    fills_chance=0.3,
    swing=(0.0, 0.35),
    loudness_db=(-21, -15),
)
_ROCK = Style(
    tempo_bpm=(96, 156),
    progressions=(
        ("I bVII IV I", "mixolydian"),
        ("I IV V IV", "major pentatonic"),
        ("i bVI bIII bVII", "minor pentatonic"),
        ("I V vi IV", "major pentatonic"),
    ),
    parts=(
        Part(
            "chords",
            "crunch_guitar crunch_guitar metal_guitar guitar",
            "x-x-x-x- / X--x-xx- / x---x-xx / X-----xx",
            47,
            -5,
            1.0,
            "power",
        ),
        Part("line", "synth_bass upright_bass", "1-1-1-1-1-1-1-1- / 1-----1-1---5-7-", 28, -4),
        Part("chords", "organ piano guitar", "x------- / x-x-x-x-", 60, -12, 0.5),
        Part("melody", "voice voice crunch_guitar", "x-x-x--- / x-xxx-x- / x---x-xx", 60, -5),
    ),
    drums=(
        _BACKBEAT,
        {"kick": "X.......X.x.....", "snare": ".X.X", "ride": "xxxx"},
        {"kick": "X.x.....X.x.....", "snare": "....X.......X..o", "open_hat": "xxxx"},
    ),
    loudness_db=(-19, -13),
)
STYLES: dict[str, Style] = {
    "blues": _BLUES,
    "classical": _CLASSICAL,
    "country": _COUNTRY,
    "disco": _DISCO,
    "hiphop": _HIPHOP,
    "jazz": _JAZZ,
    "metal": _METAL,
    "pop": _POP,
    "reggae": _REGGAE,
    "rock": _ROCK,
}
"""The genres of GTZAN in alphabetical order."""
