"""Where every value of the study's experiments comes from."""

from common.sources import ACCUMULATION, ROTATION, Source, unused

_CODE = "the repository's code"
_DEFAULT = f"{_CODE}, its default; the values tuned for each network are not stored anywhere"


def _stated(reason: str) -> Source:
    return Source(status="stated", reason=reason)


def _assumed(reason: str) -> Source:
    return Source(status="assumed", reason=reason)


SOURCES = {
    "paper": _stated("the slides themselves"),
    "model.kind": _stated("slides"),
    "model.front": _stated("slides"),
    "model.cell": _stated("slides"),
    "model.hidden": _assumed(f"{_DEFAULT}; the slides' drawing of the 2D networks fits 64"),
    "model.layers": _assumed(_DEFAULT),
    "model.dropout": _assumed(_DEFAULT),
    "model.filters": _stated(_CODE),
    "model.units": _stated(_CODE),
    "feature.kind": _stated("slides: mel spectrograms in dB, normalised; the code's min-max is over each track"),
    "feature.sample_rate": _stated(_CODE),
    "feature.n_fft": _stated(_CODE),
    "feature.hop_samples": _stated(_CODE),
    "feature.n_mels": _stated(_CODE),
    "feature.n_mfcc": _stated(_CODE),
    "feature.top_db": _assumed("librosa's default, 80 dB"),
    "feature.clip_seconds": _stated(f"{_CODE}: 661,500 samples, cut or padded with zeros"),
    "windows.seconds": _stated(f"{_CODE}: the whole track, 1,292 frames"),
    "windows.hop_seconds": _stated("one window of a track"),
    "windows.max_per_track": _stated("one window of a track"),
    "windows.rounding": _stated("one window of a track"),
    "protocol.split": _stated(f"slides: 80/10/10; {_CODE}: within each genre, rounded down (option: `--split artist`)"),
    "protocol.fractions": _stated("slides: 80 %, 10 %, 10 %"),
    "protocol.unit": _stated("whole tracks"),
    "protocol.stratified": _stated(_CODE),
    "protocol.seed": _stated(f"{_CODE}: 42"),
    "training.optimizer": _stated("slides: Adam with weight decay"),
    "training.learning_rate": _assumed(f"{_DEFAULT}; slides: adapted to each model"),
    "training.batch_windows": _stated(f"{_CODE}: 16"),
    "training.epochs": _stated(f"{_CODE}: 40 for the final comparison"),
    "training.patience_epochs": _stated(_CODE),
    "training.keep": _assumed(
        "the epoch of the least validation loss; the code judges the last (option: `--set training.keep=last`)"
    ),
    "training.precision": _assumed("Keras' default"),
    "training.standardise": _assumed("off: values are between 0 and 1 already"),
    "training.windows_per_epoch": _assumed("all"),
    "training.l2": _stated(f"slides: weight decay; {_CODE}: 1e-4, coupled, which is a penalty of half of that"),
    "training.l2_form": _stated(_CODE),
    "training.l2_layers": _stated(_CODE),
    "training.l2_variables": _stated(f"{_CODE}: PyTorch's `Adam(weight_decay=...)` decays all that is trained"),
    **{
        f"training.augmentation.chain.{name}": _stated(_CODE)
        for name in (
            "probability",
            "early_probability",
            "late_probability",
            "masks",
            "widest_bands",
            "widest_frames",
            "amplitude",
            "time_share",
            "noise_deviation",
            "shifted_bands",
        )
    },
    "training.augmentation.waveform": _stated("spectrograms alone are changed"),
    "training.augmentation.spectrogram": _stated("masks are part of the chain"),
    "training.class_weights": _stated(
        f"none: {_CODE} tried and rejected them (option: `--set training.class_weights=inverse_frequency`)"
    ),
    "training.plateau_epochs": _stated(f"slides: ReduceLROnPlateau; {_CODE}: patience 2, which is the third epoch"),
    "training.plateau_factor": _stated(_CODE),
    "training.plateau_threshold": _stated(f"{_CODE}: absolute"),
    "training.step_epochs": _stated(f"slides: StepLR; {_CODE}: 10, beside the plateau"),
    "training.step_factor": _stated(_CODE),
    **unused("protocol.folds", "second_input", *ROTATION, *ACCUMULATION),
}
