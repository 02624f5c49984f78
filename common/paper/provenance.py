"""Where the values of an experiment come from: what a paper states, what we assumed, what it does not call for."""

from typing import Literal

from pydantic import Field

from common.core.spec import Spec


class Source(Spec):
    """Where a value of an experiment comes from.

    Args:
        status: `stated` in the paper, `assumed` by us where it is silent, or `unused`: an ability of ours that the
            paper does not call for.
        reason: the place in the paper, or why we chose so.
    """

    status: Literal["stated", "assumed", "unused"]
    reason: str = Field(min_length=1)


# Values that belong to one ability, for papers that do not call for it.
ROTATION = ("protocol.partitions", "protocol.equal_partitions", "protocol.carry_weights")
ACCUMULATION = ("training.accumulate_batches", "training.accumulate_reduce", "training.accumulate_left_over")
L2_PENALTY = (
    "training.l2",
    "training.l2_form",
    "training.l2_layers",
    "training.l2_variables",
    "training.watch",
)
# What audits ask for.
_OF_NO_PAPER = ("protocol.duplicates",)
# Abilities of single papers.
PLATEAU = ("training.plateau_epochs", "training.plateau_factor", "training.plateau_threshold")
STEPS_AND_WEIGHTS = ("training.step_epochs", "training.step_factor", "training.class_weights")
ONE_INPUT_AS_IT_IS = ("training.augmentation", "second_input", "copies")


def stated(reason: str) -> Source:
    """A value that the paper states."""
    return Source(status="stated", reason=reason)


def assumed(reason: str) -> Source:
    """A value that we chose where the paper is silent."""
    return Source(status="assumed", reason=reason)


def unused(*paths: str) -> dict[str, Source]:
    """Sources of values that a paper does not call for, those that none does included."""
    return {path: Source(status="unused", reason="not called for") for path in (*paths, *_OF_NO_PAPER)}
