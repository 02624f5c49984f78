"""From records and tables to what the page shows: rows with their flags, runs, papers, and what they come from."""

from dataclasses import replace
from pathlib import Path

import pytest

from common.core.files import read_json, write_json
from common.paper import assumed
from common.paper.by_name import load_paper
from common.paper.paper import Paper
from common.records.divergence import write_divergence
from common.records.paths import ResultPaths
from common.records.record import Record, write_record
from common.report_page.collect import Collected, collect
from common.report_page.collect_rows import row_heading
from common.reports.write import regenerate_tables
from common.search.report import regenerate_searches
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING, divergence_note
from tests.helpers.small_results import identified_record
from tests.helpers.stored_search import write_search_folder

EPOCHS = tuple(
    {
        "epoch": number,
        "loss": loss,
        "accuracy": 0.5,
        "val_loss": 1.0,
        "val_accuracy": 0.123456789,
        "learning_rate": 0.01,
    }
    for number, loss in enumerate((1.0, 0.5, 2.0), 1)
)


def page_of(out: Path, *records: Record, dataset: str = "gtzan", paper: Paper = PAPER) -> Collected:
    results = ResultPaths.of(out, "se_cnn", dataset)
    for record in records:
        write_record(results, record)
    regenerate_tables(paper, out, draw_figures=False)
    return collect([paper], out)


def row_named(made: Collected, name: str):
    (found,) = [row for row in made.page.rows if row.name == name]
    return found


def test_rows_have_the_flags_of_their_own_runs(tmp_path):
    write_divergence(ResultPaths.of(tmp_path, "se_cnn", "gtzan"), divergence_note())
    made = page_of(
        tmp_path,
        identified_record(),
        identified_record(seed=1, shared_clips=3),
        identified_record(1, history=EPOCHS),
        identified_record(2),
        identified_record(0),
    )
    # The records are of two genres.
    flags = {row.name: set(row.flags) - {"other_classes"} for row in made.page.rows if row.is_measured}
    assert flags["se-12345"] == {"contaminated"}
    assert flags["se-5"] == {"diverged", "one_seed"}  # the loss rose
    assert flags["se-45"] == {"one_seed"}
    assert flags["se-0"] == {"diverged", "one_seed"}  # another of its runs has no record
    assert row_named(made, "se-12345").contaminated
    assert not row_named(made, "se-5").contaminated
    assert row_named(made, "se-12345").flag_words == ("other genres", "contaminated")
    assert not row_named(made, "se-345").is_measured
    assert row_named(made, "se-345").runs == ()


def test_a_row_of_fewer_epochs_is_reduced(tmp_path):
    setting = SETTING.replace(epochs=3)
    experiment = identified_record().experiment
    experiment = experiment | {"training": experiment["training"] | {"epochs": 3}}
    made = page_of(tmp_path, identified_record(setting=setting, experiment=experiment))
    row = row_named(made, "se-12345")
    assert row.reduced
    assert "other number of epochs" in row.flag_words


@pytest.mark.parametrize(("published_on", "reduced"), [("GTZAN", False), ("FMA-small", True)])
def test_a_row_of_full_scale_is_reduced_only_on_other_data(tmp_path, published_on, reduced):
    # The data of the records have two genres.
    paper = replace(PAPER, published_classes=2, published_on=published_on)
    row = row_named(page_of(tmp_path, identified_record(), paper=paper), "se-12345")
    assert row.flags == (("other_data", "one_seed") if reduced else ("one_seed",))
    assert row.reduced is reduced


