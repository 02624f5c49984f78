"""The figures that are drawn again for ResNet1D."""

from common.paper import Figure

# The report's line on its six partitions.
ROTATION = "[0 train - 1 valid - 2 test] -> [1 train - 2 valid - 3 test] -> ... -> [5 train - 0 valid - 1 test]"

FIGURES = (
    Figure("approach", "approach", "From a sliding window to the genre of a song"),
    Figure("windows", "waveform_windows", "Sliding window over the samples"),
    Figure("rotation", "protocol", "Partitions in the six rounds", stated=ROTATION),
    Figure(
        "accumulation",
        "accumulation",
        "Gradient accumulation",
        rows=(("7", "Gradient accumulation"),),
        stated="steps = 8, mini-batch of 10, global batch of 80; accumulated = sum of the gradients",
    ),
    Figure("accuracy", "accuracy", "Accuracy on training and validation partition"),
    Figure("loss", "loss", "Loss on training and validation partition"),
)
