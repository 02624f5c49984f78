"""The page of all results: its size, and the processor time that writing it takes, of the committed results and of
thousands of generated records.

    python -m benchmarks.report_page

The generated records are of SE-CNN: all of its rows with several seeds, trained for 1, 2, 3, ... epochs, each on the
same 300 clips with names of GTZAN's. Their tables are made before; reading them and the records is measured.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.harness import RESULTS, Folder, Out, Requirement, Result, finish, launch
from benchmarks.synthetic import scratch
from common.core.console import progress
from common.metrics.clips import ClipResult, accuracies
from common.paper.by_name import load_paper, paper_keys
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver, Setting
from common.paper.paper import Paper
from common.records.identity import run_id
from common.records.paths import ResultPaths, file_stem
from common.records.record import DataFacts, PartCounts, Record, write_record
from common.report_page.limits import MEGABYTE
from common.report_page.write import WrittenPage, write_page
from common.reports.formats import write_table
from common.reports.tables.results import results_table

_COMMITTED = Path(__file__).resolve().parent.parent / "results"
_GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
_CLIPS_PER_GENRE, _WINDOWS, _HISTORY, _SEEDS = 30, 19, 20, 4
_BYTES_PER_RECORD = 100_000
_MOST_MEGABYTES = 2.0
# Of processor time, for each hundred records.
_MOST_SECONDS_PER_100 = 5.0
COMMITTED, GENERATED = "committed results", "generated records"


def command(
    records: Annotated[int, typer.Option(min=1, help="Number of generated records.")] = 2000,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each page is written.")] = 3,
    page: Annotated[Path | None, typer.Option(help="Keep the page of the generated records in this file.")] = None,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """Size of the page of all results, and processor time that writing it takes."""
    with scratch(folder, records * _BYTES_PER_RECORD) as temporary:
        return finish(measure(temporary, records=records, rounds=rounds, page=page), out)


def measure(
    folder: Path, *, records: int, rounds: int, page: Path | None = None, committed: Path = _COMMITTED
) -> Result:
    """Generate records below `folder`, and write both pages in turn.

    Args:
        page: file in which that of the generated records is kept; None for a temporary one.
        committed: folder of the committed results.
    """
    paper = load_paper("se_cnn")
    write_generated(paper, folder / "results", records)
    papers = {COMMITTED: [load_paper(key) for key in paper_keys()], GENERATED: [paper]}
    sources = {COMMITTED: committed, GENERATED: folder / "results"}
    targets = {COMMITTED: folder / "committed.html", GENERATED: page or folder / "generated.html"}
    seconds: dict[str, list[float]] = {name: [] for name in papers}
    written: dict[str, WrittenPage] = {}
    with progress("writing pages", rounds, unit="rounds") as advance:
        for _ in range(rounds):
            for name in papers:
                began = time.process_time()
                found = write_page(papers[name], sources[name], targets[name])
                seconds[name].append(time.process_time() - began)
                assert found is not None
                written[name] = found
            advance(1)
    return _result(seconds, written, records=records, rounds=rounds)


def _result(seconds: dict[str, list[float]], written: dict[str, WrittenPage], *, records: int, rounds: int) -> Result:
    requirements = [
        Requirement(f"{COMMITTED}: MB", "at most", _MOST_MEGABYTES, written[COMMITTED].size / MEGABYTE),
        *(
            Requirement(
                f"{name}: seconds for each 100 records",
                "at most",
                _MOST_SECONDS_PER_100,
                100 * float(np.median(values)) / max(written[name].runs, 1),
            )
            for name, values in seconds.items()
        ),
    ]
    facts = {f"{name}: MB": page.size / MEGABYTE for name, page in written.items()}
    facts |= {f"{name}: rows": page.rows for name, page in written.items()}
    facts |= {f"{name}: runs": page.runs for name, page in written.items()}
    return Result(
        name="report_page",
        title="The page of all results: processor time of reading and writing",
        unit="seconds of processor time",
        values=seconds,
        ratios={},
        requirements=tuple(requirements),
        settings={
            "records": records,
            "rounds": rounds,
            "clips of a record": _CLIPS_PER_GENRE * len(_GENRES),
            "clip decisions left out": written[GENERATED].message,
        },
        facts=facts,
    )


def write_generated(paper: Paper, out: Path, records: int) -> None:
    """Write records of a paper with their tables, the same for the same number of them.

    Args:
        records: number of runs: all rows with four seeds at one number of epochs, then at the next, and so on.
    """
    rows = list({row.experiment.digest: row.experiment for table in paper.tables for row in table.rows}.values())
    results = ResultPaths.of(out, paper.key, "arrays")
    remaining, epochs = records, 0
    with progress("generating records", records, unit="records") as advance:
        while remaining:
            epochs += 1
            setting = Setting(
                dataset="arrays", data_digest="generated", scale="paper", features="paper", split="holdout",
                unit="clip", epochs=epochs,
            )  # fmt: skip
            mine = [(row, seed) for row in rows for seed in range(_SEEDS)][:remaining]
            made = [_record(paper, row, setting, seed) for row, seed in mine]
            for record in made:
                write_record(results, record)
                advance(1)
            remaining -= len(made)
            for table in paper.tables:
                built = results_table(paper, table, setting, made)
                if any(row["measured"] for row in built.values["rows"]):
                    write_table(results.folder, file_stem("table", table.id, setting, paper), built)


def _record(paper: Paper, row: Experiment, setting: Setting, seed: int) -> Record:
    experiment = Resolver(paper, setting).experiment(row)
    digest = run_id(experiment_digest=experiment.digest, data_digest="generated", split_digest="s", fold=0, seed=seed)
    rng = np.random.default_rng(int(digest, 16))
    clips = tuple(_clip(rng, label, number) for label in range(len(_GENRES)) for number in range(_CLIPS_PER_GENRE))
    losses = 2.3 * np.exp(-0.1 * np.arange(_HISTORY)) + rng.uniform(0, 0.1, _HISTORY)
    return Record(
        run_id=digest,
        paper=paper.key,
        row_experiment=row.digest,
        experiment_digest=experiment.digest,
        experiment=experiment.as_json(),
        setting=setting,
        data=DataFacts(
            title="generated", caption="", genres=_GENRES, clips=1000, expected=None, skipped=0, skipped_clips=()
        ),
        protocol="holdout 60/10/30, by clip",
        split_digest="s",
        fold=0,
        folds=1,
        seed=seed,
        parts={name: PartCounts(clips=300, windows=5700) for name in ("train", "valid", "test")},
        shared_clips=0,
        trainable_parameters=700_000,
        input_shape=(128, 39, 1),
        input_mean=0.5,
        input_deviation=0.2,
        best_epoch=_HISTORY,
        metrics={"test": accuracies(clips)},
        wall_seconds=60.0,
        peak_resident_bytes=2**30,
        machine={"processor": "generated", "threads": 2, "backend": "jax"},
        versions={"keras": "3.15.1"},
        finished_at="2026-01-01T00:00:00+00:00",
        history=tuple(
            {
                "epoch": number + 1,
                "loss": float(loss),
                "accuracy": float(np.exp(-loss)),
                "val_loss": float(loss + 0.2),
                "val_accuracy": float(np.exp(-loss - 0.2)),
                "learning_rate": 0.001,
            }
            for number, loss in enumerate(losses)
        ),
        clips=clips,
    )


def _clip(rng: np.random.Generator, label: int, number: int) -> ClipResult:
    """A clip whose windows are decided at random, most of them correctly."""
    shares = rng.dirichlet(np.where(np.arange(len(_GENRES)) == label, 3.0, 0.2))
    votes = rng.multinomial(_WINDOWS, shares)
    return ClipResult(
        id=f"{_GENRES[label]}.{number:05d}",
        label=label,
        windows=_WINDOWS,
        windows_correct=int(votes[label]),
        votes=tuple(votes.tolist()),
        mean_softmax=tuple(np.round(shares, 6).tolist()),
        artist=f"artist {label} {number // 3}",
    )


if __name__ == "__main__":
    launch(command)
