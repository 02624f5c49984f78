"""Notes on rows: once where all rows agree, row by row where they differ."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from common.core.spec import build
from common.core.words import counted, plural
from common.paper.experiment import Experiment
from common.paper.overrides import Setting
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.records.record import Record
from common.reports.table import Note, NoteKind


def by_row_notes(kind: NoteKind, heading: str, texts: dict[str, str], of_rows: dict[str, Any]) -> list[Note]:
    """A note `heading: text.` on what may differ from row to row; none where there is nothing to say.

    Args:
        texts: row label -> its text.
        of_rows: all rows of the table that were run.
    """
    if not texts:
        return []
    return [Note(kind, f"{heading}: {_by_row(texts, len(of_rows))}.")]


def _by_row(texts: dict[str, str], rows: int) -> str:
    """`text` where all rows have the same, else `row, row: text; row: text`."""
    labels: dict[str, list[str]] = {}
    for label, text in texts.items():
        labels.setdefault(text, []).append(label)
    if len(labels) == 1 and len(texts) == rows:
        return next(iter(labels))
    return "; ".join(f"{labels_text(names)}: {text}" for text, names in labels.items())


def labels_text(labels: Iterable[str]) -> str:
    """Row labels side by side; with bars between them where a label itself holds a comma, e.g. `0 | 5 | 4,5`."""
    labels = list(labels)
    return (" | " if any("," in label for label in labels) else ", ").join(labels)


def protocol_text(record: Record) -> str:
    """The protocol of a run in words."""
    return build(Protocol, record.experiment["protocol"]).name


def training_notes(of_rows: dict[str, Record]) -> list[Note]:
    """How the rows were trained."""
    aspects: list[dict[str, str]] = [{}, {}, {}]
    for label, record in of_rows.items():
        values = build(Training, record.experiment["training"])
        aspects[0][label] = f"windows of {_window(record)}"
        each = values.windows_per_epoch
        of_windows = "" if each is None else f", of at most {counted(each, 'window')} each"
        aspects[1][label] = f"epochs: at most {values.epochs}{of_windows}"
        aspects[2][label] = _optimisation(values) + _augmented_copies(record.experiment.get("copies"))
    standardised = {label: _standardised(record) for label, record in of_rows.items()}
    if len(set(standardised.values())) > 1:
        aspects.append(standardised)
    shared = [next(iter(texts.values())) for texts in aspects if len(set(texts.values())) == 1]
    differing = [texts for texts in aspects if len(set(texts.values())) > 1]
    one = next(iter(of_rows.values()))
    values = build(Training, one.experiment["training"])
    if values.standardise and standardised not in aspects:
        shared.append(_standardised(one))
    notes = [Note("training", f"Training: {', '.join(shared)}.")] if shared else []
    if differing:
        texts = {label: ", ".join(aspect[label] for aspect in differing) for label in of_rows}
        notes += by_row_notes("training", "Training by row", texts, of_rows)
    return [*notes, precision_note(values.precision)]


def _standardised(record: Record) -> str:
    """Which inputs were standardised; in records older than the choice, all were or none."""
    if not build(Training, record.experiment["training"]).standardise:
        return "input not standardised"
    second = record.experiment.get("second_input")
    if second and not second.get("standardise", True):
        return "first input standardised on the training windows, second as it is"
    return "input standardised on the training windows"


def precision_note(precision: str) -> Note:
    """In which precision a network computed."""
    if precision == "float32":
        return Note("precision", "Precision: float32.")
    return Note("bfloat16", f"Precision: {precision} instead of float32.")


def fewer_epochs_notes(rows: dict[str, tuple[Record, Experiment]]) -> list[Note]:
    """Rows that were trained for another number of epochs than in the paper.

    Args:
        rows: row label -> (its record, its experiment as the paper has it).
    """
    texts, ours, theirs = {}, set(), set()
    for label, (record, published) in rows.items():
        epochs = build(Training, record.experiment["training"]).epochs
        if epochs != published.training.epochs:
            texts[label] = f"at most {epochs} instead of {published.training.epochs}"
            ours.add(epochs)
            theirs.add(published.training.epochs)
    notes = by_row_notes("fewer_epochs", "Number of epochs differs from the paper's", texts, rows)
    numbers, paper = (" or ".join(map(str, sorted(found))) for found in (ours, theirs))
    return [replace(note, short=f"{numbers} {plural(max(ours), 'epoch')} instead of {paper}.") for note in notes]


def changed_values_text(own: dict[str, Any], ran: dict[str, Any], part: str, asked_for: set[str]) -> str:
    """Values that differ from the paper's, except those that the command asked for; empty where there is none."""
    return ", ".join(
        f"{field} {_listed(ran[field])} instead of {_listed(value)}"
        for field, value in own.items()
        if ran.get(field, value) != value and f"{part}.{field}" not in asked_for
    )


