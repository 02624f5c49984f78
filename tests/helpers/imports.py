"""What modules import: as a new process does, and as their sources say."""

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import common

ROOT = Path(common.__file__).parent.parent


def modules_after(program: str) -> set[str]:
    """Names of all modules that are loaded in a new process once it has run a program."""
    printing = f"{program}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", printing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def imported(module: str, *, within: str) -> dict[str, set[str]]:
    """The modules that one module imports when it is imported itself, also through others, as read from the sources.
    Imports in functions and for type checkers do not count.

    Args:
        within: package whose modules are followed.

    Returns:
        Module within the package -> the names that it imports: modules, and names in them.
    """
    found: dict[str, set[str]] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or not f"{name}.".startswith(f"{within}."):
            continue
        path = _path(name)
        if path is None:
            continue  # a name in a module
        found[name] = set(_imports(ast.parse(path.read_text(encoding="utf-8")), name))
        waiting += [*found[name], name.rpartition(".")[0]]
    return found


def _path(module: str) -> Path | None:
    stem = ROOT.joinpath(*module.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def _imports(node: ast.AST, module: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            # Relative names are resolved from the module's package.
            package = module if _path(module).name == "__init__.py" else module.rpartition(".")[0]
            source = importlib.util.resolve_name("." * child.level + (child.module or ""), package)
            yield source
            yield from (f"{source}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from (name for branch in child.orelse for name in _imports(ast.Module([branch], []), module))
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imports(child, module)
