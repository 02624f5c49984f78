"""Search space of ResNet1D: strength of the L2 penalty, learning rate, and slope of the leaky ReLUs."""

from common.search.space import FloatRange, Parameters, SearchSpace

_SECTION = "Donati and Borsatto, of 0.01, 0.001 and 0.0001"
PENALTY = SearchSpace(
    key="penalty",
    title="L2 penalty, learning rate and slope",
    row=("7", "L2"),
    parameters=Parameters(
        every=(
            FloatRange(name="lambda", path="training.l2", low=1e-5, high=1e-2, sampling="log"),
            FloatRange(name="learning_rate", path="training.learning_rate", low=1e-4, high=1e-2, sampling="log"),
            FloatRange(name="slope", path="model.negative_slope", low=0.01, high=0.5),
        )
    ),
    plotted="lambda",
    smoke={"training.epochs": 3},
    trials=30,
    published={"lambda": 1e-3},
    published_by=_SECTION,
    notes=("The report tried three strengths and no other value; ranges and number of trials are our choice.",),
)
SPACES = (PENALTY,)
