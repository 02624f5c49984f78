"""What the fields of a spec are, as its docstring says under `Args:`."""

import functools
import inspect
import re

from common.core.spec import Spec

# An entry of `Args:` after `cleandoc`: one or several names, then the text, which may go on in deeper lines.
_ENTRY = re.compile(r"    (\w+(?:, \w+)*): (.+)")


@functools.cache
def field_descriptions(kind: type[Spec]) -> dict[str, str]:
    """Field -> what it is, on one line without backticks, of all fields that the class or its base classes describe."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= _of_docstring(vars(base).get("__doc__") or "")
    return {name: found[name] for name in kind.model_fields if name in found}


def _of_docstring(text: str) -> dict[str, str]:
    _, _, listed = inspect.cleandoc(text).partition("Args:\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in listed.splitlines():
        if not line.startswith("    "):
            break  # the section ends
        entry = _ENTRY.fullmatch(line)
        if entry:
            names = entry[1].split(", ")
        for name in names:
            added = entry[2] if entry else line.strip()
            found[name] = f"{found[name]} {added}" if name in found and not entry else added
    return {name: text.replace("`", "") for name, text in found.items()}
