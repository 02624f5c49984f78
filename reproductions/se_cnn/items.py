"""The items of the document on SE-CNN, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem("Figure 2.1: Example of a spectrogram", figures=("2.1",)),
    DocumentItem("Figure 2.2: Splitting of the spectrogram", figures=("2.2",)),
    DocumentItem("Figure 3.1: Computational process of SE-Block", figures=("3.1",)),
    DocumentItem("Figure 4.1: Network's model", figures=("4.1",)),
    DocumentItem("Table 4.1: Tables of model's parameters", tables=("4.1",)),
    DocumentItem("Figure 5.1: Accuracy on training/validation set", figures=("5.1",)),
    DocumentItem("Figure 5.2: Loss on training/validation set", figures=("5.2",)),
    DocumentItem("Table 5.1: Accuracy obtained with different number of SE-Blocks", tables=("5.1",)),
    DocumentItem("Table 5.2: Accuracy obtained with different values of r", tables=("5.2",)),
    DocumentItem(
        "5.2.2: Ratio r's effect, Bayesian optimization",
        searches=("documented",),
        note="The document did not carry it out; of Xu and Zhou it gives r = 31.43 and 50 trainings, which are marked.",
    ),
    DocumentItem("Table 5.3: Accuracy obtained with different values for the channels' parameters", tables=("5.3",)),
)
