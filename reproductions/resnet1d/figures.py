"""The figures that are drawn again for ResNet1D."""

from common.paper import Figure, Level

_MODELS = ("Normal", "L2", "Gradient accumulation")
_ROWS = tuple(("7", model) for model in _MODELS)
# Sections 6.1, 6.1.1 and 6.2 of the report, which states no such values of the third model.
_STATED = (
    Level(60, 'validation "stopped growing towards 60%" (report, section 6.1.1)', rows=("Normal",)),
    Level(60, 'validation "comparable" with that of Normal (report, section 6.2)', rows=("L2",)),
    Level(40, "test clips, 40 to 50 % (report, section 6.1)", upper=50, rows=("Normal",)),
)
FIGURES = (
    Figure("windows", "waveform_windows", "Sliding window over the samples"),
    Figure("accuracy", "accuracy", "Accuracy on training and validation partition", rows=_ROWS, levels=_STATED),
    Figure("loss", "loss", "Loss on training and validation partition", rows=_ROWS),
)
