"""A table as Markdown, CSV, LaTeX, JSON and on screen."""

import csv
import io
import json

from rich.console import Console

from common.reports.formats import as_csv, as_latex, as_markdown, show_table
from common.reports.table import Note, Table
from tests.helpers.se_cnn_records import record, table_of


def test_every_form_of_a_table_holds_the_same_cells():
    table = table_of(record(), record(0, correct=100))
    from_csv = list(csv.reader(line for line in io.StringIO(as_csv(table)) if not line.startswith("#")))
    assert from_csv == [[*table.header], *map(list, table.rows)]
    markdown = [line for line in as_markdown(table).splitlines() if line.startswith("|")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in (markdown[0], *markdown[2:])] == from_csv
    latex = as_latex(table)
    for row in table.rows:
        assert " & ".join(row) in latex
    assert r"\%" in latex
    assert json.loads(json.dumps(table.as_json())) == table.as_json()


def test_a_regular_expression_in_a_caption_is_printed_as_it_is(capsys):
    notes = (Note("layers", "layers block[a-z]+[/b]"),)
    table = Table({"paper": "p", "table": "1", "title": "[a-z]"}, ("Layer", "Published size", "Our size"), (), notes)
    show_table(table, Console(width=80))
    shown = capsys.readouterr().out
    assert "p, Table 1: [a-z]" in shown
    assert "block[a-z]+[/b]" in shown
