import base64
import hashlib

import pytest

from common.records.paths import ResultPaths
from common.records.record import read_records
from common.report_page.clip_faults import count_clips
from common.report_page.clips import pack_clips
from reproductions.se_cnn.paper import TABLE_5_1
from tests.helpers.clip_records import clip, keyed, run_of, unpacked
from tests.helpers.hostile_names import VISIBLE_NAMES

PLENTY = 10**9


def packed(runs, limit_bytes=PLENTY):
    return pack_clips(runs, count_clips(runs, {}), limit_bytes=limit_bytes)


def expected(record):
    """What the packed decisions of a record say when they are read again."""
    return [
        (
            clip.id,
            record.data.genres[clip.label],
            clip.artist or "",
            record.data.genres[clip.by_mean_softmax],
            list(clip.votes),
        )
        for clip in record.clips
    ]


def committed_runs(results):
    return [
        (f"{folder.paper}/{folder.dataset}/{record.run_id}", record)
        for paper in sorted(path.name for path in results.iterdir() if path.is_dir())
        for folder in ResultPaths.with_records(results, paper)
        for record in read_records(folder.runs)
    ]


def test_all_decisions_and_votes_of_the_committed_results_are_exact_and_small(committed_results):
    runs = committed_runs(committed_results)
    whole = packed(runs)
    _, found, content = unpacked(whole.text)
    assert len(runs) > 100
    assert found == {key: expected(record) for key, record in runs}
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert whole.runs == len(runs)
    assert whole.decisions == sum(len(record.clips) for _, record in runs)
    assert (whole.left_out, whole.message) == ((), "")
    assert len(whole.text) < 200_000


def test_runs_of_other_genres_other_orders_and_more_windows_than_a_byte_counts():
    many = clip("long", 1, 0, windows=70_001, windows_correct=1, votes=(70_000, 1), mean_softmax=(0.4, 0.6))
    three = clip("a", 2, 1, genres=3, windows=300, votes=(0, 300, 0))
    runs = keyed(
        run_of([clip("a", 0, 1, artist="X & Y"), clip("b", 1, 1)]),
        run_of([clip("b", 1, 0), clip("a", 0, 0, artist="X & Y")]),
        run_of([many]),
        run_of([three], genres=("pop", "jazz", "rock")),
    )
    header, found, _ = unpacked(packed(runs).text)
    assert found == {key: expected(record) for key, record in runs}
    assert [one["bytes"] for one in header["sets"]] == [[1, 1], [1, 1], [1, 4], [1, 2]]


def test_the_same_runs_in_any_order_give_the_same_text_without_a_time_in_it():
    runs = keyed(run_of([clip("a", 0, 1)]), run_of([clip("a", 0, 0)]), run_of([clip("b", 0, 0)], digest="e"))
    text = packed(runs).text
    assert packed(runs[::-1]).text == text
    assert base64.b64decode(text)[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"


@pytest.mark.parametrize("name", [*VISIBLE_NAMES, "\u202eabc", "x" * 300, "a\ud800b"])
def test_any_name_of_a_clip_artist_or_genre_is_read_again(name):
    runs = keyed(run_of([clip(name, 1, 0, artist=name or None)], genres=("other", name)))
    _, found, _ = unpacked(packed(runs).text)
    assert found["p/d/0"][0][:3] == (name, name, name)


def of_row(row, names, seed=0):
    return run_of([clip(name, 0, seed % 2) for name in names], row=row, seed=seed)


def test_above_the_limit_the_rows_with_most_decisions_are_left_out_with_all_of_their_runs():
    assert TABLE_5_1.rows[0].experiment.digest != TABLE_5_1.rows[1].experiment.digest
    # Names that hardly compress, so that the size follows the number of clips.
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(400)]
    large = [of_row(0, names[:300], seed) for seed in range(2)]
    small = [of_row(1, names[300:302], seed) for seed in range(3)]
    runs = keyed(*large, *small)
    counts = count_clips(runs, {})
    whole = pack_clips(runs, counts, limit_bytes=PLENTY)
    assert pack_clips(runs, counts, limit_bytes=len(whole.text)) == whole
    less = pack_clips(runs, counts, limit_bytes=len(whole.text) - 1)
    assert less.left_out == ("p/d/0", "p/d/1")
    assert (less.runs, less.decisions) == (3, 6)
    header, found, _ = unpacked(less.text)
    assert sorted(found) == ["p/d/2", "p/d/3", "p/d/4"]
    assert header["left_out"] == ["p/d/0", "p/d/1"]
    # All clips keep their counts, those of the rows left out, too.
    assert len(header["data"][0]["ids"]) == 302
    assert header["data"][0]["apart"][header["data"][0]["ids"].index(names[0])] == [2, 0, 1]
    size, limit = (f"{number / 1e6:.2f} MB" for number in (len(whole.text), len(whole.text) - 1))
    assert less.message == (
        f"Clip decisions of 1 of 2 rows (2 runs) are left out: all of them take {size}, and the limit is {limit}. Rows "
        "with most decisions were left out first."
    )


@pytest.mark.parametrize("share", [0.95, 0.7, 0.4])
def test_whatever_the_limit_the_smallest_rows_remain_and_use_what_they_can(share):
    # Votes that hardly compress, so that the size follows the number of clips.
    votes = [int(hashlib.sha256(str(number).encode()).hexdigest()[:4], 16) for number in range(1050)]
    sizes = [50 * (row + 1) for row in range(6)]
    runs = keyed(
        *(
            run_of(
                [
                    clip(str(number), 0, 0, windows=70_000, windows_correct=first, votes=(first, 70_000 - first))
                    for number, first in enumerate(votes[sum(sizes[:row]) :][:size])
                ],
                row=row,
            )
            for row, size in enumerate(sizes)
        )
    )
    counts = count_clips(runs, {})
    whole = len(pack_clips(runs, counts, limit_bytes=PLENTY).text)
    limit = int(share * whole)
    less = pack_clips(runs, counts, limit_bytes=limit)
    assert len(less.text) <= limit
    assert 1 <= less.runs < len(runs)
    assert less.left_out == tuple(key for key, _ in runs[less.runs :])
    # What is not used is less than what the next row takes.
    assert len(less.text) + whole * sizes[less.runs] / sum(sizes) > limit


def test_where_not_even_the_counts_fit_nothing_is_packed_and_the_message_says_so():
    runs = keyed(of_row(0, map(str, range(1000))))
    nothing = packed(runs, limit_bytes=500)
    header, found, _ = unpacked(nothing.text)
    assert (header["data"], found, nothing.left_out, nothing.decisions) == ([], {}, ("p/d/0",), 0)
    assert len(nothing.text) <= 500
    assert nothing.message.startswith("Clip decisions of 1 of 1 row (1 run) are left out: ")
    assert nothing.message.endswith("The counts of each clip are left out for the same reason.")


def test_no_runs_give_a_text_without_clips():
    header, found, _ = unpacked(packed([]).text)
    assert (header, found) == ({"format": 1, "data": [], "sets": [], "left_out": []}, {})
