"""Tables and figures that are written from records."""

import json

from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports.write import regenerate_tables
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import record

PUBLISHED = PAPER.confusions[0]


def test_a_group_writes_confusions_curves_and_whole_tables(tmp_path):
    results = ResultPaths.of(tmp_path, "soundfusion", "fma_small")
    for table, label in (PUBLISHED.row, ("specaugment1", "p 1, 30 %, 2 masks"), ("nnet2", "without regularisation")):
        found = record(table, label, [(0, 0), (1, 2)])
        write_record(results, found)
    (report,) = regenerate_tables(PAPER, tmp_path)
    assert {"performance", "specaugment1", "nnet2", "confusion_1"} <= set(report.tables)
    assert report.held_by == {}
    for name in ("figure_specaugment1", "figure_nnet2_loss", "table_confusion_1"):
        assert (results.figures / f"{name}.png").stat().st_size > 10_000
    assert any(path.name == "table_confusion_1.md" for path in report.paths["confusion_1"])
    written = json.loads((results.folder / "table_confusion_1.json").read_text())
    assert not any("intervals" in line for line in written["caption"])
    assert "Data: FMA-small, 100 clips." in written["caption"]
    assert "alphabetical order" in " ".join(written["caption"])
