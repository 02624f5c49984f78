"""From options to runs: shared rows train once, options are applied, and left-out clips are counted."""

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, SpecError
from common.runs.options import Options
from common.runs.plan import plan
from common.training import memory
from common.training.memory import MemoryLimit
from reproductions.se_cnn.paper import PAPER


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return lambda **changes: Options(
        **{"dataset": "arrays", "data": tiny_arrays, "cache": tmp_path / "cache", "out": tmp_path / "out"} | changes
    )


def test_rows_shared_by_tables_are_one_run(options):
    work = plan(PAPER, options(seeds=1))
    assert len(work.runs) == 11
    assert ("5.1 [1,2,3,4,5]", "5.2 [16]", "5.3 [32,64,128,256,128]") in [planned.labels for planned in work.runs]
    assert [table.id for table in work.tables] == ["4.1", "5.1", "5.2", "5.3"]


def test_a_program_above_the_memory_limit_extracts_nothing(options, monkeypatch, tmp_path):
    peak = 3 << 30
    monkeypatch.setattr(memory, "peak_resident_bytes", lambda: peak)
    with pytest.raises(BudgetError) as caught:
        plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(peak - 1)))
    assert str(caught.value) == (
        "--memory-limit 3072 MB: after loading the program and the data set the process has peaked at 3072 MB. Raise "
        "the limit: TensorFlow alone takes about 600 MB."
    )
    assert not (tmp_path / "cache" / "shards").exists()
    plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(peak))).close()


def test_features_that_took_more_memory_than_the_limit_end_the_command(options, monkeypatch, tmp_path):
    def peak() -> int:
        return (3 if list(tmp_path.glob("cache/shards/*/index.json")) else 1) << 30

    monkeypatch.setattr(memory, "peak_resident_bytes", peak)
    with pytest.raises(BudgetError) as caught:
        plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(2 << 30)))
    assert str(caught.value) == (
        "--memory-limit 2048 MB: after feature extraction the process has peaked at 3072 MB. Raise the limit, or give "
        "the same command again: features in the cache are not extracted again."
    )


def test_seeds_and_folds_multiply_runs(options):
    assert len(plan(PAPER, options(tables=("5.1",), rows=("5",))).runs) == PAPER.paper_seeds == 3
    assert len(plan(PAPER, options(tables=("5.1",), rows=("5",), seeds=2, split="kfold")).runs) == 20


def test_flags_reach_the_experiment(options):
    (planned,) = plan(
        PAPER,
        options(tables=("5.1",), rows=("5",), seeds=1, epochs=7, precision="mixed_bfloat16", unit="segment"),
    ).runs
    experiment = planned.run.experiment
    assert experiment.training.epochs == 7
    assert experiment.training.precision == "mixed_bfloat16"
    assert experiment.protocol.unit == "segment"
    assert planned.run.fold.shared_tracks > 0
    assert planned.row_experiment == PAPER.row("5.1", "5").experiment.digest


def test_options_equal_to_the_papers_values_give_the_same_setting(options):
    plain = plan(PAPER, options(seeds=1))
    asked = plan(PAPER, options(seeds=1, epochs=50, precision="float32", unit="clip", split="holdout"))
    assert asked.setting == plain.setting
    assert plan(PAPER, options(seeds=1, epochs=49)).setting != plain.setting


def test_smoke_scale_takes_few_clips_and_says_so(options):
    work = plan(PAPER, options(scale="smoke"))
    assert work.setting.scale == "smoke"
    assert work.runs[0].run.experiment.training.epochs == PAPER.smoke["training.epochs"]
    assert len(work.runs) == 11


def test_unusable_clips_are_skipped_and_counted(options, tiny_arrays, tmp_path):
    with np.load(tiny_arrays) as file:
        values = dict(file)
    work = plan(PAPER, options(skip_bad=True))
    assert (work.facts.clips, work.facts.skipped) == (40, 0)
    values["X"][3] = 0
    np.savez(tmp_path / "bad.npz", **values)
    work = plan(PAPER, options(skip_bad=True, data=tmp_path / "bad.npz"))
    assert (work.facts.clips, work.facts.skipped, work.facts.skipped_clips) == (39, 1, ("clip003",))


def test_a_short_recording_is_skipped_and_counted(own_corpus, tmp_path):
    soundfile.write(own_corpus.path("blues", 1), np.sin(np.arange(22050) / 9), 22050)
    work = plan(
        PAPER,
        Options(
            dataset="gtzan",
            data=own_corpus.folder,
            cache=tmp_path / "cache",
            allow_incomplete=True,
            skip_bad=True,
            seeds=1,
            tables=("5.1",),
        ),
    )
    assert work.facts.skipped_clips == ("blues.00001",)
    assert work.facts.clips == 11
    assert work.facts.missing == 988
    assert not work.setting.stratified
    fold = work.runs[0].run.fold
    assigned = np.concatenate((fold.train, fold.valid, fold.test))
    assert len(np.unique(work.runs[0].reader.windows.tracks[assigned])) == 11


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tables": ("9.9",)}, "--table 9.9"),
        ({"rows": ("7",)}, "--row 7"),
        ({"features": "small"}, "--features small"),
        ({"split": "fault_filtered"}, "--split fault_filtered"),
    ],
)
def test_tables_rows_features_and_splits_that_do_not_exist_are_named(options, changes, words):
    with pytest.raises(SpecError, match=words):
        plan(PAPER, options(**changes))


def test_fresh_rounds_start_from_nothing(options):
    assert {
        planned.previous
        for planned in plan(PAPER, options(tables=("5.1",), rows=("5",), seeds=1, split="rotating")).runs
    } == {None}


def test_rows_that_a_change_makes_equal_keep_their_own_records(options):
    """With one ratio for all, the rows of Table 5.2 are one network."""
    one_seed = {"tables": ("5.2",), "rows": (), "seeds": 1}
    work = plan(PAPER, options(**one_seed, changes=("model.ratio=8",)))
    assert len({planned.run.experiment.digest for planned in work.runs}) == 1
    assert len({planned.run.id for planned in work.runs}) == 3
    assert {planned.row_experiment for planned in work.runs} == {r.experiment.digest for r in PAPER.table("5.2").rows}
    # Nor does it take the place of the row that has this ratio without any change.
    plain = plan(PAPER, options(**one_seed))
    assert not {planned.run.id for planned in work.runs} & {planned.run.id for planned in plain.runs}
