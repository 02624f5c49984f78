"""The figures that are drawn again for ResNet1D."""

from common.paper import Figure, Level

_MODELS = ("Normal", "L2", "Gradient accumulation")
_ROWS = tuple(("7", model) for model in _MODELS)
# Sections 6.1 and 6.1.1 of the report, which states no such values of the other models.
_STATED = (
    Level(60, 'validation "stopped growing towards 60%" (report, section 6.1.1)', rows=("Normal",)),
    Level(40, "test clips, 40 to 50 % (report, section 6.1)", upper=50, rows=("Normal",)),
)
# The report's line on its six partitions.
ROTATION = "[0 train - 1 valid - 2 test] -> [1 train - 2 valid - 3 test] -> ... -> [5 train - 0 valid - 1 test]"

FIGURES = (
    Figure("network", "network", "Network of section 4.1"),
    Figure("residual_block", "block", "Residual layer of section 4.2", layers=("block1_",)),
    Figure("shortcut", "block", "Shortcut with a convolution, section 5.1", layers=("block3_",)),
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
    Figure("accuracy", "accuracy", "Accuracy on training and validation partition", rows=_ROWS, levels=_STATED),
    Figure("loss", "loss", "Loss on training and validation partition", rows=_ROWS),
)
