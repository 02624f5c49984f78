"""The commands that train and test the best networks of a search, whole, so that they can be copied."""

from typing import Any

from common.cli.flags import TypedFlags
from common.core.console import say, say_unbroken
from common.core.shell import shell_command
from common.core.words import counted
from common.paper.protocol import UNIT_NAMES
from common.records.tuned_rows import table_id_of
from common.runs.options import Options
from common.search.report import changes_of_rows
from common.search.table import StoredSearch
from data_pipeline.datasets.about import value_to_run

# Fields of options that say where the data are and how they are read, and which setting does not hold.
_OF_DATA = ("labels", "artist_level", "clip_seconds", "seconds_per_column", "genre_names", "skip_bad")
_PLACES = ("out", "cache")


def say_next_commands(found: StoredSearch, options: Options, flags: TypedFlags, *, has_rows: bool) -> None:
    """Print each command in a line of its own, which is not broken.

    Args:
        options: of this command, with the flags that were typed.
        has_rows: whether the best networks were written as rows before.
    """
    paper, dataset, name = found.identity["paper"], found.identity["setting"]["dataset"], found.folder.name
    out = _typed(options, flags, ("out",))
    epochs = found.identity["setting"].get("epochs")
    longer = "" if epochs is None else f" (for all epochs; the search: {counted(epochs, 'epoch')})"
    if has_rows:
        say(f"train and test them{longer}:")
    else:
        say(f"write the best network as a row, then train and test it{longer}:")
        words = ["encore", "tune", paper, "--from-records", "--name", name, "--dataset", dataset, *out, "--top", "1"]
        say_unbroken(f"  {shell_command(words)}")
    words = ["encore", "run", paper, "--table", table_id_of(name), "--seeds", "3"]
    words += [*_setting_flags(found, options, flags), *_typed(options, flags, _PLACES)]
    say_unbroken(f"  {shell_command(words)}")


def _setting_flags(found: StoredSearch, options: Options, flags: TypedFlags) -> list[str]:
    """The flags that choose the data and the scale of the search."""
    setting: dict[str, Any] = found.identity["setting"]
    is_demo = setting["dataset"] == "demo"
    words = ["--dataset", value_to_run(setting["dataset"]), *_typed(options, flags, ("data",))]
    if not is_demo and "data" not in flags.typed:
        # Searches do not keep the path of their data.
        words += ["--data", "PATH"]
    words += _typed(options, flags, _OF_DATA)
    by_default = {
        "scale": "smoke" if is_demo else "paper",
        # Arrays bring features of their own, without a flag.
        "features": "small" if is_demo and setting["scale"] == "smoke" else "paper",
        "decoder": "soundfile",
    }
    for field, default in by_default.items():
        value = setting.get(field, default)
        words += [f"--{field}", value] if value not in (default, "given") else []
    words += ["--split", setting["split"], "--unit", UNIT_NAMES[setting["unit"]]]
    for genre in setting["genres"]:
        words += ["--genres", genre]
    for change in changes_of_rows(found)[1]:
        words += ["--set", change]
    is_incomplete = options.allow_incomplete or not setting["stratified"]
    return [*words, *(["--allow-incomplete"] if is_incomplete else []), *_typed(options, flags, ("weights",))]


def _typed(options: Options, flags: TypedFlags, fields: tuple[str, ...]) -> list[str]:
    """Flags with their values, of those that were typed."""
    words = []
    for field in fields:
        if field not in flags.typed:
            continue
        value = getattr(options, field)
        flag = flags.spelled[field]
        if isinstance(value, bool):
            words.append(flag)
        else:
            for one in value if isinstance(value, tuple) else (value,):
                words += [flag, str(one)]
    return words
