"""How much longer runs take than others: windows times parameters, where these are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from common.runs.costs import epoch_costs
from reproductions.se_cnn.paper import PAPER


def planned(label: str, windows: int = 100, limit: int | None = None) -> SimpleNamespace:
    training = SimpleNamespace(windows_per_epoch=limit)
    run = SimpleNamespace(fold=SimpleNamespace(train=np.arange(windows)), experiment=SimpleNamespace(training=training))
    rows = {row.label: row.experiment.digest for table in PAPER.tables for row in table.rows}
    return SimpleNamespace(name=label, row_experiment=rows.get(label, label), run=run)


WIDE = "128,256,512,1024,512"


@pytest.mark.parametrize(
    ("runs", "costs"),
    [
        ([planned("5"), planned(WIDE, limit=64)], {"5": 100 * 766_994, WIDE: 64 * 11_452_450}),
        # Less than twice the parameters.
        ([planned("5"), planned("8")], {"5": 100, "8": 100}),
        ([planned("of a search")], {"of a search": 100}),
        ([planned("of a search"), planned("5")], None),
    ],
)
def test_costs_of_epochs(runs, costs):
    assert epoch_costs(PAPER, runs) == costs
