"""A table as Markdown, CSV, LaTeX, JSON and on screen."""

import csv
import io
import json
import re
from dataclasses import replace

from common.reports.formats import as_csv, as_latex, as_markdown, write_table
from common.reports.table import Note, Table
from tests.helpers.se_cnn_records import record, table_of


def test_every_form_for_readers_holds_the_same_cells():
    table = table_of(record(), record(0, correct=100))
    shown = [[*table.header], *map(list, table.rows)]
    markdown = [line for line in as_markdown(table).splitlines() if line.startswith("|")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in (markdown[0], *markdown[2:])] == shown
    latex = as_latex(table, "table_5.1")
    for row in table.rows:
        assert " & ".join(row) in latex
    assert r"\%" in latex
    assert json.loads(json.dumps(table.as_json())) == table.as_json()


# Characters that mean something in LaTeX, in a Markdown table or in CSV.
SPECIAL = r'a^2 | b\c {d} ~e_f # 5 % & $6 <7> [8] "9", 10'


def table_with(cell: str, title: str = "t", table: str = "1") -> Table:
    values = {"paper": "p", "dataset": "gtzan", "table": table, "title": title, "caption": [], "scale": "paper"}
    return Table(values, (cell, "x|y"), ((cell, "1"), ("[b]", "2")), (Note("method", f"note, {cell}"),))


def test_cells_with_special_characters_stay_one_cell_each_in_markdown():
    header, ruler, *lines = [line for line in as_markdown(table_with(SPECIAL)).splitlines() if line.startswith("|")]
    for line in (header, *lines):
        assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"\|", ruler)) == 3
    assert r"a^2 \| b" in header
    assert r"x\|y" in header


def test_csv_holds_header_and_rows_only():
    table = table_of(record())
    *rows, last = table.values["rows"]
    table = replace(table, values=table.values | {"rows": [*rows, last | {"label": SPECIAL}]})
    columns, *lines = csv.reader(io.StringIO(as_csv(table)))
    assert [len(line) for line in lines] == [len(columns)] * 6
    assert lines[-1][columns.index("label")] == SPECIAL


def test_latex_prints_special_characters_as_they_are():
    text = as_latex(table_with(SPECIAL, title="x^2_3"), "table_1")
    escaped = (
        r"a\textasciicircum{}2 \textbar{} b\textbackslash{}c \{d\} \textasciitilde{}e\_f \# 5 \% \& \$6 "
        r'\textless{}7\textgreater{} [8] "9", 10'
    )
    assert text.count(escaped) == 3
    assert r"x\textasciicircum{}2\_3." in text
    # A bracket after the end of a line would be an argument of it.
    assert "\n    {}[b] & 2" in text


def test_labels_in_latex_are_unique_over_papers_data_and_settings(tmp_path):
    stems = ("table_5.1", "table_5.1_segment", "table_5.1_5f84eb66", "table_5.1_a-b", "table_5.1_a_b")
    found = []
    for paper in ("one", "two"):
        for dataset in ("gtzan", "arrays"):
            values = table_with("x").values | {"paper": paper, "dataset": dataset}
            for stem in stems:
                table = replace(table_with("x"), values=table_of(record()).values | values)
                write_table(tmp_path, stem, table, {f"{stem}_pairs": table})
                found += re.findall(r"\\label\{(.*)\}", (tmp_path / f"{stem}.tex").read_text())
    assert len(found) == len(set(found)) == 40
    assert "tab:one:gtzan:5.1_segment_pairs" in found
