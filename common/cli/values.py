"""`--set help`: the values of a row that a command can replace."""

import json
import textwrap
from collections.abc import Collection
from typing import Any

from rich.text import Text

from common.cli.screen import print_json, wide_console
from common.paper.experiment import Experiment
from common.paper.overrides import EFFECT_OF
from common.paper.paper import Paper
from common.paper.values import DescribedValue, described_values

_INDENT = "    "
# First part of the paths -> heading.
_GROUPS = {
    "model": "model: the network",
    "feature": "feature: what is computed of each clip",
    "windows": "windows: how clips are cut",
    "protocol": "protocol: how clips are divided into training, validation and test",
    "training": "training: how the network is trained",
    "second_input": "second_input: the second input of the network",
    "copies": "copies: changed copies of the clips, made once before the training",
}


def show_values(
    paper: Paper,
    row: tuple[str, str],
    experiment: Experiment,
    *,
    as_json: bool,
    varied: Collection[str] = (),
) -> int:
    """Print every value of a row with its path, what it is, and the option that sets it; returns the exit code.

    Args:
        row: (table id, name of the row).
        experiment: of the row.
        varied: paths of values that a search varies, so that a command cannot set them.
    """
    values = described_values(experiment)
    if as_json:
        listed = [_as_json(one, one.path in varied) for one in values]
        print_json({"paper": paper.key, "table": row[0], "row": row[1], "values": listed})
        return 0
    screen = wide_console(80, widest=120)

    def put(text: str, style: str = "", indent: str = "") -> None:
        for line in textwrap.wrap(text, screen.width, initial_indent=indent, subsequent_indent=indent):
            screen.print(Text(line, style=style), soft_wrap=True)

    put(f"{paper.title}, table {row[0]}, row {row[1]}: values at the scale of the paper.", "bold")
    put("Replace one with --set PATH=VALUE. To see those of another row, add --row. null stands for none.")
    group = ""
    for one in values:
        screen.print()
        if one.path.partition(".")[0] != group:
            group = one.path.partition(".")[0]
            put(_GROUPS.get(group, group), "bold")
            screen.print()
        screen.print(Text(f"{one.path}={json.dumps(one.value)}", style="cyan"), soft_wrap=True)
        put(one.about, indent=_INDENT)
        if any(choice not in one.about for choice in one.choices):
            put(f"Values: {', '.join(one.choices)}.", indent=_INDENT)
        if one.path in varied:
            put("Varied by this search, so it cannot be set.", indent=_INDENT)
        elif one.path in EFFECT_OF:
            put(EFFECT_OF[one.path], indent=_INDENT)
        elif one.option:
            put(f"Also: {one.option}." if one.settable else f"Only: {one.option}.", indent=_INDENT)
    return 0


def _as_json(one: DescribedValue, varied: bool) -> dict[str, Any]:
    return {
        "path": one.path,
        "value": one.value,
        "about": one.about,
        "option": one.option or None,
        "settable": one.settable and not varied,
    }
