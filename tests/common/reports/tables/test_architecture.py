"""Tables of layers: several published columns, the total, and cells that differ."""

from dataclasses import replace

import pytest

from common.paper import parameters
from common.paper.tables import LayerColumn, LayerDifference
from common.reports.tables.architecture import architecture_table, layer_cells
from reproductions.resnet1d.paper import PAPER as RESNET1D
from reproductions.se_cnn.paper import PAPER as SE_CNN

TABLE = RESNET1D.table("4.1")
RATES = SE_CNN.table("4.1")


def cells_of(paper, table) -> dict[str, tuple[str, ...]]:
    return {line[0]: line[1:] for line in architecture_table(paper, table, "gtzan").rows}


def changed(label: str, **published) -> tuple:
    """Rows of ResNet1D, one of which prints something else."""
    return tuple(
        replace(row, published={**row.published, **published}) if row.label == label else row for row in TABLE.rows
    )


@pytest.fixture
def nothing_is_stored(tmp_path, monkeypatch):
    """So that a changed table does not depend on which columns are stored."""
    monkeypatch.setattr(parameters, "stored_file", lambda paper: tmp_path / "parameters.json")


def test_of_several_columns_each_cell_has_one_value_where_both_are_the_same():
    built = architecture_table(RESNET1D, TABLE, "gtzan")
    assert built.header == (
        *("Layer", "Filters", "Kernel size", "Pool size", "Stride", "Output shape"),
        *("Keras output", "Parameters"),
    )
    cells = cells_of(RESNET1D, TABLE)
    assert cells["Conv1D, first"] == ("128", "3", "-", "3", "128 x 36,750", "36,750 x 128", "768")
    assert cells["MaxPool 2"] == ("-", "-", "3", "3", "128 x 4,083", "4,083 x 128", "0")
    assert cells["Total"] == ("", "", "", "", "", "", "4,086,794")
    assert not built.warnings
    assert built.notes[1].text.startswith("What the document prints: one value where ours is the same, otherwise")
    assert "the document prints their total" in built.notes[-1].text


def test_a_cell_that_differs_has_both_values_and_is_named_in_a_warning():
    table = replace(TABLE, rows=changed("Res1D 3", filters=64, kernel_size=None), total=5)
    built = architecture_table(RESNET1D, table, "gtzan")
    cells = cells_of(RESNET1D, table)
    assert cells["Res1D 3"][:3] == ("64 / 256", "- / 3", "-")
    assert cells["Total"][-1] == "5 / 4,086,794"
    assert "4,086,794 trainable parameters (published: 5)" in built.notes[0].text
    (warning,) = built.warnings
    assert warning.text == "Layers that differ from the published ones: Res1D 3 (filters, kernel size), Total."


def test_a_difference_with_a_reason_is_explained_in_the_caption_and_others_are_still_warned_of():
    reasons = (LayerDifference("As in the code.", rows=("Res1D 3",), columns=("filters",)),)
    table = replace(TABLE, rows=changed("Res1D 3", filters=64, stride=2), differences=reasons)
    built = architecture_table(RESNET1D, table, "gtzan")
    assert built.notes[2].text == "As in the code."
    assert [warning.text for warning in built.warnings] == [
        "Layers that differ from the published ones: Res1D 3 (stride)."
    ]


def test_a_single_column_has_ours_beside_it_and_a_total_of_ours_where_none_is_published():
    built = architecture_table(SE_CNN, RATES, "gtzan")
    assert built.header == ("Layer", "Published filter shape", "Our filter shape", "Keras output", "Parameters")
    cells = cells_of(SE_CNN, RATES)
    assert cells["MaxPooling 1"] == ("pool: 2 x 2", "pool: 2 x 2", "256 x 64 x 32", "0")
    assert cells["Total"] == ("", "", "", "778,384")
    assert built.values["total"] == {"published": None, "measured": 778_384}
    assert built.notes[-1].text == "Parameters are ours; the document prints none."


def test_a_differing_row_of_a_single_column_is_named_without_its_column():
    rows = (replace(RATES.rows[0], published={"filter_shape": [5, 5, 1, 32]}), *RATES.rows[1:])
    (warning,) = architecture_table(SE_CNN, replace(RATES, rows=rows), "gtzan").warnings
    assert warning.text == "Layers that differ from the published ones: Conv 1."


def test_headings_are_those_of_the_table(nothing_is_stored):
    column = LayerColumn("rate", RATES.columns[0].measure, heading="rate in training")
    rows = tuple(replace(row, published={"rate": row.published["filter_shape"]}) for row in RATES.rows)
    built = architecture_table(SE_CNN, replace(RATES, columns=(column,), rows=rows), "gtzan")
    assert built.header[1:3] == ("Published rate in training", "Our rate in training")


def test_a_file_of_an_earlier_version_has_one_column_and_no_total():
    values = architecture_table(SE_CNN, RATES, "gtzan").as_json()
    header, rows = layer_cells({name: values[name] for name in ("metrics", "rows")})
    assert header == ("Layer", "Published filter shape", "Our filter shape", "Keras output", "Parameters")
    assert rows == architecture_table(SE_CNN, RATES, "gtzan").rows[:-1]