def replaced_features_text(setting: Setting, record: Record, published: Experiment) -> str:
    """What a row was trained on instead of the paper's features."""
    theirs = " and ".join(_feature_name(given.feature.as_json()) for given in published.inputs)
    if setting.features == "given":
        return f"precomputed arrays ({_window(record)} windows) instead of {theirs}"
    return f"{' and '.join(map(_feature_name, features_of_record(record)))} instead of {theirs}"


def features_of_record(record: Record) -> list[dict[str, Any]]:
    """The one or two features that a row was trained on."""
    second = record.experiment.get("second_input")
    return [record.experiment["feature"], *([second["feature"]] if second else [])]


def _window(record: Record) -> str:
    shapes = [record.input_shape] + ([record.second_input.shape] if record.second_input else [])
    return " and ".join(" x ".join(str(size) for size in shape[:2]) for shape in shapes)


def _optimisation(training: Training) -> str:
    """Batches, penalties and augmentation."""
    text = f"batch {training.batch_windows}" + ("" if training.optimizer == "adam" else f", {training.optimizer}")
    if training.accumulate_batches > 1:
        text = (
            f"gradients of {training.accumulate_batches} batches of {training.batch_windows} accumulated "
            f"({training.accumulate_reduce}; batches left over at the end of an epoch: "
            f"{training.accumulate_left_over})"
        )
    if training.l2:
        where = "on all variables" if training.l2_variables == "all" else f"on layers {training.l2_layers}"
        text += f", L2 {training.l2_form} with lambda {training.l2:g} {where}"
    if training.augmentation and training.augmentation.waveform:
        noise = training.augmentation.waveform
        text += (
            f", noise of {noise.noise_deviation:g} and gain of up to {noise.gain_db:g} dB with probability "
            f"{noise.probability:g}"
        )
    if training.augmentation and training.augmentation.spectrogram:
        masks = training.augmentation.spectrogram
        size = f"of {masks.width}" if masks.width else f"of up to {100 * masks.largest_share:g} %"
        text += f", {masks.masks} + {masks.masks} masks {size} ({masks.fill}) with probability {masks.probability:g}"
    if training.augmentation and training.augmentation.chain:
        chain = training.augmentation.chain
        text += f", a chain of masks, amplitude, shifts and noise with probability {chain.probability:g}"
    if training.class_weights != "none":
        text += ", loss weighted by inverse genre frequency"
    if training.plateau_epochs:
        waited = counted(training.plateau_epochs, "epoch")
        by = training.plateau_threshold
        least = f"{100 * by:g} %" if training.plateau_threshold_form == "relative" else f"{by:g}"
        lower = f"validation loss that is lower by {least}" if by else "lower validation loss"
        text += f", learning rate x {training.plateau_factor:g} after {waited} without a {lower}"
    if training.step_epochs:
        text += f", learning rate x {training.step_factor:g} every {counted(training.step_epochs, 'epoch')}"
    kept = {"best": "", "best_accuracy": ", epoch of the best validation accuracy kept", "last": ", last epoch kept"}
    return f"{text}{kept[training.keep]}"


def _augmented_copies(values: dict[str, Any] | None) -> str:
    if not values:
        return ""
    tempi = ", ".join(f"{tempo:g}" for tempo in values["tempi"])
    return (
        f", an altered copy of each clip in training and validation (noise of {values['noise_deviation']:g}, shift of "
        f"up to {values['shift_seconds']:g} s, tempo of {tempi})"
    )


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _feature_name(feature: dict[str, Any]) -> str:
    if feature["kind"] == "waveform":
        return f"samples at {feature['sample_rate']} Hz"
    if feature["kind"] == "stft_db":
        return f"{feature['n_fft'] // 2 + 1}-bin STFT in dB, hop {feature['hop_samples']}"
    if feature["kind"] == "torch_mel":
        channels = "stereo" if feature["channels"] == 2 else "mono"
        rate, hop = feature["sample_rate"], feature["hop_samples"]
        return f"{feature['n_mels']}-band log-mel ({channels}, {rate} Hz, hop {hop})"
    if feature["kind"] == "musicnn":
        # Records from before this field have the mean of all patches.
        patches = feature.get("pooled_patches")
        fewer = f", {'mean ' if patches > 1 else ''}of {counted(patches, 'patch')}" if patches else ""
        return f"{feature['layer']} of musicnn ({feature['model']}){fewer}"
    if feature["kind"] == "mfcc":
        return f"{feature['n_mfcc']} MFCC, hop {feature['hop_samples']}"
    return f"{feature['n_mels']}-band log-mel, hop {feature['hop_samples']}"
