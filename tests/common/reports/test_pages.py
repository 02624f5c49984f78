"""The list of all tables and the page of a paper."""

import json

from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports.formats import write_table
from common.reports.pages import write_overview, write_page
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import FIRST, PERFORMANCE, RECOMMENDED, SETTING, decisions, record


def test_the_list_of_tables_names_what_each_rests_on(tmp_path, capsys):
    machines = {"processor": "One", "threads": 1, "backend": "tensorflow"}, {"processor": "Two", "threads": 2}
    mine = [
        record("performance", RECOMMENDED, decisions(FIRST), seed=seed).replace(wall_seconds=90.0, machine=machine)
        for seed, machine in enumerate(machines)
    ]
    results = ResultPaths.of(tmp_path, PAPER.key, "fma_small")
    for one in mine:
        write_record(results, one)
    table = results_table(PAPER, PERFORMANCE, SETTING, mine)
    write_table(results.folder, "table_performance", table)
    text = write_overview(tmp_path).read_text()
    line = next(line for line in text.splitlines() if "table_performance.md" in line)
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    assert cells[1:7] == [
        "FMA-small",
        "holdout 80/10/10, by clip",
        f"1 of {len(PERFORMANCE.rows)}",
        "2",
        "44 test",
        "3.0 min",
    ]
    assert cells[7] == "One, 1 thread, tensorflow; Two, 2 threads, unknown backend"
    assumed = json.loads((results.folder / "table_performance.json").read_text())["assumed"]
    assert assumed
    assert all(f"`{path}`" in text for path in assumed)
    differing = json.loads((results.folder / "table_performance.json").read_text())["differing"]
    assert {"training.learning_rate", "fixed.order_of_windows"} <= set(differing)
    listed = next(line for line in text.splitlines() if line.startswith("Different from the source"))
    assert all(f"`{path}`" in listed for path in differing)
    assert "`fixed.adam_epsilon`" in next(line for line in text.splitlines() if line.startswith("Assumed where"))
    values = json.loads((results.folder / "table_performance.json").read_text())
    del values["protocol"]
    for content in ({"my": "own"}, values):
        (results.folder / "table_mine.json").write_text(json.dumps(content))
        assert write_overview(tmp_path).read_text() == text
        said = capsys.readouterr().err.replace("\n", " ")
        assert "table_mine.json is not a table of this version; write it again with --from-records" in said
    assert "Nothing yet" not in write_page(PAPER, tmp_path).read_text()
    assert (
        "No table yet. Tables of the demo corpus are not listed here." in write_overview(tmp_path / "empty").read_text()
    )


def test_the_page_of_a_paper_sorts_values_by_where_they_come_from(tmp_path):
    text = write_page(PAPER, tmp_path).read_text()
    _, assumed, differing, stated, unused, *_ = text.split("\n## ")
    assert [part.splitlines()[0] for part in (assumed, differing, stated, unused)] == [
        "Assumed",
        "Different from the source",
        "Stated",
        "Not used",
    ]
    assert "| `fixed.adam_epsilon` | 1e-07 | Keras' default" in assumed
    assert "| `fixed.short_clips` | a clip with fewer than seven segments keeps those that it has |" in differing
    assert "| `training.learning_rate` | 0.001 (other rows: 0.0001) | the report: 1e-4" in differing
    assert "| `training.batch_windows` | 32 (other rows: 16) | the report: 32, 16 for large" in stated
    assert "`second_input.standardise`" in unused


def test_a_page_of_a_paper_without_differences_has_no_such_section(tmp_path):
    text = write_page(SE_CNN, tmp_path).read_text()
    assert SE_CNN.differing == []
    assert "Different from the source" not in text


def test_what_belongs_to_a_table_is_below_it_on_the_page_and_in_the_list(tmp_path):
    results = ResultPaths.of(tmp_path, PAPER.key, "fma_small")
    changes = ("training.patience_epochs=10", "training.plateau_epochs=4")
    setting = SETTING.replace(changes=changes)
    mine = [record("performance", label, decisions(FIRST)).replace(setting=setting) for label in (RECOMMENDED, "nnet2")]
    table = results_table(PAPER, PERFORMANCE, setting, mine)
    pairs = paired_table(PAPER, PERFORMANCE, setting, mine)
    write_table(results.folder, "table_performance_changed_12", table, {"table_performance_pairs_changed_12": pairs})
    lines = write_page(PAPER, tmp_path).read_text().splitlines()
    headings = [line.partition(":")[0] for line in lines[lines.index("## Measured") :] if line.startswith("#")]
    assert headings == ["## Measured", "### soundfusion, Table performance", "#### Table performance_pairs"]
    (line,) = [line for line in write_overview(tmp_path).read_text().splitlines() if "table_performance" in line]
    assert "table_performance_changed_12.md); below it: performance_pairs |" in line
    # The name of the file has only a digest of them.
    assert "changed values: `training.patience_epochs=10`; `training.plateau_epochs=4`" in line


def test_a_table_without_its_markdown_is_named_and_not_on_the_page(tmp_path, capsys):
    results = ResultPaths.of(tmp_path, PAPER.key, "fma_small")
    one = record("performance", RECOMMENDED, decisions(FIRST))
    write_table(results.folder, "table_performance", results_table(PAPER, PERFORMANCE, SETTING, [one]))
    (results.folder / "table_performance.md").unlink()
    page = write_page(PAPER, tmp_path).read_text()
    assert "Table performance" not in page.partition("## Measured")[2]
    assert "table_performance.md is missing" in capsys.readouterr().err.replace("\n", " ")


def test_a_damaged_table_is_named_and_not_in_the_list(tmp_path, capsys):
    results = ResultPaths.of(tmp_path, PAPER.key, "fma_small")
    one = record("performance", RECOMMENDED, decisions(FIRST))
    write_table(results.folder, "table_performance", results_table(PAPER, PERFORMANCE, SETTING, [one]))
    path = results.folder / "table_performance.json"
    values = json.loads(path.read_text())
    (results.folder / "table_performance.md").write_bytes(b"# caf\xe9\n")
    assert "table_performance" in write_overview(tmp_path).read_text()
    for wrong in ({"assumed": 3}, {"assumed": [3]}, {"differing": None}, {"caption_short": ["x"]}, {"rows": [3]}):
        path.write_text(json.dumps(values | wrong))
        assert "table_performance" not in write_overview(tmp_path).read_text()
        write_page(PAPER, tmp_path, list_tables=False)
        assert "table_performance.json is not a table of this version" in capsys.readouterr().err.replace("\n", " ")
