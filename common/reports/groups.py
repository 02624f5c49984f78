"""Groups of records that share a table: the same setting, conditions and split."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.core.files import sha256_of_json
from common.paper.overrides import Setting, conditions_of
from common.paper.paper import Paper
from common.records.divergence import Divergence
from common.records.paths import file_stem
from common.records.record import Record


@dataclass(frozen=True)
class Group:
    """All records that one table may mix.

    Args:
        setting: what the command chose.
        conditions: digest of what replaced the rows' own features and windows, see `conditions_of`.
        records: by run id.
        tag: suffix where another group has the same file name; empty for the group with the plain name.
    """

    setting: Setting
    conditions: str
    records: tuple[Record, ...]
    tag: str = ""

    def diverged(self, paper: Paper, notes: Sequence[Divergence]) -> list[Divergence]:
        """The notes of diverged runs that belong to the group: same setting, conditions and split."""
        rows = {row.experiment.digest: row.experiment for table in paper.tables for row in table.rows}
        splits = {record.split_digest for record in self.records}
        return [
            note
            for note in notes
            if note.setting == self.setting
            and note.split_digest in splits
            and note.row_experiment in rows
            and conditions_of(paper, rows[note.row_experiment], note.setting, note.experiment) == self.conditions
        ]

    def stem(self, kind: str, identifier: str, paper: Paper) -> str:
        """File name, without suffix, of one of the group's tables or figures."""
        plain = file_stem(kind, identifier, self.setting, paper)
        return f"{plain}_{self.tag}" if self.tag else plain


def groups_of(paper: Paper, records: list[Record]) -> list[Group]:
    """Sort records into groups. Groups of the data that were used first come first, then groups with newer records; the
    order depends on the records only.

    Several groups can have one file name: they differ in data, epochs or precision, or in the clips that a split of one
    name assigns to its parts. The first keeps the plain name, the others get a short digest as a suffix, so that none
    overwrites another. Data come before time so that a run on a user's own arrays does not take the plain name of
    earlier results in the same folder.
    """
    rows = {row.experiment.digest: row.experiment for table in paper.tables for row in table.rows}
    alike: dict[tuple[str, str], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.run_id):
        # A row that the paper no longer has is in none of its tables.
        if record.row_experiment in rows:
            conditions = conditions_of(paper, rows[record.row_experiment], record.setting, record.experiment)
            alike.setdefault((record.setting.digest, conditions), []).append(record)
    if not alike:
        return []
    known = [record for members in alike.values() for record in members]
    first_data = min(known, key=_age).setting.data_digest
    in_order = sorted(
        ((key, number, members) for key, mine in alike.items() for number, members in _by_split(mine).items()),
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
        groups.append(Group(setting, conditions, tuple(members), tag))
    return groups


def _by_split(records: list[Record]) -> dict[int, list[Record]]:
    """Version of the split -> records of one setting; version 0 is the newest. A later version of this program may
    assign clips differently under the same name, e.g. when it identifies artists in another way, and runs on different
    test clips are not repetitions of each other.

    Only runs of the same row and fold are compared: rows with other windows may have another split from the start.
    """
    splits: dict[tuple[str, int], list[str]] = {}
    for record in sorted(records, key=_age, reverse=True):
        of_row = splits.setdefault((record.row_experiment, record.fold), [])
        if record.split_digest not in of_row:
            of_row.append(record.split_digest)
    found: dict[int, list[Record]] = {}
    for record in records:
        number = splits[record.row_experiment, record.fold].index(record.split_digest)
        found.setdefault(number, []).append(record)
    return found


def _age(record: Record) -> tuple[str, str]:
    """Sort key: greater for newer records."""
    return record.finished_at, record.run_id
