"""Fixtures of several test modules: strict arithmetic, repeatable property tests, and a tiny corpus of WAV files."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import settings

from data_pipeline.cache.shards import ShardIndex, write_index, write_shard
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat
from tests.helpers.committed import copy_committed_results
from tests.helpers.pictures import stand_in

# The same examples on every machine, however slow it is.
settings.register_profile("encore", deadline=None, derandomize=True, database=None)
settings.load_profile("encore")


@pytest.fixture(autouse=True)
def strict_numbers():
    """Divisions by zero, overflows and new NaN fail; underflow is allowed, because it is normal in quiet spectra."""
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True, scope="session")
def without_committed_numbers():
    """Tables show no committed numbers beside those of a test, which do not depend on what is committed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("common.reports.committed.results_of_checkout", lambda: None)
        yield


@pytest.fixture(scope="session")
def committed_results(tmp_path_factory) -> Path:
    """The committed results, to be read only: what a user has run since does not count."""
    return copy_committed_results(tmp_path_factory.mktemp("committed"))


# Rendering takes longer than all else that makes tables; figures are the subject below these folders alone.
_RENDERED = ("tests/common/reports/", "tests/common/search/", "tests/benchmarks/")


@pytest.fixture(autouse=True)
def figures_without_rendering(request, monkeypatch):
    """Figures are drawn but not rendered: their files hold only the metadata that they would hold."""
    if not request.node.nodeid.startswith(_RENDERED):

        def savefig(figure, file, *, format, metadata, **_):
            file.write(stand_in(format, str(metadata.get("Description", ""))))

        monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)


@dataclass(frozen=True)
class TinyCorpus:
    """Twelve short clips in the layout of GTZAN, named like clips of GTZAN.

    Args:
        folder: holds `genres/<genre>/<genre>.<number>.wav`.
    """

    folder: Path

    GENRES = ("blues", "classical", "country")
    CLIPS_PER_GENRE = 4
    SAMPLE_RATE = 22050
    CLIP_SAMPLES = 5 * SAMPLE_RATE

    @property
    def catalog(self) -> Catalog:
        """The clips as a dataset of its own, with two artists in each genre."""
        tracks = tuple(
            Track(
                id=f"{genre}.{number:05d}", label=genre, path=self.path(genre, number), artist=f"{genre} {number % 2}"
            )
            for genre in self.GENRES
            for number in range(self.CLIPS_PER_GENRE)
        )
        return Catalog(dataset="tiny", title="Tiny corpus", genres=self.GENRES, tracks=tracks)

    def path(self, genre: str, number: int) -> Path:
        return self.folder / "genres" / genre / f"{genre}.{number:05d}.wav"

    def copy_to(self, folder: Path) -> "TinyCorpus":
        """The same clips elsewhere, to be damaged; the times of the files stay."""
        shutil.copytree(self.folder, folder)
        return TinyCorpus(folder)


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory) -> TinyCorpus:
    """Noise-modulated tones, 5 s each, 16-bit mono at 22,050 Hz; read it only."""
    corpus = TinyCorpus(tmp_path_factory.mktemp("tiny"))
    time = np.arange(corpus.CLIP_SAMPLES) / corpus.SAMPLE_RATE
    for place, genre in enumerate(corpus.GENRES):
        for number in range(corpus.CLIPS_PER_GENRE):
            rng = np.random.default_rng([place, number])
            loudness = np.interp(time, np.linspace(0, 5, 21), rng.uniform(0.1, 1, 21))
            tone = np.sin(2 * np.pi * 220 * 2 ** (place + number / 12) * time)
            path = corpus.path(genre, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            samples = 0.5 * loudness * tone + 0.05 * rng.standard_normal(time.size)
            soundfile.write(path, samples, corpus.SAMPLE_RATE, subtype="PCM_16")
    return corpus


@pytest.fixture
def own_corpus(tiny_corpus, tmp_path) -> TinyCorpus:
    """A copy of the tiny corpus that the test may damage."""
    return tiny_corpus.copy_to(tmp_path / "corpus")


@pytest.fixture
def make_shards() -> Callable[..., ShardIndex]:
    """Write a finished cache out of arrays: a list per shard of (frames, bins) arrays, one for each track.

    Tracks are named `t0`, `t1`, ...; their labels take turns among `a`, `b`, `c`.
    """

    def make(folder: Path, shards: list[list[np.ndarray]], storage: StorageFormat | None = None) -> ShardIndex:
        folder.mkdir(parents=True, exist_ok=True)
        first = shards[0][0]
        feature = Precomputed(
            bins=first.shape[1], columns_per_second=10.0, storage=storage or StorageFormat(dtype=first.dtype.name)
        )
        written, total = [], 0
        for number, arrays in enumerate(shards):
            clips = [
                (Track(id=f"t{place}", label="abc"[place % 3], path=Path()), (array, f"{place:064x}"))
                for place, array in enumerate(arrays, total)
            ]
            total += len(arrays)
            written.append(write_shard(folder, number, feature, clips))
        index = ShardIndex(
            folder=folder, dataset="made", genres=("a", "b", "c"), feature=feature, shards=tuple(written)
        )
        write_index(index)
        return index

    return make


class Bomb:
    """An object that leaves a folder behind when it is unpickled."""

    def __init__(self, evidence: Path):
        self._evidence = evidence

    def __reduce__(self):
        return os.mkdir, (str(self._evidence),)


@pytest.fixture
def bomb(tmp_path) -> Iterator[Bomb]:
    """Something to pickle; the test fails when it was unpickled."""
    evidence = tmp_path / "unpickled"
    yield Bomb(evidence)
    assert not evidence.exists(), "a pickle was loaded"


@pytest.fixture(scope="module")
def kept_models() -> Iterator[None]:
    """All commands that the tests of a module start in this process take the compiled model of a network from the first
    of them, in its initial state. For modules whose subject is not how models are made."""
    from common.runs import runner
    from common.search import search
    from tests.helpers.kept_models import KeptModels

    models = KeptModels()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "CompiledModelCache", models)
        patch.setattr(search, "CompiledModelCache", models)
        yield


Snapshot = dict[Path, tuple[int, int, bytes]]


@pytest.fixture
def snapshot() -> Callable[[Path], Snapshot]:
    """Everything that a write would change: path -> (inode, time of change, bytes) of every file below a folder."""

    def take(folder: Path) -> Snapshot:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    return take


@pytest.fixture(scope="session")
def tiny_arrays(tmp_path_factory) -> Path:
    """An `.npz` of 4 genres x 10 clips, 32 bins x 129 columns; each genre is loud in bins of its own."""
    rng = np.random.default_rng(0)
    genres = np.repeat(["ambient", "bebop", "cumbia", "dub"], 10)
    spectrograms = rng.integers(0, 120, (40, 32, 129), dtype=np.uint8)
    for row in range(40):
        spectrograms[row, 8 * (row // 10) : 8 * (row // 10) + 8] += 100
    path = tmp_path_factory.mktemp("arrays") / "tiny.npz"
    names = np.array([f"clip{row:03d}" for row in range(40)])
    np.savez(path, X=spectrograms, name=names, genre=genres, n_samples=np.full(40, 10 * 22050))
    return path
