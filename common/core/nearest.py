"""Names that are near to a mistyped one, for error messages."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_MOST_NAMED = 3
# Of a word that is looked for within names: shorter ones are in too many.
_LEAST_LETTERS = 3
_LIKE_WHOLE = 0.85


def nearest_names(typed: str, known: Iterable[str]) -> list[str]:
    """The known names that someone who typed another one may have meant: those that begin with it, or contain it, or
    else the one that is most like it; empty where none is.

    Args:
        typed: what was typed, without regard to upper and lower case.
        known: in the order in which they are to be named.
    """
    names = {name.lower(): name for name in known}
    word = typed.lower()
    begun = [name for lower, name in names.items() if word and lower.startswith(word)]
    holding = [name for lower, name in names.items() if len(word) >= _LEAST_LETTERS and word in lower]
    for alike in (begun, holding):
        if 0 < len(alike) <= _MOST_NAMED:
            return alike
    return [names[lower] for lower in get_close_matches(word, names, n=1)]


def nearest_path(typed: str, known: Iterable[str]) -> list[str]:
    """The same for dotted paths, by their last part, which may have been typed alone: `learning_rate` for
    `training.learning_rate`."""
    paths_of: dict[str, list[str]] = {}
    for path in known:
        paths_of.setdefault(path.rpartition(".")[2], []).append(path)

    def likeness(path: str) -> float:
        return SequenceMatcher(None, typed.lower(), path.lower()).ratio()

    last = typed.rpartition(".")[2]
    ends = [last] if last in paths_of else nearest_names(last, paths_of)
    if not ends:
        # A short last part is like none, e.g. `l3`, while the whole path is like `training.l2`.
        whole = [path for paths in paths_of.values() for path in paths]
        return get_close_matches(typed.lower(), whole, n=1, cutoff=_LIKE_WHOLE)
    return [max(paths_of[end], key=likeness) for end in ends]


def did_you_mean(names: list[str]) -> str:
    """`; did you mean A?`, to go on with in a message; empty for no names."""
    if not names:
        return ""
    listed = ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else names[0]
    return f"; did you mean {listed}?"
