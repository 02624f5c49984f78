"""The leakage audit: every split that the data allow, tables from records only."""

import dataclasses
import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from common.audit import main
from common.cli.app import run_app
from common.cli.run import make_app
from common.core.console import collected
from common.core.errors import RunError, SpecError
from common.core.files import write_json
from common.leakage.audit import _conditions, run_audit
from common.leakage.audit import _path as audit_path
from common.leakage.report import regenerate_audits
from common.leakage.splits import require_free_split
from common.leakage.stored import read_audits
from common.leakage.tables import audit_table
from common.metrics.clips import accuracies
from common.metrics.intervals import Interval, independent_difference
from common.metrics.runs import interval_over_seeds
from common.records.divergence import write_divergence
from common.records.paths import ResultPaths
from common.records.record import read_record, read_records, write_record
from common.reports.table import Note
from common.runs.options import Options
from common.runs.plan import plan
from data_pipeline.datasets.gtzan import facts
from reproductions.se_cnn.paper import PAPER
from tests.helpers.own_folder import write_own_folder, write_song
from tests.helpers.se_cnn_records import divergence_note

pytestmark = pytest.mark.usefixtures("kept_models")

WINDOWS, CLIPS, ARTISTS = "holdout, by window", "holdout, by clip", "artist, by clip"
NO_DUPLICATES, FILTERED = f"{CLIPS}, no exact duplicates", "fault_filtered, by clip"


@pytest.fixture(scope="module")
def with_artists(tmp_path_factory, tiny_arrays):
    """The tiny arrays, named as clips of GTZAN with artists and a fault-filtered split; one clip occurs twice."""
    with np.load(tiny_arrays) as file:
        values = dict(file)
    genres = ("blues", "country", "jazz", "rock")
    # Ten clips of each genre from all parts of the fault-filtered split.
    values["name"] = np.array([f"{genre}.{11 * number:05d}" for genre in genres for number in range(10)])
    values["genre"] = np.repeat(genres, 10)
    values["X"][12] = values["X"][11]
    path = tmp_path_factory.mktemp("artists") / "arrays.npz"
    np.savez(path, **values)
    return path


@pytest.fixture(scope="module")
def audited(tmp_path_factory, with_artists, kept_models):
    """A finished audit: (folder, its table, exit code)."""
    place = tmp_path_factory.mktemp("audit")
    code = main(["se_cnn", *flags(with_artists, place)])
    return place, json.loads((place / "out" / "se_cnn" / "arrays" / "table_audit_1_epoch.json").read_text()), code


def flags(data, place) -> list[str]:
    return [
        "--dataset", "arrays", "--data", str(data), "--epochs", "1", "--cache", str(place / "cache"),
        "--out", str(place / "out"), "--seeds", "1",
    ]  # fmt: skip


def test_every_split_that_the_data_allow_is_run(audited):
    _, table, code = audited
    assert code == 0
    rows = {row["label"]: row for row in table["rows"]}
    assert list(rows) == [
        WINDOWS,
        CLIPS,
        NO_DUPLICATES,
        ARTISTS,
        FILTERED,
        "official, by clip",
    ]
    assert [label for label, row in rows.items() if not row["measured"]] == ["official, by clip"]
    assert "only FMA has this split" in rows["official, by clip"]["unavailable"]
    for row in list(rows.values())[:5]:
        assert row["measured"]["window_accuracy"]["ci95"][0] <= row["measured"]["window_accuracy"]["mean"]
    assert rows[WINDOWS]["overlap"]["clips"] > 30
    assert rows[WINDOWS]["gap"] == {}
    assert [rows[label]["overlap"]["clips"] for label in list(rows)[1:5]] == [0, 0, 0, 0]
    assert [rows[label]["overlap"]["artists"] for label in (ARTISTS, FILTERED)] == [0, 0]
    assert sum(rows[CLIPS]["overlap"]["parts"].values()) == 40
    assert sum(rows[NO_DUPLICATES]["overlap"]["parts"].values()) == 39
    assert rows[NO_DUPLICATES]["overlap"]["exact_pairs"] == 0
    assert "ONE SEED" in " ".join(table["caption"])
    assert table["published"] == {"metric": "accuracy", "percent": 93.6, "compared_with": "window accuracy"}
    caption = " ".join(table["caption"])
    assert "OTHER CLASSES: 4 genres" in caption
    assert table["gap_to"] == WINDOWS


