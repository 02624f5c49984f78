"""A reproduced paper: what it published, how its network is built, and where each value comes from."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.paper.experiment import Experiment
from common.paper.figures import Figure
from common.paper.first_training import FirstTraining
from common.paper.fixed import FixedValue, shared_fixed_values
from common.paper.items import DocumentItem
from common.paper.protocol import PREDEFINED, Protocol, SplitName
from common.paper.provenance import Source, covered_values, source_of_each_value
from common.paper.row_names import listed_rows
from common.paper.tables import ArchitectureTable, Confusion, ResultTable, Row
from common.paper.value_tables import ValueTable
from data_pipeline.features import Feature
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.windows.layout import Layout, shape_of_window

if TYPE_CHECKING:
    import keras

# Smoke scale shows that every part works; a paper names other values where these do not suit its networks.
_SMOKE = {"training.epochs": 4, "training.patience_epochs": None, "training.windows_per_epoch": 1024}
_SMOKE_PAPER_FEATURES = {"training.epochs": 1, "training.windows_per_epoch": 64}
# Paths of values that cannot be set begin with it.
FIXED_PREFIX = "fixed."
_SMALL_LOG_MEL = LogMel(n_fft=2048, hop_samples=2048, n_mels=32)


@dataclass(frozen=True)
class Paper:
    """One reproduced paper. The first nine fields are required.

    Args:
        key: folder name and `--list` name.
        citation: one line.
        published_on: name of the data set that the published numbers are of.
        default_row: (table id, row label) of the network that the paper recommends, or of another that stands for the
            paper where `recommends_default_row` is False.
        recommends_default_row: whether the paper recommends the network of its default row; tables mark it only then.
        build: (model spec, input shape or two of them, classes) -> an uncompiled model that ends in logits (without a
            softmax) in float32. Name it with `late`, so that Keras is imported only where a network is built.
        layout: how its networks take spectrograms; samples are always (samples, 1).
        sources: dotted path -> where the value, or every value below the path, comes from; the longest path counts
            (`common.paper.provenance`). Values that no row uses need none.
        fixed: name -> value that no field of its experiments holds, and where it comes from, in addition to those of
            `common.paper.fixed`, or in place of one of the same name.
        architecture: published tables of layers.
        value_tables: published tables and lists of values, such as settings of features.
        figures: published figures; by default the windows of one clip, and the accuracy of the default row by epoch.
        small_features: for each of its features a cheaper one, for a quick look and for the demo data set. By default
            32 mel bands for a spectrogram in decibels, and the feature itself for any other.
        smoke: values of every experiment, by dotted path, that smoke scale replaces with small or given features;
            paths that a row does not have are ignored.
        smoke_paper_features: the same with the paper's own, more expensive features; by default `smoke` with one
            epoch of 64 windows.
        smoke_tracks_per_genre: clips of each genre at smoke scale.
        paper_seeds: runs averaged at paper scale.
        notes: facts about the reproduction for the generated README.
        default_tables: tables that a command without `--table` makes, where all would be too much; empty for all.
        published_classes: number of genres of the published networks.
        published_split: split that the published numbers have; None where it is unknown. Captions name it. A predefined
            one is the default on data that have it, also where the rows declare another for data without it.
        initialise: (model, model spec, name -> file) puts trained weights into a freshly built network; None where
            every network starts from random weights. The names are those of `--weights NAME=FILE`.
        weight_names: names of the files of trained weights that its networks can start from.
        weight_suffixes: endings of such files, the usual one first; `--weights-dir` looks for a name with one of them.
        downloaded_weights: names of those that Keras downloads where no file is given.
        first_trainings: name -> what is trained first for weights of that name, where `--weights` gives a folder of
            data instead of a file.
        weights_from: name -> where a file of these weights is to be had, in a few words; None where nothing is known.
        confusions: published confusion matrices.
        legacy_batches: part -> size of the batches that the study evaluated it in, without the last incomplete one, but
            divided by all windows; its tables get a second version with our numbers computed in the same way.
        left_out_genres: genres of the dataset that are not used by default; `--genres` includes them.
        tuned: digest of a row that a search found -> its values, which smoke scale does not replace.
        items: all tables, figures and listings of its document, in the document's order.
    """

    key: str
    title: str
    citation: str
    tables: tuple[ResultTable, ...]
    published_on: str
    default_row: tuple[str, str]
    build: Callable[[Any, tuple[int, ...], int], "keras.Model"]
    layout: Layout
    sources: dict[str, Source]
    fixed: dict[str, FixedValue] = field(default_factory=dict)
    architecture: tuple[ArchitectureTable, ...] = ()
    value_tables: tuple[ValueTable, ...] = ()
    figures: tuple[Figure, ...] = (
        Figure("windows", "windows", "Windows of a clip"),
        Figure("accuracy", "accuracy", "Accuracy on training and validation set"),
    )
    small_features: dict[Feature, Feature] = field(default_factory=dict)
    smoke: dict[str, Any] = field(default_factory=_SMOKE.copy)
    smoke_paper_features: dict[str, Any] | None = None
    smoke_tracks_per_genre: int = 12
    paper_seeds: int = 3
    notes: tuple[str, ...] = ()
    default_tables: tuple[str, ...] = ()
    recommends_default_row: bool = True
    published_classes: int = 10
    published_split: SplitName | None = None
    initialise: Callable[["keras.Model", Any, dict[str, Path]], None] | None = None
    weight_names: tuple[str, ...] = ()
    weight_suffixes: tuple[str, ...] = (".weights.h5", ".h5")
    weights_from: Callable[[str], str] | None = None
    downloaded_weights: tuple[str, ...] = ()
    first_trainings: dict[str, FirstTraining] = field(default_factory=dict)
    confusions: tuple[Confusion, ...] = ()
    left_out_genres: tuple[str, ...] = ()
    legacy_batches: dict[str, int] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: tuple[DocumentItem, ...] = ()

    @property
    def table_ids(self) -> list[str]:
        """All tables, in the paper's order."""
        return sorted([table.id for table in (*self.tables, *self.tables_without_runs)], key=_by_number)

    @property
    def tables_without_runs(self) -> tuple[ArchitectureTable | ValueTable, ...]:
        """Tables that need neither data nor training."""
        return (*self.architecture, *self.value_tables)

    def table(self, table_id: str) -> ResultTable | ArchitectureTable | ValueTable:
        """The table of that id.

        Raises:
            SpecError: there is none.
        """
        for table in (*self.tables, *self.tables_without_runs):
            if table.id == table_id:
                return table
        matrices = ", ".join(sorted((confusion.id for confusion in self.confusions), key=_by_number))
        near = did_you_mean(
            nearest_names(_without_word(table_id), [*self.table_ids, *(confusion.id for confusion in self.confusions)])
        )
        raise SpecError(
            f"--table {table_id}: {self.key} has no such table{near or '.'} It has: {', '.join(self.table_ids)}"
            f"{f'; confusion matrices: {matrices}' if matrices else ''}."
        )

    def figure(self, figure_id: str) -> Figure:
        """The figure of that id.

        Raises:
            SpecError: there is none.
        """
        for figure in self.figures:
            if figure.id == figure_id:
                return figure
        names = sorted((figure.id for figure in self.figures), key=_by_number)
        near = did_you_mean(nearest_names(_without_word(figure_id), names))
        raise SpecError(
            f"--figure {figure_id}: {self.key} has no such figure{near or '.'} It has: {', '.join(names) or 'none'}."
        )

    def confusion(self, table_id: str) -> Confusion | None:
        """The confusion matrix of that id, or whose table has that id; None where there is none."""
        for confusion in self.confusions:
            if table_id in (confusion.id, confusion.table_id, f"confusion_{confusion.id}"):
                return confusion
        return None

    def row(self, table_id: str, label: str) -> Row:
        """One row of a table of results.

        Raises:
            SpecError: there is none.
        """
        table = self.table(table_id)
        for row in table.rows:
            if row.label == label:
                return row
        raise SpecError(f"row {label}: table {table_id} has no such row; it has: {listed_rows(table.rows)}.")

    @property
    def default_experiment(self) -> Experiment:
        """The network of the default row."""
        return self.row(*self.default_row).experiment

    @property
    def published_protocol(self) -> Protocol:
        """The protocol of the rows, with the split of the published numbers where that is known."""
        own = self.default_experiment.protocol
        return own if self.published_split is None else own.replace(split=self.published_split)

    def protocol_on(self, splits: Collection[str]) -> Protocol:
        """The protocol on a data set, without further options: that of the published numbers, or the rows' own where
        the data lack its predefined split, with `holdout` in place of another predefined one.

        Args:
            splits: predefined splits that the data have.
        """
        own, published = self.default_experiment.protocol, self.published_protocol
        if published.split not in PREDEFINED or published.split in splits:
            return published
        return own.replace(split="holdout") if own.split in PREDEFINED else own

    @property
    def assumed(self) -> list[str]:
        """Dotted paths of the values that we chose because the source is silent."""
        return self._with_status("assumed")

    @property
    def differing(self) -> list[str]:
        """Dotted paths of the values that are not what the source states."""
        return self._with_status("differs")

    def _with_status(self, status: str) -> list[str]:
        fixed = {f"{FIXED_PREFIX}{name}": value.source for name, value in self.fixed_values.items()}
        return [path for path, source in (self.value_sources | fixed).items() if source.status == status]

    @cached_property
    def fixed_values(self) -> dict[str, FixedValue]:
        """Name -> value that all its runs share and no field holds."""
        return shared_fixed_values(self.experiments) | self.fixed

    @cached_property
    def value_sources(self) -> dict[str, Source]:
        """Dotted path of every value of its experiments -> where it comes from.

        Raises:
            SpecError: a value has no source, or a declared path covers nothing.
        """
        return source_of_each_value(self.sources, self.experiments)

    def require_sources(self) -> None:
        """Check that every value that a row uses has a source.

        Raises:
            SpecError: naming the values without one, or a declared path that covers nothing.
        """
        covered_values(self.sources, self.experiments)

    def require_clear_names(self) -> None:
        """Check that a row's name stands for the same experiment wherever it is the name or the label of a row.

        Raises:
            SpecError: naming the rows.
        """
        rows = [(table.id, row) for table in self.tables for row in table.rows]
        for number, (table, row) in enumerate(rows):
            for other_table, other in rows[:number]:
                same = row.name in (other.name, other.label.lower()) or other.name == row.label.lower()
                if same and row.experiment.digest != other.experiment.digest:
                    raise SpecError(
                        f"tables {other_table} and {table} have different rows of the name {row.name}: {other.label} "
                        f"and {row.label}. Give one of them another name."
                    )

    def small_feature(self, feature: Feature) -> Feature:
        """The cheaper feature that `--features small` replaces a feature with."""
        by_default = _SMALL_LOG_MEL if isinstance(feature, (StftDb, LogMel)) else feature
        return self.small_features.get(feature, by_default)

    def smoke_values(self, *, paper_features: bool) -> dict[str, Any]:
        """Values by dotted path that smoke scale replaces, with small or given features or with the paper's own."""
        if not paper_features:
            return self.smoke
        by_default = self.smoke | _SMOKE_PAPER_FEATURES
        return by_default if self.smoke_paper_features is None else self.smoke_paper_features

    @property
    def experiments(self) -> list[Experiment]:
        """Experiments of all rows of the paper itself, each once, the recommended one first."""
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


def _by_number(table_id: str) -> tuple:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in table_id.replace(".", " ").split())


def _without_word(typed: str) -> str:
    """What someone typed as an id, without the word before it: `Figure 4.1` is `4.1`."""
    return typed.rpartition(" ")[2]
