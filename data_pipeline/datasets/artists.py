"""Whose clip is whose, however the data spell an artist's name."""

import re
from collections.abc import Iterable, Sequence

_BETWEEN = re.compile(r",|;|/|\+|&|\b(?:and|feat|featuring|ft|with|vs)\b", re.IGNORECASE)


def artist_keys(clips: Sequence[str], artists: Sequence[str | None]) -> list[str]:
    """What stands for the artist of each clip: the same text exactly where two clips are of one artist.

    Names that differ in case, punctuation, `&` for `and` or a leading `The` are one artist, and a collaboration is one
    with each of its members who is an artist here, too. A clip whose artist is not known has an artist of its own.

    Args:
        clips: id of each.
        artists: name as the data spell it; None where unknown.
    """
    stands_for = _one_name_each(artist for artist in artists if artist)
    return [stands_for[artist] if artist else f"unknown: {clip}" for clip, artist in zip(clips, artists, strict=True)]


def in_order_of_appearance(owners: Iterable[str]) -> list[int]:
    """A number for each clip, from 0, the same for clips of one owner."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(owner, len(numbers)) for owner in owners]


def _one_name_each(names: Iterable[str]) -> dict[str, str]:
    """Every name -> the first, in the order of the alphabet, of those that are one artist with it."""
    of_key: dict[str, set[str]] = {}
    for name in names:
        of_key.setdefault(_key(name), set()).add(name)
    found: dict[str, set[str]] = dict(of_key)
    for key, alike in of_key.items():
        for member in {_key(part) for name in alike for part in _BETWEEN.split(name)} & of_key.keys() - {key}:
            if found[member] is not found[key]:
                joined = found[member] | found[key]
                for place in [place for place, group in found.items() if group & joined]:
                    found[place] = joined
    return {name: min(group) for group in found.values() for name in group}


def _key(name: str) -> str:
    words = re.sub(r"[^\w\s]", " ", name.casefold().replace("&", " and ")).split()
    plain = " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
    return plain or name
