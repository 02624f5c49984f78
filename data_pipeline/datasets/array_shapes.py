"""Whether an array holds spectrograms, by its header alone, and what to do where it does not."""

from dataclasses import replace
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError
from data_pipeline.datasets.npy import ArrayHeader
from data_pipeline.features.storage import StorageFormat

_STORAGE = {
    "uint8": StorageFormat(dtype="uint8", scale=1 / 255),
    "int16": StorageFormat(dtype="int16", scale=1 / 32767),
    "float16": StorageFormat(dtype="float16"),
    "float32": StorageFormat(dtype="float32"),
    "float64": StorageFormat(dtype="float32"),
}
# Usual numbers of bins; of as many columns, beside more bins than that, one thinks first that the axes were exchanged.
_USUAL_BINS = (64, 80, 96, 128, 257, 513)
_FLOATS = "X.astype(np.float32)"


def of_one_channel(file: Path, header: ArrayHeader, *, axes: str = "(clips, bins, columns)") -> ArrayHeader:
    """Header of the same values without the axis of a single channel, which changes nothing in the order of the bytes.

    Args:
        file: what messages name.
        axes: what is expected.

    Raises:
        DataError: another number of axes, several channels, or no values.
    """
    shape, wanted = header.shape, axes.count(",") + 1
    if len(shape) == wanted + 1:
        channel = len(shape) - 1 if shape[-1] == 1 else wanted - 2
        if shape[channel] != 1:
            raise DataError(f"{file}: {_about_channels(shape, wanted, axes)}")
        shape = shape[:channel] + shape[channel + 1 :]
    if len(shape) != wanted:
        raise DataError(f"{file}: X has rank {len(shape)}, shape {shape}; expected {axes}.{_about_rank(shape, axes)}")
    if header.size == 0:
        raise DataError(f"{file}: X is empty, shape {shape}; expected {axes}.")
    return replace(header, shape=shape)


def storage_of(file: Path, header: ArrayHeader) -> StorageFormat:
    """How values of this type are stored.

    Raises:
        DataError: values of this type are not read.
    """
    dtype = header.dtype
    if dtype.name in _STORAGE:
        return _STORAGE[dtype.name]
    advice = {
        "c": "Save magnitudes: np.abs(X).astype(np.float32).",
        "f": f"Save {_FLOATS}.",
        "b": f"Save {_FLOATS}.",
        "i": f"Save {_FLOATS}, or uint8 (read as 0 to 1) or int16 (-1 to 1) where the values fit.",
        "u": f"Save {_FLOATS}, or uint8 (read as 0 to 1) or int16 (-1 to 1) where the values fit.",
    }.get(dtype.kind, "Save numbers.")
    raise DataError(f"{file}: X is {dtype}, expected one of {', '.join(_STORAGE)}. {advice}")


def warn_of_transposed(file: Path, bins: int, columns: int, *, remedy: str = "X.transpose(0, 2, 1)") -> None:
    """Warn of spectrograms whose axes look exchanged."""
    if bins > columns and columns in _USUAL_BINS:
        warn(
            f"{file}: {bins} bins x {columns} columns looks transposed: bins come first, then columns (time). If so, "
            f"save {remedy}"
        )


def _about_channels(shape: tuple[int, ...], wanted: int, axes: str) -> str:
    found = f"X has rank {len(shape)}, shape {shape}; expected {axes}"
    if 3 in (shape[-1], shape[wanted - 2]) or shape[-1] == 4:
        return (
            f"{found}. These are pictures with colours (RGB), which are not levels: save the spectrograms that the "
            "pictures were drawn of."
        )
    return f"{found}, or one channel. Save one channel, or the mean of all."


def _about_rank(shape: tuple[int, ...], axes: str) -> str:
    if len(shape) != axes.count(","):
        return ""
    return " Samples of audio are saved as one bin: X[..., None, :]."
