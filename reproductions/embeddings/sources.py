"""Where every value of the study's experiments comes from."""

from common.paper import FixedValue, assumed, differs, stated
from common.paper.fixed import RESAMPLER, STANDARDISATION_WINDOWS

_CODE = "the study's code"
SOURCES = {
    "model.kind": stated("section 1.4"),
    "model.dimensions": stated("section 1.4"),
    "model.filters": stated(f"section 1.4 and {_CODE}"),
    "model.kernels": stated(_CODE),
    "model.pools": stated(
        f"{_CODE}; the document gives the two-dimensional network the pools of the one-dimensional one"
    ),
    "model.network": stated("section 1.4, Table 2"),
    "model.weights": stated("section 1.4: weights of ImageNet"),
    "model.base_filters": stated("VGG and ResNet as published"),
    "model.strides": assumed("as in torchvision, which the study took them from; Keras' weights go with `first`"),
    "model.units": stated("section 1.4: 32 in the hidden layer on embeddings; VGG's own 4,096"),
    "model.stage_depth": stated("VGG and ResNet as published: all"),
    "model.spectral": stated("as in the network on spectrograms only"),
    "model.embedding.kind": stated("section 1.4"),
    "model.embedding.units": stated("section 1.4: 32"),
    "feature.kind": stated("section 1.1: mel spectrogram; embeddings of musicnn"),
    "feature.sample_rate": stated(f"{_CODE}: 16,000 Hz"),
    "feature.n_fft": stated("section 1.1: 1,024"),
    "feature.hop_samples": stated("section 1.1: 512"),
    "feature.n_mels": stated(f"{_CODE}: 96"),
    "feature.top_db": assumed("librosa's default, 80 dB"),
    "feature.clip_seconds": assumed("clips are cut by their windows"),
    "feature.padding": assumed("clips are cut by their windows"),
    "feature.model": stated("section 1.1: mtt-musicnn and msd-musicnn"),
    "feature.layer": stated(f"{_CODE}: the maximum over time, 753 values"),
    "feature.pooled": stated(f"{_CODE}: the mean over ten patches"),
    "feature.pooled_patches": stated(f"{_CODE}: all patches"),
    "feature.repeat_short": assumed("GTZAN has no shorter clip; for excerpts"),
    "windows.seconds": stated(
        f"{_CODE}: the shortest training clip, 936 frames, or 851 (computed) with faster copies; section 1.1: segments "
        "of 4 seconds; 30 s stand for the one frame of an embedding"
    ),
    "windows.hop_seconds": stated(f"{_CODE}: segments do not overlap"),
    "windows.max_per_track": stated("one window of a clip, or all segments"),
    "windows.rounding": stated(f"{_CODE}: whole frames"),
    "second_input.feature": stated("the embedding of the same clip"),
    "second_input.windows": stated("section 2.1: of the clip, not of its segment"),
    "second_input.standardise": stated(f"{_CODE}: embeddings as they are"),
    "second_input": stated("section 1.4: embeddings in addition to spectrograms, in the joined networks only"),
    "copies": stated("section 2.1: in the rows with augmentation only"),
    "copies.noise_deviation": stated(f"section 1.1: white noise; {_CODE}: 0.0025"),
    "copies.shift_seconds": stated(f"section 1.1: time shift; {_CODE}: up to 8,000 samples, around the end"),
    "copies.tempi": stated(f"{_CODE}: 0.8, 0.9, 1.0 or 1.1 (the document says up to 1.2, which is never drawn)"),
    "copies.seed": assumed("one set of copies for all networks and runs"),
    "protocol.split": assumed("recovered from the number of test clips of each genre"),
    "protocol.fractions": assumed("for other splits than the study's"),
    "protocol.unit": stated("whole clips"),
    "protocol.stratified": stated("section 1.1: five clips of each genre for validation"),
    "protocol.seed": assumed("for other splits than the study's"),
    "training.optimizer": stated("section 1.4 (training): Adam (the momentum of 0.9 belongs to SGD, not used)"),
    "training.learning_rate": stated("section 1.4 (training): 0.0001"),
    "training.batch_windows": stated("section 1.4 (training): 32"),
    "training.epochs": stated(f"{_CODE}: 100"),
    "training.patience_epochs": stated(f"{_CODE}: none"),
    "training.keep": stated("section 1.4 (training): highest accuracy on validation"),
    "training.precision": assumed("Keras' default"),
    "training.standardise": stated(f"{_CODE}: spectrograms by one mean and deviation, embeddings as they are"),
    "training.windows_per_epoch": stated("all"),
    "training.augmentation": stated("made before training, see copies"),
}
FIXED = {
    "resampler": FixedValue(
        value=RESAMPLER.value,
        source=differs(f"{_CODE}: librosa's kaiser_fast, which is less exact; one resampler serves all papers"),
    ),
    "standardisation_windows": FixedValue(
        value=STANDARDISATION_WINDOWS.value,
        source=differs(
            f"{_CODE}: all training windows; rows without segments have at most 1,080, all of which count here too; of "
            "segments, evenly spaced ones determine the mean to four digits"
        ),
    ),
}
