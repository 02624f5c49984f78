"""Tables as pure functions of records: published next to measured, with what must be said of the numbers."""

from pathlib import Path
from typing import Any

from common.evaluation import METRIC_NAMES, mean_with_interval
from common.paper import ArchitectureTable, Paper, count_trainable
from common.records import DataFacts, Record, Setting
from common.spec import Experiment, Table


def measured_metrics(table: Table) -> list[str]:
    """The measured metrics of a table: those compared with a published one first."""
    return list(dict.fromkeys([*table.compared_with.values(), *METRIC_NAMES]))


def of_results(paper: Paper, table: Table, setting: Setting, records: list[Record]) -> dict[str, Any]:
    """Put the records of one setting beside the published numbers.

    Args:
        records: of any rows; those of other settings or papers are left aside.

    Returns:
        The table as JSON values; percentages in percent, rounded to two decimals. Rows without a record have an empty
        `measured`.
    """
    mine = [record for record in records if record.setting == setting]
    rows, used = [], []
    for row in table.rows:
        of_row = [record for record in mine if record.row_experiment == row.experiment.digest]
        used += of_row
        measured = _measured(table, of_row)
        rows.append(
            {
                "label": row.label,
                "published": row.published,
                "measured": measured,
                "difference": {
                    name: round(measured[name]["mean"] - row.published[name], 2) for name in table.metrics if measured
                },
                "trainable_parameters": of_row[0].trainable_parameters if of_row else None,
                "records": sorted(record.run_id for record in of_row),
            }
        )
    facts = used[0].data if used else None
    return {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": setting.dataset,
        "data": facts.title if facts else setting.dataset,
        "protocol": used[0].protocol if used else setting.split,
        "scale": setting.scale,
        "setting": setting.as_json(),
        "caption": _caption(paper, setting, facts, used, rows) if facts else ["No run is recorded yet."],
        "warnings": _warnings(facts, used, rows) if facts else [],
        "row_header": table.row_header,
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "rows": rows,
    }


