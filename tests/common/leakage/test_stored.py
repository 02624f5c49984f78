"""Files of audits: read back as they were written, or named."""

import json

import pytest

from common.core.errors import DataError
from common.core.files import with_digest
from common.leakage.overlap import Overlap
from common.leakage.stored import Audit, AuditedPair, AuditedSplit, read_audit
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING

OVERLAP = Overlap(
    parts={"train": 60, "valid": 10, "test": 30}, clips=0, artists=3, nameless=1, exact_pairs=0, near_pairs=1, met=9
)


@pytest.fixture
def values() -> dict:
    audit = Audit(
        paper="se_cnn",
        row=PAPER.default_row,
        setting=SETTING,
        regimes=(AuditedSplit(key="clips", title="by clip", means="clips", runs=("a",), overlap=OVERLAP),),
        pairs=(AuditedPair(first="a", second="b", similarity=0.9, shift_seconds=1.0, exact=False, parts=("test",)),),
        scanned=100,
        too_short=0,
        above=0.5,
    )
    return json.loads(json.dumps(audit.as_json()))


def test_an_audit_with_and_without_a_digest_is_read_back(values, tmp_path):
    for held in (values, with_digest(values)):
        (tmp_path / "audit.json").write_text(json.dumps(held))
        assert read_audit(PAPER, tmp_path / "audit.json").audit.as_json() == values


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda audit: audit["regimes"][0]["overlap"].update(met=8), "was edited: its values do not match its SHA-256"),
        (lambda audit: audit.pop("pairs"), "was edited"),
        (lambda audit: audit.update(sha257=audit.pop("sha256")), "first: sha257: Extra inputs are not permitted"),
    ],
)
def test_one_change_of_an_audit_with_a_digest_is_named(values, tmp_path, change, said):
    audit = with_digest(values)
    change(audit)
    assert said in refusal(audit, tmp_path)


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda audit: audit.pop("pairs"),
            "not an audit of se_cnn of format 2 (1 problem; first: pairs: Field required)",
        ),
        (lambda audit: audit.update(format_version=1), "not an audit of se_cnn of format 2, but of se_cnn of format 1"),
        (lambda audit: audit.update(paper="nnet"), "not an audit of se_cnn of format 2, but of nnet of format 2"),
        (lambda audit: audit["regimes"][0].update(overlap=None), "runs of a split without its overlap"),
        (lambda audit: audit["regimes"][0]["overlap"]["parts"].update(test=0), "or without a test clip"),
        (lambda audit: audit["regimes"][0]["overlap"]["parts"].pop("train"), "other parts than train, valid, test"),
        (lambda audit: audit["pairs"][0].update(parts=[]), "a pair of clips without its parts in each split"),
    ],
)
def test_an_audit_that_lacks_what_is_read_is_one_line(values, tmp_path, change, said, digest):
    change(values)
    assert said in refusal(with_digest(values) if digest else values, tmp_path)


def refusal(values: dict, folder) -> str:
    path = folder / "audit.json"
    path.write_text(json.dumps(values))
    with pytest.raises(DataError) as caught:
        read_audit(PAPER, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith("Delete it and run the audit again.")
    assert "\n" not in message
    return message
