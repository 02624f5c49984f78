"""Changed JSON values, for tests of what reads files: keys deleted, types swapped, huge numbers, nesting."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

_NUMBERS = (0, -1, 1, 2, 10**6, 10**9, 2**31, 2**63 - 1, -(2**63) + 1, 10**25, 0.5, -0.5, 1e-300, 1e30, 1e99, 1e300)
_OTHERS = (None, True, "", "x", "\ud800", "a\nb", "\x1b[31m", "\u2028", "../../x", "9" * 400, [], {}, [[]], {"": {}})

_DEEPEST = 12


def places_of(values: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of every value below a JSON value, down to some depth."""
    if len(path) > _DEEPEST:
        return
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for name, value in inner:
        yield (*path, name)
        yield from places_of(value, (*path, name))


def mutated(values: Any, draw: random.Random) -> Any:
    """A copy of JSON values with one to three changes at places drawn at random."""
    changed = json.loads(json.dumps(values))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = list(places_of(changed))
        if not places:
            return changed
        # First the depth, so that the few values near the root are as often drawn as those of clips and epochs.
        depth = draw.choice(sorted({len(place) for place in places}))
        *path, last = draw.choice([place for place in places if len(place) == depth])
        parent = changed
        for name in path:
            parent = parent[name]
        _change(parent, last, draw)
    return changed


def _change(parent: Any, name: Any, draw: random.Random) -> None:
    value = parent[name]
    kind = draw.choice(("delete", "number", "other", "nest", "repeat", "key", "scale"))
    if kind == "delete":
        del parent[name]
    elif kind == "number":
        parent[name] = draw.choice(_NUMBERS)
    elif kind == "other":
        parent[name] = copy.deepcopy(draw.choice(_OTHERS))
    elif kind == "nest":
        for _ in range(draw.choice((1, 2, 70, 400))):
            value = draw.choice(([value], {"a": value}))
        parent[name] = value
    elif kind == "repeat":
        parent[name] = value * draw.choice((0, 2, 3)) if isinstance(value, list | str) else [value, value]
    elif kind == "key" and isinstance(parent, dict):
        parent[draw.choice((f"{name}x", "a", "sha256", ""))] = parent.pop(name)
    elif kind == "scale" and isinstance(value, int | float):
        parent[name] = value * draw.choice((-1, 2, 1000, 0.5))
    else:
        parent[name] = draw.choice((str(value), value if isinstance(value, bool) else True))


def with_changed_bits(content: bytes, draw: random.Random, count: int = 1) -> bytes:
    """The bytes with some of them changed in one bit."""
    changed = bytearray(content)
    for _ in range(count):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)
