"""Where the values of an experiment come from: what a paper states, what we assumed or do differently, what it
does not use."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from common.core.errors import SpecError
from common.core.spec import Spec

# Names the paper of a row, so it is not a value of the experiment.
_NOT_A_VALUE = "paper"


class Source(Spec):
    """Where a value of an experiment comes from.

    Args:
        status: `stated` in the paper, `assumed` by us where it is silent, `differs` from what it states, or `unused`:
            an option of ours that the paper does not use.
        reason: the place in the paper, or why we chose the value; of one that differs, also what the paper states.
    """

    status: Literal["stated", "assumed", "differs", "unused"]
    reason: str = Field(min_length=1)


UNUSED = Source(status="unused", reason="an option that the source does not use")


def stated(reason: str) -> Source:
    """A value that the paper states."""
    return Source(status="stated", reason=reason)


def assumed(reason: str) -> Source:
    """A value that we chose where the paper is silent."""
    return Source(status="assumed", reason=reason)


def differs(reason: str) -> Source:
    """A value that is not, or not in all rows, what the paper states or its code does.

    Args:
        reason: what the paper states, and why it is not followed.
    """
    return Source(status="differs", reason=reason)


def leaf_paths(spec: Spec, prefix: str = "") -> list[str]:
    """Dotted paths of every value of a spec, e.g. `training.batch_windows`; tuples count as one value."""
    paths = []
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        path = f"{prefix}{name}"
        paths += leaf_paths(value, f"{path}.") if isinstance(value, Spec) else [path]
    return paths


def value_paths(experiments: Iterable[Spec]) -> dict[str, bool]:
    """Dotted path of every value that one of the experiments has -> whether one of them uses it."""
    used: dict[str, bool] = {}
    for experiment in experiments:
        unused = set(_unused_paths(experiment))
        for path in leaf_paths(experiment):
            if path != _NOT_A_VALUE:
                used[path] = used.get(path, False) or path not in unused
    return used


def covered_values(declared: Mapping[str, Source], experiments: Iterable[Spec]) -> dict[str, list[str]]:
    """Each declared path -> the values that it is the source of.

    A path covers itself and everything below it, e.g. `feature` covers `feature.n_fft`; of several that cover a value,
    the longest counts. Values that no experiment uses are covered only by a path of their own.

    Raises:
        SpecError: a value has no source, or a declared path covers nothing.
    """
    covered: dict[str, list[str]] = {path: [] for path in declared}
    without = []
    for path, used in value_paths(experiments).items():
        prefix = _longest_prefix(path, declared)
        if prefix is not None and (used or prefix == path):
            covered[prefix].append(path)
        elif used:
            without.append(path)
    if without:
        raise SpecError(
            f"sources: no source for {', '.join(without)}. Say where each value comes from, in the paper's `sources`: "
            f'"{without[0]}": stated("section ...") or assumed("why"); "{without[0].split(".")[0]}" covers all values '
            "below it."
        )
    idle = [path for path, values in covered.items() if not values]
    if idle:
        raise SpecError(f"sources: {', '.join(idle)} covers no value of any row. Remove it, or correct its spelling.")
    return covered


def source_of_each_value(declared: Mapping[str, Source], experiments: Iterable[Spec]) -> dict[str, Source]:
    """Dotted path of every value -> its source, in the order of the declaration; unused values come last.

    Raises:
        SpecError: a value has no source, or a declared path covers nothing.
    """
    experiments = list(experiments)
    sources = {
        path: declared[prefix] for prefix, paths in covered_values(declared, experiments).items() for path in paths
    }
    return sources | {path: UNUSED for path in value_paths(experiments) if path not in sources}


def _unused_paths(spec: Spec, prefix: str = "") -> list[str]:
    unused = [f"{prefix}{name}" for name in spec.unused_values]
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if isinstance(value, Spec):
            unused += _unused_paths(value, f"{prefix}{name}.")
    return unused


def _longest_prefix(path: str, declared: Mapping[str, Source]) -> str | None:
    parts = path.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in declared), None)