def test_records_name_the_artists_of_their_clips(audited):
    found = read_records(audited[0] / "out" / "se_cnn" / "arrays" / "runs")
    assert len(found) == 5
    for clip in (clip for record in found for clip in record.clips):
        assert clip.artist == (facts()[clip.id]["artist"] or None)
    assert any(clip.artist for clip in found[0].clips)


def test_a_gap_is_the_difference_from_the_first_row(audited):
    _, table, _ = audited
    lax, strict = table["rows"][0]["measured"], table["rows"][4]["measured"]
    gap = table["rows"][4]["gap"]["window_accuracy"]
    expected = independent_difference(
        *(
            Interval(found["mean"] / 100, *(end / 100 for end in found["ci95"]))
            for found in (measured["window_accuracy"] for measured in (strict, lax))
        )
    )
    (line,) = [line for line in table["caption"] if line.startswith(f"Gaps to {CLIPS}, in points: ")]
    between = strict["window_accuracy"]["mean"] - table["rows"][1]["measured"]["window_accuracy"]["mean"]
    assert f"{FILTERED}: windows {between:+.1f} (" in line
    assert gap["mean"] == pytest.approx(100 * expected.mean, abs=0.01)
    assert gap["ci95"] == pytest.approx([100 * expected.low, 100 * expected.high], abs=0.02)
    assert gap["ci95_clips"] == gap["ci95"]  # one seed
    assert "ci95_runs" not in gap


def test_the_interval_of_a_gap_holds_seeds_and_test_clips(audited, tmp_path):
    shutil.copytree(audited[0] / "out", tmp_path / "out")
    (stored,) = read_audits(PAPER, tmp_path / "out")
    regimes, worse = list(stored.audit.regimes), {}
    for place in (0, 1):
        first = read_record(stored.results.record(regimes[place].runs[0]))
        # A second seed, wrong on every clip that it can be wrong on.
        clips = tuple(
            clip.replace(windows_correct=0, mean_softmax=tuple(float(n != clip.label) for n in range(4)))
            for clip in first.clips
        )
        again = first.replace(
            run_id=str(place) * 16, seed=first.seed + 1, clips=clips,
            metrics=first.metrics | {"test": accuracies(clips)},
        )  # fmt: skip
        write_record(stored.results, again)
        worse[place] = [first.metrics["test"]["window_accuracy"], 0.0]
        regimes[place] = regimes[place].replace(runs=(first.run_id, again.run_id))
    write_json(stored.path, stored.audit.replace(regimes=tuple(regimes)).as_json())
    (stored,) = read_audits(PAPER, tmp_path / "out")
    table = audit_table(PAPER, stored)
    lax, strict = (row["measured"]["window_accuracy"] for row in table.values["rows"][:2])
    over_seeds = interval_over_seeds(worse[0])
    assert lax["ci95_runs"] == [round(100 * over_seeds.low, 2), round(100 * over_seeds.high, 2)]
    gap = table.values["rows"][1]["gap"]["window_accuracy"]
    for part in ("ci95", "ci95_clips", "ci95_runs"):
        low = gap["mean"] - math.hypot(strict["mean"] - strict[part][0], lax[part][1] - lax["mean"])
        high = gap["mean"] + math.hypot(strict[part][1] - strict["mean"], lax["mean"] - lax[part][0])
        assert gap[part] == pytest.approx([max(-100, low), min(100, high)], abs=0.05)
    # A split with one seed: its interval accounts for test clips only, the reference's for both.
    assert "ci95_runs" not in table.values["rows"][2]["gap"]["window_accuracy"]
    caption = " ".join(note.text for note in table.notes)
    assert f"95 % intervals of gaps, test clips alone and seeds alone: {CLIPS}: windows" in caption
    assert table.header[2:5] == ("95 % interval", "interval, clips only", "interval, seeds only")
    assert {len(row) for row in table.rows} == {len(table.header)}


def test_the_duplicate_clip_is_listed_with_its_parts(audited):
    place, _, _ = audited
    results = place / "out" / "se_cnn" / "arrays"
    (table,) = json.loads((results / "table_audit_1_epoch.json").read_text())["companions"]
    (row,) = table["rows"]
    assert "## Table audit_duplicates: clips of the same recording" in (results / "table_audit_1_epoch.md").read_text()
    assert len((results / "table_audit_1_epoch_duplicates.csv").read_text().splitlines()) == 2
    assert (row["label"], row["second"], row["exact"]) == ("country.00011", "country.00022", True)
    assert len(table["regimes"]) == len(table["rows"][0]["parts"]) == 5
    assert table["rows"][0]["parts"][2].endswith("/ none")


