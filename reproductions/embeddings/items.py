"""The items of the document on embeddings, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem("1.1 Feature Extraction: check of the features", figures=("feature_check",)),
    DocumentItem("1.1 Split the Dataset", figures=("split",)),
    DocumentItem("1.1 Augmentation", figures=("augmentation_check",)),
    DocumentItem("1.1 Segmentation", figures=("segments",)),
    DocumentItem("1.4 Models: Baseline and Question 1", figures=("baseline", "question1")),
    DocumentItem("Figure 1: Proposed Algorithm", figures=("1",)),
    DocumentItem("Table 1: Train, Validation, Test accuracy comparison of Different Models", tables=("1",)),
    DocumentItem(
        "Table 2: Train, Validation, Test accuracy comparison of different layers of VGG, ResNet", tables=("2",)
    ),
    DocumentItem("Table 3: Confusion matrix for each class on test set (avg) of ResNet34+MSD", tables=("3",)),
)
