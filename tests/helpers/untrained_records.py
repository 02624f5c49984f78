"""Records of planned runs that were never trained, for tests of what happens around a training."""

from typing import Any

import numpy as np

from common.metrics.clips import ClipResult, accuracies
from common.records.environment import describe_machine, environment_settings, package_versions
from common.records.record import Record
from common.records.source import encore_version, source_digest
from common.runs.builder import PlannedRun
from common.runs.plan import Plan
from tests.helpers.se_cnn_records import record


def untrained_record(plan: Plan, planned: PlannedRun, **changes: Any) -> Record:
    """A record as a training of the run would write it, with every test clip decided correctly."""
    run, tracks = planned.run, planned.reader.index.tracks
    genres = len(plan.facts.genres)
    tested = np.unique(planned.reader.windows.tracks[run.fold.test])
    clips = tuple(
        _decided(tracks[number].id, plan.facts.genres.index(tracks[number].label), genres) for number in tested
    )
    values = {
        "run_id": run.id,
        "paper": plan.paper.key,
        "row_experiment": planned.row_experiment,
        "experiment_digest": run.experiment.digest,
        "experiment": run.experiment.as_json(),
        "setting": plan.setting,
        "data": plan.facts,
        "split_digest": run.fold.split_digest,
        "fold": run.fold.number,
        "folds": planned.folds,
        "seed": run.seed,
        "machine": describe_machine(),
        "versions": package_versions(),
        "metrics": {"valid": accuracies(clips), "test": accuracies(clips)},
        "clips": clips,
        "weights": planned.run.weights,
        "encore_version": encore_version(),
        "source_digests": (source_digest(plan.paper.key),),
        "extraction_versions": run.extraction_versions,
        "environment": environment_settings(),
    }
    return record().replace(**values | changes)


def _decided(name: str, label: int, genres: int) -> ClipResult:
    share = tuple(float(genre == label) for genre in range(genres))
    votes = tuple(2 * int(genre == label) for genre in range(genres))
    return ClipResult(id=name, label=label, windows=2, windows_correct=2, votes=votes, mean_softmax=share)
