"""Files of figures: PNG and SVG, each with a digest of what it was drawn from, so that none is drawn twice.

Drawing is most of the time that it takes to make tables from records. A figure whose files hold the digest of the same
values, drawn by the same code and version of matplotlib, would be drawn to the same bytes again.
"""

import dataclasses
import functools
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from common.core.files import sha256_of_file, sha256_of_json, write_bytes
from common.core.spec import Spec
from common.metrics import clips
from common.reports.figures.style import own_style

# Last bytes of whole files.
_ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n"}


def figure_files(stem: Path) -> list[Path]:
    """The files of a figure: `<stem>.png` and `<stem>.svg`."""
    return [stem.with_name(f"{stem.name}{suffix}") for suffix in _ENDS]


def save_figure(drawing: functools.partial, stem: Path) -> list[Path]:
    """Draw a figure and save it as PNG and SVG, unless its files are of the same drawing; returns the files.

    Args:
        drawing: a function that returns a figure, with all its arguments: plain values, specs, dataclasses.
        stem: path of the files without suffix.
    """
    digest = drawing_digest(drawing)
    paths = figure_files(stem)
    if not all(_is_of(path, digest) for path in paths):
        with own_style():
            write_figure(drawing(), stem, digest)
    return paths


def write_figure(figure: Figure, stem: Path, digest: str = "") -> list[Path]:
    """Save as PNG and SVG and close the figure; returns the files.

    Args:
        digest: of what was drawn; empty where it is not known.
    """
    paths = figure_files(stem)
    shown = {"Description": f"drawn from {digest}"} if digest else {}
    with own_style():
        for path, metadata in zip(paths, ({"Software": None}, {"Date": None, "Creator": None}), strict=True):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=path.suffix[1:], metadata=metadata | shown, bbox_inches="tight")
            write_bytes(path, buffer.getvalue())
    plt.close(figure)
    return paths


def drawing_digest(drawing: functools.partial) -> str:
    """SHA-256 of everything that a figure depends on: values, code, version of matplotlib."""
    function = drawing.func
    return sha256_of_json(
        {
            "function": f"{function.__module__}.{function.__qualname__}",
            "code": [*_code_of_figures(), _code_of(function.__module__)],
            "matplotlib": matplotlib.__version__,
            "arguments": _described([drawing.args, drawing.keywords]),
        }
    )


def _is_of(path: Path, digest: str) -> bool:
    if not path.is_file():
        return False
    content = path.read_bytes()
    return digest.encode() in content and content.endswith(_ENDS[path.suffix])


@functools.cache
def _code_of_figures() -> list[str]:
    # Also what decides on a clip, which a projection colours.
    return [*(sha256_of_file(path) for path in sorted(Path(__file__).parent.glob("*.py"))), _code_of(clips.__name__)]


@functools.cache
def _code_of(module: str) -> str:
    return sha256_of_file(Path(sys.modules[module].__file__))


def _described(value: Any) -> Any:
    """A value as JSON.

    Raises:
        TypeError: it has a type whose values cannot be told apart.
    """
    if isinstance(value, Spec):
        return value.as_json()
    if isinstance(value, Mapping):
        return {json.dumps(_described(name)): _described(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_described(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _described(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"expected a plain value, a spec or a dataclass, received {type(value).__name__}")
