"""Records against themselves: each edit of a record is named, and so is what cannot be checked."""

import json
import shutil

import pytest

from common.core.files import with_digest
from common.records.divergence import write_divergence
from common.records.identity import SEARCH_VARIANT, run_id
from common.records.paths import ResultPaths, results_of_checkout
from common.records.record import record_as_text, write_record
from common.verification import records as records_module
from common.verification.records import verify_records
from tests.helpers.se_cnn_records import divergence_note
from tests.helpers.small_results import identified_record
from tests.helpers.stored_search import write_search_folder


@pytest.fixture
def results(tmp_path) -> ResultPaths:
    found = ResultPaths.of(tmp_path / "results", "se_cnn", "gtzan")
    for one in (identified_record(), identified_record(seed=1)):
        write_record(found, one)
    return found


def verified(results: ResultPaths):
    return verify_records(results.folder.parents[1])


def only_fault(results: ResultPaths):
    (fault,) = verified(results).faults
    return fault


def first_record(results: ResultPaths):
    return results.record(identified_record().run_id)


def rewrite(path, *, digest: bool, **changes) -> None:
    """Change values of a record, with its digest made to fit, or as a record of before digests."""
    values = json.loads(path.read_text(encoding="utf-8"))
    del values["sha256"]
    values |= changes
    path.write_text(record_as_text(with_digest(values) if digest else values), encoding="utf-8")


def test_right_records_are_counted(results):
    rewrite(first_record(results), digest=False)
    found = verified(results)
    assert found.faults == ()
    assert found.counts == {"records": 2, "with_digest": 1, "without_digest": 1, "ids_computed": 2}
    assert found.summary == "2 records read, 1 with a digest: all right, 1 written before digests were stored"
    assert found.unchecked[0] == "times and histories of 1 run (written before Encore stored digests)"


def test_one_changed_byte_is_named_with_both_digests(results):
    path = first_record(results)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"wall_seconds": 1.0', b'"wall_seconds": 2.0'))
    assert path.read_bytes() != content
    fault = only_fault(results)
    stated = json.loads(content)["sha256"]
    assert fault.path == path
    assert fault.found.endswith("so it was edited")
    assert fault.expected == f"{stated[:12]}..., the SHA-256 that it holds"
    assert verified(results).summary.startswith("2 records read, 2 with a digest (1 wrong)")


def test_a_byte_that_breaks_the_file_is_named(results):
    first_record(results).write_bytes(first_record(results).read_bytes()[:-3])
    assert "a file that is not valid JSON" in only_fault(results).found
    assert verified(results).counts["records"] == 2


@pytest.mark.parametrize("digest", [True, False])
def test_an_edited_metric_is_named(results, digest):
    metrics = {"test": dict.fromkeys(identified_record().metrics["test"], 0.99)}
    rewrite(first_record(results), digest=digest, metrics=metrics)
    fault = only_fault(results)
    assert fault.path == first_record(results)
    assert fault.found == "its metrics do not match its clips; records must not be edited"


def test_a_renamed_record_is_named(results):
    path = first_record(results)
    path.rename(path.with_name("0123456789abcdef.json"))
    fault = only_fault(results)
    assert fault.path.name == "0123456789abcdef.json"
    assert fault.found == f"run {path.stem} in it"
    assert fault.remedy == f"Rename the file to {path.stem}.json."


@pytest.mark.parametrize(
    "changes",
    [{"seed": 7}, {"fold": 1, "folds": 2}, {"split_digest": "other"}],
    ids=["seed", "fold", "split"],
)
def test_values_that_make_another_run_id_are_named(results, changes):
    rewrite(first_record(results), digest=False, **changes)
    fault = only_fault(results)
    assert fault.found == f"the run id {identified_record().run_id}"
    one = identified_record().replace(**changes)
    digests = {"data_digest": "d", "split_digest": one.split_digest}
    expected = run_id(experiment_digest=one.experiment_digest, fold=one.fold, seed=one.seed, **digests)
    assert fault.expected.startswith(f"{expected}, the digest of its experiment")


def test_another_experiment_is_named_by_its_digest(results):
    experiment = identified_record().experiment
    experiment["training"]["epochs"] += 1
    rewrite(first_record(results), digest=False, experiment=experiment)
    assert only_fault(results).found.startswith("the experiment digest")


def test_values_that_a_row_does_not_have_are_named(results):
    experiment = identified_record().experiment | {"nonsense": 1}
    rewrite(first_record(results), digest=False, experiment=experiment)
    assert only_fault(results).found.startswith("values that do not fit its row")


def test_a_record_in_the_folder_of_another_data_set_is_named(results):
    other = ResultPaths.of(results.folder.parents[1], "se_cnn", "arrays")
    other.runs.mkdir(parents=True)
    first_record(results).rename(other.record(identified_record().run_id))
    fault = only_fault(results)
    assert (fault.found, fault.expected) == ("a run of se_cnn on gtzan", "one of se_cnn on arrays")


def test_a_record_of_a_row_that_is_gone_is_counted_and_not_a_fault(results):
    rewrite(first_record(results), digest=True, row_experiment="gone")
    found = verified(results)
    assert found.faults == ()
    assert found.counts["ids_not_computed"] == 1
    assert any(text.startswith("run ids of ") for text in found.unchecked)


