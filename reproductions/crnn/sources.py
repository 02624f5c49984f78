"""Where every value of the study's experiments comes from."""

from common.paper import assumed, differs, stated

_CODE = "the repository's code"
_DEFAULT = f"{_CODE}, its default; the values tuned for the final comparison are not stored"
# Of the repository; describes most rows of table `variants`.
_PAGE = "the page of results of 20 May 2025"
SOURCES = {
    "model.kind": stated("slides"),
    "model.front": stated("slides"),
    "model.cell": stated("slides"),
    "model.hidden": assumed(f"{_DEFAULT}; the slides' drawing of the 2D networks fits 64; `variants`: {_PAGE}"),
    "model.layers": assumed(_DEFAULT),
    "model.dropout": assumed(f"{_DEFAULT}; `variants`: {_PAGE}"),
    "model.bidirectional": stated(f"{_CODE}; `variants`: an LSTM of one direction, {_PAGE}"),
    "model.pooling": stated(f"slides: global pooling; {_CODE}; in one direction the last output: {_PAGE}"),
    "model.head_units": stated(f"{_CODE}; 64 behind the LSTM of one direction: a comment there"),
    "model.max_pooling": stated(f"slides: a later step of the 2D networks; {_CODE}: strides before it"),
    "model.recurrent_dropout": stated(f"slides: a later step of the 2D networks; {_CODE}: not in the 1D networks"),
    "model.spatial_dropout": stated(_CODE),
    "model.first_kernel": stated(_CODE),
    "model.last_filters": stated(_CODE),
    "model.projection": stated(f"{_CODE}: before the first 2D network's LSTM"),
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
    "training.learning_rate": assumed(f"{_DEFAULT}; slides: adapted to each model; `variants`: {_PAGE}"),
    "training.batch_windows": stated(f"{_CODE}: 16; 32 after the second search: {_PAGE}"),
    "training.epochs": stated(f"{_CODE}: 40 for the final comparison; `variants`: 30, {_PAGE}"),
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
    "training.plateau_epochs": stated(
        f"slides: ReduceLROnPlateau; {_CODE}: patience 2, which is the third epoch; `variants`: at first 3, {_PAGE}"
    ),
    "training.plateau_factor": stated(f"{_CODE}; `variants`: at first 0.5, {_PAGE}"),
    "training.plateau_threshold": stated(f"{_CODE}; `variants`: at first PyTorch's default, then 1e-3, {_PAGE}"),
    "training.plateau_threshold_form": stated(f"{_CODE}: absolute; `variants`: at first relative, {_PAGE}"),
    "training.step_epochs": stated(
        f"slides: StepLR; {_CODE}: 10, in addition to the plateau; `variants`: 5 in the 2D networks, as its plots of "
        "the learning rate show"
    ),
    "training.step_factor": stated(f"{_CODE}; `variants`: 0.5 after the second search, as the plot shows"),
}
