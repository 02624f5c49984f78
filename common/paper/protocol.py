"""The protocol of an experiment: which clips or windows are used for training, validation and testing."""

from typing import Annotated, Literal, get_args

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from common.core.errors import SpecError
from common.core.spec import Spec

# `segment` is how specs, records and JSON files spell what readers see as `window`.
Unit = Literal["clip", "segment"]
UNIT_NAMES: dict[Unit, str] = {"clip": "clip", "segment": "window"}
SplitName = Literal[
    "holdout", "per_genre", "artist", "kfold", "rotating", "official", "fault_filtered", "course", "labels"
]
# Splits that work for any data set; the others need artists or predefined parts, which only some data sets have.
GENERAL_SPLITS = ("holdout", "per_genre", "kfold", "rotating")
PREDEFINED = ("official", "fault_filtered", "course", "labels")
# The data set that a predefined split belongs to.
SPLIT_OWNERS = {
    "official": "FMA",
    "fault_filtered": "GTZAN",
    "course": "GTZAN",
    "labels": "--dataset folder, with a column split in its --labels,",
}
# What each split does, in one line of a help text of 80 columns, and in the README.
SPLIT_MEANINGS: dict[SplitName, str] = {
    "holdout": "random; genres in proportion in all parts",
    "per_genre": "random; each genre is divided on its own",
    "artist": "artist filter: an artist's clips in one part",
    "kfold": "cross-validation: each fold is tested once",
    "rotating": "partitions take turns as the three parts",
    "official": "published with FMA, with an artist filter",
    "fault_filtered": "published for GTZAN, without faults",
    "course": "of a course at KAIST, eight GTZAN genres",
    "labels": "of your own: column split of --labels",
}
# In names of splits, where copies are dropped.
NO_DUPLICATES = "no exact duplicates"
UNIT_MEANINGS: dict[str, str] = {
    "clip": "whole clips: a clip's windows in one part",
    "window": "single windows, so test clips are trained on",
}


def read_unit(text: str) -> Unit:
    """The stored spelling of what `--unit` was given: `window`, `clip`, or `segment`, the former name of `window`.

    Raises:
        SpecError: none of these.
    """
    if text in get_args(Unit):
        return text
    for unit, name in UNIT_NAMES.items():
        if text == name:
            return unit
    raise SpecError(f"--unit {text}: expected {' or '.join(reversed(UNIT_NAMES.values()))}. See --help.")


def fold_name(split: SplitName) -> str:
    """What one of several divisions of the data is called: `round` of rotating partitions, otherwise `fold`."""
    return "round" if split == "rotating" else "fold"


def by_unit(unit: Unit) -> str:
    """What is split, in the names of splits: `by clip` or `by window`."""
    return f"by {UNIT_NAMES[unit]}"


class Protocol(Spec):
    """Which windows are used for training, validation and testing.

    Args:
        split: `holdout` (fractions), `per_genre` (fractions of each genre's own shuffle, rounded down for training and
            validation), `artist` (artist filter: fractions in tenths, each artist in one part), `kfold` (the fold after
            the test fold is for validation), `rotating` (for every k, training on partition k, validation on k + 1,
            testing on k + 2), or a predefined split of the clips of a data set: `official` (FMA), `fault_filtered`,
            `course` (GTZAN), `labels` (a user's own).
        unit: what is split: whole clips (`clip`), or single windows (`--unit window`): windows of one clip are
            then in several parts, which is leakage, and the accuracy is too high.
        fractions: train, valid and test shares of `holdout`, `per_genre` and `artist`.
        folds: number of folds of `kfold`.
        stratified: every part has the genres in the same proportions.
        seed: seed of the split only, so that all rows and run seeds have the same test clips.
        partitions: number of partitions of `rotating`, which is also its number of rounds.
        equal_partitions: put the clips of each genre that cannot be divided evenly among the partitions in no part.
        duplicates: `drop` removes, before the split, every clip whose bytes equal those of another clip with a
            smaller id; `keep` uses all clips.
        carry_weights: a round of `rotating` starts from the best weights of the round before instead of from
            initial ones; these may already have been trained on its test partition.
    """

    split: SplitName = "holdout"
    unit: Unit = "clip"
    fractions: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (0.6, 0.1, 0.3)
    folds: PositiveInt = 10
    stratified: bool = True
    seed: NonNegativeInt = 0
    partitions: Annotated[int, Field(ge=3)] = 6
    equal_partitions: bool = False
    carry_weights: bool = False
    duplicates: Literal["keep", "drop"] = "keep"

    @model_validator(mode="after")
    def _check(self) -> "Protocol":
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, received {self.fractions}")
        if self.split == "kfold" and self.folds < 3:
            raise ValueError(f"folds must be at least 3 (train, valid, test), received {self.folds}")
        if self.split == "artist" and any(abs(10 * share - round(10 * share)) > 1e-9 for share in self.fractions):
            raise ValueError(f"fractions of split artist must be tenths, received {self.fractions}")
        for name in ("carry_weights", "equal_partitions"):
            if getattr(self, name) and self.split != "rotating":
                raise ValueError(f"{name} goes with the rotating split, received {self.split}")
        return self

    @property
    def unused_values(self) -> tuple[str, ...]:
        """Options of other splits, and those that are switched off."""
        unused: list[str] = []
        if self.split not in ("holdout", "per_genre", "artist"):
            unused.append("fractions")
        if self.split != "kfold":
            unused.append("folds")
        if self.split != "rotating":
            unused += ["partitions", "equal_partitions", "carry_weights"]
        if self.duplicates == "keep":
            unused.append("duplicates")
        return tuple(unused)

    @property
    def items(self) -> str:
        """What is split, in messages: `clips` or `windows`."""
        return f"{UNIT_NAMES[self.unit]}s"

    @property
    def name(self) -> str:
        """Name of the protocol in tables: `--split`, its sizes, `--unit`, and what else differs."""
        parts = [f"{self.split}{self._sizes}", by_unit(self.unit)]
        if self.duplicates == "drop":
            parts.append(NO_DUPLICATES)
        if self.carry_weights:
            parts.append("weights carried over between rounds")
        if self.equal_partitions:
            parts.append("partitions of equal size")
        if not self.stratified and self.split not in PREDEFINED:
            parts.append("not stratified")
        return ", ".join(parts)

    @property
    def _sizes(self) -> str:
        if self.split in PREDEFINED:
            return ""
        if self.split == "kfold":
            return f", {self.folds} folds"
        if self.split == "rotating":
            return f", {self.partitions} partitions"
        return " " + "/".join(f"{100 * share:g}" for share in self.fractions)