def test_records_only_give_the_same_bytes_and_a_second_audit_trains_nothing(audited, with_artists, snapshot):
    place, _, _ = audited

    def contents():
        files = snapshot(place / "out").items()
        return {path: content for path, (_, _, content) in files if "work" not in path.parts}

    before = contents()
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(place / "out")]) == 0
    assert contents() == before
    options = Options(dataset="arrays", data=with_artists, epochs=1, seeds=1, cache=place / "cache", out=place / "out")
    _, outcomes = run_audit(PAPER, options)
    assert [(outcome.trained, outcome.finished_before) for outcome in outcomes] == [(0, 1)] * 5
    assert contents() == before
    assert len(read_records(place / "out" / "se_cnn" / "arrays" / "runs")) == 5
    assert "leakage audit of row se-12345" in (place / "out" / "se_cnn" / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--split", "artist"],
            "--split: not used by encore audit, which runs one row under every split and writes its tables",
        ),
        (["--set", "protocol.unit=segment"], "an audit runs every split"),
        (["--row", "5", "--row", "4,5"], "Name it with one --row"),
        (["--row", "r8,r32"], "Name it with one --row"),
        (["--row", "se-5,r8"], "Name it with one --row"),
        (["--row", "nine"], "--row nine: no such row"),
        (["--table", "4.1"], "Name it with one --row"),
        (["--list"], "--list: not used by encore audit, which runs one row under every split"),
        (["--from-records"], "--from-records: not used by encore audit, which runs one row under every split"),
    ],
)
def test_what_an_audit_does_not_go_with(with_artists, tmp_path, capsys, arguments, words):
    assert main(["se_cnn", *flags(with_artists, tmp_path), *arguments]) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")


def test_a_unit_is_refused_by_the_name_that_readers_know():
    with pytest.raises(SpecError, match="--unit window: an audit runs every split"):
        require_free_split(Options(unit="segment"))


def test_workers_are_sent_the_options_of_each_split(with_artists, tmp_path, capsys):
    """A worker on another machine makes its plan from these options only."""
    sent = []

    def workers(job, progress):
        with collected():
            again = plan(PAPER, job.options)
        sent.append((job.options.split, job.options.unit, job.options.changes))
        assert [run.run.id for run in again.runs] == [run.run.id for run in job.plan.runs]
        again.close()
        return iter(())

    options = Options(
        dataset="arrays", data=with_artists, epochs=1, seeds=1, cache=tmp_path / "cache", out=tmp_path / "out"
    )
    with pytest.raises(RunError, match=r"no run of row se-12345 \(1,2,3,4,5\) finished"):
        run_audit(PAPER, options, workers=workers)
    assert sent == [
        ("holdout", "segment", ()),
        ("holdout", "clip", ()),
        ("holdout", "clip", ('protocol.duplicates="drop"',)),
        ("artist", "clip", ()),
        ("fault_filtered", "clip", ()),
    ]
    assert not (tmp_path / "out" / "se_cnn" / "arrays" / "audits").exists()
    # The data are named once, what is not run in one line, and each split when its training begins.
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if re.match(r"\d+ clips, ", line)]) == 1
    assert [line for line in said if line.startswith("not run: ")] == [
        "not run: official, by clip (only FMA has this split)"
    ]
    assert [line for line in said if line.startswith("split ")] == [
        f"split {place} of 5: {name}"
        for place, name in enumerate(
            [
                "holdout 60/10/30, by window",
                "holdout 60/10/30, by clip",
                "holdout 60/10/30, by clip, no exact duplicates",
                "artist 60/10/30, by clip",
                "fault_filtered, by clip",
            ],
            1,
        )
    ]
    assert len(said) == len({line for line in said if not line.startswith("[")}), said


def test_rows_that_cannot_be_audited_are_refused_before_tensorflow_is_started(with_artists, tmp_path, monkeypatch):
    monkeypatch.setattr("common.cli.train._import_training", lambda: pytest.fail("TensorFlow is started"))
    assert main(["se_cnn", *flags(with_artists, tmp_path), "--row", "r8,r16"]) == 2


