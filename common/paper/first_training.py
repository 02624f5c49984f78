"""Weights that a paper's networks start from and that are trained with one of its own rows, on another data set."""

from dataclasses import dataclass

from common.paper.protocol import SplitName


@dataclass(frozen=True)
class FirstTraining:
    """What is trained first.

    Args:
        row: (table id, row label) of the network.
        dataset: key of the data set.
        split: of that data set.
    """

    row: tuple[str, str]
    dataset: str
    split: SplitName
