"""Parameters and layers of a paper's networks: found by building them, and stored in the paper's folder.

Building all networks of a paper takes Keras and several seconds, so what lists and tables of layers show of them is
kept in `reproductions/<paper>/parameters.json`, by the digest of the experiment, as long as the code that builds them
is the same. The tests build every network and compare.
"""

import importlib.util
import math
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from common.core.console import progress, say
from common.core.errors import DataError, SpecError
from common.core.files import read_json, sha256_of_json, write_json
from common.core.nearest import did_you_mean, nearest_names
from common.core.tf_logging import quiet_start
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.tables import TOTAL, ArchitectureRow, ArchitectureTable

if TYPE_CHECKING:
    import keras

_FILE = "parameters.json"
# Files of a paper that no network depends on: what they declare is in the experiments' digests, or in `code_digest`.
_WITHOUT_NETWORKS = (
    *("figures.py", "items.py", "paper.py", "published.py", "sources.py", "spaces.py", "layer_tables.py"),
    *("value_tables.py", "run.py", "tune.py"),
)
# What tables of layers measure of a network.
_SIZES = "layer_sizes.py"


@dataclass(frozen=True)
class BuiltRow:
    """What we built for one row of a table of layers.

    Args:
        values: name of each column of the table -> what we built, in the form of the published cells.
        output_shape: of the last of its layers, without the batch.
        parameters: trainable ones of its layers.
    """

    values: dict[str, Any]
    output_shape: list[int]
    parameters: int


@dataclass(frozen=True)
class BuiltLayers:
    """What we built for a table of layers.

    Args:
        experiment: digest of the experiment whose network it is.
        parameters: trainable ones of the whole network.
        rows: by label.
    """

    experiment: str
    parameters: int
    rows: dict[str, BuiltRow]

    @classmethod
    def built(cls, paper: Paper, table: ArchitectureTable) -> Self:
        """The layers of a network that is built for it.

        Raises:
            SpecError: a row names a layer that the network does not have.
        """
        experiment = table.experiment
        model = paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)
        rows = {}
        for row in table.rows:
            layers = [_layer_of(paper, table, row, model, name) for name in row.layers]
            rows[row.label] = BuiltRow(
                {column.name: column.measure(model, row.layers) for column in table.columns},
                list(layers[-1].output.shape[1:]),
                sum(count_trainable(layer) for layer in layers),
            )
        return cls(experiment.digest, count_trainable(model), rows)

    @classmethod
    def read(cls, values: dict[str, Any]) -> Self:
        """The layers from their JSON values."""
        return cls(**values | {"rows": {label: BuiltRow(**row) for label, row in values["rows"].items()}})

    def are_of(self, table: ArchitectureTable) -> bool:
        """Whether they are of this table's network, row by row and column by column."""
        names = {column.name for column in table.columns}
        return (
            self.experiment == table.experiment.digest
            and list(self.rows) == [row.label for row in table.rows]
            and all(set(built.values) == names for built in self.rows.values())
        )

    def differing_from(self, table: ArchitectureTable) -> list[tuple[str, str]]:
        """The published cells that differ from ours, as (label of the row, name of the column), and the published total
        as `(TOTAL, "parameters")`."""
        cells = [
            (row.label, column.name)
            for row in table.rows
            for column in table.columns
            if row.published[column.name] != self.rows[row.label].values[column.name]
        ]
        return cells + ([(TOTAL, "parameters")] if table.total not in (None, self.parameters) else [])


def _layer_of(
    paper: Paper, table: ArchitectureTable, row: ArchitectureRow, model: "keras.Model", name: str
) -> "keras.Layer":
    known = [layer.name for layer in model.layers]
    if name not in known:
        near = did_you_mean(nearest_names(name, known))
        raise SpecError(
            f"table {table.id}, row {row.label}: the network has no layer {name}{near or '.'} Its layers: "
            f"{', '.join(known)}. Mend the row's layers in {_declaration_of_layers(paper)}."
        )
    return model.get_layer(name)


def _declaration_of_layers(paper: Paper) -> str:
    """The file with the paper's tables of layers; the paper itself where it has no folder."""
    stored = stored_file(paper)
    files = [] if stored is None else sorted(stored.parent.glob("*.py"))
    found = (str(path) for path in files if "ArchitectureTable(" in _text_of(path))
    return next(found, f"the declaration of {paper.key}")


def _text_of(module: Path) -> str:
    """Text of a module; where it states another encoding than UTF-8, with the bytes that differ as escapes."""
    return module.read_text(encoding="utf-8", errors="backslashreplace")


def count_trainable(layer: "keras.Layer") -> int:
    """Number of trainable parameters of a layer or model."""
    return sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def count_parameters(paper: Paper, experiment: Experiment) -> int:
    """Trainable parameters of a row's network at the paper's own input size, which is built."""
    return count_trainable(build_without_values(paper, experiment))


def build_without_values(paper: Paper, experiment: Experiment) -> "keras.Model":
    """A row's network at the paper's own input size, whose weights have shapes but no values: those of a VGG would take
    half a gigabyte and several seconds."""
    _start_keras()
    import keras

    with keras.StatelessScope(initialize_variables=False):
        return paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)


def _start_keras(*, announced: bool = False) -> None:
    """Import Keras without the start-up messages of TensorFlow, where it is not imported already."""
    if "keras" not in sys.modules:
        with quiet_start(announced=announced):
            import keras  # noqa: F401


