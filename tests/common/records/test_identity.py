"""Ids of runs: the same for ever, and different for whatever makes another run."""

import pytest

from common.core.files import sha256_of_json
from common.paper.overrides import Resolver
from common.records.identity import run_id, variant_of
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import SETTING

VALUES = {"experiment_digest": "e", "data_digest": "d", "split_digest": "s", "fold": 0, "seed": 0}
ROW = TABLE_5_1.rows[-1].experiment


def test_ids_of_earlier_runs_stay():
    # Computed with sha256sum of {"data":"d","experiment":"e","fold":0,"seed":0,"split":"s"}.
    assert run_id(**VALUES) == "dda6d408fa6e7bda"
    assert run_id(**VALUES, variant="", decoder="soundfile") == run_id(**VALUES)


@pytest.mark.parametrize(
    "change",
    [
        *({name: "other"} for name in ("experiment_digest", "data_digest", "split_digest", "variant", "decoder")),
        *({name: 1} for name in ("fold", "seed")),
    ],
    ids=str,
)
def test_whatever_makes_another_run_changes_the_id(change):
    assert run_id(**VALUES | change) != run_id(**VALUES)


def variant(**changes) -> str:
    resolver = Resolver(PAPER, SETTING.replace(**changes))
    return variant_of(resolver, ROW, resolver.experiment(ROW))


def test_a_row_as_the_paper_has_it_has_no_variant():
    assert variant() == ""
    assert variant(epochs=3) == ""  # it is another experiment, which has another digest


def test_options_that_change_nothing_for_a_row_make_a_variant():
    """The run without the option belongs to another table."""
    epochs = ROW.training.epochs
    assert variant(epochs=epochs) == sha256_of_json([ROW.digest, epochs, None])


def test_changes_genres_and_weights_make_variants():
    changes = ("training.batch_windows=16",)
    assert variant(changes=changes) == sha256_of_json([ROW.digest, changes])
    assert variant(genres=("a", "b")) == sha256_of_json([ROW.digest, (), ("a", "b")])
    with_weights = variant_of(Resolver(PAPER, SETTING), ROW, ROW, "digest of a file")
    assert with_weights == sha256_of_json([ROW.digest, (), "digest of a file"])


def test_rows_that_become_the_same_experiment_keep_records_of_their_own():
    """At smoke scale two rows may differ in nothing that is left."""
    twin = ROW.with_values({"training.epochs": ROW.training.epochs + 1})
    resolver = Resolver(PAPER, SETTING.replace(epochs=3))
    assert variant_of(resolver, twin, resolver.experiment(twin)) == sha256_of_json(twin.digest)
