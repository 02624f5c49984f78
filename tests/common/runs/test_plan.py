"""From options to runs: shared rows train once, options are applied, and left-out clips are counted."""

import dataclasses
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, DataError, SpecError
from common.paper.overrides import Setting
from common.runs.builder import _size_of_windows
from common.runs.data import OpenedData, open_data
from common.runs.options import Options
from common.runs.plan import plan, plan_runs, prepare_features, resolve_rows
from common.runs.selection import choose_rows
from common.training import memory
from common.training.memory import MemoryLimit
from data_pipeline.audio import decode
from data_pipeline.cache import extraction
from reproductions.embeddings import paper as embeddings
from reproductions.se_cnn.paper import PAPER
from reproductions.soundfusion import paper as soundfusion
from tests.helpers.arrays import content


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return lambda **changes: Options(
        **{"dataset": "arrays", "data": tiny_arrays, "cache": tmp_path / "cache", "out": tmp_path / "out"} | changes
    )


def test_rows_shared_by_tables_are_one_run(options):
    work = plan(PAPER, options(seeds=1))
    assert len(work.runs) == 11
    assert ("table 5.1, se-12345", "table 5.2, r16", "table 5.3, width-1x") in [planned.labels for planned in work.runs]
    assert [table.id for table in work.tables] == ["4.1", "5.1", "5.2", "5.3"]


def test_a_program_above_the_memory_limit_extracts_nothing(options, monkeypatch, tmp_path):
    peak = 3 << 30
    monkeypatch.setattr(memory, "peak_resident_bytes", lambda: peak)
    monkeypatch.setattr(memory, "resident_bytes", lambda: 1 << 30)
    with pytest.raises(BudgetError) as caught:
        plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(peak - 1)))
    assert str(caught.value) == (
        "--memory-limit 3072 MB: after loading the program and the data set the process peaked at 3072 MB, so "
        "that it needs 3100 MB or more. Raise the limit: TensorFlow alone takes about 600 MB."
    )
    assert not (tmp_path / "cache" / "shards").exists()
    plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(peak))).close()


def test_arrays_that_need_more_memory_than_is_left_are_refused_before_they_are_read(options, monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "peak_resident_bytes", lambda: 1 << 30)
    monkeypatch.setattr(memory, "resident_bytes", lambda: (2 << 30) - 100_000)
    with pytest.raises(BudgetError, match="storing its clips takes 0 MB of memory, and --memory-limit leaves 0 MB"):
        plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(2 << 30)))
    assert not list(tmp_path.glob("cache/shards/*/*.npy"))


