"""The items of the document on ResNet1D, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem("2: Approach, picture of the steps", figures=("approach",)),
    DocumentItem("3: Dataset, segments of 5 s", figures=("windows",)),
    DocumentItem(
        "3.1: Problems of the dataset",
        tables=("dataset_problems",),
        other_commands=("encore duplicates --dataset gtzan --data DIR",),
        note="Repetitions are counted; wrong labels and distortions cannot be measured.",
    ),
    DocumentItem("4.1: Convolutional Neural Network, table of layers", tables=("4.1",), figures=("network",)),
    DocumentItem("4.2: ResNet, structure of a residual block", figures=("residual_block",)),
    DocumentItem("5.1: Shortcut in Residual Block", figures=("shortcut",)),
    DocumentItem("6: Training Phases, use of the partitions in each round", figures=("rotation",)),
    DocumentItem(
        "6.1: First Training, accuracy and loss", figures=("accuracy", "loss"), note="The document has text only."
    ),
    DocumentItem(
        "6.2: Second Training, L2 Regularization", tables=("6.2",), note="The document names the best lambda only."
    ),
    DocumentItem("6.3: Third Training, Gradient Accumulation", figures=("accumulation",)),
    DocumentItem("7: Results, table of three models", tables=("7",)),
)