def test_records_of_searches_are_checked_with_the_ids_of_searches(results):
    search = results.search("r")
    one = identified_record().replace(test_withheld=True, clips=(), metrics={"valid": {}})
    digests = {"data_digest": "d", "split_digest": "s", "experiment_digest": one.experiment_digest}
    mine = one.replace(run_id=run_id(fold=0, seed=0, variant=SEARCH_VARIANT, **digests))
    write_record(search, mine)
    assert verified(results).faults == ()
    assert verified(results).counts["ids_computed"] == 3
    search.record(mine.run_id).unlink()
    write_record(search, one)
    assert only_fault(results).path == search.record(one.run_id)


def test_notes_of_divergence_are_checked(results):
    note = divergence_note()
    digests = {"data_digest": "d", "split_digest": "s", "experiment_digest": note.row_experiment}
    mine = note.replace(run_id=run_id(fold=0, seed=1, **digests))
    write_divergence(results, mine)
    assert verified(results).faults == ()
    assert verified(results).counts["notes"] == 1
    path = results.divergence(mine.run_id)
    rewrite(path, digest=False, seed=2)
    assert only_fault(results).path == path
    rewrite_without = json.loads(path.read_text(encoding="utf-8"))
    del rewrite_without["reason"]
    path.write_text(json.dumps(rewrite_without), encoding="utf-8")
    assert only_fault(results).expected == "a note of a run that diverged"


def test_json_files_of_other_folders_are_read_and_records_among_them_are_checked(results):
    other = results.folder.parents[1] / "benchmarks" / "first"
    other.mkdir(parents=True)
    (other / "memory.json").write_text('{"values": 1}')
    shutil.copy(first_record(results), other)
    found = verified(results)
    assert found.faults == ()
    assert (found.counts["records"], found.counts["other_json"]) == (3, 1)
    (other / "memory.json").write_text('{"values": NaN}')
    rewrite(other / first_record(results).name, digest=False, seed=3)
    assert {fault.path.name for fault in verified(results).faults} == {"memory.json", first_record(results).name}


def test_records_that_were_set_aside_are_counted_as_not_checked(results):
    aside = results.set_aside("0123456789abcdef", "01234567")
    aside.parent.mkdir()
    aside.write_text("{}")
    assert verified(results).faults == ()
    assert "1 record set aside, which no table uses" in verified(results).unchecked


def test_audits_and_files_of_searches_are_checked_against_their_digests(results):
    search = write_search_folder(results.folder.parents[1])
    results.audits.mkdir()
    committed = results_of_checkout() / "se_cnn" / "arrays" / "audits" / "audit.json"
    earlier = {name: value for name, value in json.loads(committed.read_text()).items() if name != "sha256"}
    (results.audits / "audit.json").write_text(json.dumps(earlier))
    found = verified(results)
    assert found.faults == ()
    assert (found.counts["sources"], found.counts["sources_without_digest"]) == (8, 1)
    assert "8 files of audits and searches, 7 with a digest" in found.summary
    assert "1 file of audits and searches (written before Encore stored digests)" in found.unchecked
    for path in (search.identity, search.trial("0"), search.state, search.previous_state):
        content = path.read_bytes()
        path.write_bytes(content.replace(b'"0', b'"1', 1))
        assert path.read_bytes() != content
        fault = only_fault(results)
        assert (fault.path, fault.found.endswith("so it was edited")) == (path, True)
        # A digest whose name was damaged is no digest, but the file has a field that no version writes.
        path.write_bytes(content.replace(b'"sha256"', b'"shb256"'))
        assert only_fault(results).path == path
        path.write_bytes(content)


def test_what_cannot_be_read_is_named_with_what_to_do(results, monkeypatch):
    (results.runs / "folder.json").mkdir()
    fault = only_fault(results)
    assert (fault.path.name, fault.found, fault.expected) == ("folder.json", "a folder, a pipe or the like", "a file")
    (results.runs / "folder.json").rmdir()
    first = first_record(results)
    kept = open

    def refuse_one(path, *arguments, **more):
        if path == first:
            raise PermissionError(13, "Permission denied")
        return kept(path, *arguments, **more)

    monkeypatch.setattr("builtins.open", refuse_one)
    fault = only_fault(results)
    assert (fault.path, fault.found) == (first, "a file that cannot be read (Permission denied)")
    assert fault.remedy == "Make it readable."


@pytest.mark.parametrize("content", [b'{"a": "\xff"}', b"[" * 99 + b"]" * 99, b'{"seed": ' + b"9" * 5000 + b"}"])
def test_a_record_that_no_reader_takes_is_named(results, content):
    first_record(results).write_bytes(content)
    fault = only_fault(results)
    assert fault.path == first_record(results)
    assert fault.found.startswith("a file that is not valid JSON (")


def test_a_link_to_nothing_is_named_as_such_and_a_file_that_went_meanwhile_is_not(results, monkeypatch):
    gone = results.runs / "0123456789abcdef.json"
    gone.symlink_to("nowhere.json")
    fault = only_fault(results)
    assert (fault.path, fault.found) == (gone, "a link to a file that does not exist")
    listed = records_module._files_to_read
    monkeypatch.setattr(records_module, "_files_to_read", lambda out: [*listed(out), results.runs / "went.json"])
    gone.unlink()
    assert verified(results).faults == ()
