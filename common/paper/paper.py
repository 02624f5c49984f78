"""A reproduced paper: what it published, how its network is built, and where each value comes from."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from common.core.errors import SpecError
from common.core.spec import Spec
from common.paper.experiment import Experiment
from common.paper.provenance import Source
from common.paper.tables import ArchitectureTable, Confusion, Figure, ResultTable, Row
from data_pipeline.features import Feature
from data_pipeline.windows.layout import Layout, shape_of_window


@dataclass(frozen=True)
class Paper:
    """One reproduced paper.

    Args:
        key: folder name and `--list` name.
        citation: one line.
        published_on: name of the data set that the published numbers are of.
        default_row: (table id, row label) of the network that the paper recommends.
        build: (model spec, input shape or two of them, classes) -> an uncompiled model.
        layout: how its networks take spectrograms; samples are always (samples, 1).
        small_features: for each of its features a cheaper one, for a quick look and for the demo corpus.
        smoke: values of every experiment, by dotted path, that smoke scale replaces with small or given features;
            paths that a row does not have are no matter of it.
        smoke_paper_features: the same with the paper's own, dearer features: enough to see every part work.
        smoke_tracks_per_genre: clips of each genre at smoke scale.
        paper_seeds: runs averaged at paper scale.
        sources: where each value of an experiment comes from, by dotted path.
        notes: facts about the reproduction for the generated README.
        default_tables: tables that a command without `--table` makes, where all would be too much; empty for all.
        published_classes: number of genres of the published networks.
        initialise: (model, model spec, name -> file) puts trained weights into a freshly built network; None where
            every network starts from random weights. The names are those of `--weights NAME=FILE`.
        weight_names: of files of trained weights that it can start from.
        confusions: published confusion matrices.
        legacy_batches: part -> size of the batches that the study judged it in, leaving the last incomplete one out but
            dividing by all windows; its tables get a twin with ours so capped.
        left_out_genres: of a dataset that has them; `--genres` brings them back.
        tuned: digest of a row that a search found -> its values, which smoke scale does not replace.
    """

    key: str
    title: str
    citation: str
    tables: tuple[ResultTable, ...]
    architecture: tuple[ArchitectureTable, ...]
    figures: tuple[Figure, ...]
    published_on: str
    default_row: tuple[str, str]
    build: Callable[[Any, tuple[int, ...], int], keras.Model]
    layout: Layout
    small_features: dict[Feature, Feature]
    smoke: dict[str, Any]
    smoke_paper_features: dict[str, Any]
    smoke_tracks_per_genre: int
    paper_seeds: int
    sources: dict[str, Source]
    notes: tuple[str, ...] = field(default=())
    default_tables: tuple[str, ...] = ()
    published_classes: int = 10
    initialise: Callable[[keras.Model, Any, dict[str, Path]], None] | None = None
    weight_names: tuple[str, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    left_out_genres: tuple[str, ...] = ()
    legacy_batches: dict[str, int] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def table_ids(self) -> list[str]:
        """All tables, in the paper's order."""
        return sorted([t.id for t in self.tables] + [t.id for t in self.architecture], key=_by_number)

    def table(self, table_id: str) -> ResultTable | ArchitectureTable:
        """The table of that id.

        Raises:
            SpecError: there is none.
        """
        for table in (*self.tables, *self.architecture):
            if table.id == table_id:
                return table
        raise SpecError(f"--table {table_id}: {self.key} has no such table; it has: {', '.join(self.table_ids)}.")

    def row(self, table_id: str, label: str) -> Row:
        """One row of a table of results.

        Raises:
            SpecError: there is none.
        """
        table = self.table(table_id)
        for row in table.rows:
            if row.label == label:
                return row
        raise SpecError(
            f"--row {label}: table {table_id} has no such row; it has: {', '.join(r.label for r in table.rows)}."
        )

    @property
    def default_experiment(self) -> Experiment:
        """The network that the paper recommends."""
        return self.row(*self.default_row).experiment

    @property
    def assumed(self) -> list[str]:
        """Dotted paths of the values that we chose because the source is silent."""
        return [path for path, source in self.sources.items() if source.status == "assumed"]

    @property
    def experiments(self) -> list[Experiment]:
        """Of all rows of the paper itself, each once, the recommended one first."""
        rows = [
            row.experiment for table in self.tables for row in table.rows if row.experiment.digest not in self.tuned
        ]
        return list({experiment.digest: experiment for experiment in (self.default_experiment, *rows)}.values())

    def projected_layer(self, row_experiment: str) -> str | None:
        """Name of the layer whose values a figure projects for the row with that digest; None where there is none."""
        for figure in self.figures:
            rows = figure.rows if figure.kind == "tsne" else ()
            if any(self.row(*row).experiment.digest == row_experiment for row in rows):
                return figure.layer
        return None

    def input_shape(self, experiment: Experiment) -> tuple:
        """Shape of one window with the experiment's own feature, as the network takes it; a tuple of two shapes for two
        inputs."""
        shapes = tuple(
            shape_of_window(given.windows.window_frames(given.feature.frames_per_second), given.feature, self.layout)
            for given in experiment.inputs
        )
        return shapes[0] if len(shapes) == 1 else shapes

    def parameters(self, experiment: Experiment) -> int:
        """Trainable parameters of a row's network at the paper's own input size."""
        # Without values: those of a VGG alone take half a gigabyte and several seconds.
        with keras.StatelessScope(initialize_variables=False):
            model = self.build(experiment.model, self.input_shape(experiment), self.published_classes)
        return count_trainable(model)


def count_trainable(layer: keras.Layer) -> int:
    """Number of trainable parameters of a layer or model."""
    return sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def leaf_paths(spec: Spec, prefix: str = "") -> list[str]:
    """Dotted paths of every value of a spec, e.g. `training.batch_windows`; tuples count as one value."""
    paths = []
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        path = f"{prefix}{name}"
        paths += leaf_paths(value, f"{path}.") if isinstance(value, Spec) else [path]
    return paths


def _by_number(table_id: str) -> tuple:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in table_id.replace(".", " ").split())