def _measured(table: Table, records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    clips = len({clip.id for record in records for clip in record.clips})

    def entry(metric: str) -> dict[str, Any]:
        found = mean_with_interval([record.metrics["test"][metric] for record in records], clips)
        return {
            "metric": METRIC_NAMES[metric],
            "mean": round(100 * found.mean, 2),
            "ci95": [round(100 * found.low, 2), round(100 * found.high, 2)],
            "runs": len(records),
            "clips": clips,
        }

    return {name: entry(table.compared_with[name]) for name in table.metrics} | {
        name: entry(name) for name in METRIC_NAMES
    }


def _caption(
    paper: Paper, setting: Setting, facts: DataFacts, records: list[Record], rows: list[dict[str, Any]]
) -> list[str]:
    """Everything that a reader has to know before comparing; nothing that was reduced is left out."""
    one = records[0]
    published = _published_experiment(paper, one.row_experiment)
    lines = [
        f"Data: {facts.title}, {facts.clips} clips"
        + (f" of {facts.expected}" if facts.expected else "")
        + (f" (INCOMPLETE: {facts.missing} are missing)" if facts.missing else "")
        + (f"; {facts.caption}" if facts.caption else "")
        + "."
    ]
    parts = ", ".join(f"{name} {count.clips} clips ({count.windows} windows)" for name, count in one.parts.items())
    dealt = sum(count.clips for count in one.parts.values())
    left_out = facts.clips - dealt if not one.shared_clips else 0
    lines.append(f"Protocol: {one.protocol}; {parts}{f'; {left_out} clips are in no part' if left_out > 0 else ''}.")
    training = one.experiment["training"]
    window = " x ".join(str(size) for size in one.input_shape[:2])
    lines.append(
        f"Training: windows of {window}, epochs: at most {training['epochs']}, batch {training['batch_windows']}, "
        f"{training['precision']}{', input standardised on the training windows' if training['standardise'] else ''}."
    )
    if setting.scale == "smoke":
        lines.append(
            f"SMOKE SCALE: {paper.smoke_tracks_per_genre} clips per genre at most, at most "
            f"{training['windows_per_epoch'] or 'all'} windows per epoch: shows that the work runs, "
            "not how well the network does."
        )
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
    if setting.scale == "paper" and training["epochs"] != published.training.epochs:
        lines.append(f"At most {training['epochs']} epochs instead of {published.training.epochs}.")
    lines += _repetitions(records)
    if paper.published_on not in f"{facts.title} {facts.caption}":
        lines.append(
            f"OTHER DATA: the published numbers are of {paper.published_on}; the differences compare data sets."
        )
    if facts.skipped:
        named = ", ".join(facts.skipped_clips[:5]) + (", ..." if facts.skipped > 5 else "")
        lines.append(f"{facts.skipped} unusable clips were left out: {named}.")
    lines.append("95 % intervals: Wilson, counting test clips (not windows) as independent trials.")
    return lines


def _repetitions(records: list[Record]) -> list[str]:
    """Which rows rest on one seed, and whether folds are lacking."""
    seeds, runs = {}, {}
    for record in records:
        seeds.setdefault(record.row_experiment, set()).add(record.seed)
        runs.setdefault(record.row_experiment, set()).add((record.seed, record.fold))
    lines = []
    folds = records[0].folds
    if folds > 1:
        lines.append(f"Runs are {folds} folds of each seed.")
        lacking = sum(len(seeds[row]) * folds - len(done) for row, done in runs.items())
        if lacking:
            lines.append(f"INCOMPLETE FOLDS: {lacking} runs of folds are lacking; means are over those that are there.")
    fewest, most = min(map(len, seeds.values())), max(map(len, seeds.values()))
    if fewest == 1:
        where = ": " if most == 1 else " in some rows: "
        lines.append(f"ONE SEED{where}differences between rows may be chance.")
    return lines


def _warnings(facts: DataFacts, records: list[Record], rows: list[dict[str, Any]]) -> list[str]:
    found = []
    shared = max(record.shared_clips for record in records)
    if shared:
        found.append(
            f"CONTAMINATED: windows of up to {shared} clips stand both in training or validation and in test; these "
            "accuracies measure recognition of known clips as much as of genres."
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
    if feature["kind"] == "stft_db":
        return f"{feature['n_fft'] // 2 + 1}-bin STFT in dB, hop {feature['hop_samples']}"
    return f"{feature['n_mels']}-band log-mel, hop {feature['hop_samples']}"


def of_architecture(paper: Paper, table: ArchitectureTable, dataset: str, classes: int = 10) -> dict[str, Any]:
    """Hold the published layers against the network that we build at the paper's own input size."""
    experiment = table.experiment
    shape = paper.input_shape(experiment)
    model = paper.build(experiment.model, shape, classes)
    rows = []
    for row in table.rows:
        layers = [model.get_layer(name) for name in row.layers]
        rows.append(
            {
                "label": row.label,
                "published": {table.column: row.published},
                "measured": {
                    table.column: table.measure(model, row.layers),
                    "output_shape": list(layers[-1].output.shape[1:]),
                    "parameters": sum(layer.count_params() for layer in layers),
                },
                "difference": {},
            }
        )
    differing = [row["label"] for row in rows if row["published"][table.column] != row["measured"][table.column]]
    return {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "caption": [
            f"Input {' x '.join(map(str, shape))}; {count_trainable(model):,} trainable parameters. Built, not "
            "trained: these lines do not depend on data."
        ],
        "warnings": [f"Layers that differ from the published ones: {', '.join(differing)}."] if differing else [],
        "row_header": "Layer",
        "metrics": [table.column],
        "rows": rows,
    }


def file_stem(kind: str, identifier: str, setting: Setting, paper: Paper) -> str:
    """File name of a table or figure: the plain name for the default protocol and scale, else what differs is added, so
    that a contaminated or a smoke result never takes the place of another (see `common.groups` for the rest)."""
    protocol = paper.default_experiment.protocol
    parts = [f"{kind}_{identifier}"]
    if setting.unit != protocol.unit:
        parts.append(setting.unit)
    if setting.split != protocol.split:
        parts.append(setting.split)
    if setting.scale != ("smoke" if setting.dataset == "demo" else "paper"):
        parts.append(setting.scale)
    if setting.features == "small" and setting.dataset != "demo":
        parts.append("small_features")
    return "_".join(parts)


def result_folder(out: Path, paper: Paper, dataset: str) -> Path:
    """Where tables and figures of a paper and dataset lie."""
    return Path(out) / paper.key / dataset
