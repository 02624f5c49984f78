"""musicnn's pretrained weights: the checkpoint files of the PyPI package `musicnn` 0.1.0.

The package pins TensorFlow and NumPy of 2019, so it is never imported, and never installed with its dependencies. The
files are taken from the cache, else from an installation of the package (`pip install --no-deps musicnn==0.1.0`, or the
same with `uv pip`), else from its wheel (28 MB). pip downloads the wheel; in an environment without pip, as uv makes
them, uv does. The wheel and every file are checked against their SHA-256. Licence of the weights: ISC, as that of the
package.
"""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.console import say
from common.core.errors import DataError
from common.core.files import make_folder, sha256_of_file, write_bytes
from common.core.interrupts import waiting
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from data_pipeline.features.musicnn.config import ModelName

if TYPE_CHECKING:
    import keras

PACKAGE = "musicnn==0.1.0"
WHEEL = "musicnn-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
# The checkpoints in the package have an empty basename, so that their file names begin with the dot.
SUFFIXES = (".index", ".data-00000-of-00001")
FILES_SHA256 = {
    "MSD.index": "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    "MSD.data-00000-of-00001": "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
    "MTT.index": "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    "MTT.data-00000-of-00001": "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
}
_MANUAL_INSTALL = (
    f"Install the package without its dependencies (pip install --no-deps {PACKAGE}, or the same with uv pip), or "
    f"download {WHEEL} on another machine and put it into"
)
# Beginning of the names of folders that a download is put into.
_DOWNLOAD = ".download-"
# These flags mean the same to pip and to uv.
_FLAGS = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")


def checkpoint_of(model: ModelName, cache: Path) -> Path:
    """Path prefix of a model's checkpoint in the cache; missing files are copied or downloaded first.

    Args:
        cache: folder of all caches; the files are in its subfolder `musicnn`.

    Raises:
        DataError: the files cannot be obtained, or differ from the published ones.
    """
    folder = Path(cache).expanduser() / "musicnn"
    names = [f"{model}{suffix}" for suffix in SUFFIXES]
    try:
        if not _are_there(folder, names):
            with lock(folder.with_name(f".{folder.name}.lock"), flag="--cache"):
                if not _are_there(folder, names):
                    make_folder(folder)
                    _remove_downloads(folder)
                    _copy_or_download(folder, model)
        digests = {name: sha256_of_file(folder / name) for name in names}
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: cannot be read or written ({error.strerror or error}). Give a folder of your "
            "own with free space with --cache."
        ) from error
    for name, found in digests.items():
        if found != FILES_SHA256[name]:
            raise DataError(
                f"{folder / name}: is not musicnn's file: SHA-256 {found}, expected {FILES_SHA256[name]}. Delete it "
                "and run again to download it."
            )
    return folder / model


def _are_there(folder: Path, names: list[str]) -> bool:
    return all((folder / name).exists() for name in names)


def _remove_downloads(folder: Path) -> None:
    """Remove what killed processes left; call it with the lock."""
    remove_leftovers(folder, unchanged_seconds=0)
    for path in folder.glob(f"{_DOWNLOAD}*"):
        shutil.rmtree(path)


def _copy_or_download(folder: Path, model: ModelName) -> None:
    """Put a model's two files into the cache, from the installed package or the wheel."""
    installed = _installed()
    if installed is not None:
        _copy(installed, folder, [f"{model}{suffix}" for suffix in SUFFIXES])
        return
    wheel = folder / WHEEL
    if not wheel.exists():
        if importlib.util.find_spec("pip") is None:
            _fetch_with_uv(folder)
            return
        _fetch_with_pip(folder)
    found = sha256_of_file(wheel)
    if found != WHEEL_SHA256:
        raise DataError(f"{wheel}: SHA-256 {found}, expected {WHEEL_SHA256}. Delete it and run again to download it.")
    with zipfile.ZipFile(wheel) as archive:
        for suffix in SUFFIXES:
            write_bytes(folder / f"{model}{suffix}", archive.read(f"musicnn/{model}_musicnn/{suffix}"))


def _installed() -> Path | None:
    """Folder of the installed package, which is never imported; None where it is not installed."""
    try:
        return Path(str(importlib.metadata.distribution("musicnn").locate_file("musicnn")))
    except importlib.metadata.PackageNotFoundError:
        return None


