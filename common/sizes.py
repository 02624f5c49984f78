"""Sizes of memory as people write them."""

import re

from common.errors import SpecError

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_size(text: str) -> int:
    """Bytes of a size such as `900MB`, `4GB` or `4G` (powers of 1024).

    Raises:
        SpecError: not a size.
    """
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([KMGT]?)I?B?\s*", text.upper())
    if not found or float(found[1]) <= 0:
        raise SpecError(f"--memory-limit {text}: not a size, expected e.g. 900MB or 4GB.")
    return int(float(found[1]) * _UNITS[found[2]])
