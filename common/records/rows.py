"""The records of a paper's rows: those that can be used, with the experiment that each of them was of."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.core.console import warn
from common.core.errors import SpecError
from common.core.files import sha256_of_json
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver, conditions_of
from common.paper.paper import Paper
from common.records.identity import possible_ids, variant_of
from common.records.paths import ResultPaths, RunPaths
from common.records.record import Record, read_records


@dataclass(frozen=True)
class RowRecord:
    """A record of one of a paper's rows.

    Args:
        experiment: that was run, with all its values; values newer than the record have their defaults.
        conditions: digest of what replaced the row's own features and windows, see `common.paper.overrides`.
    """

    record: Record
    experiment: Experiment
    conditions: str

    @property
    def measured(self) -> str:
        """Digest of what has to agree for two runs to be repetitions of each other: the whole experiment, defaults
        included, the extraction of the features and the weights that training started from."""
        return sha256_of_json(
            [self.experiment.as_json(), extraction_of(self.record.extraction_versions), self.record.weights]
        )


def extraction_of(versions: tuple[int, ...]) -> tuple[int, ...]:
    """Versions of the extraction except 1, the version of records that do not name any."""
    return tuple(version for version in versions if version > 1)


class RowsOfPaper:
    """Finds the row of each record, and checks that the record is of it. One object serves all records of a folder.

    Args:
        paper: with the rows that searches found, where records of these are to be found.
    """

    def __init__(self, paper: Paper):
        self._paper = paper
        self._rows: dict[str, Experiment] = {}
        for table in paper.tables:
            for row in table.rows:
                self._rows.setdefault(row.experiment.digest, row.experiment)
        self._variants: dict[tuple[str, ...], str] = {}

    def row_record(self, record: Record) -> RowRecord | None:
        """A record with its experiment; None where the paper has no such row.

        Raises:
            SpecError: its values do not fit the row, or are not those that it was written with.
        """
        row = self._rows.get(record.row_experiment)
        if row is None:
            return None
        ran = row.read_like(record.experiment)
        if not record.has_digest:
            self._require_identity(record, row, ran)
        return RowRecord(record, ran, conditions_of(self._paper, row, record.setting, ran))

    def _require_identity(self, record: Record, row: Experiment, ran: Experiment) -> None:
        """Compute again what the record's file says of itself; those that hold a digest of all values need not."""
        if record.experiment_digest != ran.digest:
            raise SpecError("its experiment was edited: it has another digest")
        ids = possible_ids(record, row, ran, self._variant(record, row, ran), withheld=record.test_withheld)
        if record.run_id not in ids:
            raise SpecError(f"its experiment, data, split, fold or seed was edited: they make the run id {ids[0]}")

    def _variant(self, record: Record, row: Experiment, ran: Experiment) -> str:
        """Runs that differ in seed and fold share it."""
        weights = record.weights.partition("=")[2]
        key = record.setting.digest, row.digest, ran.digest, weights
        if key not in self._variants:
            given = ran.feature if record.setting.features == "given" else None
            self._variants[key] = variant_of(Resolver(self._paper, record.setting, given), row, ran, weights)
        return self._variants[key]


def row_record(paper: Paper, record: Record) -> RowRecord | None:
    """As `RowsOfPaper.row_record`, for one record."""
    return RowsOfPaper(paper).row_record(record)


def experiment_of_row(paper: Paper, digest: str) -> Experiment | None:
    """The experiment of the row with that digest, as the paper has it; None where there is none."""
    rows = (row.experiment for table in paper.tables for row in table.rows)
    return next((experiment for experiment in rows if experiment.digest == digest), None)


def usable_row_records(paper: Paper, results: ResultPaths) -> list[RowRecord]:
    """The records of a folder that can be shown in the paper's tables, in order of run id. Others are named in
    warnings and not used."""
    return usable_of(paper, read_records(results.runs), results, results.dataset)


def usable_of(paper: Paper, records: Iterable[Record], paths: RunPaths, dataset: str) -> list[RowRecord]:
    """Those of some records that are of the paper's rows and of a data set; others are named in warnings.

    Args:
        paths: where the records lie.
    """
    found, rows = [], RowsOfPaper(paper)
    for record in records:
        path = paths.record(record.run_id)
        if (record.paper, record.setting.dataset) != (paper.key, dataset):
            warn(
                f"not used: {path}: is of {record.paper} on {record.setting.dataset}, expected {paper.key} on "
                f"{dataset}. Move it to the folder of its paper and data set."
            )
            continue
        try:
            one = rows.row_record(record)
        except SpecError as error:
            warn(f"not used: {path}: does not fit its row of {paper.key} ({error}).")
            continue
        if one is None:
            warn(f"not used: {path}: is of a row that {paper.key} no longer has.")
            continue
        found.append(one)
    return found
