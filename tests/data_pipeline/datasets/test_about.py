"""Facts about data sets: they agree with the loaders, and messages and the README take them from one place."""

import re
from pathlib import Path

import pytest

from common.core.errors import SpecError
from data_pipeline.datasets import about, fma, gtzan, registry
from data_pipeline.datasets.about import (
    ABOUT,
    MIRDATA_WITH_GENRES,
    mirdata_name,
    names_beginning,
    page_of,
    require_known,
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
        "GTZAN is not part of Encore. Get it: encore data gtzan (then give the downloaded archive, or the folder that "
        "holds genres/ or genres_original/ with --data)"
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
