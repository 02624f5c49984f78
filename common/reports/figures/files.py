"""Files of figures: PNG and SVG, each with a digest of what it was drawn from, so that none is drawn twice.

Drawing is most of the time that it takes to make tables from records. A figure whose files hold the digest of the same
values, drawn by the same code and version of matplotlib, would be drawn to the same bytes again.
"""

import dataclasses
import functools
import io
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, Formatter, FuncFormatter

from common.core.console import warn
from common.core.files import sha256_of_file, sha256_of_json, write_bytes, write_text
from common.core.spec import Spec
from common.metrics import clips
from common.reports.escapes import figure_text
from common.reports.figures.checksums import state_of, with_checksum
from common.reports.figures.style import own_style

_SUFFIXES = (".png", ".svg")
# Matplotlib's warning of a character that its font lacks.
_MISSING = re.compile(r"Glyph (\d+) .*missing from")
_STATED = re.compile(rb"drawn from ([0-9a-f]{64}(?: by [0-9a-f]{64})?)")


def figure_files(stem: Path) -> list[Path]:
    """The files of a figure: `<stem>.png` and `<stem>.svg`."""
    return [stem.with_name(f"{stem.name}{suffix}") for suffix in _SUFFIXES]


def save_figure(drawing: functools.partial, stem: Path) -> list[Path]:
    """Draw a figure and save it as PNG and SVG, unless its files are of the same drawing; returns the files.

    Args:
        drawing: a function that returns a figure, with all its arguments: plain values, specs, dataclasses.
        stem: path of the files without suffix.
    """
    digest = drawing_digest(drawing)
    paths = figure_files(stem)
    if not all(is_drawing(path, digest) for path in paths):
        with own_style():
            write_figure(drawing(), stem, digest)
    return paths


def save_unless_drawn(draw: Callable[[], Figure], made_from: Any, stem: Path, *modules: str) -> list[Path]:
    """As `save_figure`, for a figure that is drawn from more than plain values; returns the files.

    Args:
        made_from: plain values, specs and dataclasses that tell what it shows.
        stem: path of the files without suffix.
        modules: names of those whose code draws it, beside the modules of figures.
    """
    digest = f"{sha256_of_json(_described(made_from))} by {_digest_of_code(*modules)}"
    paths = figure_files(stem)
    if not all(is_drawing(path, digest) for path in paths):
        with own_style():
            write_figure(draw(), stem, digest)
    return paths


def save_digest(drawing: functools.partial, stem: Path) -> list[Path]:
    """Write the digest of a figure into `digest_file(stem)` instead of drawing it; returns the files that it would
    have."""
    write_text(digest_file(stem), drawing_digest(drawing))
    return figure_files(stem)


def digest_file(stem: Path) -> Path:
    """The file with the digest of a drawing, where it is not drawn."""
    return stem.with_name(f"{stem.name}.digest")


def write_figure(figure: Figure, stem: Path, digest: str = "") -> list[Path]:
    """Save as PNG and SVG and close the figure; returns the files.

    Args:
        digest: of what was drawn; empty where it is not known.
    """
    paths = figure_files(stem)
    _escape_texts(figure)
    shown = {"Description": f"drawn from {digest}"} if digest else {}
    with own_style(), _missing_characters_named():
        for path, metadata in zip(paths, ({"Software": None}, {"Date": None, "Creator": None}), strict=True):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=path.suffix[1:], metadata=metadata | shown, bbox_inches="tight")
            write_bytes(path, with_checksum(buffer.getvalue(), path.suffix))
    plt.close(figure)
    return paths


def _escape_texts(figure: Figure) -> None:
    """Make every text of a figure one that can be shown: titles, labels, legends, and names of ticks. XML, which SVG
    is, has no control characters."""
    for axis in figure.findobj(Axis):
        # Of ticks with names of their own; those with numbers have other formatters.
        given = axis.get_major_formatter()
        if isinstance(given, FixedFormatter | FuncFormatter):
            axis.set_major_formatter(functools.partial(_escaped_tick, given))
    for text in figure.findobj(Text):
        text.set_text(figure_text(text.get_text()))
        # Also of a text that was made outside of the style of figures.
        text.set_parse_math(False)


def _escaped_tick(given: Formatter, value: float, place: int | None) -> str:
    return figure_text(given(value, place))


@contextmanager
def _missing_characters_named() -> Iterator[None]:
    """Name the characters that the font of figures lacks in one line, instead of a warning of matplotlib for each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=_MISSING.pattern)
        yield
    found = [(one, _MISSING.match(str(one.message))) for one in caught]
    lacking = {chr(int(match[1])) for _, match in found if match}
    if lacking:
        _warn_of_missing(" ".join(sorted(lacking)))
    for one, match in found:
        if not match:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


@functools.cache  # said once, not for each figure
def _warn_of_missing(characters: str) -> None:
    warn(f"figures: their font lacks these characters, and shows boxes instead: {characters}")


def drawing_digest(drawing: functools.partial) -> str:
    """SHA-256 of the values that a figure shows, and of the code and version of matplotlib that draw it: two digests
    with ` by ` between them, so that other values can be told from other code."""
    function = drawing.func
    shown = {
        "function": f"{function.__module__}.{function.__qualname__}",
        "arguments": _described([drawing.args, drawing.keywords]),
    }
    return f"{sha256_of_json(shown)} by {_digest_of_code(function.__module__)}"


def _digest_of_code(*modules: str) -> str:
    """SHA-256 of the code that draws, and of the version of matplotlib."""
    # As a set, so that all figures that the modules beside this one draw have the same digest of their code.
    code = {"code": sorted({*_code_of_figures(), *map(_code_of, modules)}), "matplotlib": matplotlib.__version__}
    return sha256_of_json(code)


def stated_digest(path: Path) -> str:
    """The digest that the file of a figure holds, as `drawing_digest` gives it; earlier versions wrote one SHA-256
    without ` by `. Empty where there is none."""
    found = _STATED.search(path.read_bytes())
    return found[1].decode() if found else ""


def is_drawing(path: Path, digest: str) -> bool:
    """Whether a file exists, is as it was written, and holds the digest of a drawing."""
    return path.is_file() and stated_digest(path) == digest and state_of(path) != "changed"


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
