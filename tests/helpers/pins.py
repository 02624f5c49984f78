"""What names runs, as committed in `pinned_defaults.json` and `pinned_rows.json`: defaults of specs, and every row.

    python -m tests.helpers.pins

adds the rows and specs of a new paper to both. What is pinned already is never changed by it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic_core import PydanticUndefined, to_jsonable_python

from common.core.files import sha256_of_json
from common.core.spec import Spec
from common.paper.experiment import Experiment
from tests.helpers.papers import KEYS, paper_of


def defaults() -> dict[str, dict[str, Any]]:
    """Class -> field -> default, of all specs that an experiment of any paper can hold. A field without a default is
    left out, because it is part of every digest."""
    found = {_name(kind): _defaults_of(kind) for kind in _spec_classes()}
    return dict(sorted(found.items()))


def rows() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """Paper -> table -> row -> SHA-256 of all values of its experiment, and the digest that names its runs."""
    return {
        key: {
            table.id: {
                row.label: {
                    "experiment": sha256_of_json(row.experiment.as_json()),
                    "digest": row.experiment.digest,
                }
                for row in table.rows
            }
            for table in paper_of(key).tables
        }
        for key in KEYS
    }


def as_text(pins: dict[str, Any]) -> str:
    """The content of a file of pins."""
    return json.dumps(pins, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def add_missing(path: Path, found: dict[str, Any]) -> list[str]:
    """Add the papers or classes that a file of pins lacks; returns their names."""
    pinned = json.loads(path.read_text(encoding="utf-8"))
    missing = sorted(found.keys() - pinned.keys())
    if missing:
        path.write_text(as_text(dict(sorted((found | pinned).items()))), encoding="utf-8")
    return missing


def _spec_classes() -> list[type[Spec]]:
    classes: dict[str, type[Spec]] = {}
    waiting = [
        Experiment,
        *(type(spec) for key in KEYS for row in paper_of(key).experiments for spec in _specs_in(row)),
    ]
    while waiting:
        kind = waiting.pop()
        if classes.setdefault(_name(kind), kind) is not kind:
            raise AssertionError(f"two classes are called {_name(kind)}")
        allowed = (spec for field in kind.model_fields.values() for spec in _specs_of_type(field.annotation))
        waiting += [spec for spec in allowed if spec is not Spec and _name(spec) not in classes]
    return list(classes.values())


def _specs_in(value: Any) -> Iterator[Spec]:
    """All specs below a value, and the value itself."""
    if isinstance(value, Spec):
        yield value
        for name in type(value).model_fields:
            yield from _specs_in(getattr(value, name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _specs_in(part)


def _specs_of_type(annotation: Any) -> Iterator[type[Spec]]:
    """Spec classes that a field of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for part in get_args(annotation):
        yield from _specs_of_type(part)


def _name(kind: type[Spec]) -> str:
    """A name that stays when a module is moved within its package, e.g. `reproductions.se_cnn.SeCnnSpec`."""
    return ".".join((*kind.__module__.split(".")[:2], kind.__name__))


def _defaults_of(kind: type[Spec]) -> dict[str, Any]:
    fields = {name: field for name, field in kind.model_fields.items() if field.default is not PydanticUndefined}
    made = [name for name, field in kind.model_fields.items() if field.default_factory is not None]
    if made:
        raise AssertionError(f"{kind.__name__}: digests do not know defaults that a function makes: {made}")
    return {
        name: field.default.as_json() if isinstance(field.default, Spec) else to_jsonable_python(field.default)
        for name, field in fields.items()
    }


if __name__ == "__main__":
    _TESTS = Path(__file__).parents[1]
    for pins, made in (("reproductions/pinned_rows.json", rows()), ("common/core/pinned_defaults.json", defaults())):
        print(f"{pins}: added: {', '.join(add_missing(_TESTS / pins, made)) or 'nothing'}")
