"""Time of one clip's log-mel spectrogram on one core, ours compared with librosa's.

    python -m benchmarks.log_mel

Both compute 128 mel bands in decibels (2048-sample windows, hop of 512) from 30 s of audio at 22,050 Hz and must agree.
"""

import os
import statistics

if __name__ == "__main__":
    # One core means one thread; the libraries read this when numpy is imported.
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[_name] = "1"

from typing import Annotated

import numpy as np
import typer

from benchmarks.harness import RESULTS, Out, Requirement, Result, Rounds, finish, interleave, launch, ratios
from data_pipeline.datasets.demo.corpus import render_clip
from data_pipeline.features.spectrograms import LogMel

MIN_RATIO = 2.0
MAX_DIFFERENCE_DB = 1e-3


def command(
    repeats: Annotated[int, typer.Option(min=1, help="Clips in a round.")] = 5,
    rounds: Rounds = 60,
    out: Out = RESULTS,
) -> int:
    """Time of a log-mel spectrogram on one core compared with librosa."""
    _pin_to_one_core()
    return finish(measure(repeats=repeats, rounds=rounds), out)


def measure(*, repeats: int, rounds: int) -> Result:
    """Measure in this process, on as many cores as it may use.

    Args:
        repeats: transforms in a round.
    """
    import librosa

    feature = LogMel(sample_rate=22050, n_fft=2048, hop_samples=512, n_mels=128)
    samples = render_clip("rock", 0)

    def ours() -> np.ndarray:
        return feature.decibels(samples)

    def theirs() -> np.ndarray:
        power = librosa.feature.melspectrogram(y=samples, sr=22050, n_fft=2048, hop_length=512, n_mels=128)
        return librosa.power_to_db(power, ref=np.max)

    difference_db = float(np.abs(ours() - theirs().T).max())

    def peer(transform):
        def repeated(number: int) -> None:
            for _ in range(repeats):
                transform()

        return repeated

    timing = interleave({"Encore": peer(ours), "librosa": peer(theirs)}, rounds)
    seconds = timing.seconds
    milliseconds = {name: [1000 * value / repeats for value in values] for name, values in seconds.items()}
    compared = ratios(seconds["librosa"], seconds["Encore"])
    return Result(
        name="log_mel",
        title="Log-mel spectrogram of a 30 s clip on one core",
        unit="milliseconds",
        values=milliseconds,
        ratios={"librosa / Encore": compared},
        requirements=(
            Requirement("librosa's time / ours", "at least", MIN_RATIO, statistics.median(compared)),
            Requirement("largest difference in dB", "at most", MAX_DIFFERENCE_DB, difference_db),
        ),
        settings={
            "clip_samples": len(samples),
            "feature": feature.as_json(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "clips_per_round": repeats,
            "rounds": rounds,
        },
        facts=timing.facts,
    )


def _pin_to_one_core() -> None:
    """Keep this process on the last core it may use (the first serves most interrupts); a no-op outside Linux."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    launch(command)
