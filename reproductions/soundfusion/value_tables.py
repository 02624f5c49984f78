"""Values that the slides list, beside those of the rows: spectrograms, regularisation, and how VGG16 is transferred."""

from common.paper import Paper, ValueRow, ValueTable
from common.paper.parameters import StoredNetworks
from reproductions.soundfusion import experiments as e
from reproductions.soundfusion.sources import SOURCES

_CHANNELS = {1: "Mono", 2: "Stereo"}
_PLACES = {"logits": "after the output layer", "features": "before the output layer"}
_TRAINED = {"all": "all", "first_and_last": "the first convolution and the last layer"}
_PERCENT = 100


def _mel_settings(_: Paper) -> tuple[ValueRow, ...]:
    features = e.STEREO, e.MONO

    def row(label: str, published: str | int, field: str) -> ValueRow:
        values = [getattr(feature, field) for feature in features]
        ours = tuple(_CHANNELS[value] if field == "channels" else value for value in values)
        return ValueRow(label, published, ours, SOURCES[f"feature.{field}"].reason)

    return (
        row("Mono/stereo", "Stereo", "channels"),
        row("Sampling rate (Hz)", 44100, "sample_rate"),
        row("Mel filter banks", 64, "n_mels"),
        row("Window size", 1024, "n_fft"),
        row("Hop length", 512, "hop_samples"),
        ValueRow(
            "Window function", "Hann", tuple(feature.window_function for feature in features), "slides; in all features"
        ),
    )


def _augmentation_settings(paper: Paper) -> tuple[ValueRow, ...]:
    masks, noise = e.masks().spectrogram, e.noise().waveform
    models = [experiment.model for experiment in paper.experiments]
    rates = sorted({_PERCENT * model.dropout for model in models if model.dropout})
    (place,) = {model.dropout_on for model in models}
    prefix = "training.augmentation"
    masks_reason = SOURCES[f"{prefix}.spectrogram.largest_share"].reason
    return (
        ValueRow("Time masks", 2, (masks.masks,), SOURCES[f"{prefix}.spectrogram.masks"].reason),
        ValueRow("Maximum mask percentage", 0.3, (masks.largest_share,), masks_reason.partition(" (or:")[0]),
        ValueRow(
            "Gaussian noise, standard deviation",
            0.02,
            (noise.noise_deviation,),
            SOURCES[f"{prefix}.waveform.noise_deviation"].reason,
        ),
        ValueRow(
            "Gain (dB)",
            "-12 to 12",
            (f"{-noise.gain_db:g} to {noise.gain_db:g}",),
            SOURCES[f"{prefix}.waveform.gain_db"].reason,
        ),
        ValueRow("Dropout layers", "after the output layer", (_PLACES[place],), SOURCES["model.dropout_on"].reason),
        ValueRow(
            "Dropout probability (%)", "30-50", (f"{rates[0]:.0f}-{rates[-1]:.0f}",), SOURCES["model.dropout"].reason
        ),
    )


def _transfer_steps(paper: Paper) -> tuple[ValueRow, ...]:
    networks = StoredNetworks.read(paper)
    rows = []
    for weights in e.TRANSFER_WEIGHTS:
        experiment = e.vgg16_literal(weights)
        trained = _TRAINED[experiment.model.trained]
        ours = (trained, f"{networks.parameters_of(experiment):,}", experiment.training.epochs)
        rows.append(ValueRow(weights, None, ours, "slides: transfer learning in three steps; layers as in the code"))
    return tuple(rows)


VALUE_TABLES = (
    ValueTable(
        id="mel_settings",
        title="Mel spectrograms",
        row_header="Value",
        columns=("SimpleCNN", "other networks"),
        rows=_mel_settings,
        notes=("The rows of VGG16 in table transfer take one channel at 44,100 Hz, with a hop of 256 samples.",),
    ),
    ValueTable(
        id="augmentation_settings",
        title="Regularisation techniques: data augmentation and dropout",
        row_header="Value",
        rows=_augmentation_settings,
        notes=("The tables of SpecAugment vary number and size of the masks; rows without regularisation have none.",),
    ),
    ValueTable(
        id="transfer_steps",
        title="Transfer learning: weights before training, and what is trained",
        row_header="Weights before training",
        columns=("trained layers", "trainable parameters", "epochs"),
        rows=_transfer_steps,
        notes=("The slide says no more than that there are three steps; its text is not legible.",),
    ),
)
