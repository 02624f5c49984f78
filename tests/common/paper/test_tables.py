"""Tables of published numbers, declared as variations of one experiment."""

import pytest

from common.core.errors import SpecError
from common.paper import ArchitectureRow, ArchitectureTable, LayerColumn, LayerDifference, Mfcc, result_table
from common.paper.tables import TOTAL
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


def layers(**changes) -> ArchitectureTable:
    columns = (LayerColumn("kernel_size", len), LayerColumn("rate", len, heading="rate in training"))
    rows = (
        ArchitectureRow("Conv", {"kernel_size": [3, 3], "rate": None}, ("conv1",)),
        ArchitectureRow("Dropout", {"kernel_size": None, "rate": 0.25}, ("dropout1",)),
    )
    return ArchitectureTable(
        **{"id": "1", "title": "t", "columns": columns, "rows": rows, "experiment": BASE} | changes
    )


def test_columns_of_layers_have_a_heading_or_their_name():
    assert [column.head for column in layers().columns] == ["kernel size", "rate in training"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": (LayerColumn("rate", len),) * 2}, "table 1: column rate: expected names that are there once"),
        ({"columns": (LayerColumn("parameters", len),)}, "column parameters: .*none of output_shape, parameters"),
        ({"columns": (LayerColumn("rate", len),)}, "row Conv: published are kernel_size, rate; expected rate"),
        ({"rows": layers().rows[:1] * 2}, "table 1: row Conv: expected names that are there once"),
        (
            {"rows": (ArchitectureRow(TOTAL, {"kernel_size": 3, "rate": 0.1}, ("conv1",)),)},
            "row Total: .*none of Total; give it another name",
        ),
    ],
)
def test_names_of_layers_that_cannot_be_told_apart_are_refused(changes, said):
    with pytest.raises(SpecError, match=said):
        layers(**changes)


@pytest.mark.parametrize(
    ("rows", "columns", "explained"),
    [
        ((), (), {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}),
        (("a",), (), {("a", "x"), ("a", "y")}),
        ((), ("y",), {("a", "y"), ("b", "y")}),
        (("b",), ("x",), {("b", "x")}),
    ],
)
def test_a_difference_is_about_the_cells_that_it_names(rows, columns, explained):
    difference = LayerDifference("reason", rows=rows, columns=columns)
    assert {(a, x) for a in "ab" for x in "xy" if difference.explains(a, x)} == explained
