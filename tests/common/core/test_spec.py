"""Specs: strict, all errors at once, and a digest that new fields with default values do not change."""

import pytest

from common.core.errors import DataError, SpecError
from common.core.files import with_digest
from common.core.spec import Spec, build, stored_spec
from common.paper.protocol import Protocol
from common.paper.tables import ResultTable
from common.paper.training import Training
from data_pipeline.features.spectrograms import LogMel, StftDb


class Small(Spec):
    width: int = 3
    rate: float = 0.5


class Outer(Spec):
    small: Small = Small()
    name: str


def test_all_errors_of_a_spec_are_reported_at_once():
    with pytest.raises(SpecError) as caught:
        build(Training, {"epochs": 0, "learning_rate": -1, "bogus": 1})
    message = str(caught.value)
    assert all(word in message for word in ("epochs", "learning_rate", "bogus", "received -1"))


def test_specs_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Protocol().unit = "segment"


def test_replace_validates_what_it_changes():
    assert Protocol().replace(unit="segment").unit == "segment"
    with pytest.raises(SpecError, match="unit"):
        Protocol().replace(unit="bar")
    with pytest.raises(SpecError, match="nonsense"):
        Protocol().replace(nonsense=1)


def test_the_digest_depends_on_values_and_not_on_how_they_were_given():
    assert Training(epochs=5).digest == Training(epochs=5, batch_windows=32).digest
    assert Training(epochs=5).digest != Training(epochs=6).digest
    assert Outer(name="a").digest == Outer(name="a", small=Small(width=3)).digest
    assert Outer(name="a").digest != Outer(name="a", small=Small(width=4)).digest


def test_a_new_field_with_a_default_changes_no_digest():
    class Grown(Spec):
        width: int = 3
        rate: float = 0.5
        added: bool = False

    assert Grown(width=4).digest == Small(width=4).digest
    assert Grown(width=4, added=True).digest != Small(width=4).digest


def test_features_of_different_kinds_never_share_a_digest():
    assert StftDb(n_fft=2048).digest != LogMel(n_fft=2048).digest


@pytest.mark.parametrize("fractions", [(0.5, 0.1, 0.3), (1.0, 0.0, 0.0), (0.6, 0.4)])
def test_fractions_must_be_three_shares_of_one(fractions):
    with pytest.raises(SpecError):
        build(Protocol, {"fractions": fractions})


def test_a_table_without_rows_is_refused():
    with pytest.raises(SpecError, match="rows"):
        build(
            ResultTable,
            {"id": "1", "title": "t", "row_header": "r", "metrics": ("accuracy",), "compared_with": {}, "rows": ()},
        )


class Stored(Spec):
    """A spec as files hold it."""

    seed: int
    share: float = 0.5


def test_the_spec_of_a_file_is_read_with_and_without_a_digest(tmp_path):
    values = {"seed": 1, "share": 0.25}
    for held in (values, with_digest(values)):
        assert stored_spec(Stored, tmp_path / "a.json", held, what="a note") == Stored(**values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (with_digest({"seed": 1}) | {"seed": 2}, "was edited: its values do not match its SHA-256. Delete it."),
        ({"seed": 1, "sha257": "0"}, "not a note (1 problem; first: sha257: Extra inputs are not permitted). Delete"),
        ({}, "not a note (1 problem; first: seed: Field required). Delete it."),
        ([], "not a note (1 problem; first: Input should be a valid dictionary or instance of Stored). Delete it."),
        ({"seed": "x", "share": "inf"}, "not a note (2 problems; first: seed: Input should be a valid integer"),
        ({"seed": 1, "share": "9" * 400}, "not a note (1 problem; first: share: Input should be a finite number)."),
        ({"seed": 1, "a\nb" * 99: 1}, "not a note (1 problem; first: a b"),
    ],
)
def test_a_file_that_holds_no_such_spec_is_one_line(tmp_path, values, said):
    with pytest.raises(DataError) as caught:
        stored_spec(Stored, tmp_path / "a.json", values, what="a note", remedy=" Delete it.")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'a.json'}: {said}")
    assert "\n" not in message
    assert len(message) < 400


def test_a_digest_is_computed_once(monkeypatch):
    spec = Stored(seed=3)
    first = spec.digest
    monkeypatch.setattr("common.core.spec.sha256_of_json", None)
    assert spec.digest == first
    assert spec == Stored(seed=3)
    monkeypatch.undo()
    assert spec.replace(seed=4).digest != first
