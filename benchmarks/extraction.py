"""Files per second of a feature extraction, ours compared with a script that uses librosa.

    python -m benchmarks.extraction --folder ~/music

Both decode the files, average the channels, resample to 22,050 Hz and compute SE-CNN's STFT in decibels (windows of
1,024 samples, hop of 512). Ours uses all cores and also writes the shards. The script uses one process and takes one
file after the other, as most scripts do; it drops its arrays, which saves it the time of writing them. The same script
in a pool of processes is measured as well, once and without a requirement.

Without a folder, MP3 files of 60 s of noise at 44.1 kHz in stereo are written to a temporary one.
"""

import multiprocessing
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import soundfile
import typer

from benchmarks.harness import RESULTS, Out, Requirement, Result, Rounds, finish, interleave, launch, ratios
from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.files import files_below
from data_pipeline.features.spectrograms import StftDb

MIN_RATIO = 2.3
MAX_PROCESSOR_RATIO = 1.0
MAX_DIFFERENCE_DB = 0.01
SUFFIXES = (".mp3", ".wav", ".au", ".flac", ".ogg")
FEATURE = StftDb(sample_rate=22050, n_fft=1024, hop_samples=512)


def command(
    folder: Annotated[Path | None, typer.Option(help="Folder of audio files; default: noise as MP3.")] = None,
    files: Annotated[int, typer.Option(min=1, help="Files in a round, spread over the folder.")] = 40,
    rounds: Rounds = 5,
    out: Out = RESULTS,
) -> int:
    """Speed of an extraction compared with a script that uses librosa."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="encore-benchmark-")))
            write_noise(folder, files)
        return finish(measure(choose(folder.expanduser(), files), rounds=rounds), out)


def write_noise(folder: Path, count: int, *, seconds: float = 60.0) -> None:
    """Write stereo MP3 files at 44.1 kHz, of 128 kbit/s."""
    for number in range(count):
        noise = np.random.default_rng(number).normal(0, 0.1, (int(seconds * 44100), 2))
        soundfile.write(folder / f"{number:04d}.mp3", noise, 44100, bitrate_mode="CONSTANT", compression_level=0.66)


def choose(folder: Path, count: int) -> list[Path]:
    """Audio files below a folder, at most `count` of them, at equal distances in sorted order.

    Raises:
        DataError: there are none.
    """
    found = [path for path in files_below(folder).files if path.suffix.lower() in SUFFIXES]
    if not found:
        raise DataError(f"--folder {folder}: holds no {', '.join(SUFFIXES)} files. Give a folder of audio files.")
    few = min(count, len(found))
    return [found[len(found) * number // few] for number in range(few)]


def with_librosa(path: Path) -> np.ndarray:
    """(bins, frames) dB, as scripts compute them."""
    import librosa

    samples, _ = librosa.load(path, sr=22050)
    return librosa.amplitude_to_db(np.abs(librosa.stft(samples, n_fft=1024, hop_length=512)), ref=np.max)


def measure(paths: list[Path], *, rounds: int) -> Result:
    """Extract all files with both, repeatedly, each time into an empty cache.

    Args:
        paths: audio files that can be used; the same file is read in every round.
    """
    tracks = tuple(Track(id=f"{number:06d}", label="any", path=path) for number, path in enumerate(paths))
    catalog = Catalog(dataset="folder", title="benchmark", genres=("any",), tracks=tracks)

    def ours(number: int) -> None:
        with tempfile.TemporaryDirectory(prefix="encore-benchmark-") as cache:
            prepare(catalog, FEATURE, Path(cache))

    def theirs(number: int) -> None:
        for path in paths:
            with_librosa(path)

    difference_db = _difference_db(paths[0])
    timing = interleave({"Encore": ours, "librosa": theirs}, rounds)
    processor = timing.processor_seconds
    compared = ratios(timing.seconds["librosa"], timing.seconds["Encore"])
    processor_compared = ratios(processor["Encore"], processor["librosa"])
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count()
    return Result(
        name="extraction",
        title=f"Extraction of {len(paths)} files",
        unit="files per second",
        values={name: [len(paths) / value for value in values] for name, values in timing.seconds.items()},
        ratios={"librosa / Encore": compared, "Encore / librosa, processor time": processor_compared},
        requirements=(
            Requirement("librosa's time / ours", "at least", MIN_RATIO, statistics.median(compared)),
            Requirement(
                "our processor time / librosa's",
                "at most",
                MAX_PROCESSOR_RATIO,
                statistics.median(processor_compared),
            ),
            Requirement("largest difference in dB", "at most", MAX_DIFFERENCE_DB, difference_db),
        ),
        settings={
            "feature": FEATURE.as_json(),
            "files": len(paths),
            "bytes": sum(path.stat().st_size for path in paths),
            "cores": cores,
            "rounds": rounds,
        },
        facts=timing.facts | {f"files per second, librosa in {cores} processes": _in_a_pool(paths, cores)},
    )


def _difference_db(path: Path) -> float:
    ours = FEATURE.decibels(read_audio(path, sample_rate=FEATURE.sample_rate))
    return float(np.abs(ours.T - with_librosa(path)).max())


def _in_a_pool(paths: list[Path], processes: int) -> float:
    """Files per second of a pool whose processes have started and imported librosa."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_frames_with_librosa, paths[:1] * processes, chunksize=1)
        began = time.perf_counter()
        pool.map(_frames_with_librosa, paths)
        return len(paths) / (time.perf_counter() - began)


def _frames_with_librosa(path: Path) -> int:
    return with_librosa(path).shape[1]


if __name__ == "__main__":
    launch(command)
