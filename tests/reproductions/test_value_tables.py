"""Tables of values: every paper's are complete, and ours are those that rows and searches have."""

import json

import pytest

from common.cli.app import run_app
from common.cli.listing import listing
from common.cli.run import make_app
from common.core.errors import SpecError
from common.paper import ValueRow, ValueTable
from common.reports.formats import as_csv, as_latex, as_markdown
from common.reports.screen.show import screen_lines
from common.reports.stored import stored_tables
from common.reports.tables.declared_values import value_table
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.crnn.spaces import SPACES
from reproductions.resnet1d.paper import PAPER as RESNET1D
from reproductions.soundfusion import experiments as e
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.papers import KEYS, paper_of
from tests.helpers.tables import caption_of, cells_of

TABLES = {f"{key} {table.id}": (paper_of(key), table) for key in KEYS for table in paper_of(key).value_tables}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_values_is_whole_in_every_form(name):
    paper, table = TABLES[name]
    built = value_table(paper, table, "demo")
    labels = [row["label"] for row in built.values["rows"]]
    assert len(set(labels)) == len(labels) > 0
    for row in built.values["rows"]:
        assert row["where"]
        assert list(row["ours"]) == list(table.columns)
    assert json.loads(json.dumps(built.as_json())) == built.as_json()
    assert all(f"| {label} | " in as_markdown(built) for label in labels)
    assert all(label.replace("_", r"\_").replace("%", r"\%") in as_latex(built, "table_x") for label in labels)
    assert len(as_csv(built).splitlines()) == len(labels) + 1
    for width in (80, 120):
        assert max(len(line.text) for line in screen_lines(built, width)) <= width


def test_spectrograms_are_compared_with_those_of_the_rows():
    table = value_table(SOUNDFUSION, SOUNDFUSION.table("mel_settings"), "demo")
    rows = {row["label"]: (row["published"], *row["ours"].values()) for row in table.values["rows"]}
    assert rows == {
        "Mono/stereo": ("Stereo", "Stereo", "Mono"),
        "Sampling rate (Hz)": (44100, e.STEREO.sample_rate, 22050),
        "Mel filter banks": (64, 64, e.MONO.n_mels),
        "Window size": (1024, 1024, 1024),
        "Hop length": (512, 512, 512),
        "Window function": ("Hann", "Hann", "Hann"),
    }
    assert "Not as published: Mono/stereo (other networks); Sampling rate (Hz) (other networks); Mel " in (
        caption_of(table)
    )
    assert cells_of(table, "Sampling rate (Hz)")["Here, SimpleCNN"] == "44100"


def test_regularisation_and_transfer_are_those_of_the_rows():
    table = value_table(SOUNDFUSION, SOUNDFUSION.table("augmentation_settings"), "demo")
    assert [(row["published"], row["ours"]["ours"]) for row in table.values["rows"]] == [
        (2, 2),
        (0.3, 0.3),
        (0.02, 0.02),
        ("-12 to 12", "-12 to 12"),
        ("after the output layer", "after the output layer"),
        ("30-50", "30-50"),
    ]
    assert "Not as published" not in caption_of(table)
    table = value_table(SOUNDFUSION, SOUNDFUSION.table("transfer_steps"), "demo")
    rows = {row["label"]: list(row["ours"].values()) for row in table.values["rows"]}
    assert rows["random"] == ["all", "134,292,168", 10]
    assert rows["imagenet"] == rows["gtzan"] == ["the first convolution and the last layer", "33,416", 10]


def test_values_of_the_sweeps_are_those_of_the_search_spaces():
    first, second = (
        {
            row["label"]: (row["published"], row["ours"]["ours"])
            for row in value_table(CRNN, table, "demo").values["rows"]
        }
        for table in CRNN.value_tables
    )
    assert list(first) == ["epochs", "batch_size", "learning_rate", "hidden_dim", "dropout", "num_layers"]
    assert first["learning_rate"] == ([1e-4, 3e-4, 5e-4, 7e-4, 1e-3], list(SPACES[0].parameters.every[1].values))
    assert list(second) == ["reduce_lr_factor", "step_lr_step_size", "step_lr_gamma"]
    assert all(published == ours for published, ours in (first | second).values())


def test_a_row_has_a_value_for_each_column():
    table = ValueTable(
        id="x", title="X", row_header="Value", columns=("a", "b"), rows=lambda _: (ValueRow("one", 1, (1,), "here"),)
    )
    with pytest.raises(SpecError, match="table x of crnn, row one: 1 values, expected one for each of a, b"):
        value_table(CRNN, table, "demo")


def test_a_table_of_values_is_made_and_shown_by_its_id_without_data(tmp_path, capsys):
    assert run_app(make_app(RESNET1D), ["--table", "dataset_problems", "--out", str(tmp_path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "7.2 %" in printed
    assert "encore duplicates --dataset gtzan" in printed
    folder = tmp_path / "resnet1d" / "demo"
    assert {path.name for path in folder.iterdir()} == {
        f"table_dataset_problems.{form}" for form in ("md", "csv", "tex", "json")
    }
    (stored,) = stored_tables(tmp_path, "resnet1d")
    assert stored.as_table(RESNET1D) == value_table(RESNET1D, RESNET1D.table("dataset_problems"), "demo")
    assert listing(RESNET1D)["value_tables"] == [{"id": "dataset_problems", "title": "Problems of the data set GTZAN"}]
