"""The records of a paper's rows: those that can be used, with the experiment that each of them was of."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.core.console import warn
from common.core.errors import SpecError
from common.core.files import sha256_of_json
from common.paper.experiment import Experiment
from common.paper.overrides import conditions_of
from common.paper.paper import Paper
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


def row_record(paper: Paper, record: Record) -> RowRecord | None:
    """A record with its experiment; None where the paper has no such row.

    Raises:
        SpecError: its values do not fit the row.
    """
    row = experiment_of_row(paper, record.row_experiment)
    if row is None:
        return None
    ran = row.read_like(record.experiment)
    return RowRecord(record, ran, conditions_of(paper, row, record.setting, ran))


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
    found = []
    for record in records:
        path = paths.record(record.run_id)
        if (record.paper, record.setting.dataset) != (paper.key, dataset):
            warn(
                f"not used: {path}: is of {record.paper} on {record.setting.dataset}, expected {paper.key} on "
                f"{dataset}. Move it to the folder of its paper and data set."
            )
            continue
        try:
            one = row_record(paper, record)
        except SpecError as error:
            warn(f"not used: {path}: does not fit its row of {paper.key} ({error}).")
            continue
        if one is None:
            warn(f"not used: {path}: is of a row that {paper.key} no longer has.")
            continue
        found.append(one)
    return found
