"""Paths of everything below `--out`: the only module that knows folder and file names of results."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from common.core.files import sha256_of_json
from common.paper.overrides import Setting, parse_change
from common.paper.paper import Paper
from common.paper.protocol import UNIT_NAMES
from data_pipeline.datasets.about import is_asked_for

# Where commands read and write without `--out`, below the current folder: the tables that come with Encore, which
# `--from-records` makes again, and a user's own runs, which git ignores.
COMMITTED_RESULTS = Path("results")
OWN_RESULTS = COMMITTED_RESULTS / "local"

# Most characters of changed values in a file name; longer ones are replaced by a digest, and captions spell them out.
_LONGEST_CHANGES = 24


@dataclass(frozen=True)
class RunPaths:
    """Records, notes of divergence and checkpoints of runs, below one folder.

    Args:
        folder: of a paper's dataset, or of one search.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """Folder of the records."""
        return self.folder / "runs"

    def record(self, run_id: str) -> Path:
        """Record of a run."""
        return self.runs / f"{run_id}.json"

    def set_aside(self, run_id: str, digest: str) -> Path:
        """Record that is not used any more, see `common.runs.reuse`.

        Args:
            digest: of the file, because a run can have several.
        """
        return self.folder / "set_aside" / f"{run_id}-{digest}.json"

    @property
    def diverged(self) -> Path:
        """Folder of the notes of runs that diverged."""
        return self.folder / "diverged"

    def divergence(self, run_id: str) -> Path:
        """Note that a run diverged."""
        return self.diverged / f"{run_id}.json"

    def work(self, run_id: str) -> "WorkPaths":
        """Checkpoint, logs and best weights of a run."""
        return WorkPaths(self.folder / "work" / run_id)

    @property
    def tensorboard(self) -> Path:
        """Folder of learning curves for TensorBoard, see `common.runs.curves`."""
        return self.folder / "work" / "tensorboard"

    def work_lock(self, run_id: str) -> Path:
        """Lock file, held by the process that carries out the run."""
        return self.folder / "work" / f"{run_id}.lock"


@dataclass(frozen=True)
class WorkPaths:
    """Files that a run writes during training.

    Args:
        folder: of the run alone.
        curves: folder of its events for TensorBoard; None for one in `folder`.
    """

    folder: Path
    curves: Path | None = None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.npz"

    @property
    def best_weights(self) -> Path:
        return self.folder / "best.weights.h5"

    @property
    def history(self) -> Path:
        return self.folder / "history.csv"

    @property
    def tensorboard(self) -> Path:
        return self.curves or self.folder / "tensorboard"

    @property
    def error(self) -> Path:
        """Traceback of an unexpected failure."""
        return self.folder / "error.txt"

    @property
    def fresh_marker(self) -> Path:
        """File with the id of the command that asked to train the run again."""
        return self.folder / "fresh.txt"


@dataclass(frozen=True)
class SearchPaths(RunPaths):
    """Everything of one search."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def results(self) -> "ResultPaths":
        """The results that the search belongs to."""
        return ResultPaths(self.folder.parents[1])

    @property
    def identity(self) -> Path:
        """Description of the search, see `common.search.folder`."""
        return self.folder / "search.json"

    @property
    def lock(self) -> Path:
        """Lock file, held by the process that chooses trials."""
        return self.folder / ".lock"

    @property
    def rows(self) -> Path:
        """Its best trials as rows of a table."""
        return self.folder / "rows.json"

    @property
    def trials(self) -> Path:
        """Folder of the notes on trials."""
        return self.folder / "trials"

    def trial(self, trial_id: str) -> Path:
        """Note on a trial."""
        return self.trials / f"{trial_id}.json"

    @property
    def journal(self) -> Path:
        """Events of the search, one per line."""
        return self.folder / "journal.jsonl"

    @property
    def state(self) -> Path:
        """Latest snapshot of the search's state."""
        return self.folder / "state.json"

    @property
    def previous_state(self) -> Path:
        """The snapshot before that."""
        return self.folder / "state.previous.json"


@dataclass(frozen=True)
class ResultPaths(RunPaths):
    """Everything of one paper and dataset: `<out>/<paper>/<dataset>`."""

    @classmethod
    def of(cls, out: Path, paper: str, dataset: str) -> Self:
        """The paths of a paper's dataset below `out`."""
        return cls(Path(out) / paper / dataset)

    @classmethod
    def with_records(cls, out: Path, paper: str) -> list[Self]:
        """All datasets of a paper that have a folder of records, by name."""
        return [cls(path.parent) for path in sorted((Path(out) / paper).glob("*/runs")) if path.is_dir()]

    @property
    def out(self) -> Path:
        """The folder of all results."""
        return self.folder.parents[1]

    @property
    def paper(self) -> str:
        """Key of the paper."""
        return self.folder.parent.name

    @property
    def dataset(self) -> str:
        return self.folder.name

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.folder / "figures"

    @property
    def tables_lock(self) -> Path:
        """Lock file, held while tables and figures are made from records."""
        return self.folder / "work" / "tables.lock"

    @property
    def audits(self) -> Path:
        """Folder of the leakage audits."""
        return self.folder / "audits"

    def search(self, name: str) -> SearchPaths:
        """The search with this name."""
        return SearchPaths(self.folder / "searches" / name)


def audit_files(out: Path, paper: str) -> list[Path]:
    """The leakage audits of a paper, of all data sets."""
    return sorted((Path(out) / paper).glob("*/audits/*.json"))


