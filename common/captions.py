"""What must be said of a table's numbers: everything reduced, lacking or contaminated."""

from typing import Any

from common.paper import Paper
from common.records import DataFacts, Record, Setting
from common.spec import Experiment, Protocol, Table, Training, parse_change
from common.specbase import build


def caption(paper: Paper, table: Table, setting: Setting, facts: DataFacts, records: list[Record]) -> list[str]:
    """Everything that a reader has to know before comparing; nothing that was reduced is left out."""
    one = min(records, key=lambda record: (record.fold, record.seed))
    published = _published_experiment(paper, one.row_experiment)
    lines = [
        f"Data: {facts.title}, {facts.clips} clips"
        + (f" of {facts.expected}" if facts.expected else "")
        + (f" (INCOMPLETE: {facts.missing} are missing)" if facts.missing else "")
        + (f"; {facts.caption}" if facts.caption else "")
        + "."
    ]
    left_out = _clips_in_no_part(setting, facts, records)
    parts = ", ".join(f"{name} {count.clips} clips ({count.windows} windows)" for name, count in one.parts.items())
    lines.append(
        f"Protocol: {one.protocol}; {f'round {one.fold + 1}: ' if setting.split == 'rotating' else ''}{parts}"
        f"{f'; {left_out} clips are in no part' if left_out > 0 else ''}."
    )
    training = build(Training, one.experiment["training"])
    window = " x ".join(str(size) for size in one.input_shape[:2])
    standardised = ", input standardised on the training windows" if training.standardise else ""
    optimisation = _optimisation_of_rows(table, records)
    same = next(iter(optimisation.values())) if len(set(optimisation.values())) == 1 else None
    lines.append(
        f"Training: windows of {window}, epochs: at most {training.epochs}, {f'{same}, ' if same else ''}"
        f"{training.precision}{standardised}."
    )
    if not same:
        lines.append("Rows: " + "; ".join(f"{label}: {text}" for label, text in optimisation.items()) + ".")
    lines += _reductions(paper, setting, one, published, training, window)
    if setting.changes:
        lines.append(f"CHANGED by the command: {', '.join(setting.changes)}.")
    if setting.scale == "paper" and training.epochs != published.training.epochs:
        lines.append(f"At most {training.epochs} epochs instead of {published.training.epochs}.")
    lines += _repetitions(records)
    if paper.published_on not in f"{facts.title} {facts.caption}":
        lines.append(
            f"OTHER DATA: the published numbers are of {paper.published_on}; the differences compare data sets."
        )
    if facts.skipped:
        named = ", ".join(facts.skipped_clips[:5]) + (", ..." if facts.skipped > 5 else "")
        lines.append(f"{facts.skipped} unusable clips were left out: {named}.")
    lines += table.notes
    if table.reference:
        lines.append(f"To read it against: {table.reference.label}: {table.reference.percent:g} %.")
    lines.append("95 % intervals: Wilson, counting test clips (not windows) as independent trials.")
    return lines


def _clips_in_no_part(setting: Setting, facts: DataFacts, records: list[Record]) -> int:
    """Clips that no part of the split holds."""
    one = records[0]
    if setting.unit == "segment":
        return 0
    if setting.split != "rotating":
        return facts.clips - sum(count.clips for count in one.parts.values())
    if len({record.fold for record in records}) < one.folds:
        return 0  # not known before every partition was tested on
    return facts.clips - len({clip.id for record in records for clip in record.clips})


def _optimisation_of_rows(table: Table, records: list[Record]) -> dict[str, str]:
    """Row label -> its batches and penalties, for the rows that were run."""
    found = {}
    for row in table.rows:
        mine = [record for record in records if record.row_experiment == row.experiment.digest]
        if mine:
            training = build(Training, mine[0].experiment["training"])
            text = f"batch {training.batch_windows}" + (
                "" if training.optimizer == "adam" else f", {training.optimizer}"
            )
            if training.accumulate_batches > 1:
                text = (
                    f"{training.accumulate_batches} batches of {training.batch_windows} accumulated "
                    f"({training.accumulate_reduce}, left-overs of an epoch: {training.accumulate_left_over})"
                )
            if training.l2:
                text += f", L2 {training.l2_form} with lambda {training.l2:g} on layers {training.l2_layers}"
            found[row.label] = text
    return found


def _reductions(
    paper: Paper, setting: Setting, one: Record, published: Experiment, training: Training, window: str
) -> list[str]:
    """What smoke scale and cheaper features took away."""
    lines = []
    if setting.scale == "smoke":
        lines.append(
            f"SMOKE SCALE: {paper.smoke_tracks_per_genre} clips per genre at most, at most "
            f"{training.windows_per_epoch or 'all'} windows per epoch: shows that the work runs, "
            "not how well the network does."
        )
        own, ran = published.as_json(), one.experiment
        asked_for = {parse_change(change)[0] for change in setting.changes}
        for part, name in (("model", "NETWORK"), ("windows", "WINDOWS")):
            differing = [
                f"{field} {_listed(ran[part][field])} instead of {_listed(value)}"
                for field, value in own[part].items()
                if ran[part].get(field, value) != value and f"{part}.{field}" not in asked_for
            ]
            if differing:
                lines.append(f"REDUCED {name}: {', '.join(differing)}.")
    if setting.features == "small":
        lines.append(
            f"REDUCED FEATURES: {_feature_name(one.experiment['feature'])} instead of "
            f"{_feature_name(published.feature.as_json())}."
        )
    if setting.features == "given":
        lines.append(
            f"REDUCED FEATURES: arrays as given ({window} windows) instead of "
            f"{_feature_name(published.feature.as_json())}."
        )
    return lines


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _repetitions(records: list[Record]) -> list[str]:
    """Which rows rest on one seed, and whether folds are lacking."""
    seeds, runs = {}, {}
    for record in records:
        seeds.setdefault(record.row_experiment, set()).add(record.seed)
        runs.setdefault(record.row_experiment, set()).add((record.seed, record.fold))
    lines = []
    folds = records[0].folds
    if folds > 1:
        kind = "rounds" if records[0].setting.split == "rotating" else "folds"
        lines.append(f"Runs are {folds} {kind} of each seed.")
        lacking = sum(len(seeds[row]) * folds - len(done) for row, done in runs.items())
        if lacking:
            lines.append(
                f"INCOMPLETE FOLDS: {lacking} runs of {kind} are lacking; means are over those that are there."
            )
    if max(map(len, runs.values())) > 1:
        lines.append("Behind the mean of several runs stands their standard deviation.")
    fewest, most = min(map(len, seeds.values())), max(map(len, seeds.values()))
    if fewest == 1:
        where = ": " if most == 1 else " in some rows: "
        lines.append(f"ONE SEED{where}differences between rows may be chance.")
    return lines


def warnings(facts: DataFacts, records: list[Record], rows: list[dict[str, Any]]) -> list[str]:
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


def _published_experiment(paper: Paper, digest: str) -> Experiment:
    return next(row.experiment for table in paper.tables for row in table.rows if row.experiment.digest == digest)


def _feature_name(feature: dict[str, Any]) -> str:
    if feature["kind"] == "waveform":
        return f"samples at {feature['sample_rate']} Hz"
    if feature["kind"] == "stft_db":
        return f"{feature['n_fft'] // 2 + 1}-bin STFT in dB, hop {feature['hop_samples']}"
    return f"{feature['n_mels']}-band log-mel, hop {feature['hop_samples']}"
