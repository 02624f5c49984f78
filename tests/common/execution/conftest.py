"""Fixtures for work in other processes."""

from types import SimpleNamespace

import pytest

from tests.helpers.loopback import Loopback


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    """A scheduler with two workers; a test may kill one of them."""
    made = Loopback(tmp_path_factory.mktemp("loopback"))
    try:
        made.start("one", "two")
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def places(tiny_arrays, tmp_path_factory):
    """`flags(name)`: options of a command whose results go to the subfolder `name` of `folder`."""
    folder = tmp_path_factory.mktemp("places")

    def flags(name: str) -> list[str]:
        where = ("--cache", str(folder / "cache"), "--out", str(folder / name))
        return ["--dataset", "arrays", "--data", str(tiny_arrays), *where]

    return SimpleNamespace(flags=flags, folder=folder)
