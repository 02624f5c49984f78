"""Captions say which version of Encore and which packages made the rows, where records do not say or rows differ."""

from common.reports.text.versions import version_notes
from tests.helpers.se_cnn_records import record, table_of
from tests.helpers.tables import caption_of

NOW = {"encore_version": "0.2.0", "source_digests": ("a" * 64,), "environment": {}}


def texts(**rows) -> list[str]:
    assert all(note.kind == "versions" for note in version_notes(rows))
    return [note.text for note in version_notes(rows)]


def test_records_that_name_no_version_are_marked():
    assert texts(x=[record()], y=[record(0)]) == ["Encore: version not recorded."]


def test_rows_of_one_version_need_no_note():
    assert texts(x=[record(**NOW)], y=[record(0, **NOW)]) == []


def test_rows_of_several_versions_are_named():
    other = NOW | {"source_digests": ("a" * 64, "b" * 64)}
    assert texts(x=[record(**NOW), record(seed=1)], y=[record(0, **other)]) == [
        "Encore: x: version 0.2.0, source aaaaaaaaaaaa and version not recorded; y: version 0.2.0, source "
        "aaaaaaaaaaaa, then bbbbbbbbbbbb."
    ]


def test_packages_are_named_where_they_differ():
    one = NOW | {"versions": {"keras": "3.15.1", "numpy": "2.4.6", "jax": "not installed"}}
    other = NOW | {"versions": {"keras": "3.15.1", "numpy": "2.3.0", "jax": "0.10.2"}}
    assert texts(x=[record(**one)], y=[record(0, **other)]) == ["Packages differ: x: numpy 2.4.6; y: numpy 2.3.0."]


def test_variables_of_the_environment_are_named():
    one = NOW | {"environment": {"TF_ENABLE_ONEDNN_OPTS": "0"}}
    assert texts(x=[record(**one)], y=[record(0, **NOW)]) == [
        "Settings of the environment that can change results: x: TF_ENABLE_ONEDNN_OPTS=0; y: none."
    ]


def test_tables_carry_these_notes():
    assert "Encore: version not recorded." in caption_of(table_of(record()))
    assert "Encore:" not in caption_of(table_of(record(**NOW)))


def test_runs_that_were_continued_elsewhere_are_named():
    moved = NOW | {"machines": ("AMD EPYC", "NVIDIA H100")}
    assert texts(x=[record(**moved)], y=[record(0, **NOW)]) == [
        "Runs that were continued on another machine: x: AMD EPYC then NVIDIA H100."
    ]
