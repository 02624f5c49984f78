"""The protocol of an experiment: which clips or windows are used for training, validation and testing."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from common.core.spec import Spec

Unit = Literal["clip", "segment"]
SplitName = Literal["holdout", "per_genre", "artist", "kfold", "rotating", "official", "fault_filtered", "course"]
# Splits that work for any data set; the others need artists or predefined parts, which only some data sets have.
GENERAL_SPLITS = ("holdout", "per_genre", "kfold", "rotating")
PREDEFINED = ("official", "fault_filtered", "course")


class Protocol(Spec):
    """Which windows are used for training, validation and testing.

    Args:
        split: `holdout` (fractions), `per_genre` (fractions of each genre's own shuffle, rounded down for training and
            validation), `artist` (artist filter: fractions in tenths, each artist in one part), `kfold` (the fold after
            the test fold is for validation), `rotating` (for every k, training on partition k, validation on k + 1,
            testing on k + 2), or a predefined split of the dataset's clips: `official` (FMA), `fault_filtered`,
            `course` (GTZAN).
        unit: what is split: whole clips, or single windows (`segment`: windows of one clip are then in several parts,
            and the leakage contaminates the result).
        fractions: train, valid and test shares of `holdout`, `per_genre` and `artist`.
        folds: number of folds of `kfold`.
        stratified: every part has the genres in the same proportions.
        seed: of the split only, so that all rows and run seeds have the same test clips.
        partitions: number of partitions of `rotating`, which is also its number of rounds.
        equal_partitions: leave out the clips of each genre that cannot be divided evenly among the partitions.
        duplicates: `drop` leaves out, before the split, every clip whose bytes equal those of another clip with a
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
    def name(self) -> str:
        """Name of the protocol in tables."""
        return f"{self._name}, exact duplicates left out" if self.duplicates == "drop" else self._name

    @property
    def _name(self) -> str:
        if self.split in PREDEFINED:
            return f"{self.split.replace('_', '-')} over clips"
        shares = "/".join(f"{100 * share:g}" for share in self.fractions)
        kinds = {
            "holdout": shares,
            "per_genre": f"{shares} of each genre" if self.stratified else shares,
            "artist": shares,
            "kfold": f"{self.folds}-fold",
            "rotating": f"{self.partitions} rotating partitions",
        }
        text = f"{kinds[self.split]} over {'clips' if self.unit == 'clip' else 'windows'}"
        if self.split == "artist":
            text += ", artist filter"
        if self.carry_weights:
            text += ", weights carried over between rounds"
        if self.equal_partitions:
            text += ", partitions of equal size"
        return text if self.stratified else f"{text}, not stratified"
