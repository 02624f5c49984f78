"""What gRPC prints beside the messages of a search."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_PORT_IN_USE = """
import socket
from common.core.errors import SpecError
from common.core.tf_logging import quiet_start
with quiet_start():
    from common.search.distributed import _server
with socket.create_server(("127.0.0.1", 0)) as used:
    try:
        _server(used.getsockname())
    except SpecError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_port_in_use_is_one_line_without_those_of_grpc():
    environment = {name: value for name, value in os.environ.items() if name != "GRPC_VERBOSITY"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run([sys.executable, "-c", _PORT_IN_USE], capture_output=True, text=True, env=environment)
    assert done.stderr == ""
    assert done.stdout.startswith("--chief 127.0.0.1:")
    assert "cannot be served from here" in done.stdout
