"""Where every value of the study's experiments comes from."""

from common.paper import FixedValue, assumed, differs, stated

_SILENT = "slides, report and code are silent"
_CODE = "the authors' code"
SOURCES = {
    "model.kind": stated("slides, learning framework"),
    "model.dropout": stated("slides: 30-50 %; 0.3 in most of the authors' runs, 0.5 in those of nnet1 and VGG16"),
    "model.dropout_on": stated("slides: after the output layer (or: `--set model.dropout_on=features`)"),
    "model.norm_momentum": assumed("PyTorch's default 0.1, which is Keras' 0.9"),
    "model.filters": stated("parameter counts of the slides; " + _CODE),
    "model.base_filters": stated("slides: F = 32 medium, 64 large; 16 for small in " + _CODE),
    "model.blocks": stated(f"{_CODE}: 3, 4, 6, 3 blocks, of widths F, 2F, 2F, 4F"),
    "model.variant": stated(f"{_CODE}: kernels over all frames, sliding along frequency"),
    "model.hidden_dropout": stated(_CODE),
    "model.weights": stated("slides: weights of ImageNet, or of a model trained on GTZAN"),
    "model.head": assumed(
        "VGG16's own classifier in the literal rows; elsewhere one new layer on averaged maps, because the tabled run "
        "is not in the authors' files"
    ),
    "model.trained": assumed(
        "literal rows: first convolution and last layer, as in the code; elsewhere the last three convolutions, "
        "because a frozen network behind a random first convolution cannot reach the tabled 49.2 %"
    ),
    "model.units": stated("VGG16's classifier"),
    "model.combination": stated("slides: feature concatenation and decision weighting"),
    "model.waveform_filters": stated("the report's parameter count, 692,264"),
    "model.branch_units": stated("the report's parameter count, 692,264"),
    "model.waveform_weight": stated(f"{_CODE}: 0.5 for both, not learned"),
    "feature.kind": stated("slides: raw waveform, mel spectrogram"),
    "feature.sample_rate": stated(
        "slides: 44,100 Hz for spectrograms (SimpleCNN), 22,050 Hz for samples; the networks "
        "on segments see spectrograms at 22,050 Hz in " + _CODE
    ),
    "feature.n_fft": stated("slides: window of 1,024"),
    "feature.hop_samples": stated("slides: 512; 256 for the one-second excerpts in " + _CODE),
    "feature.n_mels": stated("slides: 64 bands; 128 for the networks on segments in " + _CODE),
    "feature.channels": stated("slides: stereo (SimpleCNN); one channel elsewhere in " + _CODE),
    "feature.top_db": differs(
        f"{_CODE}: 80 dB below the loudest value of each segment; here of the clip, from whose decibels windows are cut"
    ),
    "windows.seconds": stated(
        "slides: 5 seconds, 110,250 samples or 216 frames; whole clips for SimpleCNN; the first "
        "second for the literal VGG16 in " + _CODE
    ),
    "windows.hop_seconds": stated("slides: 25 % overlap; 27,562 samples in " + _CODE),
    "windows.max_per_track": stated(f"{_CODE}: 7 segments of a clip"),
    "windows.rounding": differs(
        f"{_CODE}: segments are cut from the samples and transformed one by one; here they are cut from the frames of "
        "the clip, and each start is rounded down to a whole frame"
    ),
    "protocol.split": stated(
        "slides: 80/10/10, stratified; the code takes FMA's official split, of the same shares and with an artist "
        "filter, which is the default where FMA's metadata are at hand (or: `--split holdout`)"
    ),
    "protocol.unit": stated(f"{_CODE}: clips"),
    "protocol.fractions": stated("slides: 80/10/10"),
    "protocol.stratified": stated("slides"),
    "protocol.seed": assumed(f"{_SILENT}; one fixed shuffle for all rows"),
    "training.optimizer": stated("the report: Adam"),
    "training.learning_rate": differs(
        "the report: 1e-4, 0.001 for SimpleCNN; its code never passes it on, so that the numbers are for 0.001 "
        "(or: `--set training.learning_rate=0.0001`); VGG16 has 1e-4 in both"
    ),
    "training.batch_windows": stated(
        f"the report: 32, 16 for large models, which are taken to be ResNet1D-l and ResNet2D-l; {_CODE}: 16 for "
        "SoundFusion, 32 for VGG16"
    ),
    "training.epochs": stated("the authors' runs: 10 to 50; the report says 20 to 150"),
    "training.patience_epochs": stated(f"{_CODE}: none"),
    "training.keep": differs(
        f"{_CODE} means to keep the weights of the lowest validation loss, but keeps a reference, so that it evaluates "
        "the last epoch (or: `--set training.keep=last`); here the epoch with the lowest loss is kept, which for "
        "SimpleCNN includes the penalty, unlike PyTorch's"
    ),
    "training.plateau_epochs": differs(
        "early notebooks of nnet and those of VGG16 multiply the rate by 0.2 on a plateau of 5 in PyTorch's count, "
        "which is 6 here (or: `--set training.plateau_epochs=6`), for VGG16 checked after every batch; the other "
        "rows have none, and none is taken for all"
    ),
    "training.plateau_factor": assumed("0.2 where a plateau lowers the rate"),
    "training.precision": assumed(f"{_SILENT}; float32 is PyTorch's default"),
    "training.standardise": differs(
        f"{_CODE}: none in training; a test script of SimpleCNN normalises each batch, although training does not, "
        "so it is not done here"
    ),
    "training.windows_per_epoch": stated("all segments"),
    "training.l2": stated(f"{_CODE}: PyTorch's weight decay of 0.001 for SimpleCNN, half of it as a sum of squares"),
    "training.l2_form": stated("what PyTorch's weight decay is"),
    "training.l2_layers": stated("what PyTorch's weight decay covers: all"),
    "training.watch": assumed("the loss with its penalty (or: `--set training.watch=cross_entropy`)"),
    "training.l2_variables": stated("what PyTorch's weight decay covers: all, biases and normalisations too"),
    "training.augmentation": stated("slides: noise and gain of samples, masks on spectrograms; rows without have none"),
    "training.augmentation.waveform": stated(
        "slides: Gaussian noise and volume; none where only spectrograms are seen"
    ),
    "training.augmentation.waveform.probability": stated(f"{_CODE}: 0.8, 0.5 for SoundFusion; both or neither"),
    "training.augmentation.waveform.noise_deviation": stated("slides: 0.02"),
    "training.augmentation.waveform.gain_db": stated("slides: -12 to 12 dB"),
    "training.augmentation.spectrogram": stated("slides: masks; none where only samples are seen"),
    "training.augmentation.spectrogram.probability": assumed(
        "1 for SimpleCNN, 0.8 and 0.5 (SoundFusion) for the "
        "networks on segments, as in their code, which has other masks"
    ),
    "training.augmentation.spectrogram.masks": stated("slides: 2 time masks; as many on frequency in " + _CODE),
    "training.augmentation.spectrogram.largest_share": differs(
        "slides: 0.3, followed in all rows but those of the grids of SpecAugment; the code of the networks on "
        "segments has one mask of 15 bands and "
        "one of 15 frames, filled with zeros (or: "
        '`--set \'training.augmentation={"spectrogram": {"probability": 0.8, "masks": 1, "largest_share": null, '
        '"width": 15, "fill": "zero"}}\'`)'
    ),
    "training.augmentation.spectrogram.width": differs("shares of the axis instead, see largest_share"),
    "training.augmentation.spectrogram.fill": differs(
        "the spectrogram's mean, as in the code of SimpleCNN; zeros in that of the networks on segments, see "
        "largest_share"
    ),
    "second_input": stated("slides: both representations; networks with one input have none"),
    "second_input.feature": stated(_CODE),
    "second_input.feature.kind": stated("slides: mel spectrogram"),
    "second_input.feature.n_fft": stated("slides: window of 1,024"),
    "second_input.feature.hop_samples": stated("slides: 512"),
    "second_input.feature.top_db": differs("see feature.top_db"),
    "second_input.windows": stated("the same windows"),
    "second_input.windows.seconds": stated("the same 5 seconds, 216 frames"),
    "second_input.windows.rounding": differs("see windows.rounding; starts agree to half a hop"),
    "training.augmentation.chain": assumed("masks only, see training.augmentation.spectrogram"),
}
FIXED = {
    "order_of_windows": FixedValue(
        value="all training windows shuffled",
        source=differs(f"{_CODE}: SoundFusion takes 16 clips and visits them segment by segment, one update for each"),
    ),
    "short_clips": FixedValue(
        value="a clip with fewer than seven segments keeps those that it has",
        source=differs(f"{_CODE}: it is dropped"),
    ),
    "clips_too_short_for_simple_cnn": FixedValue(
        value="refused, or skipped with `--skip-bad`",
        source=differs(f"{_CODE}: zeros are added before and after a clip of less than 29.9 s"),
    ),
}
