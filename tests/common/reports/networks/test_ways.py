"""Connections divide into forks, each layer once, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import SpecError
from common.paper.network_graph import NetworkLayer
from common.reports.networks.ways import Fork, ways_of


def network(**inputs: str) -> list[NetworkLayer]:
    """Layers of one letter each, with the layers that they take their inputs from: `a="", b="a", c="ab"`."""
    return [NetworkLayer(name, "Dense", {}, tuple(sources), (1,), 0) for name, sources in inputs.items()]


def plain(ways: list) -> list:
    """Forks as tuples."""
    return [tuple(map(plain, one.ways)) if isinstance(one, Fork) else one for one in ways]


def names_of(ways: list) -> list[str]:
    found = []
    for one in ways:
        found += [name for way in one.ways for name in names_of(way)] if isinstance(one, Fork) else [one]
    return found


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (network(a="", b="a", c="b"), ["a", "b", "c"]),
        (network(a="", b="a", c="ab", d="c"), ["a", (["b"], []), "c", "d"]),
        (network(a="", b="", c="ab"), [(["a"], ["b"]), "c"]),
        (network(a="", b="a", c="b", d="bc", e="ad"), ["a", (["b", (["c"], []), "d"], []), "e"]),
        (network(a="", b="aa"), ["a", "b"]),
    ],
)
def test_connections_divide_into_forks(layers, expected):
    assert plain(ways_of(layers)) == expected


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        (network(a="", b="a", c="a", d="bc", e="bc", f="de"), "b"),
        (network(a="", b="a", c="a", d="b", e="b", f="cde"), "b"),  # a fork that only others join, too
        (network(a="", b="a", c="a"), "a"),  # two outputs
        (network(a="", b="", c="a", d="b"), "a, b"),  # two networks
    ],
)
def test_connections_that_are_no_forks_are_refused(layers, named):
    with pytest.raises(SpecError, match=f"layer {named}: its connections cannot be drawn: branches have to begin"):
        ways_of(layers)


@st.composite
def networks(draw) -> list[NetworkLayer]:
    """Of one input and one output; each layer takes one or two of those before it."""
    names = "abcdefg"[: draw(st.integers(2, 7))]
    inputs = {"a": ""}
    for number, name in enumerate(names[1:], start=1):
        inputs[name] = "".join(sorted(draw(st.sets(st.sampled_from(names[:number]), min_size=1, max_size=2))))
    used = set("".join(inputs.values()))
    ends = "".join(name for name in names if name not in used)
    return network(**inputs, z=ends)


@given(networks())
def test_no_layer_is_lost_or_shown_twice(layers):
    try:
        found = names_of(ways_of(layers))
    except SpecError:
        return
    assert sorted(found) == sorted(layer.name for layer in layers)
