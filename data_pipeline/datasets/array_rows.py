"""Names, genres and lengths of the rows of arrays, in the forms that people save them in."""

from collections import Counter
from pathlib import Path

import numpy as np

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.words import control_character
from data_pipeline.datasets.genre_names import EXAMPLE, FLAG, warn_of_alike

_NAMED = 5
# Lengths of clips that differ from the usual one by more than this are named.
_UNLIKE = 0.01
_DIGITS = 4


def row_names(count: int) -> list[str]:
    """Names of clips that have none: `row0000` and so on. Numbers alone would be names of FMA's clips."""
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"row{row:0{digits}}" for row in range(count)]


def names_of(file: Path, values: np.ndarray, count: int) -> list[str]:
    """Names of clips: text, bytes (UTF-8) or integers.

    Args:
        file: what messages name.
        values: array `name`, (count,) or (count, 1).

    Raises:
        DataError: another type or length, or a name that is empty, there twice, or holds control characters.
    """
    values = _one_for_each(file, "name", values, count)
    if values.dtype.kind in "iu":
        names = [str(number) for number in values.tolist()]
    else:
        names = _text(file, "name", values, "integers or a NumPy array of str")
    _require_printable(file, "name", names)
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise DataError(f"{file}: name holds repeated clips: {', '.join(repeated[:5])} ({len(repeated)} in all).")
    return names


def genres_of(file: Path, values: np.ndarray, count: int, given: tuple[str, ...] | None) -> list[str]:
    """Genres of clips: text, bytes (UTF-8), or labels (0, 1, ...; one-hot, too) that `given` names.

    Args:
        values: array `genre`, (count,) or (count, 1); one-hot (count, genres).
        given: `--genre-names`; None where it is not given.

    Raises:
        DataError: another type or length, a label without a name, or a genre that is empty or holds control characters.
        SpecError: names are given, and the genres are names already.
    """
    if values.dtype.kind in "iufb" and values.ndim == 2 and values.shape[0] == count and values.shape[1] > 1:
        values = _labels_of_one_hot(file, values, given)
    values = _one_for_each(file, "genre", values, count)
    if values.dtype.kind in "iuf":
        genres = _named(file, _whole(file, "genre", values), given)
    else:
        genres = _text(file, "genre", values, f"text (a NumPy array of str), or labels together with {FLAG}")
        if given is not None:
            raise SpecError(f"{FLAG}: goes with genres that are numbers, and those of {file} are text. Leave it out.")
        _require_printable(file, "genre", genres)
    warn_of_alike(file, genres)
    return genres


def samples_of(file: Path, values: np.ndarray, count: int) -> np.ndarray:
    """Samples of each clip: positive integers, also as whole floats.

    Args:
        values: array `n_samples`, (count,) or (count, 1).

    Raises:
        DataError: another type or length, or a number that is not positive.
    """
    values = _one_for_each(file, "n_samples", values, count)
    if values.dtype.kind == "f":
        values = _whole(file, "n_samples", values)
    # Signed, because differences of unsigned integers are never negative.
    lengths = values.astype(np.int64) if values.dtype.kind in "iu" else None
    if lengths is None or lengths.min() <= 0:
        found = " ".join(str(values[:3]).split())
        raise DataError(f"{file}: n_samples must hold positive integers, found {values.dtype} {found}.")
    return lengths


def warn_of_unlike(file: Path, names: list[str], n_samples: np.ndarray, columns: int) -> None:
    """Warn of clips that are longer or shorter than the usual one and have as many columns."""
    usual = np.sort(n_samples)[len(n_samples) // 2]
    unlike = np.flatnonzero(np.abs(n_samples - usual) > _UNLIKE * usual)
    if not len(unlike):
        return
    named = [f"{names[row]} ({n_samples[row]}, {(n_samples[row] / usual - 1) * 100:+.0f} %)" for row in unlike[:_NAMED]]
    more = f" and {len(unlike) - _NAMED} more" if len(unlike) > _NAMED else ""
    warn(
        f"{file}: n_samples of {len(unlike)} of {len(names)} clips differs by more than {_UNLIKE * 100:g} % from the "
        f"usual {usual}, while all have {columns} columns: {', '.join(named)}{more}. All clips are read with one time "
        "step, from the mean of n_samples"
    )


def _one_for_each(file: Path, key: str, values: np.ndarray, count: int) -> np.ndarray:
    if values.shape == (count, 1):
        values = values[:, 0]
    if values.shape == (count,):
        return values
    advice = ""
    if key == "n_samples" and values.size == 1:
        advice = " One length of all clips is saved as np.full(len(X), n_samples)."
    raise DataError(f"{file}: {key} has shape {values.shape}, expected ({count},), one for each clip of X.{advice}")


def _text(file: Path, key: str, values: np.ndarray, expected: str) -> list[str]:
    if values.dtype.kind == "U":
        return values.tolist()
    if values.dtype.kind != "S":
        raise DataError(f"{file}: {key} is {values.dtype}, expected {expected}.")
    texts = []
    for row, content in enumerate(values.tolist()):
        try:
            texts.append(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(
                f"{file}: {key}[{row}] is bytes that are not UTF-8 ({content!r}). Decode them yourself, and save text."
            ) from error
    return texts


def _require_printable(file: Path, key: str, texts: list[str]) -> None:
    """Line ends and tabs are kept; files can hold them. Other control characters cannot be shown or typed."""
    empty = [str(row) for row, text in enumerate(texts) if not text]
    if empty:
        raise DataError(f"{file}: rows without a {key}: {', '.join(empty[:5])} ({len(empty)} in all).")
    for row, text in enumerate(texts):
        if control_character(text):
            raise DataError(f"{file}: {key}[{row}] holds control characters: {text!r}. Save it without them.")


def _whole(file: Path, key: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind != "f":
        return values
    broken = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > 2**53))
    if len(broken):
        row = int(broken[0])
        raise DataError(f"{file}: {key}[{row}] is {values[row]:g}, expected a whole number.")
    return values.astype(np.int64)


def _named(file: Path, labels: np.ndarray, given: tuple[str, ...] | None) -> list[str]:
    if given is None:
        raise DataError(
            f"{file}: genre holds numbers ({int(labels.min())} to {int(labels.max())}). Name the genres in label "
            f"order: {EXAMPLE}."
        )
    outside = np.flatnonzero((labels < 0) | (labels >= len(given)))
    if len(outside):
        listed = ", ".join(f"{labels[row]} in row {row}" for row in outside[:_NAMED])
        first = " Labels begin at 0: subtract 1." if labels.min() == 1 and labels.max() == len(given) else ""
        raise DataError(
            f"{file}: genre holds labels without a name: {listed} ({len(outside)} in all). {FLAG} gives "
            f"{len(given)} names, of the labels 0 to {len(given) - 1}.{first}"
        )
    return [given[label] for label in labels.tolist()]


def _labels_of_one_hot(file: Path, values: np.ndarray, given: tuple[str, ...] | None) -> np.ndarray:
    broken = np.flatnonzero(((values != 0).sum(axis=1) != 1) | ((values == 1).sum(axis=1) != 1))
    if len(broken):
        row = int(broken[0])
        raise DataError(
            f"{file}: genre has shape {values.shape}, and row {row} ({values[row][:8]}) is not one-hot: expected one 1 "
            "and else 0. Encore takes one genre for each clip."
        )
    if given is not None and len(given) != values.shape[1]:
        raise DataError(
            f"{file}: genre is one-hot with {values.shape[1]} genres, {FLAG} gives {len(given)} names. Give one for "
            "each."
        )
    return values.argmax(axis=1)
