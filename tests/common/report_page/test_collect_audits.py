"""Leakage audits on the page: what is not independent in words, and example clips whose decisions support the title."""

import re

import pytest

from common.core.files import read_json, write_json
from common.paper.by_name import load_paper
from common.report_page.collect import collect
from common.report_page.read import read_results
from common.report_page.write import write_page
from tests.helpers.html_page import read_page


@pytest.fixture
def audit_page(committed_results, tmp_path):
    """Makes the page's view of the committed audit, after a change of its table."""
    source = committed_results / "se_cnn" / "arrays"

    def make(change=lambda values: None):
        target = tmp_path / "se_cnn" / "arrays"
        values = read_json(source / "table_audit.json", what="a table")
        change(values)
        target.mkdir(parents=True)
        write_json(target / "table_audit.json", values)
        runs = {f"{run}.json" for row in values["rows"] for run in row["records"]}
        (target / "runs").mkdir()
        for name in runs:
            (target / "runs" / name).symlink_to(source / "runs" / name)
        (audit,) = collect([load_paper("se_cnn")], tmp_path).page.audits
        return audit

    return make


def test_clips_of_unknown_artist_are_said_where_nothing_was_found_and_elsewhere(audit_page):
    def change(values):
        values["rows"][4]["overlap"] |= {"nameless": 1}

    texts = {split.label: split.overlap_text for split in audit_page(change).splits}
    assert texts["holdout, by window"] == (
        "998 of 998 test clips are not independent of training: the clip itself, a duplicate of it or another clip of "
        "its artist is in training or validation. The artist of 80 of them is not known; each counts as an artist of "
        "its own. On both sides: 998 clips, 235 artists, 14 pairs of exact duplicates, 41 pairs of near duplicates."
    )
    assert texts["artist, by clip"] == (
        "No dependence was found for any of the 300 test clips: neither the clip itself, nor a duplicate of it, nor "
        "another clip of its artist is in training or validation. The artist of 22 of them is not known; each counts "
        "as an artist of its own."
    )
    assert "The artist of 1 of them is not known; it counts as" in texts["fault_filtered, by clip"]


def right_of(text: str) -> float:
    """Share of runs in `right in 2 of 3 runs, ...`."""
    right, whole = re.search(r"right in (\d+) of (\d+) run", text).groups()
    return int(right) / int(whole)


def test_clips_are_said_to_differ_only_where_they_do(audit_page):
    splits = {split.label: split.examples for split in audit_page().splits}
    for label, examples in splits.items():
        leaks = label.startswith("holdout")
        for example in examples:
            here, _, there = example.decided.partition("; with ")
            lost = right_of(here) - right_of(there) if there else 0.0
            assert example.differs == ((lost if leaks else -lost) > 0), (label, example)
            assert example.differs or leaks
        # Those that differ come first.
        assert [one.differs for one in examples] == sorted((one.differs for one in examples), reverse=True)
    few = splits["holdout, by clip, no exact duplicates"]
    assert [one.clip for one in few] == ["jazz.00051", "disco.00051", "disco.00089", "pop.00037"]
    assert [one.differs for one in few] == [True, False, False, False]


def test_each_example_stands_below_the_title_that_holds_for_it(committed_results, tmp_path):
    written = write_page([load_paper("se_cnn")], committed_results, tmp_path / "report.html")
    page = read_page(written.path.read_text(encoding="utf-8"))
    leakage = page.one("section", id="leakage").all("article")[0]
    flags = leakage.one("p", class_="audit-flags")
    assert [one.text for one in flags.all("span")] == ["reduced features", "other number of epochs", "bfloat16"]
    split = leakage.all("section", class_="audit-split")[2]
    assert [head.text for head in split.all("h5")] == [
        "Example clips: those whose decisions differ most between the splits",
        "Other test clips that are not independent of training",
    ]
    lists = split.all("ul", class_="audit-examples")
    assert [[one.attributes["data-clip"] for one in each.all("li")] for each in lists] == [
        ["jazz.00051"],
        ["disco.00051", "disco.00089", "pop.00037"],
    ]


def test_other_clips_of_an_artist_are_a_least_number_and_names_are_compared_as_in_the_audit(audit_page, monkeypatch):
    # Another spelling of the artist's other clips: the same artist, as the audit counts it.
    read = read_results

    def spelled(*args):
        (found,) = read(*args)
        for name, record in found.records.items():
            if record.setting.split != "artist":
                continue
            clips = tuple(
                clip.replace(artist="The buckwheat zydeco!")
                if clip.artist == "Buckwheat Zydeco" and clip.id != "blues.00080"
                else clip
                for clip in record.clips
            )
            found.records[name] = record.replace(clips=clips)
        return [found]

    monkeypatch.setattr("common.report_page.collect.read_results", spelled)
    (found,) = [one for one in audit_page().splits[1].examples if one.clip == "blues.00080"]
    assert found.why == "at least 8 other clips by Buckwheat Zydeco in training or validation"


def test_an_interval_of_a_difference_on_both_sides_of_zero_keeps_its_signs(audit_page):
    def change(values):
        name = "window_accuracy"
        values["rows"][1]["gap"][name] |= {"mean": -2.0, "ci95": [-5.0, 1.0]}
        values["rows"][2]["gap"][name] |= {"mean": 2.0, "ci95": [1.0, 3.0]}

    texts = [split.gap_text for split in audit_page(change).splits]
    assert "window accuracy is 2.0 points lower (95 % interval of the difference -5.0 to +1.0)" in texts[1]
    assert "window accuracy is 2.0 points higher (95 % interval of the difference 1.0 to 3.0)" in texts[2]
    assert "window accuracy is 32.8 points lower (95 % interval of the difference 19.6 to 46.0)" in texts[3]


def test_an_audits_flags_and_warnings_stand_with_its_numbers(audit_page):
    def change(values):
        values["flags"] = ["smoke_scale", "one_seed"]
        values["warnings"] += ["A warning."]
        values["warning_kinds"] += ["one_seed"]
        values["warnings_short"] += [""]

    audit = audit_page(change)
    assert audit.flag_words == ("smoke scale", "one seed")
    assert audit.warnings[0].endswith("which wrong labels make impossible on unknown clips (Sturm 2013).")
    assert audit.warnings[-1] == "A warning."
