"""What fields are, read from the docstrings of their specs."""

from common.core.descriptions import field_descriptions
from common.core.spec import Spec


class _Base(Spec):
    """A base.

    Args:
        width: of the base.
        depth: of the base, which
            goes on in a second line: with `code`.
    """

    width: int = 1
    depth: int = 1


class _Described(_Base):
    """A spec. Args: are not here.

    Args:
        width: its own.
        low, high: of a range.

    Raises:
        other: is no field.
    """

    low: float = 0
    high: float = 1
    other: int = 0


def test_entries_of_a_class_come_before_those_of_its_base():
    assert field_descriptions(_Described) == {
        "width": "its own.",
        "depth": "of the base, which goes on in a second line: with code.",
        "low": "of a range.",
        "high": "of a range.",
    }


def test_a_spec_without_a_docstring_describes_nothing():
    class Plain(Spec):
        width: int = 1

    assert field_descriptions(Plain) == {}
