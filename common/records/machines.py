"""How the machine of a record is named in tables, pages and messages."""

from typing import Any


def compute_device(machine: dict[str, Any]) -> str:
    """The accelerator of a record's machine, or its processor where there is none."""
    return str(machine.get("accelerator") or machine.get("processor", "unknown processor"))


def machine_summary(machine: dict[str, Any], versions: dict[str, str]) -> str:
    """Accelerator or processor of a record, then backend and its version."""
    backend = str(machine.get("backend", "unknown backend"))
    return f"{compute_device(machine)}, {backend} {versions.get(backend, '')}".rstrip()
