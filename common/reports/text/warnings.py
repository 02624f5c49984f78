"""What a table warns of above its rows: leaks, lacking genres, accuracies that cannot be, rows on other test clips,
trainings that came apart."""

from typing import Any

from common.core.spec import build
from common.paper.protocol import Protocol
from common.records.divergence import Divergence, divergence_warnings
from common.records.record import DataFacts, Record


def table_warnings(
    facts: DataFacts,
    records: list[Record],
    rows: list[dict[str, Any]],
    noted: dict[str, list[Divergence]] | None = None,
) -> list[str]:
    """All warnings of a table.

    Args:
        records: of its rows.
        rows: as JSON values, measured.
        noted: row label -> its runs that had no number when they diverged.
    """
    found = []
    shared = max(record.shared_clips for record in records)
    protocol = build(Protocol, records[0].experiment["protocol"])
    if shared and protocol.carry_weights and protocol.unit == "clip":
        first = min(record.fold for record in records if record.shared_clips) + 1
        found.append(
            f"CONTAMINATED from round {first} on: weights are carried from round to round, and up to {shared} test "
            "clips of a round were trained or selected on in an earlier one. The means include these rounds."
        )
    elif shared:
        earlier = ", of this round or an earlier one," if protocol.carry_weights else ""
        found.append(
            f"CONTAMINATED: windows of up to {shared} clips stand both in training or validation{earlier} and in test; "
            "these accuracies measure recognition of known clips as much as of genres."
        )
    if protocol.unit == "clip":
        found += _other_splits(records, rows)
    by_id = {record.run_id: record for record in records}
    of_rows = {row["label"]: [by_id[name] for name in row["records"] if name in by_id] for row in rows}
    found += divergence_warnings(of_rows, noted or {})
    lacking = sorted(
        {
            facts.genres[label]
            for record in records
            if record.folds == 1
            for label in set(range(len(facts.genres))) - {clip.label for clip in record.clips}
        }
    )
    folds_lacking = sum(
        record.folds > 1 and len({clip.label for clip in record.clips}) < len(facts.genres) for record in records
    )
    if folds_lacking:
        found.append(
            f"In {folds_lacking} of {len(records)} runs the test fold has no clip of some genre; F1 macro of such a "
            "run is the mean over the other genres."
        )
    if lacking:
        found.append(
            f"No test clip of {', '.join(lacking)}: how well they are recognised is not measured; F1 macro is the mean "
            "over genres that have test clips or were decided for."
        )
    ceiling = facts.clip_accuracy_ceiling_percent
    above = [
        row["label"]
        for row in rows
        if ceiling and row["measured"] and row["measured"]["clip_accuracy_mean_softmax"]["mean"] > ceiling
    ]
    if above:
        found.append(
            f"Clip accuracy above {ceiling:g} %, more than the faulty labels of this data set should allow, in rows: "
            f"{', '.join(above)}."
        )
    return found


def _other_splits(records: list[Record], rows: list[dict[str, Any]]) -> list[str]:
    """Rows that were run on a split which deals otherwise than the newest run's of the same name."""
    newest: dict[int, str] = {}
    for record in sorted(records, key=lambda record: (record.finished_at, record.run_id)):
        newest[record.fold] = record.split_digest
    others = {record.run_id for record in records if record.split_digest != newest[record.fold]}
    labels = [row["label"] for row in rows if others & set(row["records"])]
    if not labels:
        return []
    return [
        f"Rows {', '.join(labels)} were run on a split of the same name that deals otherwise, on other test clips than "
        "the newest run; run them again to compare them."
    ]
