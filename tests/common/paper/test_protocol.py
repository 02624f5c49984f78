"""Protocols: their names in tables, and combinations that are refused."""

import pytest

from common.core.errors import SpecError
from common.paper.protocol import Protocol


def test_a_split_that_is_not_stratified_says_so_in_its_name():
    assert Protocol(stratified=False).name == "60/10/30 over clips, not stratified"
    assert Protocol(unit="segment").name == "60/10/30 over windows"


def test_names_of_rotating_protocols():
    rotating = Protocol(split="rotating")
    assert rotating.name == "6 rotating partitions over clips"
    assert rotating.replace(carry_weights=True).name.endswith("weights carried over between rounds")
    assert rotating.replace(equal_partitions=True, stratified=False).name.endswith("of equal size, not stratified")
    with pytest.raises(SpecError, match="carry_weights goes with the rotating split"):
        Protocol().replace(carry_weights=True)


PER_GENRE = Protocol(split="per_genre", fractions=(0.8, 0.1, 0.1), seed=42)


def test_fractions_of_a_split_by_artist_are_tenths():
    with pytest.raises(SpecError, match="must be tenths"):
        PER_GENRE.replace(split="artist", fractions=(0.85, 0.1, 0.05))
