"""Fixtures of paired windows."""

from tests.helpers.paired import opened, reader  # noqa: F401
