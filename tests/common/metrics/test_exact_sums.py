"""Means are summed exactly: since Python 3.12 `sum` rounds otherwise than before, and a bootstrap sees the last bit."""

import ast

from tests.helpers.papers import ROOT


def _plain_means(text: str) -> list[str]:
    """The expressions `sum(values) / len(values)` of a module."""
    divisions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.BinOp)]
    return [
        ast.unparse(one)
        for one in divisions
        if isinstance(one.op, ast.Div)
        and isinstance(one.left, ast.Call)
        and isinstance(one.left.func, ast.Name)
        and one.left.func.id == "sum"
        and isinstance(one.left.args[0], ast.Name)
    ]


def test_no_mean_depends_on_how_a_version_of_python_adds():
    found = {
        path.relative_to(ROOT).as_posix(): means
        for package in ("metrics", "reports", "leakage", "search", "records")
        for path in sorted((ROOT / "common" / package).rglob("*.py"))
        if (means := _plain_means(path.read_text(encoding="utf-8")))
    }
    assert found == {}
    assert _plain_means("mean = sum(values) / len(values)") == ["sum(values) / len(values)"]
