"""Names of the files of results."""

import re

from common.launch import is_paper
from common.paper.overrides import Setting
from common.records.paths import (
    COMMITTED_RESULTS,
    OWN_RESULTS,
    ResultPaths,
    file_stem,
    result_folders,
    result_subfolders,
    results_of_checkout,
    searches,
    table_files,
)
from reproductions.se_cnn.paper import PAPER
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.papers import ROOT
from tests.helpers.se_cnn_records import SETTING


def test_other_protocols_and_scales_get_files_of_their_own():
    stems = {
        file_stem("table", "5.1", setting, PAPER)
        for setting in (
            SETTING,
            SETTING.replace(unit="segment"),
            SETTING.replace(split="fault_filtered"),
            SETTING.replace(scale="smoke"),
            SETTING.replace(features="small"),
        )
    }
    assert len(stems) == 5
    assert {"table_5.1", "table_5.1_by_window"} <= stems
    demo = SETTING.replace(dataset="demo", scale="smoke", features="small")
    assert file_stem("table", "5.1", demo, PAPER) == "table_5.1"


def test_the_plain_name_belongs_to_the_split_that_the_rows_declare_not_to_the_published_one():
    """Otherwise results on data without the published split would change places with those on data that have it."""
    assert SOUNDFUSION.published_split == "official"
    on_arrays = SETTING.replace(dataset="arrays", features="given")
    assert file_stem("table", "width", on_arrays, SOUNDFUSION) == "table_width"
    on_fma = SETTING.replace(dataset="fma_small", split="official")
    assert file_stem("table", "width", on_fma, SOUNDFUSION) == "table_width_official"


def test_whatever_reduces_the_training_has_a_file_of_its_own():
    def stem(**changes) -> str:
        return file_stem("table", "5.1", SETTING.replace(**changes), PAPER)

    assert stem(epochs=1) == "table_5.1_1_epoch"
    assert stem(epochs=20) == "table_5.1_20_epochs"
    assert stem(precision="mixed_bfloat16") == "table_5.1_bfloat16"
    assert stem(epochs=20, precision="mixed_bfloat16", unit="segment") == "table_5.1_by_window_20_epochs_bfloat16"
    demo = {"dataset": "demo", "scale": "smoke", "features": "small"}
    assert stem(**demo, epochs=2) == "table_5.1_2_epochs"


def test_own_results_are_a_folder_of_their_own_below_the_committed_ones(tmp_path):
    """What lists results does not take it for a paper."""
    for folder in ("se_cnn/gtzan", "local/se_cnn/gtzan", "benchmarks"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "table_5.1.json").write_text("{}")
    assert table_files(tmp_path) == [tmp_path / "se_cnn" / "gtzan" / "table_5.1.json"]
    assert result_subfolders(tmp_path) == [tmp_path / "benchmarks", tmp_path / "se_cnn"]
    assert COMMITTED_RESULTS / "local" == OWN_RESULTS
    assert not is_paper(OWN_RESULTS.name)
    assert results_of_checkout() == ROOT / "results"


def test_short_changes_are_in_the_file_name_and_longer_ones_are_a_digest():
    def stem(*changes: str) -> str:
        return file_stem("table", "5.1", SETTING.replace(changes=changes), PAPER)

    assert stem('protocol.duplicates="drop"') == "table_5.1_duplicates_drop"
    assert stem("training.standardise=true") == "table_5.1_standardise_true"
    assert stem("protocol.carry_weights=true") == "table_5.1_carry_weights_true"
    several = ("training.patience_epochs=10", "training.plateau_epochs=4", "training.standardise=true")
    assert re.fullmatch(r"table_5\.1_changed_[0-9a-f]{8}", stem(*several))
    assert stem(*several) != stem(*several[:2])


def test_a_long_change_gives_a_file_name_that_a_file_system_takes():
    setting = Setting(
        **{"dataset": "gtzan", "data_digest": "d", "scale": "paper", "features": "paper", "split": "holdout"},
        unit="clip",
        changes=(f'training.l2_layers="{"|".join(f"conv{number}" for number in range(40))}"',),
    )
    stem = file_stem("table", "5.1", setting, PAPER)
    assert len(stem) < 100
    assert stem != file_stem("table", "5.1", setting.replace(changes=('training.l2_layers="x"',)), PAPER)


def test_results_and_searches_are_those_of_all_own_folders_or_of_one(tmp_path):
    for key in ("folder_music", "folder_other", "gtzan"):
        search = ResultPaths.of(tmp_path, "se_cnn", key).search("ratio")
        search.folder.mkdir(parents=True)
        search.identity.write_text("{}")
    for asked, keys in {
        None: ["folder_music", "folder_other", "gtzan"],
        "folder": ["folder_music", "folder_other"],
        "folder_other": ["folder_other"],
        "gtzan": ["gtzan"],
    }.items():
        assert [one.results.dataset for one in searches(tmp_path, "se_cnn", asked)] == keys
        assert [one.dataset for one in result_folders(tmp_path, "se_cnn", asked)] == keys
