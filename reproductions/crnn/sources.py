"""Where every value of the study's experiments comes from."""

from common.paper import assumed, differs, stated

_CODE = "the repository's code"
_DEFAULT = f"{_CODE}, its default; the values tuned for each network are not stored anywhere"
SOURCES = {
    "model.kind": stated("slides"),
    "model.front": stated("slides"),
    "model.cell": stated("slides"),
    "model.hidden": assumed(f"{_DEFAULT}; the slides' drawing of the 2D networks fits 64"),
    "model.layers": assumed(_DEFAULT),
    "model.dropout": assumed(_DEFAULT),
    "model.filters": stated(_CODE),
    "model.units": stated(_CODE),
    "feature": stated(_CODE),
    "feature.kind": stated("slides: mel spectrograms in dB, normalised; the code's min-max is over each track"),
    "feature.top_db": assumed("librosa's default, 80 dB"),
    "feature.clip_seconds": stated(f"{_CODE}: 661,500 samples, cut or padded with zeros"),
    "feature.padding": stated(f"{_CODE}: zeros"),
    "windows": stated("one window of a track"),
    "windows.seconds": stated(f"{_CODE}: the whole track, 1,292 frames"),
    "protocol.split": stated(f"slides: 80/10/10; {_CODE}: within each genre, rounded down (or: `--split artist`)"),
    "protocol.fractions": stated("slides: 80 %, 10 %, 10 %"),
    "protocol.unit": stated("whole tracks"),
    "protocol.stratified": stated(_CODE),
    "protocol.seed": stated(f"{_CODE}: 42"),
    "training.optimizer": stated("slides: Adam with weight decay"),
    "training.learning_rate": assumed(f"{_DEFAULT}; slides: adapted to each model"),
    "training.batch_windows": stated(f"{_CODE}: 16"),
    "training.epochs": stated(f"{_CODE}: 40 for the final comparison"),
    "training.patience_epochs": stated(_CODE),
    "training.keep": differs(
        f"{_CODE} evaluates the last epoch (or: `--set training.keep=last`); here the epoch with the "
        "lowest validation loss is evaluated, as usual with early stopping"
    ),
    "training.precision": assumed("Keras' default"),
    "training.standardise": assumed("off: values are between 0 and 1 already"),
    "training.windows_per_epoch": assumed("all"),
    "training.l2": stated(f"slides: weight decay; {_CODE}: 1e-4, coupled, which is a penalty of half of that"),
    "training.l2_form": stated(_CODE),
    "training.l2_layers": stated(_CODE),
    "training.l2_variables": stated(f"{_CODE}: PyTorch's `Adam(weight_decay=...)` decays all trainable variables"),
    "training.augmentation.chain": stated(_CODE),
    "training.watch": stated(f"{_CODE}: cross-entropy of the validation part; weight decay is no part of it"),
    "training.augmentation.waveform": stated("only spectrograms are augmented"),
    "training.augmentation.spectrogram": stated("masks are part of the chain"),
    "training.class_weights": stated(
        f"none: {_CODE} tried and rejected them (or: `--set training.class_weights=inverse_frequency`)"
    ),
    "training.plateau_epochs": stated(f"slides: ReduceLROnPlateau; {_CODE}: patience 2, which is the third epoch"),
    "training.plateau_factor": stated(_CODE),
    "training.plateau_threshold": stated(f"{_CODE}: absolute"),
    "training.step_epochs": stated(f"slides: StepLR; {_CODE}: 10, in addition to the plateau"),
    "training.step_factor": stated(_CODE),
}
