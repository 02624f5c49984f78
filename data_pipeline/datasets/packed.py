"""Names what lies in a folder in place of audio files: archives that are not unpacked, and forms that are not read."""

from pathlib import Path

from data_pipeline.datasets.files import files_below

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_NAMED = 3


def advice_on(path: Path, *, where: str) -> str:
    """What to do where a data set was not found: unpack an archive, or get the data set.

    Args:
        path: file or folder that was given in place of a folder of clips; need not exist.
        where: where to get the data set, a sentence without a full stop.

    Returns:
        A sentence without a full stop.
    """
    if path.is_file() and path.name.lower().endswith(_ARCHIVES):
        return "Unpack this archive, and give the folder that it unpacks to"
    names = _names_below(path)
    archives = [name for name in names if name.lower().endswith(_ARCHIVES)]
    if archives:
        return f"It holds {_listed(archives)}: unpack {'it' if len(archives) == 1 else 'them'}, and try again"
    tables = [name for name in names if name.lower().endswith(".parquet")]
    if tables:
        return f"It holds {_listed(tables)}, and Encore does not read .parquet files. {where}"
    return where


def _names_below(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.relative_to(folder).as_posix() for path in files_below(folder).files]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
