"""Search spaces of SE-CNN: the squeeze ratio r with the documented channel widths, and with free widths."""

import math

from common.paper import Experiment
from common.search.space import Choice, FloatRange, IntRange, Parameters, SearchSpace
from reproductions.se_cnn.paper import PAPER, TABLE_5_3

RATIO = FloatRange(name="r", path="model.ratio", low=2.0, high=64.0, sampling="log")
_XU_AND_ZHOU = "Xu and Zhou 2020, after 50 evaluations"
_NOTES = (
    "r is discrete: hidden units are max(1, floor(C / r)), so ratios that build the same network are trained only "
    "once.",
    "Range of r, acquisition and number of initial trials are our choice; the source gives the 50 evaluations and "
    "the optimum.",
)


def canonical_ratio(experiment: Experiment) -> Experiment:
    """The experiment with the largest squeeze ratio that builds the same network, e.g. 32 for 31.43 (section 5.2).

    A block of C channels has k = floor(C / r) hidden units up to r = C / k; if k is 1, every larger r gives the same.
    """
    model = experiment.model
    widths = {model.widths[block - 1] for block in model.se_blocks}
    limits = [width / model.hidden_units(width) for width in widths if model.hidden_units(width) > 1]
    # Without a block, or with 1 unit in every block, r has no upper limit; the largest width is used.
    ratio = min(limits, default=float(max(widths, default=1)))
    # C / k may have been rounded up beyond the largest ratio that still gives k.
    while any(model.replace(ratio=ratio).hidden_units(width) != model.hidden_units(width) for width in widths):
        ratio = math.nextafter(ratio, 0.0)
    return experiment.with_values({"model.ratio": ratio})


def _space(key: str, title: str, *widths: Choice | IntRange) -> SearchSpace:
    """A search space of r and channel widths."""
    return SearchSpace(
        key=key,
        title=title,
        row=PAPER.default_row,
        parameters=Parameters(every=(RATIO, *widths)),
        plotted="r",
        canonical=canonical_ratio,
        smoke={"training.epochs": 3, "training.windows_per_epoch": 512},
        published={"r": 31.43},
        published_by=_XU_AND_ZHOU,
        notes=_NOTES,
    )


DOCUMENTED = _space(
    "documented",
    "squeeze ratio r, and one of the paper's four lists of widths",
    Choice(name="widths", path="model.widths", values=tuple(row.experiment.model.widths for row in TABLE_5_3.rows)),
)
FREE = _space(
    "free",
    "squeeze ratio r, and the width of each stage",
    *(
        IntRange(name=f"width{stage + 1}", path="model.widths", place=stage, low=8, high=512, sampling="log")
        for stage in range(5)
    ),
)
SPACES = (DOCUMENTED, FREE)
