"""Facts about data sets: they agree with the loaders, and messages and the README take them from one place."""

import re
from pathlib import Path

import pytest

from common.core.errors import SpecError
from data_pipeline.datasets import about, fma, gtzan, registry
from data_pipeline.datasets.about import (
    ABOUT,
    MIRDATA_WITH_GENRES,
    is_asked_for,
    is_own_folder,
    mirdata_name,
    names_beginning,
    own_folder_key,
    page_of,
    require_known,
    value_to_run,
)
from data_pipeline.datasets.demo import corpus

README = " ".join((Path(about.__file__).parent / "README.md").read_text(encoding="utf-8").split())


def test_every_data_set_has_its_facts():
    assert registry.NAMES == ("demo", "folder", "gtzan", "fma_small", "fma_large", "arrays", "mirdata")
    assert [one.key for one in ABOUT.values()] == list(ABOUT)


def test_the_facts_agree_with_the_loaders():
    shared = sum(fact["artist"] == "" for fact in gtzan.facts().values())
    faults = " ".join(fault.text for fault in ABOUT["gtzan"].faults)
    assert f"{gtzan.CLIPS:,} clips of {gtzan.CLIP_SECONDS:g} s" in ABOUT["gtzan"].summary
    assert f"{gtzan.SAMPLE_RATE:,} Hz" in ABOUT["gtzan"].summary
    assert f"The artist of {shared} clips is unknown" in faults
    sums = [fact["wav_sha256"] for fact in gtzan.facts().values()]
    assert f"{len(sums) - len(set(sums))} pairs of clips have the same bytes" in faults
    assert all(f"{clip} cannot be decoded" in faults for clip in gtzan.UNREADABLE_IN_COMMON_COPY)
    assert all(f"{name}/" in ABOUT["gtzan"].takes for name in gtzan.FOLDERS)
    for key, subset in fma.SUBSETS.items():
        assert ABOUT[key].title == subset.title
        assert f"{subset.clips:,} clips of {fma.CLIP_SECONDS:g} s" in ABOUT[key].summary
    small = ABOUT["fma_small"].faults[0].text
    assert all(clip in small for clip in (*fma.WITHOUT_AUDIO, *fma.TOO_SHORT))
    large = fma.SUBSETS["fma_large"]
    assert f"{large.labelled:,} have one of {large.genres} genres" in ABOUT["fma_large"].summary
    assert ABOUT["fma_large"].faults[0].text.startswith(f"{large.clips - large.labelled:,} clips have no top genre")
    assert ABOUT["demo"].title == corpus.TITLE
    assert ABOUT["demo"].summary.startswith(f"{len(corpus.GENRES) * corpus.CLIPS_PER_GENRE} clips of 30 s")


def test_gtzan_is_not_said_to_be_at_an_address_that_is_dead():
    assert [source.address for source in ABOUT["gtzan"].sources] == [
        "kaggle.com/datasets/andradaolteanu/gtzan-dataset-music-genre-classification",
        "huggingface.co/datasets/marsyas/gtzan",
    ]
    assert not any("TensorFlow Datasets" in source.site for source in ABOUT["gtzan"].sources)
    assert "opihi.cs.uvic.ca) has been dead since 2022" in ABOUT["gtzan"].note


@pytest.mark.parametrize("key", ["gtzan", "fma_small", "fma_large"])
def test_the_readme_states_the_same_facts(key):
    one = ABOUT[key]
    for fact in (*(source.address for source in one.sources), one.size, one.licence, one.citation):
        assert fact in README
    assert f"`encore data {key}`" in README


def test_the_readme_names_no_other_source():
    assert "TensorFlow Datasets" not in README.replace(" ".join(ABOUT["gtzan"].note.split()), "")


def test_a_message_names_the_page_with_the_addresses_instead_of_repeating_them():
    assert ABOUT["gtzan"].where == (
        "GTZAN is not part of Encore. Give the downloaded archive, or the folder that holds genres/ or "
        "genres_original/ with --data. Where to get it: encore data gtzan"
    )


def test_the_readme_lists_the_data_sets_of_mirdata_that_have_genres():
    assert ", ".join(MIRDATA_WITH_GENRES) in README
    assert ", ".join(MIRDATA_WITH_GENRES) in ABOUT["mirdata"].note


@pytest.mark.parametrize("given", ["mirdata:gtzan_genre", "mirdata_gtzan_genre"])
def test_data_sets_of_mirdata_have_a_key_that_may_be_the_name_of_a_folder(given):
    assert require_known(given) == "mirdata_gtzan_genre"
    assert mirdata_name(given) == "gtzan_genre"
    assert page_of(given) is ABOUT["mirdata"]


@pytest.mark.parametrize("given", ["mirdata", "mirdata:", "mirdata:NAME", "mirdata:../x", "mirdata:a b", "gtzn", ""])
def test_names_that_are_none_are_refused(given):
    with pytest.raises(SpecError, match=rf"^--dataset {re.escape(given)}: no such value.* arrays, mirdata:NAME\.$"):
        require_known(given)


def test_every_other_name_is_its_own_key():
    names = [name for name in ABOUT if name != "mirdata"]
    assert [require_known(name) for name in names] == names
    assert [mirdata_name(name) for name in names] == [None] * len(names)


def test_shells_complete_names_also_those_of_mirdata():
    assert names_beginning("fma") == ["fma_small", "fma_large"]
    assert names_beginning("mir") == [f"mirdata:{name}" for name in MIRDATA_WITH_GENRES]
    assert names_beginning("mirdata:med") == ["mirdata:medleydb_melody", "mirdata:medleydb_pitch"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("music", "folder_music"),
        ("My songs (2024)", "folder_My_songs_2024_"),
        ("Üben-1.2", "folder_Üben-1.2"),
        ("音楽", "folder_音楽"),
        ("m\udcfcsic", "folder_m_xfcsic"),
        ("x" * 61, f"folder_{'x' * 60}"),
    ],
)
def test_the_key_of_an_own_folder_is_its_name_made_safe_for_a_path(tmp_path, name, key):
    assert own_folder_key(tmp_path / name) == key
    assert is_own_folder(key)


def test_the_key_of_the_current_folder_and_of_the_root_have_a_name(tmp_path, monkeypatch):
    (tmp_path / "music" / "rock").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "music")
    assert own_folder_key(Path(".")) == own_folder_key(Path("rock/..")) == "folder_music"
    assert own_folder_key(Path("/")) == "folder__"


def test_keys_of_own_folders_are_known_and_are_run_with_the_value_folder():
    for key in ("folder", "folder_music"):
        assert (require_known(key), value_to_run(key), page_of(key)) == (key, "folder", ABOUT["folder"])
        assert is_own_folder(key)
    for other in ("folders", "folder_", "folder_a/b", "gtzan", "mirdata_irmas"):
        assert not is_own_folder(other)
        assert value_to_run(other) == other


def test_folder_asks_for_all_own_folders_and_a_key_for_that_one():
    keys = ("folder_music", "folder_other", "gtzan")
    assert [is_asked_for(key, None) for key in keys] == [True, True, True]
    assert [is_asked_for(key, "folder") for key in keys] == [True, True, False]
    assert [is_asked_for(key, "folder_music") for key in keys] == [True, False, False]
    assert [is_asked_for(key, "gtzan") for key in keys] == [False, False, True]
