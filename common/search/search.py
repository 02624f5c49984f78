"""One search: which run each trial trains, with test clips withheld."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from common.core.console import say
from common.core.errors import EncoreError, RunError, SpecError
from common.core.files import sha256_of_json
from common.paper.experiment import Experiment
from common.paper.overrides import OPTION_OF, Setting
from common.records.identity import SEARCH_VARIANT
from common.records.rows import extraction_of
from common.runs.options import Options
from common.runs.plan import Plan
from common.runs.progress import ProgressDisplay
from common.runs.runner import Job, RunResult, claim, run_one
from common.search.folder import SearchFolder, TrialNote, identity_of, require_values
from common.search.journal import StateFiles, TrialState
from common.search.oracle import SearchOracle
from common.search.space import (
    Objective,
    SearchSpace,
    TrialValues,
    describe_values,
    format_score,
    format_value,
    score_of,
)
from common.training.devices import find_devices
from common.training.model_cache import CompiledModelCache


@dataclass(frozen=True)
class SearchRequest:
    """The settings of a search as requested by a command.

    Args:
        objective: to optimise.
        trials: total number of trials, including those of earlier commands.
        name: of the search's folder.
        initial: number of trials drawn at random before the first chosen one.
        seed: of the choices; the seeds of the runs count from 0.
        runs_per_trial: number of seeds; a trial's score is the mean over them.
    """

    objective: Objective
    trials: int
    name: str
    initial: int
    seed: int = 0
    runs_per_trial: int = 1


def search_request(
    space: SearchSpace,
    *,
    objective: Objective | None = None,
    trials: int | None = None,
    name: str | None = None,
    initial: int | None = None,
    **more: int,
) -> SearchRequest:
    """The requested settings, with the space's defaults where the command gives none."""
    return SearchRequest(
        objective=objective or space.objective,
        trials=trials or space.trials,
        name=name or space.key,
        initial=initial or space.initial or 3 * len(space.parameters.every),
        **more,
    )


