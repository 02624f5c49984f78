"""Addresses of chiefs."""

import pytest

from common.core.errors import SpecError
from common.search.connection import parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [("node7:9000", ("node7", 9000)), ("[::1]:1", ("[::1]", 1)), ("10.0.0.1:65535", ("10.0.0.1", 65535))],
)
def test_an_address_is_split_into_host_and_port(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["node7", "node7:0", "node7:65536", ":9000", "node 7:9000", "::1:9000", "node7:9000/"])
def test_other_texts_are_refused(text):
    with pytest.raises(SpecError, match=r"--chief .*: expected HOST:PORT, e\.g\. node7:9000\."):
        parse_address(text)
