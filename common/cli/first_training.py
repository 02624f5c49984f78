"""Trains the weights that other rows start from, before these rows, where `--weights` gives a folder of data."""

from dataclasses import replace
from pathlib import Path

from common.cli.regenerate import regenerate
from common.core.console import say
from common.core.errors import RunError, SpecError
from common.core.files import expanded
from common.core.shell import shell_word
from common.paper.experiment import Experiment
from common.paper.first_training import FirstTraining
from common.paper.paper import Paper
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import plan_runs, prepare_features, resolve_rows
from common.runs.runner import execute
from common.runs.selection import ChosenRows, needed_weights


def with_first_trainings(paper: Paper, options: Options, experiments: list[Experiment]) -> Options:
    """The options with a file for each name whose `--weights` gives a folder of data: the weights of the paper's row
    that is trained on these data. What was trained before is not trained again, and its table is written.

    Args:
        experiments: of the rows that are asked for.

    Raises:
        SpecError: such weights are not trained with a row of this paper, not at this scale, or no row that is asked for
            starts from them.
        RunError: the training fails, or its weights are not there any more.
    """
    given = []
    for text in options.weights:
        name, _, place = text.partition("=")
        folder = expanded(place)
        if place and folder.is_dir():
            if name in paper.first_trainings and name not in needed_weights(paper, experiments):
                raise SpecError(f"--weights {name}: no row asked for starts from them. Leave it out.")
            text = f"{name}={_trained(paper, options, name, folder)}"
        given.append(text)
    return replace(options, weights=tuple(given))


def _trained(paper: Paper, options: Options, name: str, folder: Path) -> Path:
    """The file of weights that were trained on the data in a folder."""
    first = paper.first_trainings.get(name)
    if first is None:
        raise SpecError(f"--weights {name}={folder}: is a folder; expected a file of trained weights.")
    if options.effective_scale == "smoke":
        raise SpecError(
            f"--weights {name}={folder}: at smoke scale networks start from random weights. Leave it out, or give "
            "--scale paper."
        )
    row = paper.row(*first.row)
    where = f"{first.dataset} in {shell_word(str(folder))}"
    say(f"weights {name}: row {row.name} of table {first.row[0]} is trained on {where}")
    chosen: ChosenRows = [(paper.table(first.row[0]), [row])]
    asked = _options_of(options, first, folder)
    data = open_data(paper, asked)
    rows = resolve_rows(paper, asked, chosen, data)
    plan = plan_runs(rows, data, prepare_features(rows, asked, data))
    try:
        if execute(plan, asked).failed:
            raise RunError(f"--weights {name}={folder}: row {row.name} could not be trained, see the message above.")
        results = plan.results(asked.out)
        file = results.work(plan.runs[0].run.id).best_weights
    finally:
        plan.close()
    regenerate(paper, asked.out, plan.setting.dataset)
    if not file.is_file():
        raise RunError(
            f"{file}: is not there, though its run is recorded: its weights were not kept. Delete the record "
            f"{results.record(plan.runs[0].run.id)}, so that it is trained again."
        )
    return file


def _options_of(options: Options, first: FirstTraining, folder: Path) -> Options:
    """The options of the first training: those that are about the data and the rows are its own, and it has one
    seed."""
    return replace(
        options,
        dataset=first.dataset,
        data=folder,
        split=first.split,
        unit=None,
        genres=(),
        labels=None,
        artist_level=None,
        genre_names=None,
        seconds_per_column=None,
        weights=(),
        weights_dir=None,
        seeds=None,
        only_seed=0,
        keep_weights="best",
    )
