"""Records that belong into one table: measured by the same setting, under the same conditions."""

from dataclasses import dataclass

from common import tables
from common.files import sha256_of_json
from common.paper import Paper
from common.records import Record, Setting
from common.settings import resolve
from common.spec import Experiment, Input
from common.specbase import build


@dataclass(frozen=True)
class Group:
    """All records that one table may mix.

    Args:
        setting: what the command chose.
        conditions: digest of what replaced the rows' own features and windows, see `conditions_of`.
        records: by run id.
        tag: tells it apart from another group of the same file name; empty for the one with the plain name.
    """

    setting: Setting
    conditions: str
    records: tuple[Record, ...]
    tag: str = ""

    def stem(self, kind: str, identifier: str, paper: Paper) -> str:
        """File name, without suffix, of one of the group's tables or figures."""
        plain = tables.file_stem(kind, identifier, self.setting, paper)
        return f"{plain}_{self.tag}" if self.tag else plain


def conditions_of(paper: Paper, row: Experiment, setting: Setting, ran: Experiment | dict) -> str:
    """Digest of what a row was run with where its own features and windows, and the setting, do not say it.

    Two runs of a row with another time step of the columns, say, are no two runs of one experiment.
    """
    values = ran if isinstance(ran, dict) else ran.as_json()
    # As specs, because a record may be older than a field that has a default.
    shown = [build(Input, {name: values[name] for name in ("feature", "windows")})]
    if values.get("second_input"):
        shown.append(build(Input, values["second_input"]))
    given = shown[0].feature if setting.features == "given" else None
    expected = resolve(paper, row, setting, given).inputs
    differing = [(place, ours.digest) for place, ours in enumerate(shown) if ours != expected[place]]
    return sha256_of_json({"given": given and given.digest, "differing": differing})


def groups_of(paper: Paper, records: list[Record]) -> list[Group]:
    """Sort records into groups, those of the data that were measured first in front, then by newest record; a function
    of the records alone.

    Only the first of several groups with one file name (they differ in data, epochs or precision) keeps the plain name,
    the others get a short digest behind it, so that none takes the place of another. Data come before time because
    somebody's own arrays shall not push aside the results of others in the same folder.
    """
    rows = {row.experiment.digest: row.experiment for table in paper.tables for row in table.rows}
    sorted_in: dict[tuple[str, str], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.run_id):
        # A row that the paper no longer has cannot stand in any of its tables.
        if record.row_experiment in rows:
            conditions = conditions_of(paper, rows[record.row_experiment], record.setting, record.experiment)
            sorted_in.setdefault((record.setting.digest, conditions), []).append(record)
    if not sorted_in:
        return []
    known = [record for members in sorted_in.values() for record in members]
    first_data = min(known, key=lambda record: (record.finished_at, record.run_id)).setting.data_digest
    in_order = sorted(
        sorted_in.items(),
        key=lambda item: (
            item[1][0].setting.data_digest == first_data,
            max((record.finished_at, record.run_id) for record in item[1]),
        ),
        reverse=True,
    )
    groups, taken = [], set()
    for (setting_digest, conditions), members in in_order:
        setting = members[0].setting
        plain = tables.file_stem("", "", setting, paper)
        tag = sha256_of_json([setting_digest, conditions])[:8] if plain in taken else ""
        taken.add(plain)
        groups.append(Group(setting, conditions, tuple(members), tag))
    return groups
