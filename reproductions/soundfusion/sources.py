"""Where every value of the study's experiments comes from."""

from common.sources import ACCUMULATION, ROTATION, STEPS_AND_WEIGHTS, Source, unused

_SILENT = "slides, report and code are silent"
_CODE = "the authors' code"


def _stated(reason: str) -> Source:
    return Source(status="stated", reason=reason)


def _assumed(reason: str) -> Source:
    return Source(status="assumed", reason=reason)


SOURCES = {
    "paper": _stated("the slides themselves"),
    "model.kind": _stated("slides, learning framework"),
    "model.dropout": _stated("slides: 30-50 %; 0.3 in most of the authors' runs, 0.5 in those of nnet1 and VGG16"),
    "model.dropout_on": _stated("slides: after the output layer (option: `--set model.dropout_on=features`)"),
    "model.norm_momentum": _assumed("PyTorch's default 0.1, which is Keras' 0.9"),
    "model.filters": _stated("parameter counts of the slides; " + _CODE),
    "model.base_filters": _stated("slides: F = 32 medium, 64 large; 16 for small in " + _CODE),
    "model.blocks": _stated(f"{_CODE}: 3, 4, 6, 3 blocks, of widths F, 2F, 2F, 4F"),
    "model.variant": _stated(f"{_CODE}: kernels over all frames, sliding along frequency"),
    "model.hidden_dropout": _stated(_CODE),
    "model.weights": _stated("slides: weights of ImageNet, or of a model trained on GTZAN"),
    "model.head": _assumed(
        "VGG16's own classifier in the literal rows; elsewhere one new layer on averaged maps, because the tabled run "
        "is not in the authors' files"
    ),
    "model.trained": _assumed(
        "literal rows: first convolution and last layer, as in the code; elsewhere the last three convolutions, "
        "because a frozen network behind a random first convolution cannot reach the tabled 49.2 %"
    ),
    "model.units": _stated("VGG16's classifier"),
    "model.combination": _stated("slides: feature concatenation and decision weighting"),
    "model.waveform_filters": _stated("the report's parameter count, 692,264"),
    "model.branch_units": _stated("the report's parameter count, 692,264"),
    "model.waveform_weight": _stated(f"{_CODE}: 0.5 for both, not learned"),
    "feature.kind": _stated("slides: raw waveform, mel spectrogram"),
    "feature.sample_rate": _stated(
        "slides: 44,100 Hz for spectrograms (SimpleCNN), 22,050 Hz for samples; the networks "
        "on segments see spectrograms at 22,050 Hz in " + _CODE
    ),
    "feature.n_fft": _stated("slides: window of 1,024"),
    "feature.hop_samples": _stated("slides: 512; 256 for the one-second excerpts in " + _CODE),
    "feature.n_mels": _stated("slides: 64 bands; 128 for the networks on segments in " + _CODE),
    "feature.channels": _stated("slides: stereo (SimpleCNN); one channel elsewhere in " + _CODE),
    "feature.top_db": _assumed(
        "80 dB as in the code, but below the loudest value of the clip, from which windows are cut, not of each window"
    ),
    "windows.seconds": _stated(
        "slides: 5 seconds, 110,250 samples or 216 frames; whole clips for SimpleCNN; the first "
        "second for the literal VGG16 in " + _CODE
    ),
    "windows.hop_seconds": _stated("slides: 25 % overlap; 27,562 samples in " + _CODE),
    "windows.max_per_track": _stated(f"{_CODE}: 7 segments of a clip; others are dropped"),
    "windows.rounding": _assumed("each start is rounded down; the study's segments are transformed one by one instead"),
    "protocol.split": _stated(
        "slides: 80/10/10, stratified; the code takes FMA's official split, of the same shares "
        "(`--split official`), which also parts artists"
    ),
    "protocol.unit": _stated(f"{_CODE}: clips"),
    "protocol.fractions": _stated("slides: 80/10/10"),
    "protocol.stratified": _stated("slides"),
    "protocol.seed": _assumed(f"{_SILENT}; one fixed shuffle for all rows"),
    "training.optimizer": _stated("the report: Adam (epsilon is Keras' 1e-7, PyTorch has 1e-8)"),
    "training.learning_rate": _assumed(
        "the report says 1e-4, but its code never hands it on, so that the numbers are of 0.001 (option: `--set "
        "training.learning_rate=0.0001`); VGG16 has 1e-4 in both"
    ),
    "training.batch_windows": _stated(
        "the report: 32, 16 for large models; SoundFusion visits a batch of 16 clips "
        "segment by segment, here its windows are shuffled"
    ),
    "training.epochs": _stated("the authors' runs: 10 to 50; the report says 20 to 150"),
    "training.patience_epochs": _stated(f"{_CODE}: none"),
    "training.keep": _assumed(
        "least validation loss, which for SimpleCNN includes the penalty, as PyTorch's does not; the code means to do "
        "so, but keeps a reference, so that it judges the last epoch (option: `--set training.keep=last`)"
    ),
    "training.plateau_epochs": _assumed(
        "none; early notebooks of nnet and those of VGG16 multiply the rate by 0.2 on a plateau of 5 in "
        "PyTorch's count, which is 6 here (option: `--set training.plateau_epochs=6`)"
    ),
    "training.plateau_factor": _assumed("0.2 where a plateau is looked for"),
    "training.precision": _assumed(f"{_SILENT}; float32 is PyTorch's default"),
    "training.standardise": _assumed(
        "none in training; a test script of SimpleCNN normalises each batch, which is left out"
    ),
    "training.windows_per_epoch": _stated("all segments"),
    "training.l2": _stated(f"{_CODE}: PyTorch's weight decay of 0.001 for SimpleCNN, half of it as a sum of squares"),
    "training.l2_form": _stated("what PyTorch's weight decay is"),
    "training.l2_layers": _stated("what PyTorch's weight decay covers: all"),
    "training.l2_variables": _stated("what PyTorch's weight decay covers: all, biases and normalisations too"),
    "training.augmentation": _stated(
        "slides: noise and gain of samples, masks on spectrograms; rows without have none"
    ),
    "training.augmentation.waveform": _stated(
        "slides: Gaussian noise and volume; none where only spectrograms are seen"
    ),
    "training.augmentation.waveform.probability": _stated(f"{_CODE}: 0.8, 0.5 for SoundFusion; both or neither"),
    "training.augmentation.waveform.noise_deviation": _stated("slides: 0.02"),
    "training.augmentation.waveform.gain_db": _stated("slides: -12 to 12 dB"),
    "training.augmentation.spectrogram": _stated("slides: masks; none where only samples are seen"),
    "training.augmentation.spectrogram.probability": _assumed(
        "1 for SimpleCNN, 0.8 and 0.5 (SoundFusion) for the "
        "networks on segments, as in their code, which has other masks"
    ),
    "training.augmentation.spectrogram.masks": _stated("slides: 2 time masks; as many on frequency in " + _CODE),
    "training.augmentation.spectrogram.largest_share": _assumed(
        "slides: 0.3; the code of the networks on segments has one mask of 15 bands and one of 15 frames, filled with "
        'zeros (option: `--set \'training.augmentation={"spectrogram": {"probability": 0.8, "masks": 1, '
        '"largest_share": null, "width": 15, "fill": "zero"}}\'`)'
    ),
    "training.augmentation.spectrogram.width": _assumed("shares of the axis, see largest_share"),
    "training.augmentation.spectrogram.fill": _assumed("the spectrogram's mean, as in the code of SimpleCNN"),
    "second_input": _stated("slides: both representations; networks with one input have none"),
    "second_input.feature.kind": _stated("slides: mel spectrogram"),
    "second_input.feature.sample_rate": _stated(_CODE),
    "second_input.feature.n_fft": _stated("slides: window of 1,024"),
    "second_input.feature.hop_samples": _stated("slides: 512"),
    "second_input.feature.n_mels": _stated(_CODE),
    "second_input.feature.channels": _stated(_CODE),
    "second_input.feature.top_db": _assumed("see feature.top_db"),
    "second_input.windows.seconds": _stated("the same 5 seconds, 216 frames"),
    "second_input.windows.hop_seconds": _stated("the same windows"),
    "second_input.windows.max_per_track": _stated("the same windows"),
    "second_input.windows.rounding": _assumed("see windows.rounding; starts agree to half a hop"),
    "training.augmentation.chain": _assumed("masks alone, see training.augmentation.spectrogram"),
    **unused("protocol.folds", "training.plateau_threshold", *STEPS_AND_WEIGHTS, *ROTATION, *ACCUMULATION),
}
