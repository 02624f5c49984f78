"""Dockerfile: its steps can be carried out without Docker, and the image holds what runs need and nothing else."""

import importlib.util
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
_spec = importlib.util.spec_from_file_location("check_dockerfile", ROOT / ".ci" / "check_dockerfile.py")
check_dockerfile = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_dockerfile)


def test_the_image_is_that_of_a_supported_python_and_runs_the_demo_without_privileges():
    steps = check_dockerfile.read_steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    pairs = [(step.instruction, step.argument) for step in steps]
    assert pairs[0] in [("FROM", f"python:3.{minor}-slim") for minor in (11, 12, 13)]
    assert pairs[-1] == ("CMD", '["make", "demo"]')
    assert [argument for instruction, argument in pairs if instruction == "USER"] == ["encore"]
    # From COPY on, nothing runs as root.
    assert [name for name, _ in pairs].index("USER") < [name for name, _ in pairs].index("COPY")


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_the_line_that_is_exchanged_for_tensorflow_cpu_is_there_once(name):
    assert (ROOT / name).read_text(encoding="utf-8").count("tensorflow~=") == 1
    assert "sed -i 's/tensorflow~=/tensorflow-cpu~=/' requirements.txt pyproject.toml" in (
        ROOT / "Dockerfile"
    ).read_text(encoding="utf-8")


def test_the_image_takes_all_files_of_the_packages_and_of_the_installation():
    below = [path for name in ("common", "data_pipeline", "reproductions", ".ci") for path in (ROOT / name).rglob("*")]
    wanted = {path.relative_to(ROOT) for path in below if path.is_file() and "__pycache__" not in path.parts}
    wanted |= {Path(name) for name in ("LICENSE", "Makefile", "pyproject.toml", "requirements.txt")}
    assert sorted(map(Path, check_dockerfile.copied_files(ROOT))) == sorted(wanted)


@pytest.mark.parametrize(
    ("path", "ignored"),
    [("a.py", True), ("kept/a.py", False), ("kept/b/__pycache__/c", True), ("x/kept", True), ("top", False)],
)
def test_the_last_rule_that_fits_decides(path, ignored):
    rules = ["*", "!kept", "!top", "**/__pycache__"]
    assert check_dockerfile.is_ignored(PurePosixPath(path), rules) is ignored


def test_an_instruction_that_cannot_be_carried_out_is_refused():
    with pytest.raises(ValueError, match=r"Dockerfile: VOLUME: expected one of FROM, RUN"):
        check_dockerfile.read_steps("FROM python:3.12-slim\nVOLUME /data\n")


def test_a_step_may_continue_on_the_next_line():
    (step,) = check_dockerfile.read_steps("RUN one \\\n    && two\n")
    assert step.argument.split() == ["one", "&&", "two"]
