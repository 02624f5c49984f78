"""Changed records, and files of searches: used as they were written, or named, and never the end of a command."""

import json
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.core.console import collected
from common.core.errors import DataError
from common.core.files import with_digest
from common.records.paths import ResultPaths
from common.records.record import Record, write_record
from common.records.rows import usable_row_records
from common.records.tuned_rows import with_tuned_rows
from common.reports.write import regenerate_tables
from common.search.folder import SearchFolder
from common.search.report import regenerate_searches, write_top
from common.search.table import read_search
from reproductions.se_cnn.paper import PAPER
from tests.helpers.mutations import mutated, with_changed_bits
from tests.helpers.small_results import identified_record
from tests.helpers.stored_search import write_search_folder
from tests.helpers.tiny_search import TINY

pytestmark = pytest.mark.slow
SECONDS = 5.0
MORE_BYTES = 300 << 20
HISTORY = tuple(
    {"epoch": epoch, "loss": 1.6 - epoch / 10, "accuracy": 0.5, "val_loss": 1.4, "val_accuracy": 0.6}
    for epoch in (1, 2, 3)
)


@pytest.fixture(autouse=True)
def memory_is_limited() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < MORE_BYTES


def in_time(do: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What a function returns, and the warnings that it printed; it must not use more than some seconds."""
    began = time.process_time()
    with collected() as said:
        found = do()
    assert time.process_time() - began < SECONDS
    return found, said


@pytest.fixture
def results(tmp_path) -> ResultPaths:
    found = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    found.runs.mkdir(parents=True)
    return found


def small_record() -> Record:
    return identified_record(0, total=6, correct=4, history=HISTORY)


def used(results: ResultPaths) -> list[dict]:
    """The records that tables are made from, as JSON values."""
    return [one.record.as_json() for one in usable_row_records(PAPER, results)]


def test_no_changed_bit_of_a_record_alters_a_table_or_loses_a_row_without_a_word(results):
    path = write_record(results, small_record())
    content, expected = path.read_bytes(), used(results)
    draw = random.Random(0)
    alike = 0
    for _ in range(1500):
        path.write_bytes(with_changed_bits(content, draw))
        found, said = in_time(lambda: used(results))
        assert found == expected or said
        alike += found == expected
    # Changes of white space, and of digits beyond those of a float.
    assert alike < 150


def test_records_with_any_values_are_used_or_named(results):
    base, draw = small_record().as_json(), random.Random(1)
    path, tables = results.record(base["run_id"]), 0
    for number in range(2000):
        values = mutated(base, draw)
        path.write_text(json.dumps(_held(values, draw)))
        found, said = in_time(lambda: used(results))
        is_used = any(one["run_id"] == path.stem for one in found)
        assert is_used or said, number
        if is_used and tables < 15:
            tables += 1
            in_time(lambda: regenerate_tables(PAPER, results.out, draw_figures=False))
    assert tables == 15


def _held(values: Any, draw: random.Random) -> Any:
    """The values with the digest that they have, or as a file of before digests."""
    try:
        return with_digest(values) if draw.random() < 0.7 and "sha256" not in values else values
    except (RecursionError, TypeError, ValueError):
        return values  # no digest can be made of them


@pytest.fixture
def search(tmp_path) -> SearchFolder:
    folder = SearchFolder(write_search_folder(tmp_path))
    write_top(PAPER, TINY, read_search(PAPER, folder), 2)
    return folder


def shown(search: SearchFolder) -> tuple[Any, Any]:
    """What the table of a search and the rows made of it show."""
    out = search.paths.results.out
    tables = regenerate_searches(PAPER, out, draw_figures=False)
    rows = with_tuned_rows(PAPER, out, "gtzan").tables[-1]
    return [made and (made[0].values, made[0].notes) for made in tables], rows.as_json()


def files_of(search: SearchFolder) -> dict[Path, bytes]:
    """The bytes of all files of a search."""
    return {path: path.read_bytes() for path in sorted(search.path.rglob("*.json*"))}


def test_no_changed_bit_of_a_search_alters_its_table_without_a_word(search):
    draw, before = random.Random(2), files_of(search)
    expected, _ = in_time(lambda: shown(search))
    for _ in range(80):
        path = draw.choice(list(before))
        path.write_bytes(with_changed_bits(before[path], draw))
        found, said = in_time(lambda: shown(search))
        assert found == expected or said, path
        path.write_bytes(before[path])


def test_searches_with_any_values_are_used_or_named(search):
    draw, before = random.Random(3), files_of(search)
    paths = search.paths
    for _ in range(100):
        path = draw.choice(list(before))
        if path == paths.journal:
            lines = before[path].decode().splitlines()
            place = draw.randrange(len(lines))
            lines[place] = json.dumps(_held(mutated(_without_digest(lines[place]), draw), draw))
            path.write_text("\n".join(lines))
            for snapshot in (paths.state, paths.previous_state):
                snapshot.unlink()
        else:
            path.write_text(json.dumps(_held(mutated(_without_digest(before[path].decode()), draw), draw)))
        in_time(lambda: shown(search))
        for whole, content in before.items():
            whole.write_bytes(content)


def _without_digest(text: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(text).items() if name != "sha256"}


def test_texts_that_occupy_readers_are_refused(results, search):
    texts = ("[" * 10**6, '{"a":' * 10**6, "9" * 10**6, "[" + "1e999," * 10**5, '"' + "\\ud800" * 10**5, "\0" * 10**6)
    path = results.record("0123456789abcdef")
    for text in texts:
        path.write_text(text)
        found, said = in_time(lambda: used(results))
        assert found == []
        assert len(said) == 1
        search.paths.trial("0").write_text(text)
        with pytest.raises(DataError):
            in_time(lambda: read_search(PAPER, search))
        search.paths.journal.write_text(f"{text}\n{text}")
        assert len(in_time(search.trials)[1]) == 2


@pytest.mark.parametrize("changes", [{"history": 24_000}, {"clips": 8_000}], ids=str)
def test_many_epochs_or_clips_take_time_in_proportion(results, changes):
    (name, count), seconds = *changes.items(), []
    for number in (count // 4, count):
        if name == "history":
            more = {"history": tuple(HISTORY[0] | {"epoch": epoch + 1} for epoch in range(number))}
        else:
            more = {"total": number, "correct": number // 2}
        path = write_record(results, identified_record(0, **more))
        # The best of three: one may hold a collection of everything that the tests before have left.
        taken = []
        for _ in range(3):
            began = time.process_time()
            in_time(lambda: regenerate_tables(PAPER, results.out, draw_figures=False))
            taken.append(time.process_time() - began)
        seconds.append(min(taken))
        path.unlink()
    # Four times as many take four times as long; in a quadratic way, sixteen times.
    assert seconds[1] < 10 * seconds[0]
