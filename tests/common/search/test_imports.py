"""Reports of searches are made, and flags of a search are read, without the packages that run a search."""

import pytest

from tests.helpers.imports import imported

# Reports draw figures, so they import the last.
HEAVY = {"keras", "tensorflow", "keras_tuner", "grpc", "sklearn", "scipy", "matplotlib"}
OF_FLAGS = ("connection", "space", "folder")
OF_REPORTS = ("report", "table", "folder", "journal", "figures", "surrogate")


def heavy_imports(name: str) -> dict[str, set[str]]:
    """Module of `common.search` that is imported with this one -> the heavy packages that it imports."""
    modules = imported(f"common.search.{name}", within="common.search")
    heavy = {module: {name.partition(".")[0] for name in names} & HEAVY for module, names in modules.items()}
    return {module: packages for module, packages in heavy.items() if packages}


@pytest.mark.parametrize("name", OF_FLAGS)
def test_flags_are_read_without_heavy_packages(name):
    assert heavy_imports(name) == {}


@pytest.mark.parametrize("name", OF_REPORTS)
def test_reports_import_nothing_that_runs_a_search(name):
    assert set().union(*heavy_imports(name).values()) <= {"matplotlib"}


def test_the_packages_that_run_a_search_are_found_where_they_are_imported():
    assert heavy_imports("distributed") == {
        "common.search.distributed": {"grpc", "keras_tuner"},
        "common.search.tuner": {"keras_tuner"},
        "common.search.oracle": {"keras_tuner"},
        "common.search.acquisition": {"keras_tuner", "scipy", "sklearn"},
        "common.search.keras_tuner_space": {"keras_tuner"},
    }
