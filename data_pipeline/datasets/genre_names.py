"""Names of genres: those of `--genre-names`, for arrays that hold numbers, and those that look alike."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.words import MOST_NAMED, control_character, listed, printable

FLAG = "--genre-names"
# Ten thousand names of a hundred characters.
_MOST_BYTES = 1 << 20
EXAMPLE = f"{FLAG} blues,jazz,rock, or a text file with one name per line"


def read_genre_names(given: str) -> tuple[str, ...]:
    """Names in label order.

    Args:
        given: names with commas between them, or a text file with one name per line.

    Raises:
        SpecError: a name is empty, there twice, or holds a control character, or there is only one.
        DataError: the file cannot be read as text, or is larger than 1 MB.
    """
    path = Path(given)
    if is_names_file(given):
        path = path.expanduser()
        try:
            if (size := path.stat().st_size) > _MOST_BYTES:
                raise DataError(
                    f"{FLAG} {path}: takes {size:,} bytes, expected at most {_MOST_BYTES:,} for names of genres. Give "
                    "a text file with one name per line."
                )
            # Not `splitlines`, which also ends lines at characters that may be part of a name.
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{FLAG} {path}: cannot be read as text ({error}).") from error
        while lines and not lines[-1].strip():
            lines.pop()
        names = tuple(line.strip() for line in lines)
    elif "," not in given and (path.suffix or len(path.parts) > 1):
        raise DataError(f"{FLAG} {given}: no such file. Give names in label order, e.g. {EXAMPLE}.")
    else:
        names = tuple(name.strip() for name in given.split(","))
    empty = [str(label) for label, name in enumerate(names) if not name]
    if empty:
        raise SpecError(f"{FLAG} {given}: the name of label {', '.join(empty[:5])} is empty.")
    for label, name in enumerate(names):
        if found := control_character(name):
            raise SpecError(f"{FLAG} {given}: the name of label {label} holds the control character {found}.")
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise SpecError(f"{FLAG} {given}: names {', '.join(repeated[:5])} twice; each label has a name of its own.")
    if len(names) < 2:
        raise SpecError(f"{FLAG} {given}: {len(names)} names, expected one for each label, e.g. {EXAMPLE}.")
    return names


def is_names_file(given: str) -> bool:
    """Whether `--genre-names` is a file that exists, and not names."""
    try:
        return Path(given).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):
        return False  # a list of names may be longer than a path can be, or begin with a ~ that is no home folder


def warn_of_alike(path: Path, genres: Iterable[str]) -> None:
    """Warn of genres that differ only in capitals, spaces, or how an accent is stored."""
    alike: dict[str, list[str]] = {}
    for genre in sorted(set(genres)):
        alike.setdefault(unicodedata.normalize("NFC", " ".join(genre.split()).casefold()), []).append(genre)
    groups = [names for names in alike.values() if len(names) > 1]
    for names in groups[:MOST_NAMED]:
        quoted = listed([f"'{printable(name)}'" for name in names])
        warn(
            f"{path}: the genres {quoted} differ only in capitals, spaces or how accents are "
            "stored; they count as different genres"
        )
    if len(groups) > MOST_NAMED:
        warn(f"{path}: {len(groups) - MOST_NAMED:,} more groups of genres differ only so")
