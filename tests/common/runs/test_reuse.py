"""A record counts as finished only if it is of the very run that was asked for; two commands share their runs."""

import functools
import json
import threading
import time

import pytest
from filelock import FileLock

from common.core.errors import RunError
from common.records.paths import ResultPaths
from common.records.record import read_record, record_as_text, write_record
from common.runs import reuse, runner
from common.runs.plan import plan
from common.runs.reuse import finished_run, other_circumstances, what_differs
from common.runs.runner import Job, execute
from data_pipeline.features.precomputed import Precomputed
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_runs import options_of_row
from tests.helpers.untrained_records import untrained_record


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return functools.partial(options_of_row, tiny_arrays, tmp_path)


@pytest.fixture
def paths(tmp_path):
    return ResultPaths.of(tmp_path / "out", "se_cnn", "arrays")


@pytest.fixture
def trained(monkeypatch):
    """Ids of the runs that were trained, in order; their records are made without training."""
    ids = []

    def train(work, planned, files, options, model_cache, callback, start_from=None):
        ids.append(planned.run.id)
        started = "" if start_from is None else start_from.digest
        kept = f"weights of {planned.run.id}"
        files.best_weights.parent.mkdir(parents=True, exist_ok=True)
        files.best_weights.write_text(kept)
        return untrained_record(work, planned, started_from=started, kept_weights=kept)

    monkeypatch.setattr(runner, "train_and_evaluate", train)
    return ids


def edited(path, change) -> bytes:
    """Change a record as another version of the code would have written it; returns its bytes."""
    values = json.loads(path.read_text())
    del values["sha256"]
    change(values)
    path.write_text(record_as_text(values))
    return path.read_bytes()


def test_a_record_of_the_same_run_is_used_again(options, paths, trained, capsys):
    for _ in range(2):
        chosen = options(seeds=2)
        outcome = execute(plan(PAPER, chosen), chosen)
    assert (outcome.trained, outcome.finished_before, len(trained)) == (0, 2, 2)
    assert "all 2 runs are already trained" in capsys.readouterr().err


def test_an_old_record_is_not_used_after_a_default_changed(options, paths, trained, capsys):
    """The id leaves out values that hold their default, so a changed default leaves the id as it was."""
    chosen = options()
    (planned,) = plan(PAPER, chosen).runs
    execute(plan(PAPER, chosen), chosen)
    path = paths.record(planned.run.id)

    def older_default(values):
        values["experiment"]["model"]["ratio"] = 4.0
        values["experiment"]["training"]["plateau_factor"] = 0.3

    old = edited(path, older_default)
    outcome = execute(plan(PAPER, chosen), chosen)
    assert outcome.trained == 1
    assert read_record(path).experiment == planned.run.experiment.as_json()
    (kept,) = (paths.folder / "set_aside").glob("*.json")
    assert kept.read_bytes() == old
    said = " ".join(capsys.readouterr().err.split())
    assert "training.plateau_factor 0.3 instead of 0.2" in said
    assert "model.ratio 4.0 instead of 16.0" in said
    assert str(kept) in said


def test_a_value_newer_than_the_record_has_its_default(options, paths, trained):
    chosen = options()
    (planned,) = plan(PAPER, chosen).runs
    execute(plan(PAPER, chosen), chosen)
    edited(paths.record(planned.run.id), lambda values: values["experiment"]["training"].pop("plateau_factor"))
    assert execute(plan(PAPER, chosen), chosen).trained == 0


def test_another_extraction_of_the_features_is_another_run(options, paths, trained, monkeypatch, capsys):
    chosen = options()
    execute(plan(PAPER, chosen), chosen)
    monkeypatch.setattr(Precomputed, "extraction_version", 2)
    assert execute(plan(PAPER, chosen), chosen).trained == 1
    assert "extraction version () instead of (2,)" in capsys.readouterr().err
    assert execute(plan(PAPER, chosen), chosen).trained == 0


@pytest.mark.parametrize("content", ["{", "{}", '{"format_version": 1}'])
def test_an_unusable_record_is_named_before_the_training_and_its_run_is_trained_again(
    options, paths, monkeypatch, trained, capsys, content
):
    chosen = options()
    (planned,) = plan(PAPER, chosen).runs
    path = paths.record(planned.run.id)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    train = runner.train_and_evaluate

    def train_after_the_warning(*arguments):
        assert str(path) in capsys.readouterr().err.replace("\n", "")
        return train(*arguments)

    monkeypatch.setattr(runner, "train_and_evaluate", train_after_the_warning)
    assert execute(plan(PAPER, chosen), chosen).trained == 1
    assert read_record(path).run_id == planned.run.id


