"""requirements.txt: its sections equal the extras of pyproject.toml, and imports stay within them."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from common.core.extras import EXTRAS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = ("common", "data_pipeline", "reproductions")
# Modules of a requirement that are not named like it, or that come with it and are imported, too.
MODULES = {
    "distributed": {"distributed", "dask"},
    "grpcio": {"grpc"},
    "joblib": {"joblib", "cloudpickle"},
    "keras": {"keras", "h5py"},
    "pydantic": {"pydantic", "pydantic_core"},
    "scikit-learn": {"sklearn"},
    "tensorflow-cpu": {"tensorflow"},
}
# Where modules of an extra may be imported at the top of a file; elsewhere only inside a function.
HOMES = {"tune": ("common/search/",), "cluster": ("common/execution/",)}
# Imported inside functions, where they happen to be installed: requirements-tfio.txt, and a backend of the user's own.
NOT_OURS = {"tensorflow_io", "torch"}


def lines_of(section: str | None = None) -> list[str]:
    """The lines of a section of requirements.txt, or of all sections, with their comments."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"# \[([a-z]+)\] ", line):
            current = found.setdefault(heading[1], [])
        elif line and not line.startswith(("#", "-e ")):
            current.append(line)
    return [line for lines in found.values() for line in lines] if section is None else found.get(section, [])


def plain(lines: list[str]) -> list[str]:
    return [line.partition(" #")[0].rstrip() for line in lines]


def name_of(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9-]+", requirement)[0]


def modules_of(requirement: str) -> set[str]:
    name = name_of(requirement)
    return MODULES.get(name, {name.replace("-", "_")})


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Top-level name of each module that a file imports, and whether it does so inside a function or for type checkers
    only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    late = {id(inner) for block in blocks for inner in ast.walk(block)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        else:
            continue
        found += [(name.partition(".")[0], id(node) in late) for name in names]
    return found


def third_party(folders: tuple[str, ...]) -> list[tuple[str, str, bool]]:
    """Path, module and whether it is imported inside a function, of all imports from other projects."""
    ours = {*PACKAGES, "tests", "benchmarks"}
    return [
        (path.relative_to(ROOT).as_posix(), module, late)
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        for module, late in imports_of(path)
        if module not in ours and module not in sys.stdlib_module_names
    ]


def test_pyproject_lists_the_lines_of_each_section():
    extras = dict(PROJECT["optional-dependencies"])
    everything = extras.pop("all")
    assert PROJECT["dependencies"] == plain(lines_of("core"))
    assert extras == {extra: plain(lines_of(extra)) for extra in extras}
    assert everything == [f"encore-mgc[{','.join(extras)}]"]
    assert sum(map(len, extras.values())) + len(PROJECT["dependencies"]) == len(lines_of()), "a section is no extra"


def test_no_requirement_is_listed_twice():
    names = [name_of(line) for line in lines_of()]
    assert len(names) == len(set(names))


def test_every_extra_that_a_command_asks_for_has_the_modules_of_its_section():
    assert {extra: set(modules) for extra, modules in EXTRAS.items()} == {
        extra: set().union(*map(modules_of, lines_of(extra))) for extra in EXTRAS
    }


def test_packages_import_at_the_top_only_what_is_installed_for_everyone():
    core = set().union(*map(modules_of, lines_of("core")))
    extra_of = {module: extra for extra, modules in EXTRAS.items() for module in modules}
    misplaced = [
        f"{path}: {module}"
        for path, module, late in third_party(PACKAGES)
        if module not in core
        and not (late and module in NOT_OURS | set(extra_of))
        and not path.startswith(HOMES.get(extra_of.get(module), ("nowhere",)))
    ]
    assert misplaced == []


def test_every_requirement_is_imported_or_says_what_it_is_for():
    used = {module for _, module, _ in third_party((*PACKAGES, "benchmarks", "tests"))}
    unused = [line for line in lines_of() if not modules_of(line) & used and " # " not in line]
    assert unused == []


def test_requirements_of_the_tests_are_not_imported_by_the_packages():
    used = {module for _, module, _ in third_party(PACKAGES)}
    assert used.isdisjoint(set().union(*map(modules_of, lines_of("dev"))))


def test_the_environment_of_tensorflow_io_takes_the_same_releases():
    other = [
        line
        for line in (ROOT / "requirements-tfio.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "tensorflow", "numpy"))
    ]
    assert set(other) < set(plain(lines_of()))


@pytest.mark.parametrize("pattern", ["*.csv", "*.json"])
def test_data_files_of_the_packages_are_installed(pattern):
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert pattern in setuptools["package-data"]["*"]


def test_templates_style_and_scripts_of_the_page_are_installed():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folder = ROOT / "common" / "report_page"
    installed = {path for pattern in setuptools["package-data"]["common.report_page"] for path in folder.glob(pattern)}
    used = [*folder.rglob("*.j2"), *folder.rglob("*.css"), *folder.rglob("*.js")]
    assert len(used) > 10
    assert set(used) <= installed
    # The licences of what is vendored.
    assert folder / "assets" / "vendor" / "notice.txt" in installed
