"""Trainable parameters of a paper's networks: counted by building them, and stored in the paper's folder.

Building all networks of a paper takes Keras and several seconds, so the counts of its rows are kept in
`reproductions/<paper>/parameters.json`, by the digest of the row's experiment. The tests build every network and
compare.
"""

import importlib.util
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from common.core.errors import DataError
from common.core.files import read_json, write_json
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable

if TYPE_CHECKING:
    import keras

_FILE = "parameters.json"


def count_trainable(layer: "keras.Layer") -> int:
    """Number of trainable parameters of a layer or model."""
    return sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def count_parameters(paper: Paper, experiment: Experiment) -> int:
    """Trainable parameters of a row's network at the paper's own input size, which is built."""
    import keras

    # Without values: those of a VGG would take half a gigabyte and several seconds.
    with keras.StatelessScope(initialize_variables=False):
        model = paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)
    return count_trainable(model)


def count_by_layer(paper: Paper, table: ArchitectureTable) -> dict[str, int]:
    """Row of a table of layers -> trainable parameters of its layers, which are built."""
    experiment = table.experiment
    model = paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)
    return {row.label: sum(count_trainable(model.get_layer(name)) for name in row.layers) for row in table.rows}


@dataclass(frozen=True)
class ParameterCounts:
    """Counts of a paper's networks.

    Args:
        networks: digest of an experiment -> trainable parameters of its network.
        layers: id of a table of layers -> row -> trainable parameters of its layers.
    """

    networks: dict[str, int] = field(default_factory=dict)
    layers: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def counted(cls, paper: Paper) -> Self:
        """The counts of all rows of a paper, by building each network once."""
        default, of_network = paper.default_experiment, {}
        networks = {}
        for experiment in paper.experiments:
            # Values that do not change the network are replaced by those of one row.
            network = experiment.replace(training=default.training, protocol=default.protocol).digest
            if network not in of_network:
                of_network[network] = count_parameters(paper, experiment)
            networks[experiment.digest] = of_network[network]
        return cls(networks, {table.id: count_by_layer(paper, table) for table in paper.architecture})

    @classmethod
    def stored(cls, paper: Paper) -> Self:
        """The counts in the paper's folder; none where there is no such file, as while a paper is being written.

        Raises:
            DataError: the file does not hold counts.
        """
        path = counts_file(paper)
        if path is None or not path.exists():
            return cls()
        values = read_json(path, what="the parameter counts of a paper")
        try:
            return cls(dict(values["networks"]), {table: dict(rows) for table, rows in values["layers"].items()})
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            remedy = f"Make it again: {command_to_store(paper)}"
            raise DataError(f"{path}: does not hold parameter counts. {remedy}") from error

    def store(self, paper: Paper) -> Path:
        """Write the counts into the paper's folder; returns the file.

        Raises:
            DataError: the paper has no folder.
        """
        path = counts_file(paper)
        if path is None:
            raise DataError(f"{paper.key}: has no folder below reproductions/ to store parameter counts in.")
        write_json(path, {"networks": self.networks, "layers": self.layers})
        return path


def counts_file(paper: Paper) -> Path | None:
    """The file of stored counts; None for a paper without a folder below `reproductions/`."""
    found = importlib.util.find_spec(f"reproductions.{paper.key}")
    return None if found is None or found.origin is None else Path(found.origin).parent / _FILE


def command_to_store(paper: Paper) -> str:
    """The command that counts the parameters of a paper's networks and stores them."""
    return f"encore list {paper.key} --update-counts"
