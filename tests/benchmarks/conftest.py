"""Fixtures of musicnn with random weights."""

from tests.helpers.musicnn import network, values  # noqa: F401
