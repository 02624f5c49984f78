"""Tables of published numbers, declared as variations of one experiment."""

import pytest

from common.core.errors import SpecError
from common.paper import Mfcc, result_table
from reproductions.se_cnn.paper import BASE

DESCRIBED = {"id": "1", "title": "Ratios", "row_header": "r"}
ONE = {"accuracy": "window_accuracy"}
TWO = {"windows": "window_accuracy", "clips": "clip_accuracy_majority_vote"}


def test_rows_vary_the_base_experiment():
    table = result_table(
        BASE,
        compared_with=ONE,
        rows={"16": (93.6, {}), "8": (None, {"model.ratio": 8.0}), "mfcc": (80, {"feature": Mfcc()})},
        **DESCRIBED,
    )
    assert [row.label for row in table.rows] == ["16", "8", "mfcc"]
    assert [row.published for row in table.rows] == [{"accuracy": 93.6}, {"accuracy": None}, {"accuracy": 80}]
    assert table.rows[0].experiment == BASE
    assert table.rows[1].experiment.digest == BASE.with_values({"model.ratio": 8.0}).digest
    assert table.rows[2].experiment.feature == Mfcc()
    assert table.metrics == ("accuracy",)


def test_numbers_are_of_the_metrics_in_their_order():
    table = result_table(compared_with=TWO, rows={"a": ((50.0, 60.0), BASE)}, **DESCRIBED)
    assert table.rows[0].published == {"windows": 50.0, "clips": 60.0}
    with pytest.raises(SpecError, match="row a: 1 published numbers, expected one for each of windows, clips"):
        result_table(compared_with=TWO, rows={"a": (50.0, BASE)}, **DESCRIBED)


def test_changes_that_fit_nothing_are_refused():
    with pytest.raises(SpecError, match=r"model\.ratoi: no such value of se_cnn"):
        result_table(BASE, compared_with=ONE, rows={"a": (1.0, {"model.ratoi": 2})}, **DESCRIBED)
    with pytest.raises(SpecError, match=r"row a: changes model\.ratio, but there is no base experiment"):
        result_table(compared_with=ONE, rows={"a": (1.0, {"model.ratio": 2})}, **DESCRIBED)
