"""Notes on what differs from row to row."""

from types import SimpleNamespace

import pytest

from common.reports.table import Note
from common.reports.text.rows import by_row_notes, labels_text, replaced_features_text
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from tests.helpers.papers import paper_of


def test_what_rows_share_is_said_once():
    rows = {"a": None, "b": None, "c": None}
    assert by_row_notes("runs", "X", {"a": "one", "b": "one", "c": "one"}, rows) == [Note("runs", "X: one.")]
    differing = by_row_notes("runs", "X", {"a": "one", "b": "two", "c": "one"}, rows)
    assert differing == [Note("runs", "X: a, c: one; b: two.")]
    assert by_row_notes("runs", "X", {"a": "one"}, rows) == [Note("runs", "X: a: one.")]
    assert by_row_notes("runs", "X", {}, rows) == []


def test_labels_that_hold_commas_are_set_apart_by_bars():
    assert labels_text(["nnet1", "nnet2"]) == "nnet1, nnet2"
    assert labels_text(["0", "4,5", "3,4,5"]) == "0 | 4,5 | 3,4,5"
    (note,) = by_row_notes("machines", "On", {"0": "A", "4,5": "A", "5": "B"}, dict.fromkeys(["0", "4,5", "5"]))
    assert note.text == "On: 0 | 4,5: A; 5: B."


@pytest.mark.parametrize("key", ["embeddings", "se_cnn"])
def test_small_features_are_named_apart_from_those_they_replace(key):
    paper = paper_of(key)
    for published in paper.experiments:
        for given in published.inputs:
            small = paper.small_feature(given.feature)
            if small == given.feature:
                continue
            one = published.replace(feature=given.feature, second_input=None)
            record = SimpleNamespace(experiment=one.replace(feature=small).as_json())
            theirs, _, ours = replaced_features_text(SimpleNamespace(features="small"), record, one).partition(
                " instead of "
            )
            assert theirs != ours


def test_a_record_without_the_number_of_patches_has_the_mean_of_all():
    one = next(each for each in paper_of("embeddings").experiments if each.feature.kind == "musicnn")
    values = one.replace(feature=MusicnnEmbedding(pooled=True)).as_json()
    del values["feature"]["pooled_patches"]
    text = replaced_features_text(SimpleNamespace(features="small"), SimpleNamespace(experiment=values), one)
    assert text.startswith("max_pool of musicnn (MSD) instead of")
    for patches, said in ((1, "of 1 patch"), (2, "mean of 2 patches")):
        values["feature"]["pooled_patches"] = patches
        text = replaced_features_text(SimpleNamespace(features="small"), SimpleNamespace(experiment=values), one)
        assert text.startswith(f"max_pool of musicnn (MSD), {said} instead of")
