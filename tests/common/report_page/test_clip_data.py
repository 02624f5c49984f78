from common.report_page.clip_data import NamedClip, runs_by_data
from tests.helpers.clip_records import clip, keyed, run_of


def test_copies_of_a_well_known_data_set_are_one_and_own_folders_are_one_where_their_tracks_are():
    of_gtzan = clip("blues.00001", 0, 0)
    runs = keyed(
        run_of([of_gtzan], genres=("blues", "rock"), title="GTZAN", digest="1").replace(
            setting=run_of([of_gtzan], digest="1").setting.replace(dataset="gtzan")
        ),
        run_of([of_gtzan], genres=("blues", "rock"), title="features.npz", digest="2").replace(
            setting=run_of([of_gtzan], digest="2").setting.replace(dataset="arrays")
        ),
        run_of([clip("song 1", 0, 0)], digest="aaaaaaaaaaaa"),
        run_of([clip("song 1", 1, 0)], digest="bbbbbbbbbbbb"),
        run_of([clip("song 2", 1, 0)], digest="aaaaaaaaaaaa"),
    )
    found = runs_by_data(runs)
    assert [(data.name, data.known, [key for key, _ in data.runs]) for data in found] == [
        ("GTZAN", "GTZAN", ["p/d/0", "p/d/1"]),
        ("Songs (data aaaaaaaa)", None, ["p/d/2", "p/d/4"]),
        ("Songs (data bbbbbbbb)", None, ["p/d/3"]),
    ]
    assert found[0].digests == {"1", "2"}
    assert [clip.id for clip in found[1].clips] == ["song 1", "song 2"]


def test_a_clip_with_another_label_or_artist_is_another_one_and_runs_of_a_search_have_none():
    (data,) = runs_by_data(
        keyed(
            run_of([clip("a", 0, 0)]),
            run_of([clip("a", 1, 0)]),
            run_of([clip("a", 1, 0, artist="Somebody")]),
            run_of([], test_withheld=True),
        )
    )
    assert data.clips == (NamedClip("a", "pop", ""), NamedClip("a", "pop", "Somebody"), NamedClip("a", "rock", ""))
    assert data.genres == ("pop", "rock")
    assert len(data.runs) == 3
