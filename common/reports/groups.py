"""Groups of records that share a table: the same setting, conditions and split."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.core.console import warn
from common.core.errors import SpecError
from common.core.files import sha256_of_json
from common.paper.overrides import Setting, conditions_of
from common.paper.paper import Paper
from common.records.divergence import Divergence
from common.records.paths import file_stem
from common.records.record import Record
from common.records.rows import RowRecord, RowsOfPaper, experiment_of_row


@dataclass(frozen=True)
class Group:
    """All records that one table may mix.

    Args:
        setting: what the command chose.
        conditions: digest of what replaced the rows' own features and windows, see `conditions_of`.
        records: by run id.
        tag: suffix where another group has the same file name; empty for the group with the plain name.
        data_tag: suffix for figures of the data; empty for the data that were used first.
    """

    setting: Setting
    conditions: str
    records: tuple[Record, ...]
    tag: str = ""
    data_tag: str = ""

    def diverged(self, paper: Paper, notes: Sequence[Divergence]) -> list[Divergence]:
        """The notes of diverged runs that belong to the group: same setting, conditions, split, and experiment as the
        row's other runs in the group."""
        splits = {record.split_digest for record in self.records}
        ran: dict[str, set[str]] = {}
        rows = RowsOfPaper(paper)
        for record in self.records if notes else ():
            ran.setdefault(record.row_experiment, set()).add(rows.row_record(record).experiment.digest)
        found = []
        for note in notes:
            row = experiment_of_row(paper, note.row_experiment)
            if row is None or note.setting != self.setting or note.split_digest not in splits:
                continue
            try:
                experiment = row.read_like(note.experiment)
                conditions = conditions_of(paper, row, note.setting, experiment)
            except SpecError as error:
                warn(f"not used: the note of run {note.run_id}, which diverged, does not fit its row ({error}).")
                continue
            known = ran.get(note.row_experiment, {experiment.digest})
            if conditions == self.conditions and experiment.digest in known:
                found.append(note)
        return found

    def stem(self, kind: str, identifier: str, paper: Paper) -> str:
        """File name, without suffix, of one of the group's tables or figures."""
        plain = file_stem(kind, identifier, self.setting, paper)
        return f"{plain}_{self.tag}" if self.tag else plain

    def data_figure_stem(self, identifier: str, paper: Paper) -> str:
        """File name, without suffix, of a figure of the data, which does not depend on how networks were trained."""
        plain = file_stem("figure", identifier, self.setting.replace(epochs=None, precision=None), paper)
        return f"{plain}_{self.data_tag}" if self.data_tag else plain


def groups_of(paper: Paper, records: list[Record]) -> list[Group]:
    """Sort records into groups. Groups of the data that were used first come first, then groups with newer records; the
    order depends on the records only.

    Several groups can have one file name: they differ in data, in the clips that a split of one name assigns to its
    parts, or in the whole experiment, where a value changed in the code between two runs. The first keeps the plain
    name, the others get a short digest as a suffix, so that none overwrites another. Data come before time so that a
    run on a user's own arrays does not take the plain name of earlier results in the same folder.

    Raises:
        SpecError: a record does not fit its row; see `common.records.rows.usable_row_records`.
    """
    alike: dict[tuple[str, str], list[RowRecord]] = {}
    rows = RowsOfPaper(paper)
    for record in sorted(records, key=lambda record: record.run_id):
        # A row that the paper no longer has is in none of its tables.
        if one := rows.row_record(record):
            alike.setdefault((record.setting.digest, one.conditions), []).append(one)
    if not alike:
        return []
    known = [one.record for members in alike.values() for one in members]
    first_data = min(known, key=_age).setting.data_digest
    in_order = sorted(
        ((key, number, members) for key, mine in alike.items() for number, members in _by_version(mine).items()),
        key=lambda item: (item[2][0].setting.data_digest == first_data, max(map(_age, item[2]))),
        reverse=True,
    )
    groups, taken = [], set()
    for (setting_digest, conditions), number, members in in_order:
        setting = members[0].setting
        plain = file_stem("", "", setting, paper)
        distinguishing = [setting_digest, conditions, *([number] if number else [])]
        tag = sha256_of_json(distinguishing)[:8] if plain in taken else ""
        taken.add(plain)
        data_tag = "" if setting.data_digest == first_data else sha256_of_json(setting.data_digest)[:8]
        groups.append(Group(setting, conditions, tuple(members), tag, data_tag))
    return groups


def _by_version(members: list[RowRecord]) -> dict[int, list[Record]]:
    """Version -> records of one setting; version 0 is the newest. Runs of one row and fold are of different versions
    where they are not repetitions of each other: a later state of this program may have other values of the row's
    experiment, may extract features otherwise, or may assign clips differently under the same name of a split, e.g.
    when it identifies artists in another way.

    Only runs of the same row and fold are compared: rows with other windows may have another split from the start.
    """
    versions: dict[tuple[str, int], dict[tuple[str, str], int]] = {}
    for one in sorted(members, key=lambda one: _age(one.record), reverse=True):
        of_row = versions.setdefault((one.record.row_experiment, one.record.fold), {})
        of_row.setdefault(_version(one), len(of_row))
    found: dict[int, list[Record]] = {}
    for one in members:
        number = versions[one.record.row_experiment, one.record.fold][_version(one)]
        found.setdefault(number, []).append(one.record)
    return found


def _version(one: RowRecord) -> tuple[str, str]:
    return one.record.split_digest, one.measured


def _age(record: Record) -> tuple[str, str]:
    """Sort key: greater for newer records."""
    return record.finished_at, record.run_id
