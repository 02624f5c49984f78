"""The protocol of an experiment: which clips or windows train, validate and test."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from common.core.spec import Spec

Unit = Literal["clip", "segment"]
SplitName = Literal["holdout", "per_genre", "artist", "kfold", "rotating", "official", "fault_filtered", "course"]
PREDEFINED = ("official", "fault_filtered", "course")


class Protocol(Spec):
    """Which windows train, choose and test.

    Args:
        split: `holdout` (fractions), `per_genre` (fractions of each genre's own shuffle, rounded down for training and
            validation), `artist` (fractions in tenths, every artist in one part), `kfold` (folds; the fold after the
            test fold validates), `rotating` (partition k trains, k + 1 validates, k + 2 tests, for every k), or a
            predefined split of the dataset's clips: `official` (FMA), `fault_filtered`, `course` (GTZAN).
        unit: what is dealt out: whole clips, or single windows (`segment`: windows of one clip then stand on both
            sides of the split, and the result is contaminated).
        fractions: train, valid and test shares of `holdout`, `per_genre` and `artist`.
        folds: number of folds of `kfold`.
        stratified: every part gets every genre in proportion.
        seed: of the split alone, so that all rows and run seeds meet the same test clips.
        partitions: number of partitions, and so of rounds, of `rotating`.
        equal_partitions: leave out the clips of each genre that cannot be shared out evenly among the partitions.
        duplicates: `drop` leaves out, before clips are dealt, every clip that is byte for byte another one with a
            smaller id; `keep` deals out all.
        carry_weights: a round of `rotating` starts from the best weights of the round before instead of from fresh
            ones; its test partition may then have been trained on.
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
    def name(self) -> str:
        """How tables name it."""
        return f"{self._name}, exact duplicates left out" if self.duplicates == "drop" else self._name

    @property
    def _name(self) -> str:
        if self.split in PREDEFINED:
            return f"{self.split.replace('_', '-')} over clips"
        shares = "/".join(f"{100 * share:g}" for share in self.fractions)
        kinds = {
            "holdout": shares,
            "per_genre": f"{shares} of each genre" if self.stratified else shares,
            "artist": f"{shares} with artists apart",
            "kfold": f"{self.folds}-fold",
            "rotating": f"{self.partitions} rotating partitions",
        }
        text = f"{kinds[self.split]} over {'clips' if self.unit == 'clip' else 'windows'}"
        if self.carry_weights:
            text += ", weights carried from round to round"
        if self.equal_partitions:
            text += ", partitions of equal size"
        return text if self.stratified else f"{text}, not stratified"
