"""The papers that records are of, each loaded once."""

from dataclasses import dataclass, field
from pathlib import Path

from common.core.console import collected
from common.launch import is_paper, load_paper
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver
from common.paper.paper import Paper
from common.records.divergence import Divergence
from common.records.identity import variant_of
from common.records.record import Record
from common.records.tuned_rows import with_tuned_rows


@dataclass
class Papers:
    """The papers of records, with the rows that searches of the folder found."""

    results: Path
    _known: dict[tuple[str, str], Paper | None] = field(default_factory=dict)
    _variants: dict[tuple, str] = field(default_factory=dict)

    def variant(self, paper: Paper, run: Record | Divergence, row: Experiment, ran: Experiment) -> str:
        """The variant of a run, see `common.records.identity`; runs that differ in seed and fold share it.

        Raises:
            SpecError: the run's values do not fit the row.
        """
        setting, weights = run.setting, run.weights.partition("=")[2]
        key = paper.key, setting.digest, row.digest, ran.digest, weights
        if key not in self._variants:
            given = ran.feature if setting.features == "given" else None
            self._variants[key] = variant_of(Resolver(paper, setting, given), row, ran, weights)
        return self._variants[key]

    def of(self, key: str, dataset: str) -> Paper | None:
        """The paper; None where there is none of that name here."""
        if (key, dataset) not in self._known:
            self._known[key, dataset] = self._load(key, dataset)
        return self._known[key, dataset]

    def _load(self, key: str, dataset: str) -> Paper | None:
        if not is_paper(key):
            return None
        with collected():  # files of tuned rows that cannot be used are named where the tables are made
            return with_tuned_rows(load_paper(key), self.results, dataset)