@dataclass(frozen=True)
class StoredNetworks:
    """What is known of a paper's networks. What is not known is found by building them, which is said.

    Args:
        paper: the paper.
        parameters: digest of an experiment -> trainable parameters of its network.
        layers: by id of the table of layers.
    """

    paper: Paper
    parameters: dict[str, int] = field(default_factory=dict)
    layers: dict[str, BuiltLayers] = field(default_factory=dict)

    @classmethod
    def built(cls, paper: Paper) -> Self:
        """All networks of a paper's rows, each of which is built once."""
        networks = cls(paper)
        networks._build_missing()
        return networks

    @classmethod
    def read(cls, paper: Paper) -> Self:
        """What the paper's folder holds; nothing where there is no such file, or where the code that builds the
        networks has changed since, as while a paper is being written.

        Raises:
            DataError: the file is not of this form.
        """
        path = stored_file(paper)
        if path is None or not path.exists():
            return cls(paper)
        values = read_json(path, what="the parameter counts of a paper")
        try:
            if values["code"] != code_digest(paper):
                return cls(paper)
            layers = {table: BuiltLayers.read(built) for table, built in values["layers"].items()}
            return cls(paper, dict(values["parameters"]), layers)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            remedy = f"Make it again: {_command_to_store(paper)}"
            raise DataError(f"{path}: does not hold parameter counts. {remedy}") from error

    def completed(self) -> Self:
        """The same with all networks of the paper: those that are not known are built, which is said."""
        if self._build_missing():
            remedy = f"to store them: {_command_to_store(self.paper)}"
            say(f"parameters of these networks are not stored for this code; {remedy}")
        return self

    def _build_missing(self) -> int:
        """Build the networks that are not known; returns their number."""
        default = self.paper.default_experiment
        # Values that do not change the network are replaced by those of one row.
        network_of = {
            experiment.digest: experiment.replace(training=default.training, protocol=default.protocol).digest
            for experiment in self.paper.experiments
        }
        missing = {
            network_of[experiment.digest]: experiment
            for experiment in self.paper.experiments
            if experiment.digest not in self.parameters
        }
        tables = [table for table in self.paper.architecture if not self._knows(table)]
        count = len(missing) + len(tables)
        if not count:
            return 0
        _start_keras(announced=True)
        with progress(f"building the networks of {self.paper.key}", count, unit="networks") as advance:
            for table in tables:
                self.layers[table.id] = BuiltLayers.built(self.paper, table)
                advance(1)
            found = {}
            for network, experiment in missing.items():
                found[network] = count_parameters(self.paper, experiment)
                advance(1)
        for experiment in self.paper.experiments:
            if experiment.digest not in self.parameters:
                self.parameters[experiment.digest] = found[network_of[experiment.digest]]
        return count

    def store(self) -> Path:
        """Write the file in the paper's folder; returns its path.

        Raises:
            DataError: the paper has no folder.
        """
        path = stored_file(self.paper)
        if path is None:
            raise DataError(f"{self.paper.key}: has no folder below reproductions/ to store parameter counts in.")
        layers = {table: asdict(built) for table, built in self.layers.items()}
        write_json(path, {"code": code_digest(self.paper), "parameters": self.parameters, "layers": layers})
        return path

    def parameters_of(self, experiment: Experiment) -> int:
        """Trainable parameters of a row's network."""
        if experiment.digest not in self.parameters:
            self.completed()
        return self.parameters[experiment.digest]

    def layers_of(self, table: ArchitectureTable) -> BuiltLayers:
        """The layers of a table's network."""
        if not self._knows(table):
            remedy = f"to store them: {_command_to_store(self.paper)}"
            say(f"building the network of table {table.id}, whose parameters are not stored for this code; {remedy}")
            _start_keras()
            self.layers[table.id] = BuiltLayers.built(self.paper, table)
        return self.layers[table.id]

    def _knows(self, table: ArchitectureTable) -> bool:
        return table.id in self.layers and self.layers[table.id].are_of(table)


def stored_file(paper: Paper) -> Path | None:
    """The file of what is known; None for a paper without a folder below `reproductions/`."""
    found = importlib.util.find_spec(f"reproductions.{paper.key}")
    return None if found is None or found.origin is None else Path(found.origin).parent / _FILE


def code_digest(paper: Paper) -> str:
    """SHA-256 of everything that the networks of a paper depend on besides their experiments."""
    found = importlib.util.find_spec(f"reproductions.{paper.key}")
    folders = [Path(spec.origin).parent for spec in (found, importlib.util.find_spec("common.layers")) if spec]
    files = [path for folder in folders for path in sorted(folder.glob("*.py")) if path.name not in _WITHOUT_NETWORKS]
    if paper.architecture:
        files.append(Path(__file__).with_name(_SIZES))
    # A clone on Windows may have other line ends.
    code = [[path.name, _text_of(path).replace("\r\n", "\n")] for path in files]
    tables = {
        table.id: [[column.name for column in table.columns], [[row.label, row.layers] for row in table.rows]]
        for table in paper.architecture
    }
    return sha256_of_json([code, paper.layout, paper.published_classes, tables])


def _command_to_store(paper: Paper) -> str:
    return f"encore list {paper.key} --update-counts"