def test_an_audit_at_other_settings_has_a_file_of_its_own(audited, tmp_path):
    (first,) = read_audits(PAPER, audited[0] / "out")
    assert first.path.name == "audit_1_epoch.json"
    results = ResultPaths.of(tmp_path, "se_cnn", "arrays")
    path = results.audits / "audit_1_epoch.json"
    write_json(path, first.audit.as_json())
    again = first.audit.replace(scanned=7)
    assert audit_path(PAPER, again, results) == path
    longer = first.audit.replace(setting=first.audit.setting.replace(epochs=20))
    assert audit_path(PAPER, longer, results).name == "audit_20_epochs.json"
    other_data = first.audit.replace(setting=first.audit.setting.replace(data_digest="mine"))
    assert re.fullmatch(r"audit_1_epoch_[0-9a-f]{8}\.json", audit_path(PAPER, other_data, results).name)


def test_an_audit_keeps_the_file_that_it_has_whatever_its_name(audited, tmp_path):
    (first,) = read_audits(PAPER, audited[0] / "out")
    results = ResultPaths.of(tmp_path, "se_cnn", "arrays")
    write_json(results.audits / "audit.json", first.audit.as_json())
    assert audit_path(PAPER, first.audit.replace(scanned=7), results).name == "audit.json"
    # A name that is taken by an audit at other settings is not used for this one.
    whole = first.audit.replace(setting=first.audit.setting.replace(epochs=None))
    assert re.fullmatch(r"audit_[0-9a-f]{8}\.json", audit_path(PAPER, whole, results).name)


def test_splits_that_equal_the_random_split_by_clip_are_not_run(with_artists, tmp_path, capsys):
    """One window of each clip, and no clip twice."""
    with np.load(with_artists) as file:
        values = dict(file)
    values["X"] = values["X"][:, :, :39]
    values["X"][12, 0, 0] += 1
    values["n_samples"] = np.full(40, 3 * 22050)
    path = tmp_path / "short.npz"
    np.savez(path, **values)
    options = Options(dataset="arrays", data=path, epochs=1, seeds=1, cache=tmp_path / "cache", out=tmp_path / "out")
    with pytest.raises(RunError):
        run_audit(PAPER, options, workers=lambda job, progress: iter(()))
    said = capsys.readouterr().err.replace("\n", " ")
    assert f"not run: {WINDOWS} (no clip has windows on both sides, so it is the same as {CLIPS})" in said
    assert f"; {NO_DUPLICATES} (no clip occurs twice, so it is the same as {CLIPS})" in said


def test_an_audit_with_fewer_seeds_keeps_the_earlier_runs(audited, with_artists, tmp_path):
    shutil.copytree(audited[0], tmp_path / "again")
    results = ResultPaths.of(tmp_path / "again" / "out", "se_cnn", "arrays")
    (first,) = read_audits(PAPER, tmp_path / "again" / "out")
    clips, artists = (next(r for r in first.audit.regimes if r.key == key).runs[0] for key in ("clips", "artists"))
    seeds = {clips: {"run_id": "a" * 16, "seed": 1}, artists: {"run_id": "b" * 16, "seed": 1, "split_digest": "other"}}
    for run, changes in seeds.items():
        write_record(results, read_record(results.record(run)).replace(**changes))
    more = {clips: (clips, "a" * 16), artists: (artists, "b" * 16)}
    regimes = tuple(r.replace(runs=more.get(r.runs[0], r.runs) if r.runs else ()) for r in first.audit.regimes)
    write_json(results.audits / first.path.name, first.audit.replace(regimes=regimes).as_json())
    options = Options(
        dataset="arrays",
        data=with_artists,
        epochs=1,
        seeds=1,
        cache=tmp_path / "again" / "cache",
        out=tmp_path / "again" / "out",
    )
    again, _ = run_audit(PAPER, options, workers=lambda job, progress: iter(()))
    assert read_audits(PAPER, options.out)[0].audit == again.audit
    runs = {row["label"]: row["measured"].get("runs") for row in audit_table(PAPER, again).values["rows"]}
    assert runs[CLIPS] == 2
    assert runs[ARTISTS] == 1  # the other seed was on other test clips


def test_an_audit_that_cannot_be_read_is_reported_before_training(audited, with_artists, tmp_path, capsys):
    path = tmp_path / "out" / "se_cnn" / "arrays" / "audits" / "audit.json"
    (first,) = read_audits(PAPER, audited[0] / "out")
    write_json(path, first.audit.replace(format_version=1).as_json())
    assert main(["se_cnn", *flags(with_artists, tmp_path)]) == 2
    assert "not an audit of se_cnn of format 2" in capsys.readouterr().err.replace("\n", " ")
    assert not list((tmp_path / "cache").iterdir())


