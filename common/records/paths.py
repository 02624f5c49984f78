"""Where everything below `--out` lies."""

import json
import re
from pathlib import Path

from common.core.files import sha256_of_json
from common.paper.overrides import Setting, parse_change
from common.paper.paper import Paper


def runs_folder(out: Path, paper: str, dataset: str) -> Path:
    """Where the records of a paper and dataset lie."""
    return Path(out) / paper / dataset / "runs"


_LONGEST_CHANGES = 80


def file_stem(kind: str, identifier: str, setting: Setting, paper: Paper) -> str:
    """File name of a table or figure: the plain name for the default protocol and scale, else what differs is added,
    so that a contaminated or a smoke result never replaces another one (see `common.reports.groups` for the rest)."""
    protocol = paper.default_experiment.protocol
    parts = [f"{kind}_{identifier}"]
    if setting.unit != protocol.unit:
        parts.append(setting.unit)
    if setting.split != protocol.split:
        parts.append(setting.split)
    if setting.scale != ("smoke" if setting.dataset == "demo" else "paper"):
        parts.append(setting.scale)
    if setting.features == "small" and setting.dataset != "demo":
        parts.append("small_features")
    if setting.genres:
        parts.append(f"{len(setting.genres)}_genres")
    changes = []
    for change in setting.changes:
        path, value = parse_change(change)
        text = re.sub(r"[^A-Za-z0-9.-]+", "_", json.dumps(value)).strip("_")
        changes.append(f"{path.rpartition('.')[2]}_{text}")
    in_words = "_".join(changes)
    # File systems take names of 255 bytes, and a temporary file's is longer than this.
    parts += [in_words if len(in_words) <= _LONGEST_CHANGES else f"changed_{sha256_of_json(setting.changes)[:8]}"]
    return "_".join(part for part in parts if part)


def result_folder(out: Path, paper: Paper, dataset: str) -> Path:
    """Where tables and figures of a paper and dataset lie."""
    return Path(out) / paper.key / dataset
