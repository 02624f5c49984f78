"""Which clips are by the same artist, however the metadata spell the artist's name."""

import functools
import re
from collections.abc import Iterable, Sequence

# Names that stand for no artist, in lower case and without punctuation: `V.A.` and `V/A` are `va`.
PLACEHOLDERS = frozenset({"", "various", "various artists", "va", "compilation", "unknown", "unknown artist"})
# End of the names of collections, e.g. `Magnatune Compilation`.
PLACEHOLDER_END = " compilation"
# Where else artists can come from, of an own folder that was read without these options.
NO_ARTIST_IN_TAGS = (
    "no artist is known from tags; --artist-level 1 takes them from folders, --labels FILE.csv from a table"
)
_SEPARATOR = re.compile(r",|;|/|\+|&|\b(?:and|feat|featuring|ft|with|vs)\b", re.IGNORECASE)


def artist_keys(clips: Sequence[str], artists: Sequence[str | None]) -> list[str]:
    """A key for the artist of each clip, which is equal exactly where two clips are by the same artist.

    Names that differ in case, punctuation, `&` for `and` or a leading `The` are the same artist, and a collaboration is
    grouped with each of its members who also appears as an artist. A clip without a known artist gets its own key.

    Args:
        clips: id of each clip.
        artists: name of each clip's artist as the metadata spell it; None where unknown.
    """
    canonical = _one_name_each(artist for artist in artists if artist)
    return [canonical[artist] if artist else f"unknown: {clip}" for clip, artist in zip(clips, artists, strict=True)]


def known_artist(name: str | None) -> str | None:
    """The name of an artist; None where there is none, or one that stands for several artists or an unknown one:
    `PLACEHOLDERS`, and names that end as `PLACEHOLDER_END`."""
    if name is None:
        return None
    plain = " ".join(re.sub(r"[^\w\s]", "", name.casefold()).split())
    return None if plain in PLACEHOLDERS or plain.endswith(PLACEHOLDER_END) else name.strip()


def in_order_of_appearance(owners: Iterable[str]) -> list[int]:
    """A number for each clip, counted from 0 in order of appearance and equal for clips with the same owner."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(owner, len(numbers)) for owner in owners]


def _one_name_each(names: Iterable[str]) -> dict[str, str]:
    """Each name -> the alphabetically first of all names of the same artist."""
    names_of_key: dict[str, set[str]] = {}
    for name in names:
        names_of_key.setdefault(_key(name), set()).add(name)
    groups: dict[str, set[str]] = dict(names_of_key)
    for key, spellings in names_of_key.items():
        members = {_key(part) for name in spellings for part in _SEPARATOR.split(name)}
        for member in members & names_of_key.keys() - {key}:
            if groups[member] is not groups[key]:
                joined = groups[member] | groups[key]
                for other in [other for other, group in groups.items() if group & joined]:
                    groups[other] = joined
    return {name: min(group) for group in groups.values() for name in group}


@functools.lru_cache(maxsize=4096)
def _key(name: str) -> str:
    words = re.sub(r"[^\w\s]", " ", name.casefold().replace("&", " and ")).split()
    plain = " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
    return plain or name