def test_an_audit_without_records_is_named_and_the_others_are_made(audited, tmp_path, capsys):
    before, after = (ResultPaths.of(out, "se_cnn", "arrays") for out in (audited[0] / "out", tmp_path))
    shutil.copytree(before.audits, after.audits)
    assert regenerate_audits(PAPER, tmp_path) == []
    assert "none of its runs has a record here" in capsys.readouterr().err.replace("\n", " ")
    (audit,) = read_audits(PAPER, tmp_path)
    shutil.copytree(before.runs, after.runs)
    after.record(audit.audit.regimes[3].runs[0]).unlink()
    table = audit_table(PAPER, audit)
    assert Note("incomplete", f"INCOMPLETE: runs are missing for: {ARTISTS}.") in table.notes
    assert not table.values["rows"][3]["measured"]


def test_an_audit_says_which_split_diverged(audited, tmp_path):
    shutil.copytree(audited[0] / "out" / "se_cnn", tmp_path / "se_cnn")
    (audit,) = read_audits(PAPER, tmp_path)
    assert not any(warning.kind == "diverged" for warning in audit_table(PAPER, audit).warnings)
    runs = [regime.runs[0] for regime in audit.audit.regimes if regime.runs]
    write_divergence(audit.results, divergence_note(run_id=runs[3]))
    write_divergence(audit.results, divergence_note(run_id="of another row"))
    audit.results.record(runs[3]).unlink()
    (warning,) = (warning for warning in audit_table(PAPER, audit).warnings if warning.kind == "diverged")
    assert warning.text.startswith(f"DIVERGED without a result: {ARTISTS}, seed 1 (the loss is not finite")
    assert "another row" not in warning.text
    (warning,) = (warning for warning in audit_table(PAPER, audit).warnings if warning.kind == "clipped_loss")
    assert warning.text.startswith(f"CLIPPED LOSS in split {ARTISTS}. ")


def test_a_paper_that_there_is_not(capsys):
    assert main(["nosuch"]) == 2
    assert "nosuch: no such paper" in capsys.readouterr().err
    assert main([]) == 2
    assert main(["--help"]) == 0


def test_an_edited_audit_is_named(tmp_path, capsys):
    path = tmp_path / "se_cnn" / "arrays" / "audits" / "audit.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"format_version": 1, "paper": "se_cnn"}')
    assert run_app(make_app(PAPER), ["--from-records", "--out", str(tmp_path)]) == 2
    assert "audit.json: not an audit of se_cnn" in capsys.readouterr().err.replace("\n", " ")


def test_a_folder_of_songs_has_five_splits(tmp_path):
    songs = write_own_folder(tmp_path / "songs", genres=2, clips=10, artists=5)
    # Copies of one song, by an unknown artist: an artist filter alone may put them in two parts.
    for name in ("a", "b", "c"):
        write_song(songs / "bebop" / f"{name}.wav", seed=77)
    options = Options(
        dataset="folder", data=songs, features="small", epochs=1, seeds=1, cache=tmp_path / "cache", out=tmp_path / "o"
    )
    audited, _ = run_audit(PAPER, options)
    rows = {row["label"]: row for row in audit_table(PAPER, audited).values["rows"]}
    assert list(rows) == [WINDOWS, CLIPS, NO_DUPLICATES, ARTISTS, f"{ARTISTS}, no exact duplicates"]
    assert all(row["measured"] for row in rows.values())
    assert [sum(row["overlap"]["parts"].values()) for row in list(rows.values())[1:]] == [23, 21, 23, 21]
    assert [row["overlap"]["artists"] for row in list(rows.values())[3:]] == [0, 0]
    assert rows[f"{ARTISTS}, no exact duplicates"]["overlap"]["exact_pairs"] == 0


def test_a_folder_with_a_table_has_a_split_more():
    options = Options(dataset="folder")
    keys = [condition.key for condition in _conditions(PAPER, options)]
    assert keys == ["windows", "clips", "no_duplicates", "artists", "artists_no_duplicates"]
    with_table = _conditions(PAPER, dataclasses.replace(options, labels=Path("labels.csv")))
    assert [condition.key for condition in with_table] == [*keys, "labels"]
    assert "labels" not in [condition.key for condition in _conditions(PAPER, Options(dataset="gtzan"))]