def _copy(package: Path, folder: Path, names: list[str]) -> None:
    """Copy files of the unpacked package into the cache.

    Args:
        names: of the files in the cache.
    """
    for name in names:
        model, dot, suffix = name.partition(".")
        path = package / f"{model}_musicnn" / f"{dot}{suffix}"
        if not path.exists():
            raise DataError(f"{path}: is missing in the installed package musicnn. Install {PACKAGE} again.")
        if sha256_of_file(path) != FILES_SHA256[name]:
            raise DataError(f"{path}: is not the file of {PACKAGE} (its SHA-256 differs). Install it again.")
        write_bytes(folder / name, path.read_bytes())


def _fetch_with_pip(folder: Path) -> None:
    """Put the wheel into the cache."""
    pip = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--dest"]
    with tempfile.TemporaryDirectory(prefix=_DOWNLOAD, dir=folder) as temporary:
        completed = _run(pip, Path(temporary))
        wheel = Path(temporary) / WHEEL
        if completed.returncode or not wheel.exists():
            lines = _lines(completed.stderr)
            raise _not_fetched(folder, f"pip: {next((line for line in lines if line.startswith('ERROR')), lines[-1])}")
        write_bytes(folder / WHEEL, wheel.read_bytes())


def _fetch_with_uv(folder: Path) -> None:
    """Put the files of all models into the cache: uv unpacks the wheel, and keeps none that could be put there."""
    uv = shutil.which("uv")
    if uv is None:
        raise _not_fetched(folder, "this environment has no pip, and there is no uv on PATH")
    command = [uv, "pip", "install", "--python", sys.executable, "--target"]
    with tempfile.TemporaryDirectory(prefix=_DOWNLOAD, dir=folder) as temporary:
        completed = _run(command, Path(temporary))
        if completed.returncode:
            raise _not_fetched(folder, f"uv: {' '.join(_lines(completed.stderr))}")
        _copy(Path(temporary) / "musicnn", folder, list(FILES_SHA256))


def _run(command: list[str], destination: Path) -> subprocess.CompletedProcess[str]:
    """Fetch the wheel, of this SHA-256 and no other, with a command that ends with the flag of a destination."""
    say(f"downloading {PACKAGE} (28 MB) for its pretrained weights ...")
    requirement = destination / "requirement.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    command = [*command, str(destination), *_FLAGS, "--requirement", str(requirement)]
    with waiting():
        return subprocess.run(command, capture_output=True, text=True)


def _lines(stderr: str) -> list[str]:
    return [line.strip() for line in stderr.splitlines() if line.strip()] or ["no message"]


def _not_fetched(folder: Path, reason: str) -> DataError:
    reason = reason.rstrip(".")
    return DataError(f"musicnn's pretrained weights could not be fetched: {reason}. {_MANUAL_INSTALL} {folder}.")


@lru_cache(maxsize=2)
def load_musicnn(model: ModelName, cache: Path) -> "keras.Model":
    """Build the network with the pretrained weights of a model.

    Raises:
        DataError: see `checkpoint_of` and `load_checkpoint`.
    """
    from data_pipeline.features.musicnn.network import build_musicnn

    network = build_musicnn()
    load_checkpoint(network, checkpoint_of(model, cache))
    return network


def load_checkpoint(network: "keras.Model", prefix: Path) -> None:
    """Load the values of a TensorFlow 1 checkpoint into a network with the same layer names.

    The checkpoint's kernels over all columns of a one-channel image have an axis of size 1 that 1-D kernels lack.

    Raises:
        DataError: not a checkpoint, or a variable is missing or has another shape.
    """
    import tensorflow as tf

    from data_pipeline.features.musicnn.network import tensor_names

    try:
        # Opened by its prefix: the package's `checkpoint` file points to a folder on the authors' machine.
        reader = tf.train.load_checkpoint(str(prefix))
    except (ValueError, tf.errors.OpError) as error:
        raise DataError(f"{prefix}: not a readable checkpoint of TensorFlow ({str(error).splitlines()[0]}).") from error
    shapes = reader.get_variable_to_shape_map()
    for layer in (layer for layer in network.layers if layer.weights):
        values = []
        for name, weight in zip(tensor_names(layer), layer.weights, strict=True):
            if name not in shapes:
                raise DataError(f"{prefix}: lacks {name}, so it is not a checkpoint of musicnn.")
            if [size for size in shapes[name] if size != 1] != [size for size in weight.shape if size != 1]:
                raise DataError(f"{prefix}: {name} has shape {shapes[name]}, expected {list(weight.shape)}.")
            values.append(reader.get_tensor(name).reshape(weight.shape))
        layer.set_weights(values)
