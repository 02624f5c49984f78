import pytest

from common.records.paths import ResultPaths
from common.records.record import read_records
from common.report_page.clip_faults import Decisions, SameRecording, count_clips
from reproductions.se_cnn.paper import TABLE_5_1
from tests.helpers.clip_records import clip, keyed, run_of
from tests.helpers.se_cnn_records import SETTING

GENRES = ("rock", "pop", "jazz")


def decided(*genres, name="a", label=0, **changes):
    """Runs on one clip, each of which decided it for one genre."""
    return [run_of([clip(name, label, genre, genres=3)], genres=GENRES, **changes) for genre in genres]


def counted(*records, pairs=None):
    (data,) = count_clips(keyed(*records), pairs or {})
    return data


def count_of(data, name="a"):
    return next(one for one in data.clips if one.id == name)


def test_each_clip_is_counted_by_what_mean_softmax_took_it_for():
    found = count_of(counted(*decided(0, 2, 1, 2))).apart
    assert (found, found.wrong) == (Decisions(4, (("jazz", 2), ("pop", 1))), 3)
    # By majority voting it would be pop.
    other_vote = clip("a", 0, 0, genres=3, votes=(1, 2, 0), windows_correct=1)
    assert count_of(counted(run_of([other_vote], genres=GENRES))).apart == Decisions(1, ())


def test_rows_seeds_and_splits_are_counted_once_each():
    records = [
        *decided(1, seed=0, split_digest="s"),
        *decided(1, seed=1, split_digest="s"),
        *decided(1, seed=1, split_digest="t", row=0),
        # Trained on other windows of its test clips: counted apart.
        *decided(2, seed=5, split_digest="u", row=1, shared_clips=1),
    ]
    one = count_of(counted(*records))
    assert (one.rows, one.seeds, one.splits) == (2, 2, 2)
    assert (one.apart, one.seen) == (Decisions(3, (("pop", 3),)), Decisions(1, (("jazz", 1),)))
    assert TABLE_5_1.rows[0].experiment.digest != TABLE_5_1.rows[-1].experiment.digest


def test_runs_at_smoke_scale_say_nothing_about_a_clip():
    data = counted(*decided(1), *decided(2, 2, scale="smoke"))
    assert count_of(data).apart == Decisions(1, (("pop", 1),))
    assert "2 runs at smoke scale left out: they are too short to judge a clip by." in data.summary


@pytest.mark.parametrize(
    ("tests", "reasons"),
    [
        ([1] * 9, ()),
        ([1] * 10, ("taken for pop in 10 of 10 tests",)),
        ([1] * 9 + [0], ("taken for pop in 9 of 10 tests",)),
        ([1] * 9 + [2], ("taken for pop in 9 of 10 tests",)),
        ([1] * 8 + [2] * 2, ()),
        ([0] * 10, ()),
    ],
)
def test_a_label_is_in_doubt_where_nine_of_ten_tests_or_more_take_the_clip_for_one_other_genre(tests, reasons):
    data = counted(*decided(*tests))
    assert count_of(data).reasons == reasons
    assert [one.id for one in data.candidates] == (["a"] if reasons else [])


def test_a_label_is_not_in_doubt_for_tests_by_networks_that_had_other_windows_of_the_clip():
    found = count_of(counted(*decided(*[2] * 10, shared_clips=1)))
    assert found.reasons == ()
    assert found.seen == Decisions(10, (("jazz", 10),))


def test_the_same_recording_under_another_genre_is_a_reason_and_under_its_own_is_none():
    records = [*decided(0), *decided(0, name="b"), *decided(1, name="c", label=1)]
    pairs = {"d": [("a", "b", True), ("c", "a", False), ("x", "a", False)], "e": [("b", "c", True)]}
    data = counted(*records, pairs=pairs)
    assert count_of(data).same_recording == (
        SameRecording("b", "rock", True),
        SameRecording("c", "pop", False),
        SameRecording("x", "", False),
    )
    assert count_of(data).reasons == ("the same recording is in the data as pop (c)",)
    # The pair of other data is not of these.
    assert count_of(data, "b").same_recording == (SameRecording("a", "rock", True),)
    assert [one.id for one in data.candidates] == ["a", "c"]


