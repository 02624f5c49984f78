"""Where the connections of a network divide and meet again."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.core.errors import SpecError
from common.core.words import listed
from common.paper.network_graph import NetworkLayer


@dataclass(frozen=True)
class Fork:
    """Several ways from one layer, or from the inputs, to the next layer of a series."""

    ways: "tuple[list[str | Fork], ...]"


def ways_of(layers: Sequence[NetworkLayer]) -> list[str | Fork]:
    """The names of layers, in order, where the connections divide into forks.

    Raises:
        SpecError: the connections are not of this form.
    """
    following: dict[str, list[str]] = {layer.name: [] for layer in layers}
    for layer in layers:
        for name in dict.fromkeys(layer.inputs):
            following[name].append(layer.name)
    start = ""  # no layer has this name
    following[start] = [layer.name for layer in layers if not layer.inputs]
    coming = {layer.name: len(set(layer.inputs)) for layer in layers}
    # Layer -> all that every way from it to an output passes.
    passed: dict[str, set[str]] = {}
    for name in [*(layer.name for layer in reversed(layers)), start]:
        beyond = [passed[one] for one in following[name]]
        passed[name] = {name} | (set.intersection(*beyond) if beyond else set())

    def walked(name: str, end: str | None) -> list[str | Fork]:
        found: list[str | Fork] = []
        while name != end:
            found += [name] if name else []
            nexts = following[name]
            if len(nexts) == 1:
                (name,) = nexts
                if coming[name] > 1 and name != end:
                    raise SpecError(_CROSSING.format(name))
                continue
            if not nexts:
                break
            meeting = max(passed[name] - {name}, key=lambda one: len(passed[one]), default=None)
            if meeting is None or meeting == end:
                raise SpecError(_CROSSING.format(name or listed(nexts)))
            found.append(Fork(tuple(walked(one, meeting) for one in nexts)))
            name = meeting
        return found

    return walked(start, None)


_CROSSING = (
    "layer {}: its connections cannot be drawn: branches have to begin at one layer and to be joined, all of them, by "
    "one later layer."
)