class Search:
    """One search over the values of one row, on the training and validation windows of its protocol's first fold.

    Args:
        plan: of that row only; from now on its readers refuse test windows.
        space: parameters to vary.
        options: of the command.
        asked: settings of the search.
    """

    def __init__(self, plan: Plan, space: SearchSpace, options: Options, asked: SearchRequest):
        self._plan, self.space, self.asked = plan, space, asked
        first = plan.runs[0]
        self._base = _shared(options, plan, space, first.run.experiment)
        _require_fair(self._base, space, asked.objective)
        fold = first.run.fold
        self._first = replace(first, run=replace(first.run, fold=fold.without_test()))
        first.reader.withhold_all_but(np.union1d(fold.train, fold.valid))
        self.folder = SearchFolder(plan.results(options.out).search(asked.name))
        self._job = Job(plan, options, command="", home=self.folder.paths)
        self._model_cache = CompiledModelCache(find_devices(options.devices))

    def identity(self) -> dict[str, Any]:
        """The description of this search, see `common.search.folder`."""
        asked, fold = self.asked, self._first.run.fold
        return identity_of(
            self.space,
            paper=self._plan.paper.key,
            experiment=self._base.digest,
            # Defaults included, which the digest leaves out: trials of other values have no common score.
            whole_experiment=sha256_of_json([self._base.as_json(), extraction_of(self._first.run.extraction_versions)]),
            setting={**_named(self._plan.setting), "weights": self._first.run.weights},
            split={"digest": fold.split_digest, "fold": fold.number, "folds": self._first.folds},
            objective=asked.objective,
            seed=asked.seed,
            runs_per_trial=asked.runs_per_trial,
            initial=asked.initial,
            trials=asked.trials,
        )

    def oracle(self, *, lease_seconds: float | None = None) -> SearchOracle:
        """The oracle that chooses the values; it resumes from the state in the search's folder. Ended trials of which a
        file is missing, e.g. because a user deleted it, begin again."""
        files = StateFiles(self.folder.path)
        require_values(self.folder, self.space.parameters, files.load().trials.values())
        for trial in self.folder.without_outcome():
            say(f"trial {trial.id}: begins again, because its note or a record of it is missing or cannot be used")
            files.add(TrialState(trial.id, trial.values))
        return SearchOracle(
            self.space.parameters,
            self.asked.objective,
            trials=self.asked.trials,
            seed=self.asked.seed,
            initial=self.asked.initial,
            files=files,
            lease_seconds=lease_seconds,
            network_of=lambda drawn: self.experiment(drawn).digest,
            token="" if lease_seconds is None else self.folder.identity()["token"],
        )

    @property
    def epochs(self) -> int:
        """Largest number of epochs of a trial."""
        return self._base.training.epochs

    def experiment(self, drawn: TrialValues) -> Experiment:
        """The experiment of a trial with these values."""
        return self.space.trial(self._base, drawn)

    def run_trial(self, trial_id: str, drawn: TrialValues, progress: ProgressDisplay) -> float:
        """Train a trial, unless its network was trained before, and return the value of the objective.

        Raises:
            RunError: a run failed.
            SpecError: the values are not valid for the experiment.
            EncoreError: an error of data, memory or disk.
        """
        began = time.perf_counter()
        results: list[RunResult] = []
        failure = ""
        try:
            experiment = self.experiment(drawn)
            for seed in range(self.asked.runs_per_trial):
                results.append(self._run(trial_id, drawn, experiment, seed, progress))
        except EncoreError as error:
            failure = str(error)
            raise
        finally:
            runs = tuple(result.run_id for result in results)
            trained = sum(result.trained for result in results)
            self.folder.note(TrialNote(trial_id, runs, trained, round(time.perf_counter() - began, 1), failure))
        return float(np.mean([score_of(result.record, self.asked.objective) for result in results]))

    def _run(
        self, trial_id: str, drawn: TrialValues, experiment: Experiment, seed: int, progress: ProgressDisplay
    ) -> RunResult:
        """One run of a trial; the first trial with a network trains it, later ones use its record."""
        first = self._first.run
        run = replace(first, experiment=experiment, seed=seed, variant=SEARCH_VARIANT)
        of_seed = f", seed {seed}" if self.asked.runs_per_trial > 1 else ""
        name = f"trial {trial_id}{of_seed}"
        place = f"seed {seed}" if self.asked.runs_per_trial > 1 else ""
        values = " ".join(f"{parameter}={format_value(value)}" for parameter, value in drawn.items())
        callback = progress.begin(
            name, experiment.training.epochs, short=f"trial {trial_id}", place=place, about=values
        )
        try:
            planned = replace(self._first, run=run, labels=(f"trial {trial_id} ({describe_values(drawn)}){of_seed}",))
            with claim(self._job, planned, wait=True):
                result = run_one(self._job, planned, self._model_cache, callback)
        except EncoreError as error:
            progress.end(callback, f"FAILED: {error}")
            raise
        if result.record is None:
            progress.end(callback, result.line)
            raise RunError(result.failure)
        known = "" if result.trained else ", the same network as before"
        progress.end(
            callback, format_score(score_of(result.record, self.asked.objective), self.asked.objective) + known
        )
        return result


def _named(setting: Setting) -> dict[str, Any]:
    """A setting as searches describe it. Descriptions are older than the choice of a decoder, whose default they leave
    out."""
    values = setting.as_json()
    if setting.decoder == type(setting).model_fields["decoder"].default:
        del values["decoder"]
    return values


def _shared(options: Options, plan: Plan, space: SearchSpace, experiment: Experiment) -> Experiment:
    """The row's experiment with the values that all trials share; values set by the command take precedence, even where
    they equal the row's."""
    given = {_path_of(change) for change in options.all_changes}
    given |= {f"training.{name}" for name in ("epochs", "precision") if getattr(options, name) is not None}
    for parameter in space.parameters.every:
        if parameter.path in given:
            typed = set(map(_path_of, options.changes))
            flag = f"--set {parameter.path}" if parameter.path in typed else OPTION_OF[parameter.path]
            raise SpecError(f"{flag}: this search varies {parameter.path}, so it cannot be set as well. Leave it out.")
    shared = space.base | (space.smoke if plan.setting.scale == "smoke" else {})
    return experiment.with_values({path: value for path, value in shared.items() if path not in given})


def _require_fair(base: Experiment, space: SearchSpace, objective: Objective) -> None:
    """Refuse to minimise a loss that includes the searched penalty: the weakest penalty would win."""
    searched = any(parameter.path == "training.l2" for parameter in space.parameters.every)
    penalised = base.training.watch == "loss" and base.training.l2_form != "decoupled"
    if objective == "val_loss" and searched and penalised:
        raise SpecError(
            "--objective val_loss: this search varies the L2 penalty, which is part of that loss, so the weakest would "
            "win. Give --objective val_accuracy, or --set training.watch=cross_entropy."
        )


def _path_of(change: str) -> str:
    return change.partition("=")[0]
