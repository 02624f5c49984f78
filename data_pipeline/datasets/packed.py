"""Names what lies in a folder in place of a data set's files: archives, forms that are not read, other audio."""

from collections.abc import Callable
from pathlib import Path

from common.core.words import counted
from data_pipeline.datasets import archives
from data_pipeline.datasets.files import files_below

# Archives that Python cannot open.
_OTHER_ARCHIVES = (".7z", ".rar", ".tar.zst", ".gz", ".bz2", ".xz")
# What `git clone` leaves in place of large files where Git LFS is not installed: a few lines of text.
_POINTER_START, _POINTER_BYTES = b"version https://git-lfs.github.com/spec/", 1024
_AUDIO = (".wav", ".mp3", ".flac", ".ogg", ".au", ".m4a", ".aif", ".aiff", ".opus", ".wma")
_PICTURES = (".png", ".jpg", ".jpeg")
_NAMED = 3


def is_archive(name: str) -> bool:
    """Whether a file of this name is an archive that Encore can open."""
    return name.lower().endswith(archives.SUFFIXES)


def is_pointer(path: Path) -> bool:
    """Whether a file is Git LFS' stand-in for another one that was not fetched."""
    try:
        if path.stat().st_size > _POINTER_BYTES:
            return False
        with open(path, "rb") as file:
            return file.read(len(_POINTER_START)) == _POINTER_START
    except OSError:
        return False  # reported where the file is read


def pointer_advice(names: list[str]) -> str:
    """What to do about stand-ins of Git LFS, a sentence without a full stop."""
    are = f"{_listed(names)} is a pointer" if len(names) == 1 else f"{_listed(names)} are pointers"
    return f"{are} of Git LFS, without the content of the {'file' if len(names) == 1 else 'files'}: run git lfs pull"


def advice_on(path: Path, *, where: str) -> str:
    """What to do where a data set was not found: unpack an archive, or get the data set.

    Args:
        path: file or folder that was given in place of a folder of clips; need not exist.
        where: where to get the data set, a sentence without a full stop.

    Returns:
        A sentence without a full stop.
    """
    if path.is_file():
        if is_pointer(path):
            return pointer_advice([path.name])
        if _has(path.name, (*archives.SUFFIXES, *_OTHER_ARCHIVES)):
            return "Unpack this archive, and give the folder that it unpacks to"
        return where
    names = _names_below(path)
    pointers = [name for name in names if is_pointer(path / name)]
    if pointers:
        return pointer_advice(pointers)
    for suffixes, say in _FORMS:
        found = [name for name in names if _has(name, suffixes)]
        if found:
            return say(found, where)
    return where


def _archives(names: list[str], where: str) -> str:
    return f"It holds {_listed(names)}: unpack {'it' if len(names) == 1 else 'them'}, and try again"


def _parquet(names: list[str], where: str) -> str:
    return f"It holds {_listed(names)}, and Encore does not read .parquet files of this data set. {where}"


def _records(names: list[str], where: str) -> str:
    return (
        f"It holds {_listed(names)}, in which TensorFlow Datasets or Hugging Face keeps what it has read, and which "
        f"Encore does not read: give the folder of the audio files, e.g. downloads/extracted. {where}"
    )


def _audio(names: list[str], where: str) -> str:
    suffixes = sorted({Path(name).suffix.lower() for name in names})
    return (
        f"It holds {counted(len(names), 'audio file')} ({', '.join(suffixes)}) that are not named and sorted as its "
        f"clips are: {_listed(names)}. For audio files of your own, give --dataset folder. {where}"
    )


def _pictures(names: list[str], where: str) -> str:
    return (
        f"It holds {counted(len(names), 'picture')} ({_listed(names)}), and Encore makes its spectrograms from audio: "
        f"give the folder of the audio files, which such copies hold beside them. {where}"
    )


def _tables(names: list[str], where: str) -> str:
    return f"It holds {_listed(names)}, and no audio. Encore does not use features that others computed. {where}"


# In this order: what comes first says most about what was meant. `*.tfrecord-00000-of-00010` has no suffix of its own.
_FORMS: tuple[tuple[tuple[str, ...], Callable[[list[str], str], str]], ...] = (
    ((*archives.SUFFIXES, ".7z", ".rar", ".tar.zst"), _archives),
    ((".parquet",), _parquet),
    ((".tfrecord", ".arrow"), _records),
    (_AUDIO, _audio),
    (_PICTURES, _pictures),
    ((".csv",), _tables),
)


def _has(name: str, suffixes: tuple[str, ...]) -> bool:
    name = name.lower()
    return name.endswith(suffixes) or (".tfrecord" in suffixes and ".tfrecord-" in name)


def _names_below(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.relative_to(folder).as_posix() for path in files_below(folder).files]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