def test_curves_have_each_epoch_and_what_the_record_holds(tmp_path):
    made = page_of(tmp_path, identified_record(history=EPOCHS), identified_record(seed=1))
    with_rate, without = made.page.runs if made.page.runs[0].seed == 0 else made.page.runs[::-1]
    assert with_rate.curves["loss"] == (1.0, 0.5, 2.0)
    assert with_rate.curves["val_accuracy"] == (0.12346,) * 3
    assert with_rate.curves["learning_rate"] == (0.01,) * 3
    assert set(without.curves) == {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert [run.key for run in made.page.runs] == sorted(key for key, _ in made.runs)
    assert row_named(made, "se-12345").runs == (0, 1)


def test_where_a_record_is_gone_the_tables_number_stays(tmp_path):
    page_of(tmp_path, identified_record(), identified_record(0, correct=200))
    results = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    for path in results.runs.iterdir():
        path.unlink()
    row = row_named(collect([PAPER], tmp_path), "se-12345")
    assert row.metrics[0].mean == 80.0
    assert (row.runs, row.confusion, row.scores) == ((), None, ())


def test_decisions_are_counted_over_all_runs(tmp_path):
    made = page_of(tmp_path, identified_record(correct=4, total=6), identified_record(seed=1, correct=2, total=6))
    row = row_named(made, "se-12345")
    # Clips are of two genres in turn; the first ones are decided correctly.
    assert row.confusion.counts == ((3, 3), (3, 3))
    assert row.scores == ((50.0, 50.0, 50.0, 6), (50.0, 50.0, 50.0, 6))


def test_a_table_that_cannot_be_shown_is_named_and_the_others_are_there(tmp_path, capsys):
    page_of(tmp_path, identified_record())
    path = tmp_path / "se_cnn" / "gtzan" / "table_5.1.json"
    values = read_json(path, what="a table")
    write_json(path.with_name("table_9.9.json"), values | {"table": "9.9"})
    write_json(path.with_name("table_x.json"), {"paper": "se_cnn"})
    made = collect([PAPER], tmp_path)
    said = capsys.readouterr().err
    assert f"not on the page: {path.with_name('table_9.9.json')}: --table 9.9: se_cnn has no such table" in said
    assert "table_x.json is not a table of this version" in said
    assert row_named(made, "se-12345").metrics[0].mean == 80.0


def test_assumed_values_are_those_of_the_measured_rows_with_their_reasons(tmp_path):
    made = page_of(tmp_path, identified_record(), identified_record(0))
    table = next(one for one in made.page.tables if one.table == "5.1")
    found = {one.path: one for one in table.assumptions}
    assert found["training.batch_windows"].value == "32"
    assert "Keras' default" in found["training.batch_windows"].reason
    assert "fixed.adam_epsilon" in found
    assert all(one.status in ("assumed", "differs") for one in table.assumptions)


def test_an_assumed_value_that_differs_between_rows_is_named_with_each(tmp_path):
    paper = replace(PAPER, sources=PAPER.sources | {"model.se_blocks": assumed("why not")})
    page_of(tmp_path, identified_record(), identified_record(0), identified_record(1))
    table = next(one for one in collect([paper], tmp_path).page.tables if one.table == "5.1")
    (found,) = [one for one in table.assumptions if one.path == "model.se_blocks"]
    assert (found.value, found.reason) == ("none (se-0); 5 (se-5); 1, 2, 3, 4, 5 (se-12345)", "why not")


def test_papers_are_summarised_from_declarations_and_tables(tmp_path):
    made = page_of(tmp_path, identified_record(), identified_record(seed=1), identified_record(0))
    (paper,) = made.page.papers
    assert paper.scope[0] == "Published on GTZAN with 10 genres: 13 rows in 3 tables of results."
    assert paper.scope[-1] == "Measured here on: GTZAN."
    assert paper.easy[0] == "The source states 16 of the 35 values that its runs need."
    assert any("19 values" in text for text in paper.hard)
    assert paper.remarks[: len(PAPER.notes)] == PAPER.notes
    assert paper.remarks[-1].startswith("5.2.2: Ratio r's effect, Bayesian optimization: The document did not carry")
    assert paper.outcome == (
        "Table 5.1 (GTZAN, holdout 60/10/30, by clip): 2 of 6 rows measured; 0 of 1 published number inside the 95 % "
        "interval; whether the other published number lies there is not known (one seed).",
    )
    assert len(paper.assumed) == len(PAPER.assumed)


def test_versions_and_machines_are_counted(tmp_path):
    gpu = {"processor": "CPU", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}
    made = page_of(
        tmp_path,
        identified_record(wall_seconds=1800.0),
        identified_record(seed=1, wall_seconds=1800.0, peak_resident_bytes=2**31),
        identified_record(0, machine=gpu, versions={"jax": "0.11"}, encore_version="0.1.0"),
    )
    about = made.page.about
    assert about.machines == (
        ("One, tensorflow", "2 runs, 1.0 h in all, at most 2.0 GiB of memory"),
        ("NVIDIA H100, jax 0.11", "1 run, 0.0 h in all, at most 0.0 GiB of memory"),
    )
    assert about.versions == (("Encore: version not recorded", "2 runs"), ("Encore 0.1.0, jax 0.11", "1 run"))
    assert dict(about.licences)["GTZAN"] == "none was ever stated; the recordings belong to their owners"
    assert any(PAPER.citation in text for text in about.citation)


@pytest.mark.parametrize("keys", [["se_cnn"], []])
def test_without_results_there_is_nothing(tmp_path, keys):
    made = collect([PAPER for _ in keys], tmp_path)
    assert made.is_empty


def test_tables_of_searches_are_whole_and_their_runs_are_not_on_the_page(tmp_path):
    write_search_folder(tmp_path)
    regenerate_searches(PAPER, tmp_path, draw_figures=False)
    made = page_of(tmp_path, identified_record())
    search = next(one for one in made.page.tables if one.kind == "search")
    assert len(search.lines) == 3
    assert "".join(cell.text for line in search.lines for cell in line).count("FAILED") <= 1
    assert len(made.page.runs) == 1


def test_a_run_of_one_seed_with_several_folds_is_of_one_seed(tmp_path):
    folds = [identified_record(fold=0, folds=2), identified_record(fold=1, folds=2, run_id="other", split_digest="t")]
    row = row_named(page_of(tmp_path, *folds), "se-12345")
    assert "one_seed" in row.flags
    assert len(row.runs) == 2


def test_published_numbers_of_which_nothing_is_known_do_not_count_as_outside(tmp_path):
    def outcome(*records: Record) -> str:
        (text,) = page_of(tmp_path, *records).page.papers[0].outcome
        return text.partition(" measured")[2]

    assert outcome(identified_record()) == (
        "; whether the published number lies inside the 95 % interval is not known (one seed)."
    )
    assert outcome(identified_record(0), identified_record(1)) == (
        "; whether the 3 published numbers lie inside the 95 % interval is not known (one seed)."
    )
    assert outcome(identified_record(seed=1)) == (
        "; 0 of 1 published number inside the 95 % interval; whether the other 2 lie there is not known (one seed)."
    )


def test_tables_of_layers_that_differ_are_not_among_what_was_easy(committed_results):
    made = collect([load_paper("soundfusion"), load_paper("resnet1d")], committed_results)
    soundfusion, resnet1d = made.page.papers
    differing = "Table resnet1d: Encore's network has 33 of 73 published cells of layers, and not the published number"
    assert [text.startswith(differing) for text in soundfusion.hard].count(True) == 1
    assert not [text for text in soundfusion.easy if text.startswith(differing)]
    assert [text.partition(":")[0] for text in soundfusion.easy[1:]] == [
        *("Table nnet1-layers", "Table nnet2-layers", "Table simplecnn")
    ]
    assert resnet1d.easy[1] == (
        "Table 4.1: Encore's network has 73 of 73 published cells of layers, and the published number of 4,086,794 "
        "parameters."
    )


def test_rows_without_a_word_of_their_own_have_the_head_of_their_column(tmp_path):
    made = page_of(tmp_path, identified_record(), identified_record(0))
    assert row_named(made, "se-0").heading == "SE blocks: 0"
    assert {run.heading for run in made.page.runs} == {
        f"{PAPER.title}, table 5.1, SE blocks: {row}" for row in ("1,2,3,4,5", "0")
    }
    assert row_heading("Model", "nnet2") == "nnet2"


def test_every_table_of_the_committed_results_has_a_heading_of_its_own(committed_results):
    page = collect([load_paper(key) for key in ("embeddings", "se_cnn", "soundfusion")], committed_results).page
    headings = [one.heading for one in page.tables if one.kind == "results"]
    assert len(set(headings)) == len(headings) == 19
    assert headings[:3:2] == [
        "Embeddings, table 1: Comparison of different models (GTZAN, artist 70/10/20, by clip)",
        "SE-CNN, table 5.1: Effect of SE blocks, added from the fifth stage backwards (GTZAN (arrays), "
        "holdout 60/10/30, by clip, 20 epochs, bfloat16)",
    ]
    assert any("by window, 18 epochs)" in heading for heading in headings)
    assert any("by clip, 10 epochs, augmentation none, standardised input)" in heading for heading in headings)
    assert page.runs[0].protocol in {row.protocol for row in page.rows}