def test_features_that_took_more_memory_than_the_limit_end_the_command(options, monkeypatch, tmp_path):
    def peak() -> int:
        return (3 if list(tmp_path.glob("cache/shards/*/index.json")) else 1) << 30

    monkeypatch.setattr(memory, "peak_resident_bytes", peak)
    monkeypatch.setattr(memory, "resident_bytes", lambda: 1 << 30)
    with pytest.raises(BudgetError) as caught:
        plan(PAPER, options(seeds=1, memory_limit=MemoryLimit(2 << 30)))
    assert str(caught.value) == (
        "--memory-limit 2048 MB: after feature extraction the process peaked at 3072 MB, so that it needs 3100 MB or "
        "more. Raise the limit, or give "
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


def soundfusion_at(folder, corpus, **changes) -> Options:
    """Smoke scale on a folder of clips of 5 s, of which those that cannot be used are skipped."""
    return Options(
        **{
            "dataset": "gtzan",
            "data": corpus.folder,
            "cache": folder / "cache",
            "out": folder / "out",
            "allow_incomplete": True,
            "skip_bad": True,
            "scale": "smoke",
            "features": "small",
            "tables": ("specaugment1", "nnet2"),
            "changes": ("windows.seconds=2",),
        }
        | changes
    )


def test_all_rows_of_a_command_have_the_same_clips(own_corpus, tmp_path):
    """Channels of opposite phase cancel: the clip is silent for rows on one channel, and fine for those on two."""
    tone = (9000 * np.sin(2 * np.pi * 300 * np.arange(5 * 22050) / 22050)).astype(np.int16)
    soundfile.write(own_corpus.path("blues", 1), np.stack([tone, -tone], axis=1), 22050)
    work = plan(soundfusion.PAPER, soundfusion_at(tmp_path, own_corpus))
    tested = {run.row_experiment: {track.id for track in run.reader.index.clips} for run in work.runs}
    assert len({run.run.experiment.feature.channels for run in work.runs}) == 2
    assert len(set(map(frozenset, tested.values()))) == 1
    assert (work.facts.clips, work.facts.skipped_clips) == (11, ("blues.00001",))
    # One setting for all runs, so that one table shows them.
    assert {run.run.data_digest for run in work.runs} == {work.setting.data_digest}
    stereo = soundfusion_at(tmp_path, own_corpus, tables=("specaugment1",))
    assert plan(soundfusion.PAPER, stereo).facts.clips == 12


def test_a_clip_that_is_too_short_for_one_row_is_skipped_for_all(own_corpus, tmp_path):
    soundfile.write(own_corpus.path("blues", 1), np.sin(np.arange(3 * 22050) / 9), 22050)
    long = soundfusion_at(tmp_path, own_corpus, tables=("nnet2",), changes=("windows.seconds=4",))
    assert plan(soundfusion.PAPER, long).facts.skipped_clips == ("blues.00001",)
    short = soundfusion_at(tmp_path, own_corpus, tables=("nnet2",))
    assert plan(soundfusion.PAPER, short).facts.clips == 12


def test_another_decoder_is_another_run_of_audio_and_nothing_to_arrays(options, own_corpus, tmp_path, monkeypatch):
    audio = soundfusion_at(tmp_path, own_corpus, tables=("nnet2",), skip_bad=False)
    plain = plan(soundfusion.PAPER, audio)
    monkeypatch.setattr(decode, "_decode_tensorflow_io", decode._decode_soundfile)
    monkeypatch.setattr(extraction, "require_decoder", lambda decoder: None)
    other = plan(soundfusion.PAPER, dataclasses.replace(audio, decoder="tensorflow-io"))
    ids = [{run.run.id for run in work.runs} for work in (plain, other)]
    assert not ids[0] & ids[1]
    assert (plain.setting.decoder, other.setting.decoder) == ("soundfile", "tensorflow-io")
    assert other.setting != plain.setting
    arrays = [plan(PAPER, options(seeds=1, decoder=name)) for name in ("soundfile", "tensorflow-io")]
    assert arrays[0].setting == arrays[1].setting
    assert [run.run.id for run in arrays[0].runs] == [run.run.id for run in arrays[1].runs]


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


def with_official_split(data: OpenedData) -> OpenedData:
    """The same data with the predefined split that FMA's metadata have: of ten clips, eight, one and one."""
    parts = {track.id: {8: "valid", 9: "test"}.get(row % 10, "train") for row, track in enumerate(data.catalog.tracks)}
    return replace(data, catalog=data.catalog.replace(splits={"official": parts}))


def setting_of(paper, options, data) -> Setting:
    return resolve_rows(paper, options, choose_rows(paper, options.tables, options.rows), data).resolver.setting


def test_the_split_of_the_published_numbers_is_the_default_on_data_that_have_it(options, capsys):
    asked = options(tables=("performance",), rows=("nnet2",), seeds=1)
    data = with_official_split(open_data(soundfusion.PAPER, asked))
    rows = resolve_rows(soundfusion.PAPER, asked, choose_rows(soundfusion.PAPER, asked.tables, asked.rows), data)
    assert rows.resolver.setting.split == "official"
    work = plan_runs(rows, data, prepare_features(rows, asked, data))
    (planned,) = work.runs
    tested = {data.catalog.tracks[track].id for track in planned.reader.windows.tracks[planned.run.fold.test]}
    assert tested == {clip for clip, part in data.catalog.splits["official"].items() if part == "test"}
    assert planned.row_experiment == soundfusion.PAPER.row("performance", "nnet2").experiment.digest
    assert "is used" not in capsys.readouterr().err
    assert setting_of(soundfusion.PAPER, replace(asked, split="holdout"), data).split == "holdout"
    # A predefined split is of whole clips.
    segments = setting_of(soundfusion.PAPER, replace(asked, unit="segment"), data)
    assert (segments.split, segments.unit) == ("holdout", "segment")
    assert "divides whole clips: with --unit window a holdout split is used" in capsys.readouterr().err.replace(
        "\n", " "
    )


@pytest.mark.parametrize(("paper", "missing"), [(soundfusion.PAPER, "official"), (embeddings.PAPER, "course")])
def test_a_split_that_the_data_lack_is_replaced_with_a_warning(options, capsys, paper, missing):
    row = {"soundfusion": ("performance", "nnet2"), "embeddings": ("1", "Base2DCNN, original")}[paper.key]
    asked = options(tables=row[:1], rows=row[1:], genres=("all",))
    assert setting_of(paper, asked, open_data(paper, asked)).split == "holdout"
    said = capsys.readouterr().err.replace("\n", " ")
    assert f"has no split {missing}, which the paper uses: a holdout split is used instead" in said


def test_too_few_clips_for_the_split_are_refused_before_features_are_computed(options, tmp_path):
    file = tmp_path / "few.npz"
    np.savez(file, **content())
    asked = options(data=file)
    data, chosen = open_data(PAPER, asked), choose_rows(PAPER, ("5.1",), ("se-5",))
    with pytest.raises(DataError, match=r"of each, .* in all, are enough"):
        resolve_rows(PAPER, asked, chosen, data)
    # Windows are many.
    resolve_rows(PAPER, replace(asked, unit="segment"), chosen, data)


@pytest.mark.parametrize(
    ("kind", "bins", "frames", "text"),
    [
        ("log_mel", 32, 129, "32 bands x 129 frames"),
        ("mfcc", 20, 129, "20 coefficients x 129 frames"),
        ("stft_db", 513, 129, "513 bins x 129 frames"),
        ("waveform", 1, 66150, "66,150 samples"),
    ],
)
def test_the_axes_of_windows_are_named(kind, bins, frames, text):
    index = SimpleNamespace(feature=SimpleNamespace(kind=kind, bins=bins))
    assert _size_of_windows(SimpleNamespace(index=index, windows=SimpleNamespace(frames=frames))) == text
