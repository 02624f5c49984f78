"""Tables of layers: the published ones beside the network that we build."""

from typing import Any

from common.paper.paper import Paper, count_trainable
from common.paper.tables import ArchitectureTable


def architecture_table(paper: Paper, table: ArchitectureTable, dataset: str) -> dict[str, Any]:
    """Hold the published layers against the network that we build at the paper's own input size."""
    experiment = table.experiment
    shape = paper.input_shape(experiment)
    model = paper.build(experiment.model, shape, paper.published_classes)
    rows = []
    for row in table.rows:
        layers = [model.get_layer(name) for name in row.layers]
        rows.append(
            {
                "label": row.label,
                "published": {table.column: row.published},
                "measured": {
                    table.column: table.measure(model, row.layers),
                    "output_shape": list(layers[-1].output.shape[1:]),
                    "parameters": sum(count_trainable(layer) for layer in layers),
                },
                "difference": {},
            }
        )
    differing = [row["label"] for row in rows if row["published"][table.column] != row["measured"][table.column]]
    return {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "caption": [
            f"Input {' x '.join(map(str, shape))}; {count_trainable(model):,} trainable parameters. Built, not "
            "trained: these lines do not depend on data."
        ],
        "warnings": [f"Layers that differ from the published ones: {', '.join(differing)}."] if differing else [],
        "row_header": "Layer",
        "metrics": [table.column],
        "rows": rows,
    }
