"""Protocols: their names in tables, and combinations that are refused."""

from typing import get_args

import pytest

from common.core.errors import SpecError
from common.paper.protocol import SPLIT_MEANINGS, UNIT_MEANINGS, UNIT_NAMES, Protocol, SplitName, Unit, read_unit


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "holdout 60/10/30, by clip"),
        ({"unit": "segment"}, "holdout 60/10/30, by window"),
        ({"duplicates": "drop"}, "holdout 60/10/30, by clip, no exact duplicates"),
        ({"stratified": False}, "holdout 60/10/30, by clip, not stratified"),
        ({"split": "per_genre", "fractions": (0.8, 0.1, 0.1)}, "per_genre 80/10/10, by clip"),
        ({"split": "artist"}, "artist 60/10/30, by clip"),
        ({"split": "kfold"}, "kfold, 10 folds, by clip"),
        ({"split": "kfold", "folds": 5, "unit": "segment"}, "kfold, 5 folds, by window"),
        ({"split": "rotating"}, "rotating, 6 partitions, by clip"),
        ({"split": "official"}, "official, by clip"),
        ({"split": "fault_filtered"}, "fault_filtered, by clip"),
        ({"split": "course", "stratified": False}, "course, by clip"),
    ],
)
def test_a_protocol_is_named_as_its_options_are_typed(values, name):
    assert Protocol(**values).name == name


def test_every_split_and_unit_has_a_meaning():
    assert list(SPLIT_MEANINGS) == list(get_args(SplitName))
    assert set(UNIT_MEANINGS) == set(UNIT_NAMES.values())
    assert set(UNIT_NAMES) == set(get_args(Unit))


def test_windows_may_still_be_called_segments_on_the_command_line():
    assert [read_unit(text) for text in ("window", "segment", "clip")] == ["segment", "segment", "clip"]
    with pytest.raises(SpecError, match=r"^--unit song: expected window or clip\. See --help\.$"):
        read_unit("song")


def test_names_of_rotating_protocols():
    rotating = Protocol(split="rotating")
    assert rotating.replace(carry_weights=True).name.endswith("weights carried over between rounds")
    assert rotating.replace(equal_partitions=True, stratified=False).name.endswith("of equal size, not stratified")
    with pytest.raises(SpecError, match="carry_weights goes with the rotating split"):
        Protocol().replace(carry_weights=True)


PER_GENRE = Protocol(split="per_genre", fractions=(0.8, 0.1, 0.1), seed=42)


def test_fractions_of_a_split_by_artist_are_tenths():
    with pytest.raises(SpecError, match="must be tenths"):
        PER_GENRE.replace(split="artist", fractions=(0.85, 0.1, 0.05))
