"""Fixtures of windows: those of the tiny corpus, and pairs of windows."""

from tests.helpers.paired import opened  # noqa: F401
from tests.helpers.paired import reader as paired_reader  # noqa: F401
from tests.helpers.windows import expected, index, reader  # noqa: F401
