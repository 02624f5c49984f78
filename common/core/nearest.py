"""Names that are near to a mistyped one, for error messages."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_MOST_NAMED = 3
# Of a word that is looked for within names: shorter ones are in too many.
_LEAST_LETTERS = 3
_LIKE_WHOLE = 0.85


def nearest_names(typed: str, known: Iterable[str]) -> list[str]:
    """The known names that someone who typed another one may have meant: those that begin with it, or contain it, or
    have it as their initials (`lr` for `learning_rate`), or else the one that is most like it, or those with whose
    first word it begins (`batchsize` for `batch_windows`); empty where none is.

    Args:
        typed: what was typed, without regard to upper and lower case.
        known: in the order in which they are to be named.
    """
    names = {name.lower(): name for name in known}
    word = typed.lower()
    begun = [name for lower, name in names.items() if word and lower.startswith(word)]
    holding = [name for lower, name in names.items() if len(word) >= _LEAST_LETTERS and word in lower]
    words_of = {name: [part for part in re.split(r"[-_ ]", lower) if part] for lower, name in names.items()}
    shortened = [name for name, words in words_of.items() if len(words) > 1 and "".join(w[0] for w in words) == word]
    for alike in (begun, holding, shortened):
        if 0 < len(alike) <= _MOST_NAMED:
            return alike
    if likest := get_close_matches(word, names, n=1):
        return [names[likest[0]]]
    longer = [
        name
        for name, words in words_of.items()
        if words and len(words[0]) >= _LEAST_LETTERS and word.startswith(words[0])
    ]
    return longer if len(longer) <= _MOST_NAMED else []


def nearest_path(typed: str, known: Iterable[str]) -> list[str]:
    """The same for dotted paths, by their last part, which may have been typed alone: `learning_rate` for
    `training.learning_rate`. The kind of a value is never meant, because it follows from the paper."""
    paths_of: dict[str, list[str]] = {}
    for path in known:
        last = path.rpartition(".")[2]
        if last != "kind":
            paths_of.setdefault(last, []).append(path)

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


def group_of_values(typed: str, known: Iterable[str]) -> str:
    """`; training is a group of values: training.l2, ...`, to go on with in a message, where dotted paths begin with
    what was typed; empty where none does.

    Args:
        typed: the name of the group or its first letters, e.g. `training` or `train`.
        known: dotted paths, in the order in which they are to be named.
    """
    word = typed.lower().rstrip(".")
    paths = [path for path in known if path.rpartition(".")[2] != "kind"]
    groups = [path[: dot.start()] for path in paths for dot in re.finditer(r"\.", path)]
    begun = [group for group in groups if len(word) >= _LEAST_LETTERS and group.lower().startswith(word)]
    if not begun:
        return ""
    group = min(begun, key=len)
    values = [path for path in paths if path.startswith(f"{group}.")]
    more = ", ..." if len(values) > _MOST_NAMED else "."
    return f"; {group} is a group of values: {', '.join(values[:_MOST_NAMED])}{more}"
