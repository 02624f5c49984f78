"""How the chief and the workers of a search reach each other: the address, and the times between signs of life.

Apart from `common.search.distributed`, because a command reads its flags before it imports what runs a search.
"""

import re

from common.core.errors import SpecError

# Interval at which a worker requests its trial while running it; the chief counts each request as a heartbeat.
HEARTBEAT_SECONDS = 5
# Time without a heartbeat after which a worker's trial is given to another worker.
LEASE_SECONDS = 60
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")


def parse_address(text: str) -> tuple[str, int]:
    """Split `HOST:PORT` into host name and port.

    Raises:
        SpecError: the text is not of this form, or the port is not between 1 and 65535.
    """
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise SpecError(f"--chief {text}: expected HOST:PORT, e.g. node7:9000.")
    return found["host"], int(found["port"])
