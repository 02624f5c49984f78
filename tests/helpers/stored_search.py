"""The folder of a search as a command leaves it, made without training."""

from pathlib import Path

from common.core.files import with_digest, write_json
from common.records.identity import SEARCH_VARIANT, run_id
from common.records.paths import ResultPaths, SearchPaths
from common.records.record import PartCounts, Record, write_record
from common.search.folder import SearchFolder, TrialNote, identity_of
from common.search.journal import StateFiles, TrialState
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING, record
from tests.helpers.tiny_search import TINY

TRIALS = ({"r": 3.0, "widths": "4,4,4,8,4"}, {"r": 5.0, "widths": "4,8,8,8,4"}, {"r": 7.5, "widths": "4,4,4,8,4"})


def write_search_folder(out: Path) -> SearchPaths:
    """A search of SE-CNN on GTZAN with three trials, of which the last failed; two have a record."""
    paths = ResultPaths.of(out, "se_cnn", "gtzan").search("tiny")
    folder = SearchFolder(paths)
    base = PAPER.row(*TINY.row).experiment
    identity = identity_of(
        TINY, paper="se_cnn", experiment=base.digest, whole_experiment="w",
        setting={**SETTING.as_json(), "weights": ""}, split={"digest": "s", "fold": 0, "folds": 1},
        objective="val_accuracy", seed=0, runs_per_trial=1, initial=3, trials=3,
    )  # fmt: skip
    paths.folder.mkdir(parents=True)
    write_json(paths.identity, with_digest(identity | {"token": "0123456789ab"}))
    files = StateFiles(paths.folder)
    for number, values in enumerate(TRIALS):
        trial = str(number)
        files.add(TrialState(trial, values, tuner="one"))
        if number == 2:
            files.add(TrialState(trial, values, "FAILED", tuner="one"))
            folder.note(TrialNote(trial, (), 0, 1.5, "out of memory"))
            continue
        run = _record(values, accuracy=0.5 + number / 8)
        write_record(paths, run)
        files.add(TrialState(trial, values, "COMPLETED", 0.5 + number / 8, "one"))
        folder.note(TrialNote(trial, (run.run_id,), 1, 2.5))
    return paths


def _record(values: dict, *, accuracy: float) -> Record:
    experiment = TINY.trial(PAPER.row(*TINY.row).experiment.with_values(TINY.base), values)
    row = PAPER.row(*TINY.row).experiment
    return record(
        run_id=run_id(
            experiment_digest=experiment.digest, data_digest="d", split_digest="s", fold=0, seed=0,
            variant=SEARCH_VARIANT,
        ),
        row_experiment=row.digest, experiment_digest=experiment.digest, experiment=experiment.as_json(),
        test_withheld=True, clips=(), metrics={"valid": {}},
        parts={name: PartCounts(clips=0 if name == "test" else 10, windows=0 if name == "test" else 190)
               for name in ("train", "valid", "test")},
        history=tuple({"epoch": epoch, "loss": 1.5, "accuracy": 0.5, "val_loss": 1.4, "val_accuracy": accuracy}
                      for epoch in (1, 2)),
    )  # fmt: skip
