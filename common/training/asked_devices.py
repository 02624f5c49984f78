"""What `--devices` asks for; `devices.py` finds them."""

import re

from common.core.errors import SpecError


def parse_devices(asked: str) -> tuple[int, bool]:
    """Number of devices, and whether they are virtual CPU devices, of `N` or `cpu:N`.

    Raises:
        SpecError: neither of the two.
    """
    found = re.fullmatch(r"(cpu:)?([1-9]\d{0,3})", asked)
    if not found:
        raise SpecError(
            f"--devices {asked}: not a number of devices. Give e.g. --devices 2 for two GPUs, or --devices cpu:2 to "
            "try it out on two virtual CPU devices."
        )
    return int(found[2]), found[1] is not None
