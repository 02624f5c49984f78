"""The base class of all specs: frozen, strict, and identified by the SHA-256 of a canonical JSON.

The canonical JSON leaves out fields that hold their default, so that a new field does not change the identity of
the runs recorded before it existed. Two rules follow: the default of a new field must describe the earlier behaviour,
and a default must never change.
"""

import functools
import reprlib
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from common.core.errors import DataError, SpecError
from common.core.files import sha256_of_json, without_digest
from common.core.words import counted

_LONGEST_PROBLEM = 200


class Spec(BaseModel):
    """A frozen, validated description. Unknown fields are errors; all errors are reported at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values (tuples become lists), every field included."""
        return self.model_dump(mode="json", serialize_as_any=True)

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: equal specs, equal digests, on every machine. Kept, because tables look up the
        row of each record by it."""
        return sha256_of_json(self._identity())

    @property
    def unused_values(self) -> tuple[str, ...]:
        """Names of the fields that have no effect beside the values of the others, e.g. a factor of a penalty of zero.
        Nobody has to say where these come from."""
        return ()

    def _identity(self) -> dict[str, Any]:
        """JSON values of the fields that differ from their default, and of `kind`, which distinguishes spec classes."""
        plain = self.as_json()
        identity = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name == "kind" or value != field.default:
                identity[name] = value._identity() if isinstance(value, Spec) else plain[name]
        return identity

    def replace(self, **changes: Any) -> Self:
        """Return a validated copy with some fields replaced.

        Raises:
            SpecError: a field does not exist or a value is not valid.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return build(type(self), {**values, **changes})


S = TypeVar("S", bound=Spec)


def build(kind: type[S], values: dict[str, Any]) -> S:
    """Validate `values` into a spec of the given kind.

    Raises:
        SpecError: a value is not valid; the message lists all problems in one line.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'spec'}: {item['msg']} "
            f"(received {reprlib.repr(item['input'])})"
            for item in error.errors()
        )
        raise SpecError(f"{kind.__name__}: {problems}") from error


def stored_spec(kind: type[S], path: Path, values: Any, *, what: str, remedy: str = "") -> S:
    """The spec that a file holds; its digest, where it has one, is checked.

    Args:
        values: JSON values of the file.
        what: the file's role, for the error message, e.g. `a record of format 1`.
        remedy: what to do where it is none, with a space before it.

    Raises:
        DataError: the values were changed since they were written, or are not those of such a spec.
    """
    plain = without_digest(path, values, remedy=remedy)
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        raise DataError(f"{path}: not {what} ({problems_of(error)}).{remedy}") from error


def problems_of(error: ValidationError) -> str:
    """The number of problems and the first of them, on one line: `2 problems; first: seed: Field required`."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    problem = " ".join((f"{where}: {message}" if where else message).split())
    # The names of fields are a file's own where it has others than expected.
    problem = problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}..."
    return f"{counted(error.error_count(), 'problem')}; first: {problem}"