def test_the_index_of_gtzan_adds_copies_and_faults():
    setting = SETTING.replace(dataset="gtzan")
    names = ("metal.00058", "rock.00016", "pop.00000")
    genres = ("metal", "pop", "rock")
    record = run_of([clip(name, genres.index(name.split(".")[0]), 0, genres=3) for name in names], genres=genres)
    (data,) = count_clips(keyed(record.replace(setting=setting)), {"d": [("metal.00058", "rock.00016", False)]})
    assert data.name == "GTZAN"
    assert count_of(data, "rock.00016").same_recording == (SameRecording("metal.00058", "metal", True),)
    assert count_of(data, "metal.00058").known == ("left out of GTZAN's published split without faults",)
    assert count_of(data, "pop.00000").known == ()


def test_the_clips_that_are_shown_are_the_most_often_wrong_of_those_tested_often_and_all_candidates():
    wrong_once = decided(1, name="once")
    half = decided(*[0] * 5, *[2] * 5, name="half")
    always = decided(*[1] * 6, *[2] * 6, name="always")
    more_often = decided(*[1] * 10, *[2] * 10, name="more often")
    never = decided(*[0] * 12, name="never")
    doubted = [*decided(0, name="doubted"), *decided(1, name="copy", label=1)]
    data = counted(*wrong_once, *half, *always, *more_often, *never, *doubted, pairs={"d": [("doubted", "copy", True)]})
    assert [one.id for one in data.shown] == ["more often", "always", "half", "once", "copy", "doubted"]


def test_the_list_of_shown_clips_is_short():
    records = [run_of([clip(f"{number:03}", 0, 1, genres=3) for number in range(100)], genres=GENRES)]
    assert [one.id for one in counted(*records).shown] == [f"{number:03}" for number in range(30)]


def test_the_summary_counts_what_was_tested_often_and_was_always_wrong():
    data = counted(
        *decided(*[1] * 6, *[2] * 6, seed=3),
        *decided(*[0] * 10, name="b"),
        *decided(1, name="c"),
        *decided(*[2] * 10, name="b", shared_clips=1),
    )
    assert data.summary == (
        "23 runs with no window of their test clips in training or validation tested 3 clips, 23 tests in all; of 2 "
        "clips tested 10 times or more, 1 was wrong every time.",
        "10 runs with other windows of their test clips in training or validation are counted apart: they tested 1 "
        "clip; of 1 clip tested 10 times or more, 1 was wrong every time.",
    )


def test_copies_of_a_data_set_that_tested_a_clip_often_are_also_counted_alone():
    of_audio, of_arrays = (SETTING.replace(dataset=name, data_digest=name) for name in ("gtzan", "arrays"))
    one = {"name": "blues.00000", "setting": of_audio}
    of_gtzan = [record.replace(data=record.data.replace(title="GTZAN")) for record in decided(*[1] * 4, **one)]
    other = {"name": "blues.00000", "setting": of_arrays}
    of_file = [record.replace(data=record.data.replace(title="a.npz")) for record in decided(*[2] * 11, **other)]
    assert counted(*of_gtzan, *of_file).summary == (
        "15 runs with no window of their test clips in training or validation tested 1 clip, 15 tests in all; of 1 "
        "clip tested 10 times or more, 1 was wrong every time.",
        "In the 11 runs on a.npz alone: of 1 clip tested 10 times or more, 1 was wrong every time.",
    )
    assert len(counted(*of_file).summary) == 1


def test_the_committed_results_hold_eleven_clips_of_gtzan_that_are_always_wrong(committed_results):
    runs = [
        (f"{folder.paper}/{folder.dataset}/{record.run_id}", record)
        for paper in ("nnet", "se_cnn")
        for folder in ResultPaths.with_records(committed_results, paper)
        for record in read_records(folder.runs)
    ]
    data, of_emotify = count_clips(runs, {})
    assert (data.name, of_emotify.name) == ("GTZAN", "own folder emotify")
    often = [one for one in data.clips if one.apart.tested >= 10]
    assert (len(often), sum(one.apart.wrong == one.apart.tested for one in often)) == (309, 11)
    assert "of 309 clips tested 10 times or more, 11 were wrong every time." in data.summary[0]
    # Networks that trained on other windows of it as disco still take it for classical.
    assert count_of(data, "disco.00047").seen == Decisions(33, (("classical", 33),))
