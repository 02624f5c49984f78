"""What the intervals of a table account for, in words."""

from common.records.record import Record
from common.reports.estimates import weights_are_carried


def sources_text(of_rows: dict[str, list[Record]], from_clips: str) -> str:
    """Which sources of chance the 95 % intervals account for, and how each part is computed, as sentences.

    Args:
        of_rows: row label -> its records, for the rows that were run.
        from_clips: how the part from test clips is computed.
    """
    seeds = [label for label, mine in of_rows.items() if _several_seeds(mine)]
    folds = [label for label, mine in of_rows.items() if label not in seeds and _several_folds(mine)]
    carried = [label for label in folds if weights_are_carried(of_rows[label])]
    folds = [label for label in folds if label not in carried]
    alone = [label for label in of_rows if label not in (*seeds, *folds)]
    unknown = "account for test clips only, because one seed does not show the spread over seeds."
    runs = " or ".join(name for name, rows in (("seeds", seeds), ("folds", folds)) if rows)
    if runs:
        texts = [
            f"95 % intervals account for test clips and {runs} together; 'interval, clips only' and 'interval, {runs} "
            "only' account for one of them each."
        ]
    else:
        texts = [f"95 % intervals {unknown}"]
    texts.append(f"Clips only: {from_clips}.")
    if seeds:
        of_folds = " (each the mean of its folds)" if any(_several_folds(of_rows[label]) for label in seeds) else ""
        texts.append(
            f"Seeds only: Student's t over seeds{of_folds}. Together: on each side, the root of the sum of the two "
            "squared distances from the mean (Zou and Donner 2008)."
        )
    if folds:
        rounds = all(of_rows[label][0].setting.split == "rotating" for label in folds)
        here = " (here rounds)" if rounds else ""
        method = (
            "Student's t over rounds, which share no training clips"
            if rounds
            else "t corrected for the training clips that folds share (Nadeau and Bengio 2003)"
        )
        texts.append(
            f"Folds only{here}: {method}. Folds differ in test clips as well, so the interval for both is, on each "
            "side, the wider of the two."
        )
    if carried:
        texts.append(
            "Rounds that start from the weights of the round before are not repetitions, so there is no interval over "
            "rounds."
        )
    if runs and alone:
        texts.append(f"The intervals of {'; '.join(alone)} {unknown}")
    return " ".join(texts)


def _several_seeds(records: list[Record]) -> bool:
    """Whether several seeds have all folds that any seed has, see `common.metrics.runs.estimate_over_runs`."""
    folds: dict[int, set[int]] = {}
    for record in records:
        folds.setdefault(record.seed, set()).add(record.fold)
    most = max(map(len, folds.values()))
    return sum(len(mine) == most for mine in folds.values()) > 1


def _several_folds(records: list[Record]) -> bool:
    return len({record.fold for record in records}) > 1
