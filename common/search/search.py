"""One search: what its trials train, and that none of them sees a test clip."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from common.core.errors import EncoreError, RunError, SpecError
from common.paper.experiment import Experiment
from common.runs.options import Options
from common.runs.plan import Plan
from common.runs.progress import ProgressDisplay
from common.runs.runner import Job, RunResult, run_one
from common.search.folder import Note, SearchFolder, identity_of
from common.search.journal import StateFiles
from common.search.oracle import SearchOracle
from common.search.space import Objective, SearchSpace, TrialValues, describe_values, format_score, score_of
from common.training.devices import find_devices
from common.training.fit import Run
from common.training.model_cache import CompiledModelCache


@dataclass(frozen=True)
class SearchRequest:
    """What a command asks of a search.

    Args:
        trials: all in all, those of earlier commands included.
        seed: of the choices; the runs' own seeds count from 0.
        runs_per_trial: seeds that a trial's score is the mean of.
        initial: trials drawn at random before the first chosen one.
        name: of the search's folder.
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
    """What a command asks, with the space's own values where it says nothing."""
    return SearchRequest(
        objective=objective or space.objective,
        trials=trials or space.trials,
        name=name or space.key,
        initial=initial or space.initial or 3 * len(space.parameters.every),
        **more,
    )


class Search:
    """One search over one row's values, on the windows of the first fold of its protocol.

    Args:
        plan: of that row alone; its readers give no test window from now on.
    """

    def __init__(self, plan: Plan, space: SearchSpace, options: Options, asked: SearchRequest):
        self._plan, self.space, self.asked = plan, space, asked
        first = plan.runs[0]
        self._base = _shared(options, plan, space, first.run.experiment)
        _require_fair(self._base, space, asked.objective)
        fold = first.run.fold
        self._first = replace(first, run=replace(first.run, fold=fold.without_test()))
        first.reader.withhold_all_but(np.union1d(fold.train, fold.valid))
        self.folder = SearchFolder(options.out, plan.paper.key, plan.setting.dataset, asked.name)
        self._job = Job(plan, options, command="", home=self.folder.path)
        self._workbench = CompiledModelCache(find_devices(options.devices))

    def identity(self) -> dict[str, Any]:
        """Everything that makes it this search, see `common.search.folder`."""
        asked, fold = self.asked, self._first.run.fold
        return identity_of(
            self.space,
            paper=self._plan.paper.key,
            experiment=self._base.digest,
            setting={**self._plan.setting.as_json(), "weights": self._first.weights},
            split={"digest": fold.split_digest, "fold": fold.number, "folds": self._first.folds},
            objective=asked.objective,
            seed=asked.seed,
            runs_per_trial=asked.runs_per_trial,
            initial=asked.initial,
            trials=asked.trials,
        )

    def oracle(self, *, lease_seconds: float | None = None) -> SearchOracle:
        """Chooses the values; goes on where the search's folder left off."""
        return SearchOracle(
            self.space.parameters,
            self.asked.objective,
            trials=self.asked.trials,
            seed=self.asked.seed,
            initial=self.asked.initial,
            files=StateFiles(self.folder.path),
            lease_seconds=lease_seconds,
            network_of=lambda drawn: self.experiment(drawn).digest,
            token="" if lease_seconds is None else self.folder.identity()["token"],
        )

    @property
    def epochs(self) -> int:
        """That a trial trains at most."""
        return self._base.training.epochs

    def experiment(self, drawn: TrialValues) -> Experiment:
        """What a trial with these values trains."""
        return self.space.trial(self._base, drawn)

    def run_trial(self, trial_id: str, drawn: TrialValues, board: ProgressDisplay) -> float:
        """Train what a trial asks for, unless its network was trained before, and give the value of the objective.

        Raises:
            RunError: a run failed.
            SpecError: the values do not fit.
            EncoreError: the data, the memory or the disk cannot carry the trial.
        """
        began = time.perf_counter()
        results: list[RunResult] = []
        failure = ""
        try:
            experiment = self.experiment(drawn)
            for seed in range(self.asked.runs_per_trial):
                results.append(self._run(trial_id, drawn, experiment, seed, board))
        except EncoreError as error:
            failure = str(error)
            raise
        finally:
            runs = tuple(result.run_id for result in results)
            trained = sum(result.trained for result in results)
            self.folder.note(Note(trial_id, runs, trained, round(time.perf_counter() - began, 1), failure))
        return float(np.mean([score_of(result.record, self.asked.objective) for result in results]))

    def _run(
        self, trial_id: str, drawn: TrialValues, experiment: Experiment, seed: int, board: ProgressDisplay
    ) -> RunResult:
        """One run of a trial; whoever asks for a network first trains it, and the others have its record."""
        first = self._first.run
        run = Run(experiment, first.data_digest, first.fold, seed, variant="search")
        name = f"trial {trial_id} ({describe_values(drawn)})" + (
            f", seed {seed}" if self.asked.runs_per_trial > 1 else ""
        )
        callback = board.begin(name, experiment.training.epochs)
        try:
            result = run_one(self._job, replace(self._first, run=run, labels=(name,)), self._workbench, callback)
        except EncoreError as error:
            board.end(callback, f"FAILED: {error}")
            raise
        if result.record is None:
            board.end(callback, result.line)
            raise RunError(result.failure)
        known = "" if result.trained else ", the same network as before"
        board.end(callback, format_score(score_of(result.record, self.asked.objective), self.asked.objective) + known)
        return result


def _shared(options: Options, plan: Plan, space: SearchSpace, experiment: Experiment) -> Experiment:
    """The row's experiment with the values that all trials share; a value that the command set itself stays, also where
    it is the row's own."""
    given = {change.partition("=")[0] for change in options.changes}
    given |= {f"training.{name}" for name in ("epochs", "precision") if getattr(options, name) is not None}
    for parameter in space.parameters.every:
        if parameter.path in given:
            raise SpecError(f"{parameter.path}: is what this search varies; it cannot be set as well.")
    shared = space.base | (space.smoke if plan.setting.scale == "smoke" else {})
    return experiment.with_values({path: value for path, value in shared.items() if path not in given})


def _require_fair(base: Experiment, space: SearchSpace, objective: Objective) -> None:
    """A loss that holds the searched penalty is least where there is none."""
    searched = any(parameter.path == "training.l2" for parameter in space.parameters.every)
    penalised = base.training.watch == "loss" and base.training.l2_form != "decoupled"
    if objective == "val_loss" and searched and penalised:
        raise SpecError(
            "--objective val_loss: this search varies the L2 penalty, which is part of that loss, so the weakest would "
            "win. Give --objective val_accuracy, or --set training.watch=cross_entropy."
        )
