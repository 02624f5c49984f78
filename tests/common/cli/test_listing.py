"""The listing of a paper's tables."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import reproductions
from common.cli.listing import listing, show_listing, show_sources, sources
from common.cli.screen import ScreenOptions
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.se_cnn.paper import PAPER as SE_CNN
from tests.helpers.papers import KEYS, paper_of

SCRIPT = Path(reproductions.__file__).parent / "se_cnn" / "run.py"


def test_list_as_json_on_standard_output(tmp_path):
    command = [sys.executable, str(SCRIPT), "--list", "--json"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert listed.returncode == 0
    assert [table["id"] for table in json.loads(listed.stdout)["tables"]] == ["4.1", "5.1", "5.2", "5.3"]
    assert listed.stderr == ""


def test_rows_are_listed_with_the_names_that_row_takes(capsys):
    values = {table["id"]: table for table in listing(SE_CNN)["tables"]}
    assert [(row["name"], row["label"]) for row in values["5.2"]["rows"]] == [("r8", "8"), ("r16", "16"), ("r32", "32")]
    assert not any("name" in row for row in values["4.1"]["rows"])
    assert show_listing(SE_CNN, ScreenOptions()) == 0
    layers, *tables = capsys.readouterr().out.split("Table ")[1:]
    assert "--row" not in layers.splitlines()[2]
    assert any(line.split()[:2] == ["width-0.5x", "16,32,64,128,64"] for line in tables[2].splitlines())


def test_published_numbers_have_a_unit_and_one_style_of_decimals(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    show_listing(EMBEDDINGS, ScreenOptions())
    second = capsys.readouterr().out.split("Table 2")[1].splitlines()
    assert second[1].split() == ["published", "published", "published", "trainable"]
    assert second[2].split() == ["--row", "Model", "train", "(%)", "validation", "(%)", "test", "(%)", "parameters"]
    assert [line.split()[2:5] for line in second[9:11]] == [["99.35", "83.30", "78.44"], ["99.06", "82.10", "78.00"]]
    assert second[11] == ""
    assert second[12].startswith("Trainable parameters: with the paper's own features;")


def test_unverified_numbers_are_named_below_their_table(capsys):
    show_listing(paper_of("nnet"), ScreenOptions())
    said = "UNVERIFIED: the published numbers are from secondary sources."
    *layers, results = capsys.readouterr().out.split("Table ")
    assert said in results.splitlines()
    assert not any(said in text for text in layers)


def test_a_label_without_room_beside_its_name_is_not_missed(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    show_listing(SE_CNN, ScreenOptions())
    show_listing(EMBEDDINGS, ScreenOptions())
    assert "No room for: row" not in capsys.readouterr().out


def test_confusion_matrices_are_listed_below_the_tables(capsys):
    assert show_listing(EMBEDDINGS, ScreenOptions()) == 0
    below = capsys.readouterr().out.split("Confusion matrices, each of one row")[1]
    assert "Confusion matrix of ResNet34+MSD" in below
    assert "table 1: resnet34-msd-aug-seg" in below


@pytest.mark.parametrize("width", [100, 80, 60])
@pytest.mark.parametrize("key", KEYS)
def test_lists_fit_the_screen_and_digests_are_shown_only_where_they_are_wide(monkeypatch, capsys, key, width):
    monkeypatch.setenv("COLUMNS", str(width))
    paper = paper_of(key)
    show_listing(paper, ScreenOptions())
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    assert "digest" not in printed
    for table in listing(paper)["tables"]:
        # No number is broken.
        assert all(f"{row['trainable_parameters']:,}" in printed for row in table["rows"])
    show_listing(paper, ScreenOptions(wide=True))
    wide = capsys.readouterr().out
    for table in listing(paper)["tables"]:
        assert all(row["experiment"][:12] in wide and row["label"] in wide for row in table["rows"])


@pytest.mark.parametrize("width", [100, 80, 60])
@pytest.mark.parametrize("key", KEYS)
def test_sources_fit_the_screen(monkeypatch, capsys, key, width):
    monkeypatch.setenv("COLUMNS", str(width))
    show_sources(paper_of(key), ScreenOptions())
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    text = " ".join(printed.split())
    for one in sources(paper_of(key))["sources"]:
        assert f"{one['status']}: {' '.join(one['reason'].split())}" in text


def test_sources_have_the_values_that_they_are_of(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    show_sources(SE_CNN, ScreenOptions())
    lines = capsys.readouterr().out.splitlines()
    assert "model.ratio = 16 (other rows: 8; 32)" in lines
    assert "model.dropout = 0.25            stated: chapter 4: rate of 25 %" in lines
    assert "fixed.adam_epsilon = 1e-07      assumed: Keras' default; PyTorch's is 1e-8" in lines


def test_a_table_of_layers_says_that_its_rows_are_not_for_row(capsys):
    show_listing(SE_CNN, ScreenOptions())
    layers, *tables = " ".join(capsys.readouterr().out.split()).split("Table ")[1:]
    assert layers.endswith("--row does not take them. ")
    assert "--row SE blocks accuracy (%)" in tables[0]
    assert not any("does not take them" in text for text in tables)


def test_the_last_row_of_layers_is_the_whole_network_beside_the_published_number(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    resnet1d = paper_of("resnet1d")
    show_listing(resnet1d, ScreenOptions())
    layers = capsys.readouterr().out.split("Table 6.2")[0].splitlines()
    assert layers[1].split() == ["kernel", "pool", "trainable"]
    assert layers[2].split() == ["layer", "filters", "size", "size", "stride", "output", "shape", "parameters"]
    assert layers[5].split() == ["Conv1D,", "first", "128", "3", "-", "3", "128", "x", "36,750", "768"]
    assert next(line for line in layers if line.startswith("Total")).split() == ["Total", "4,086,794"]
    assert "Published: all columns but the parameters." in layers
    assert "Published total of trainable parameters: 4,086,794." in layers
    entry = listing(resnet1d)["tables"][0]
    assert entry["metrics"] == ["filters", "kernel_size", "pool_size", "stride", "output_size"]
    assert entry["total"] == {"published": 4_086_794, "trainable_parameters": 4_086_794}
    show_listing(SE_CNN, ScreenOptions())
    first = capsys.readouterr().out.split("Table 5.1")[0]
    assert any(line.split() == ["Total", "778,384"] for line in first.splitlines())
    assert "Published" not in first
    assert first.splitlines()[1].split() == ["published", "trainable"]


def test_a_missing_number_and_an_unusual_metric_are_words(capsys):
    show_listing(paper_of("soundfusion"), ScreenOptions())
    said = capsys.readouterr().out
    assert any(line.split()[:5] == ["simplecnn", "SimpleCNN", "48.4", "not", "given"] for line in said.splitlines())
    explained = "Aggregation: share of clips that are right, where the windows of a clip decide together."
    assert explained in " ".join(said.split())