def test_everything_that_makes_another_run_is_compared(options, paths, trained):
    chosen = options()
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    same = untrained_record(work, planned)
    assert what_differs(same, planned, work.setting) == []
    for change, named in (
        ({"weights": "imagenet=1"}, "weights"),
        ({"split_digest": "other"}, "split"),
        ({"setting": work.setting.replace(genres=("a",))}, "setting"),
        ({"extraction_versions": (3,)}, "extraction version"),
        ({"row_experiment": "changed since"}, "row"),
        ({"experiment": same.experiment | {"windows": {"seconds": 5, "hop_seconds": 1.5}}}, "windows.seconds"),
        ({"experiment": {}}, "SeCnnSpec"),
    ):
        found = what_differs(same.replace(**change), planned, work.setting)
        assert any(text.startswith(named) for text in found), found


def test_other_circumstances_are_named_and_do_not_make_another_run(options, paths, trained, capsys):
    chosen = options()
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    same = untrained_record(work, planned)
    assert other_circumstances("se_cnn", same, {}) == []
    changes = {
        "encore_version": ({"encore_version": "0.0.1"}, "Encore 0.0.1 instead of"),
        "not recorded": ({"encore_version": "", "source_digests": ()}, "a version of Encore that is not recorded"),
        "source": ({"source_digests": ("0" * 64,)}, "source 000000000000 instead of"),
        "package": ({"versions": same.versions | {"numpy": "1.0"}}, "numpy 1.0 instead of"),
        "backend": ({"machine": same.machine | {"backend": "jax"}}, "Keras on jax instead of tensorflow"),
        "device": ({"machine": same.machine | {"accelerator": "NVIDIA H100"}}, "NVIDIA H100 instead of"),
        "threads": ({"machine": same.machine | {"threads": 99}}, "threads 99 instead of"),
        "devices": ({"machine": same.machine | {"devices": 2}}, "devices 2 instead of one device"),
        "variable": ({"environment": {"XLA_FLAGS": "--fast"}}, "XLA_FLAGS=--fast instead of (not set)"),
    }
    for change, text in changes.values():
        (found,) = other_circumstances("se_cnn", same.replace(**change), {})
        assert found.startswith(text)
        assert what_differs(same.replace(**change), planned, work.setting) == []
    write_record(paths, same.replace(encore_version="", source_digests=()))
    assert execute(plan(PAPER, chosen), chosen).trained == 0
    assert (
        "finished runs made under other circumstances: 1 with a version of Encore that is not recorded"
        in capsys.readouterr().err
    )


CARRIED = {"split": "rotating", "changes": ("protocol.carry_weights=true",)}


def test_deleting_one_record_of_a_carried_chain_invalidates_those_after_it(options, paths, trained, capsys):
    chosen = options(**CARRIED)
    ids = [planned.run.id for planned in plan(PAPER, chosen).runs]
    assert execute(plan(PAPER, chosen), chosen).trained == 6
    paths.record(ids[2]).unlink()
    trained.clear()
    assert execute(plan(PAPER, chosen), chosen).trained == 4
    assert trained == ids[2:]
    assert len(list((paths.folder / "set_aside").glob("*.json"))) == 3
    assert "starts from the weights of the round before, which has no record" in " ".join(
        capsys.readouterr().err.split()
    )


def test_a_round_that_started_from_other_weights_is_trained_again(options, paths, trained):
    chosen = options(**CARRIED)
    ids = [planned.run.id for planned in plan(PAPER, chosen).runs]
    execute(plan(PAPER, chosen), chosen)
    edited(paths.record(ids[3]), lambda values: values.update(started_from="of an earlier chain"))
    trained.clear()
    execute(plan(PAPER, chosen), chosen)
    assert trained == ids[3:]


def test_a_round_is_never_started_from_weights_without_their_record(options, paths, trained, monkeypatch):
    """They may be of an earlier chain."""
    chosen = options(**CARRIED)
    ids = [planned.run.id for planned in plan(PAPER, chosen).runs]
    execute(plan(PAPER, chosen), chosen)
    paths.record(ids[3]).unlink()
    paths.work(ids[2]).best_weights.unlink()
    failures = execute(plan(PAPER, chosen), chosen).failed
    assert len(failures) == 3
    assert "the weights of the previous round is missing" in failures[0]
    assert "the record of the previous round is missing" in failures[1]
    assert all("--fresh" in failure for failure in failures)


