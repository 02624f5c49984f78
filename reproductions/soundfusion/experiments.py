"""The study's experiments: network, features, windows and training of each."""

from typing import Any

from common.paper import (
    Augmentation,
    Experiment,
    Input,
    Protocol,
    Spec,
    SpectrogramAugmentation,
    TorchaudioLogMel,
    Training,
    Waveform,
    WaveformAugmentation,
    WindowSpec,
    seconds_of,
)
from reproductions.soundfusion.specs import (
    FusionSpec,
    ResNet1dSpec,
    ResNet2dSpec,
    SimpleCnnSpec,
    TransposedNnetSpec,
    Vgg16Spec,
)

RATE = 22050
# Windows overlap by 25 % of 110,250 samples, rounded down: a hop of 82,688 samples. The microseconds keep the start of
# the seventh window from being rounded down by one sample.
HOP_SECONDS = 3.750023
STEREO = TorchaudioLogMel(sample_rate=44100, n_fft=1024, hop_samples=512, n_mels=64, channels=2)
MONO = TorchaudioLogMel(sample_rate=RATE, n_fft=1024, hop_samples=512, n_mels=128)
SAMPLES = Waveform(sample_rate=RATE)
EXCERPT = TorchaudioLogMel(sample_rate=44100, n_fft=1024, hop_samples=256, n_mels=64)
WHOLE_SECONDS = seconds_of(2579, STEREO.frames_per_second)
WHOLE_CLIP = WindowSpec(seconds=WHOLE_SECONDS, hop_seconds=WHOLE_SECONDS, max_per_track=1, rounding="starts")
FRAME_WINDOWS = WindowSpec(
    seconds=seconds_of(216, MONO.frames_per_second), hop_seconds=HOP_SECONDS, max_per_track=7, rounding="starts"
)
SAMPLE_WINDOWS = WindowSpec(seconds=5.0, hop_seconds=HOP_SECONDS, max_per_track=7, rounding="starts")
EXCERPT_SECONDS = seconds_of(173, EXCERPT.frames_per_second)
FIRST_SECOND = WindowSpec(seconds=EXCERPT_SECONDS, hop_seconds=EXCERPT_SECONDS, max_per_track=1, rounding="starts")
# Augmentation of the waveform in training.
NOISE_AND_GAIN = {"noise_deviation": 0.02, "gain_db": 12.0}
DROPOUT = 0.3
LARGE_FILTERS = 64
AUGMENT_PROBABILITY = 0.8
FUSION_AUGMENT_PROBABILITY = 0.5


def noise(probability: float = AUGMENT_PROBABILITY) -> Augmentation:
    """Random noise and gain on the waveform."""
    return Augmentation(waveform=WaveformAugmentation(probability=probability, **NOISE_AND_GAIN))


def masks(probability: float = AUGMENT_PROBABILITY, *, largest_share: float = 0.3, count: int = 2) -> Augmentation:
    """Random masks on the spectrogram."""
    return Augmentation(
        spectrogram=SpectrogramAugmentation(probability=probability, masks=count, largest_share=largest_share)
    )


def _experiment(model: Spec, feature, windows: WindowSpec, second: Input | None = None, **training: Any) -> Experiment:
    return Experiment(
        paper="soundfusion",
        model=model,
        feature=feature,
        windows=windows,
        protocol=Protocol(split="holdout", unit="clip", fractions=(0.8, 0.1, 0.1)),
        training=Training(**training),
        second_input=second,
    )


def simple_cnn(augmentation: Augmentation) -> Experiment:
    """SimpleCNN; PyTorch's weight decay of 0.001 equals an L2 penalty of 0.0005 times the sum of squares."""
    return _experiment(
        SimpleCnnSpec(), STEREO, WHOLE_CLIP, epochs=50, l2=5e-4, l2_variables="all", augmentation=augmentation
    )


def _batch_windows(base_filters: int) -> int:
    """Batches of 32 windows, of 16 for the large networks."""
    return 16 if base_filters >= LARGE_FILTERS else 32


def resnet1d(
    base_filters: int, *, epochs: int, dropout: float = DROPOUT, augmentation: Augmentation | None = None
) -> Experiment:
    model = ResNet1dSpec(base_filters=base_filters, dropout=dropout)
    return _experiment(
        model,
        SAMPLES,
        SAMPLE_WINDOWS,
        epochs=epochs,
        batch_windows=_batch_windows(base_filters),
        augmentation=augmentation,
    )


def resnet2d(base_filters: int, *, dropout: float = DROPOUT, augmentation: Augmentation | None = None) -> Experiment:
    model = ResNet2dSpec(base_filters=base_filters, dropout=dropout)
    return _experiment(
        model,
        MONO,
        FRAME_WINDOWS,
        epochs=30,
        batch_windows=_batch_windows(base_filters),
        augmentation=augmentation,
    )


def nnet(variant: str, *, epochs: int = 30, dropout: float, augmentation: Augmentation | None) -> Experiment:
    filters = (128, 128, 256) if variant == "nnet1" else (256, 256, 256)
    model = TransposedNnetSpec(variant=variant, filters=filters, dropout=dropout)
    return _experiment(model, MONO, FRAME_WINDOWS, epochs=epochs, augmentation=augmentation)


def vgg16(weights: str) -> Experiment:
    """VGG16 of the performance table, as far as it can be guessed: it is not in the study's files."""
    model = Vgg16Spec(weights=weights, head="average", trained="last_block", dropout=0.5)
    return _experiment(model, MONO, FRAME_WINDOWS, epochs=10, learning_rate=1e-4)


TRANSFER_WEIGHTS = ("random", "imagenet", "gtzan")
"""Initial weights of the three ways to train VGG16."""


def vgg16_literal(weights: str) -> Experiment:
    """VGG16 of the study's notebook: the first second of a clip, and most layers frozen unless weights are random."""
    trained = "all" if weights == "random" else "first_and_last"
    model = Vgg16Spec(weights=weights, head="classifier", trained=trained, dropout=0.5)
    return _experiment(model, EXCERPT, FIRST_SECOND, epochs=10, learning_rate=1e-4)


def fusion(combination: str, *, epochs: int) -> Experiment:
    augmentation = Augmentation(
        waveform=noise(FUSION_AUGMENT_PROBABILITY).waveform, spectrogram=masks(FUSION_AUGMENT_PROBABILITY).spectrogram
    )
    return _experiment(
        FusionSpec(combination=combination, dropout=DROPOUT),
        SAMPLES,
        SAMPLE_WINDOWS,
        Input(feature=MONO, windows=FRAME_WINDOWS),
        batch_windows=16,
        epochs=epochs,
        augmentation=augmentation,
    )
