"""A small space of SE-CNN, and its command line as a script: `python tests/helpers/tiny_search.py --trials 4 ...`."""

from common.search.space import Choice, FloatRange, Parameters, SearchSpace
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.spaces import canonical_ratio

TINY = SearchSpace(
    key="tiny",
    title="tiny widths",
    row=PAPER.default_row,
    parameters=Parameters(
        every=(
            FloatRange(name="r", path="model.ratio", low=2, high=8, sampling="log"),
            Choice(name="widths", path="model.widths", values=((4, 4, 4, 8, 4), (4, 8, 8, 8, 4))),
        )
    ),
    plotted="r",
    base={"training.epochs": 2, "model.se_blocks": (5,)},
    canonical=canonical_ratio,
    trials=4,
    published={"r": 3.1},
    published_by="a paper",
)
if __name__ == "__main__":
    from common.cli.tune import main
    from common.core.interrupts import end_on_signals

    end_on_signals()
    main(PAPER, (TINY,))
