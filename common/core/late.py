"""Functions that are imported when they are called, so that what names them can be read without Keras.

A declaration of a paper says which function builds its network. Listing its rows or making its tables again needs no
network, and Keras with its backend takes several seconds to import.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from common.core.tf_logging import quiet_start


def late(path: str) -> Callable[..., Any]:
    """A function that is imported when it is called.

    Args:
        path: module and name, e.g. `reproductions.se_cnn.model:build`.

    Raises:
        ValueError: the path is not of that form.
    """
    module, _, name = path.partition(":")
    if not module or not name.isidentifier():
        raise ValueError(f"expected module:function, received {path}")
    return functools.partial(_call, module, name)


def _call(module: str, name: str, /, *arguments: Any, **named: Any) -> Any:
    if module not in sys.modules:
        # Standard error is held back only where Keras is still to be imported.
        with nullcontext() if "keras" in sys.modules else quiet_start():
            importlib.import_module(module)
    return getattr(sys.modules[module], name)(*arguments, **named)