def results_of_audit(audit: Path) -> ResultPaths:
    """The results that an audit's file belongs to."""
    return ResultPaths(audit.parents[1])


def searches(out: Path, paper: str, dataset: str | None = None) -> list[SearchPaths]:
    """The searches of a paper that have begun, for one dataset or for all (None)."""
    found = sorted((Path(out) / paper).glob("*/searches/*/search.json"))
    return [
        paths
        for paths in map(SearchPaths, (path.parent for path in found))
        if is_asked_for(paths.results.dataset, dataset)
    ]


def result_folders(out: Path, paper: str, dataset: str | None = None) -> list[ResultPaths]:
    """The results of a paper that have records, audits or searches, for one dataset or for all (None), by name."""
    found = {results.folder for results in ResultPaths.with_records(out, paper)}
    found |= {results_of_audit(path).folder for path in audit_files(out, paper)}
    found |= {search.results.folder for search in searches(out, paper)}
    return [ResultPaths(folder) for folder in sorted(found) if is_asked_for(folder.name, dataset)]


def curve_folders(out: Path, paper: str = "*") -> dict[str, Path]:
    """Folders of learning curves of a paper, or of all papers, by the first part of the names of their runs:
    `<paper>/<dataset>`, or `<paper>/<dataset>/search-<name>`."""
    found = {}
    for folder in sorted(Path(out).glob(f"{paper}/*/work/tensorboard")):
        found["/".join(folder.parts[-4:-2])] = folder
    for folder in sorted(Path(out).glob(f"{paper}/*/searches/*/work/tensorboard")):
        of_paper, dataset, _, search = folder.parts[-6:-2]
        found[f"{of_paper}/{dataset}/search-{search}"] = folder
    return found


def table_files(out: Path, paper: str = "*", dataset: str = "*", *, with_demo: bool = False) -> list[Path]:
    """JSON files of the tables of a paper on a data set, or of all papers and data sets.

    Args:
        with_demo: also those of the demo corpus.
    """
    found = sorted(Path(out).glob(f"{paper}/{dataset}/table_*.json"))
    return [path for path in found if with_demo or path.parent.name != "demo"]


def result_subfolders(results: Path) -> list[Path]:
    """The folders below a results folder, by name, without that of own runs, which is a results folder of its own."""
    return sorted(path for path in Path(results).iterdir() if path.is_dir() and path != own_runs_in(results))


def own_runs_in(results: Path) -> Path:
    """The folder of own runs below a results folder."""
    return Path(results) / OWN_RESULTS.name


def page_file(out: Path, paper: str) -> Path:
    """The generated page of a paper."""
    return Path(out) / paper / "README.md"


def report_file(out: Path, paper: str) -> Path:
    """The page with all results of a paper, see `common.report_page`."""
    return Path(out) / paper / "report.html"


def report_lock(out: Path, paper: str) -> Path:
    """Lock file, held while the page of `report_file` is made."""
    return Path(out) / paper / ".lock"


def overview_file(out: Path) -> Path:
    """The generated list of all tables."""
    return Path(out) / "README.md"


def data_figure(out: Path, name: str) -> Path:
    """The picture, without suffix, of a data set of a user's own.

    Args:
        name: of its folder.
    """
    return Path(out) / "data" / re.sub(r"[^\w.-]+", "_", name) / "figure_data"


def results_of_checkout() -> Path | None:
    """The results that come with the source of Encore; None where it was installed without them."""
    root = Path(__file__).resolve().parents[2]
    results = root / COMMITTED_RESULTS
    return results if (root / "pyproject.toml").is_file() and results.is_dir() else None


def file_stem(kind: str, identifier: str, setting: Setting, paper: Paper) -> str:
    """File name, without suffix, of a table or figure.

    The protocol that the rows declare, the default scale and the paper's epochs and precision have the plain name;
    whatever differs is appended, so that the name follows from the setting alone, and a contaminated or a reduced
    result never replaces another one (`common.reports.groups` separates results that still have the same name). A
    published split that the rows do not declare is appended too, although it is the default on some data
    (`Paper.published_split`): results on other data then keep their names.

    Args:
        kind: `table` or `figure`.
        identifier: id of the table or figure.
        setting: of the results.
        paper: whose defaults are not in the name.
    """
    protocol = paper.default_experiment.protocol
    parts = [f"{kind}_{identifier}"]
    if setting.unit != protocol.unit:
        parts.append(f"by_{UNIT_NAMES[setting.unit]}")
    if setting.split != protocol.split:
        parts.append(setting.split)
    if setting.scale != ("smoke" if setting.dataset == "demo" else "paper"):
        parts.append(setting.scale)
    if setting.features == "small" and setting.dataset != "demo":
        parts.append("small_features")
    if setting.epochs is not None:
        parts.append(f"{setting.epochs}_epoch{'' if setting.epochs == 1 else 's'}")
    if setting.precision is not None:
        parts.append(setting.precision.removeprefix("mixed_"))
    if setting.decoder != "soundfile":
        parts.append(setting.decoder)
    if setting.genres:
        parts.append(f"{len(setting.genres)}_genres")
    changes = []
    for change in setting.changes:
        path, value = parse_change(change)
        text = re.sub(r"[^A-Za-z0-9.-]+", "_", json.dumps(value)).strip("_")
        changes.append(f"{path.rpartition('.')[2]}_{text}")
    readable = "_".join(changes)
    parts += [readable if len(readable) <= _LONGEST_CHANGES else f"changed_{sha256_of_json(setting.changes)[:8]}"]
    return "_".join(part for part in parts if part)
