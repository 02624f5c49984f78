"""The optional parts of Encore's requirements: whether one is installed, and what to do where it is not."""

import importlib.util
import os
import sys

from common.core.errors import ExtraError, SpecError

# Extra of pyproject.toml -> the modules that it brings and Encore imports.
EXTRAS = {
    "tune": ("keras_tuner", "grpc"),
    "cluster": ("distributed", "dask", "cryptography"),
    "jax": ("jax",),
    "frames": ("pandas",),
    "parquet": ("pyarrow",),
    "mirdata": ("mirdata",),
}
_BACKENDS = ("tensorflow", "jax", "torch")


def require_extra(extra: str, *, needed_by: str) -> None:
    """Check that an extra is installed, without importing it.

    Args:
        extra: a key of `EXTRAS`.
        needed_by: the flag or command that needs it.

    Raises:
        ExtraError: at least one of its modules cannot be found.
    """
    missing = [module for module in EXTRAS[extra] if importlib.util.find_spec(module) is None]
    if missing:
        raise ExtraError(
            f"{needed_by}: needs the extra `{extra}`, of which {', '.join(missing)} cannot be found. Install it: in a "
            f'clone with {sys.executable} -m pip install -e ".[{extra}]", elsewhere with '
            f'pip install "encore-mgc[{extra}]".'
        )


def require_backend() -> None:
    """Check that the backend of Keras that `KERAS_BACKEND` names is one, and is installed.

    Raises:
        SpecError: there is no such backend.
        ExtraError: it is not installed.
    """
    asked = os.environ.get("KERAS_BACKEND") or None  # Keras, too, takes an empty value as not set
    if asked not in (None, *_BACKENDS):
        raise SpecError(f"KERAS_BACKEND={asked}: is none of Keras' backends that train: {', '.join(_BACKENDS)}.")
    if asked == "jax":
        require_extra("jax", needed_by="KERAS_BACKEND=jax")
    elif asked == "torch" and importlib.util.find_spec("torch") is None:
        raise ExtraError(
            f"KERAS_BACKEND=torch: PyTorch cannot be found, and is not part of Encore's requirements. Install it with "
            f"{sys.executable} -m pip install torch, or leave KERAS_BACKEND out for TensorFlow."
        )
