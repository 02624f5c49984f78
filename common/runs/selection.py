"""What a command asks for: tables, rows, and files of trained weights."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.core.console import warn
from common.core.errors import SpecError
from common.core.files import expanded, sha256_of_file
from common.core.words import printable
from common.paper.experiment import Experiment
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.paper.row_names import listed_rows, rows_named
from common.paper.tables import ArchitectureTable, Confusion, ResultTable, Row
from common.paper.value_tables import ValueTable
from data_pipeline.datasets.catalog import commas_in_genres, listed_genres
from data_pipeline.features import Feature

# Each requested table or confusion matrix with its requested rows; tables of layers and of values have none, a matrix
# has one.
ChosenRows = list[tuple[ResultTable | ArchitectureTable | ValueTable | Confusion, list[Row]]]


@dataclass(frozen=True)
class Asked:
    """What a command asks for.

    Args:
        tables: with their rows, those behind the figures among them.
        figures: empty for those that belong to the tables.
        is_all: whether it asks for all that the paper has, where what cannot be made is named without being a failure.
    """

    tables: ChosenRows
    figures: list[Figure]
    is_all: bool = False

    def shows(self, figure: Figure) -> bool:
        """Whether the files of a figure are named at the end."""
        if self.figures:
            return figure in self.figures
        return not figure.table or figure.table in {table.id for table, _ in self.tables}


def choose_rows(paper: Paper, table_ids: tuple[str, ...], asked_rows: tuple[str, ...]) -> ChosenRows:
    """The requested tables with their requested rows; the paper's default tables if none is named.

    Args:
        asked_rows: names or labels of rows, `common.paper.row_names.rows_named`; empty for all rows.

    Raises:
        SpecError: a table or row does not exist.
    """
    # A row that is asked for by name is looked for in all tables.
    names = table_ids or (not asked_rows and paper.default_tables) or paper.table_ids
    tables = [paper.confusion(name) or paper.table(name) for name in names]
    of_tables = {table.id: (table, _rows_of(paper, table)) for table in tables}  # by id, so that each is there once
    if not asked_rows:
        return list(of_tables.values())
    wanted = rows_named(
        asked_rows,
        {table_id: rows for table_id, (_, rows) in of_tables.items()},
        paper=paper.key,
        of_some=bool(table_ids),
    )
    return [(table, wanted[table_id]) for table_id, (table, _) in of_tables.items()]


def choose_figures(paper: Paper, figure_ids: Sequence[str]) -> list[Figure]:
    """The requested figures, each once.

    Raises:
        SpecError: one does not exist.
    """
    return [paper.figure(name) for name in dict.fromkeys(figure_ids)]


def with_rows_behind(paper: Paper, chosen: ChosenRows, figures: Sequence[Figure]) -> ChosenRows:
    """The requested tables and rows, and those that figures are drawn from."""
    wanted = {table.id: (table, {row.label for row in rows}) for table, rows in chosen}
    for figure in figures:
        for table_id, label in rows_behind(paper, figure):
            wanted.setdefault(table_id, (paper.table(table_id), set()))[1].add(label)
    return [
        (table, [row for row in _rows_of(paper, table) if row.label in labels]) for table, labels in wanted.values()
    ]


def rows_behind(paper: Paper, figure: Figure) -> list[tuple[str, str]]:
    """(table id, row label) of each row whose records a figure is drawn from; none where it needs no runs."""
    if figure.needs != Needs.RUNS:
        return []
    if figure.table:
        return [(figure.table, row.label) for row in paper.table(figure.table).rows]
    if figure.matrices:
        return [paper.confusion(name).row for name in figure.matrices]
    return list(figure.rows or (paper.default_row,))


def labels_of(chosen: ChosenRows) -> dict[str, list[str]]:
    """Id of each requested table -> labels of its requested rows, as two tables can have rows with the same label."""
    return {table.id: [row.label for row in rows] for table, rows in chosen}


def _rows_of(paper: Paper, table: ResultTable | ArchitectureTable | ValueTable | Confusion) -> list[Row]:
    if isinstance(table, Confusion):
        return [paper.row(*table.row)]
    return list(table.rows) if isinstance(table, ResultTable) else []


def keep_runnable_rows(chosen: ChosenRows, given: Feature | None, *, by_name: bool) -> ChosenRows:
    """Do not run rows that take samples where the data are spectrograms, or the other way round, and say so.

    Args:
        given: feature of the arrays that the dataset consists of; None where there is audio.
        by_name: whether the rows were asked for one by one.

    Raises:
        SpecError: such a row is asked for by name, or nothing remains.
    """
    if given is None:
        return chosen
    theirs, ours = ("samples", "spectrograms") if given.bins > 1 else ("spectrograms", "samples")
    unusable = {row.name: row for _, rows in chosen for row in rows if not is_runnable(row, given)}
    kept = [(table, [row for row in rows if is_runnable(row, given)]) for table, rows in chosen]
    named = listed_rows(unusable.values())
    if unusable and (by_name or not any(rows for _, rows in kept)):
        takes = "row takes" if len(unusable) == 1 else "rows take"
        raise SpecError(
            f"--dataset arrays: these are {ours}, and the {takes} {theirs}: {named}. Give audio (--dataset gtzan "
            "or fma_small), or ask for other rows with --row."
        )
    if unusable:
        warn(f"rows not run, because they take {theirs} and the arrays are {ours}: {named}")
    return kept


def is_runnable(row: Row, given: Feature | None) -> bool:
    """Whether a row can be run on the data: audio (None), or arrays of this feature."""
    if given is None:
        return True
    kinds = [(shown.feature.kind == "waveform") == (given.bins == 1) for shown in row.experiment.inputs]
    # Embeddings and altered copies can be made from audio only.
    made = any(shown.feature.kind == "musicnn" for shown in row.experiment.inputs) or row.experiment.copies
    return all(kinds) and not made


def choose_genres(paper: Paper, available: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """The genres that a command is to use, of those that a dataset has.

    Args:
        asked: values of `--genres`: `all`, the name of a genre, which may hold commas, or several names with commas
            between them; empty for the paper's own choice.

    Raises:
        SpecError: no name is given, or one twice.
    """
    if not asked:
        return tuple(genre for genre in available if genre not in paper.left_out_genres)
    if [value.strip().lower() for value in asked] == ["all"] and asked[0] not in available:
        return available
    names: list[str] = []
    for value in map(printable, asked):
        whole = next((name for name in (value, value.strip()) if name in available), None)
        found = [whole] if whole is not None else [name.strip() for name in value.split(",") if name.strip()]
        if not found:
            raise SpecError(
                f'--genres "{value}": names no genre; expected names with commas between them, of: '
                f"{listed_genres(available)}; or all.{commas_in_genres(available)}"
            )
        names += found
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SpecError(f"--genres: {', '.join(repeated)} is given twice.")
    return tuple(names)


def read_weight_files(weights: tuple[str, ...]) -> dict[str, Path]:
    """`NAME=FILE` of every `--weights`.

    Raises:
        SpecError: not `NAME=FILE`, given twice, or no such file.
    """
    files: dict[str, Path] = {}
    for text in weights:
        name, separator, path = text.partition("=")
        if not separator or not name or not path:
            raise SpecError(f"--weights {text}: expected NAME=FILE, e.g. imagenet=vgg16.h5.")
        if name in files:
            raise SpecError(f"--weights {name}: given twice.")
        files[name] = expanded(path)
        if not files[name].is_file():
            raise SpecError(f"--weights {name}={path}: there is no such file.")
    return files


def is_folder_of_data(weights: str) -> bool:
    """Whether a `--weights NAME=FOLDER` gives data to train the weights on instead of a file of them."""
    _, _, place = weights.partition("=")
    return bool(place) and expanded(place).is_dir()


def weight_files_in(folder: Path, paper: Paper, names: Collection[str]) -> dict[str, Path]:
    """Name -> file of trained weights in the folder of `--weights-dir`, of those of the names that it has.

    Args:
        names: those to look for; other files are not looked at.

    Raises:
        SpecError: there is no such folder, or it has several files of one name.
    """
    if not folder.is_dir():
        raise SpecError(f"--weights-dir {folder}: there is no such folder; expected one with files of trained weights.")
    files = {}
    for name in names:
        there = [path for suffix in paper.weight_suffixes if (path := folder / f"{name}{suffix}").is_file()]
        if len(there) > 1:
            listed = ", ".join(path.name for path in there)
            raise SpecError(
                f"--weights-dir {folder}: several files of {name}: {listed}. Give one of them with --weights "
                f"{name}=FILE, which counts before the folder."
            )
        if there:
            files[name] = there[0]
    return files


def require_weight_files(paper: Paper, folder: Path, names: Collection[str], files: Collection[str]) -> None:
    """Check that the folder of `--weights-dir` is of use, and name the files that it lacks.

    Args:
        names: of the weights that the requested rows start from.
        files: those of the names of which there are files, in the folder or by `--weights`.

    Raises:
        SpecError: no row starts from trained weights, or the folder has none of them.
    """
    if not names:
        raise SpecError(
            f"--weights-dir {folder}: no row asked for starts from trained weights (at smoke scale networks start from "
            "random weights). Leave it out, or ask for a row that does."
        )
    lacking = [name for name in names if name not in files and name not in paper.downloaded_weights]
    if not lacking:
        return
    usual, *others = paper.weight_suffixes
    where = {name: f" ({paper.weights_from(name)})" if paper.weights_from else "" for name in lacking}
    expected = (
        f"{', '.join(f'{name}{usual}{where[name]}' for name in lacking)}; instead of {usual} also {' or '.join(others)}"
    )
    if not any(name in files for name in names):  # downloads alone are no reason to give a folder
        raise SpecError(f"--weights-dir {folder}: holds no file of the weights that the rows start from: {expected}.")
    warn(f"--weights-dir {folder}: not there: {expected}")


def weights_of_rows(paper: Paper, experiments: list[Experiment], files: dict[str, Path]) -> dict[str, str]:
    """Name -> SHA-256 of each file of trained weights.

    Args:
        experiments: those of the requested rows, with the command's options applied.

    Raises:
        SpecError: no row starts from weights of that name.
    """
    used = needed_weights(paper, experiments)
    for name in files:
        if name not in paper.weight_names:
            known = ", ".join(paper.weight_names) or "none"
            raise SpecError(f"--weights {name}: {paper.key} has no weights of that name (it has: {known}).")
        if name not in used:
            raise SpecError(
                f"--weights {name}: no row asked for starts from them (at smoke scale networks start from random "
                "weights). Leave it out, or ask for a row that does."
            )
    return {name: sha256_of_file(path) for name, path in files.items()}


def needed_weights(paper: Paper, experiments: Iterable[Experiment]) -> list[str]:
    """Names of the files of trained weights that rows can start from, each once."""
    names = dict.fromkeys(map(weights_name, experiments))
    return [name for name in names if name in paper.weight_names]


def weights_name(experiment: Experiment) -> str | None:
    """Name of the trained weights that a network starts from; None where its spec has no weights to choose. A spec
    whose files have another name than its weights gives that name as `weights_file`."""
    model = experiment.model
    return model.weights_file if hasattr(model, "weights_file") else getattr(model, "weights", None)