def test_weights_are_kept_or_removed_as_asked(options, paths, trained):
    chosen = options(**CARRIED, keep_weights="none")
    ids = [planned.run.id for planned in plan(PAPER, chosen).runs]
    assert execute(plan(PAPER, chosen), chosen).trained == 6
    assert not any(paths.work(run).best_weights.exists() for run in ids)
    plain = options()
    (planned,) = plan(PAPER, plain).runs
    execute(plan(PAPER, plain), plain)
    assert paths.work(planned.run.id).best_weights.exists()
    none = options(seeds=2, keep_weights="none")
    second = plan(PAPER, none).runs[1]
    execute(plan(PAPER, none), none)
    assert not paths.work(second.run.id).best_weights.exists()


def test_a_run_in_progress_is_passed_over_and_the_next_free_one_taken(options, paths, trained, capsys):
    chosen = options(seeds=3)
    work = plan(PAPER, chosen)
    first, *others = [planned.run.id for planned in work.runs]
    paths.work_lock(first).parent.mkdir(parents=True)
    of_other_command = FileLock(paths.work_lock(first), thread_local=False)
    of_other_command.acquire()

    def finish_as_the_other_command():
        deadline = time.monotonic() + 20
        while len(trained) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        write_record(paths, untrained_record(work, work.runs[0]))
        of_other_command.release()

    other = threading.Thread(target=finish_as_the_other_command)
    other.start()
    outcome = execute(work, chosen)
    other.join()
    assert trained == others
    assert (outcome.trained, outcome.failed) == (2, [])
    said = " ".join(capsys.readouterr().err.split())
    assert (
        "waiting for runs that another command carries out, or that start from these: table 5.1, se-5, seed 0" in said
    )
    assert "finished by another command" in said


def test_rounds_behind_a_busy_one_wait_for_it(options, paths, trained, monkeypatch):
    chosen = options(**CARRIED)
    work = plan(PAPER, chosen)
    ids = [planned.run.id for planned in work.runs]
    paths.work_lock(ids[0]).parent.mkdir(parents=True)
    of_other_command = FileLock(paths.work_lock(ids[0]), thread_local=False)
    of_other_command.acquire()
    monkeypatch.setattr(runner, "_POLL_SECONDS", 0.05)
    threading.Timer(0.3, of_other_command.release).start()
    assert execute(work, chosen).trained == 6
    assert trained == ids


def test_a_run_error_of_one_round_reaches_the_rounds_after_it(options, paths, trained, monkeypatch):
    chosen = options(**CARRIED)
    ids = [planned.run.id for planned in plan(PAPER, chosen).runs]
    train = runner.train_and_evaluate

    def fail_second(work, planned, *arguments):
        if planned.run.id == ids[1]:
            raise RunError("no memory")
        return train(work, planned, *arguments)

    monkeypatch.setattr(runner, "train_and_evaluate", fail_second)
    assert len(execute(plan(PAPER, chosen), chosen).failed) == 5


def test_two_commands_that_set_aside_one_record_do_not_fail(options, paths, trained, monkeypatch):
    chosen = options()
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    path = paths.record(planned.run.id)
    write_record(paths, untrained_record(work, planned, weights="other=1"))
    read = reuse.read_record

    def read_and_lose(record_path):
        found = read(record_path)
        record_path.unlink()  # as the other command, which was faster
        return found

    monkeypatch.setattr(reuse, "read_record", read_and_lose)
    assert finished_run(paths, planned, work.setting) is None
    monkeypatch.undo()
    assert not path.exists()


def test_a_result_that_another_writer_recorded_meanwhile_is_kept(options, paths, trained, monkeypatch):
    """Workers without a common folder hold no lock here."""
    chosen = options()
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    train = runner.train_and_evaluate

    def train_and_be_overtaken(*arguments):
        write_record(paths, untrained_record(work, planned))
        return train(*arguments)

    monkeypatch.setattr(runner, "train_and_evaluate", train_and_be_overtaken)
    outcome = execute(work, chosen)
    assert (outcome.trained, outcome.failed) == (0, [])


@pytest.mark.parametrize("fresh", [False, True])
def test_a_returned_record_takes_the_place_of_a_damaged_one(options, paths, trained, fresh):
    chosen = options(fresh=fresh)
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    path = paths.record(planned.run.id)
    path.parent.mkdir(parents=True)
    path.write_text("{")
    record = untrained_record(work, planned)
    Job(work, chosen, "a command").keep(record)
    assert read_record(path) == record


def test_circumstances_are_compared_only_where_runs_are_carried_out_here(options, paths, trained, capsys):
    """A login node has other devices than the workers."""
    chosen = options(devices="2")  # more GPUs than there are here
    work = plan(PAPER, chosen)
    write_record(paths, untrained_record(work, work.runs[0], encore_version="", source_digests=()))
    assert execute(work, chosen, workers=lambda job, progress: iter(())).finished_before == 1
    assert "of the finished runs" not in capsys.readouterr().err
