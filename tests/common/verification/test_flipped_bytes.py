"""Every kind of file that Encore writes: `encore verify` names a file in which one bit was flipped."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import keras
import numpy as np
import pytest

from common.encore.verify import verify_folder
from common.leakage.scan import cached_scan
from common.records.divergence import write_divergence
from common.records.environment import compared_versions
from common.records.identity import run_id
from common.records.paths import RunPaths, page_file
from common.reports.figures.distribution import GenreCount, draw_genre_sizes
from common.reports.figures.files import save_figure
from common.reports.genre_counts import GenreCounts, write_counts
from common.training.checkpoint import Circumstances, LoopState, save_checkpoint
from common.training.weights import save_weights
from common.verification.cache import verify_cache
from common.verification.checkpoints import verify_checkpoints
from common.verification.faults import Verified
from common.verification.records import verify_records
from common.verification.tables import verify_tables
from common.verification.weights import verify_weights
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.demo import corpus
from data_pipeline.datasets.unpacked import unpacked
from data_pipeline.features.musicnn import weights as musicnn
from data_pipeline.features.spectrograms import LogMel
from tests.helpers.se_cnn_records import divergence_note
from tests.helpers.small_results import identified_record, write_small_results
from tests.helpers.stored_search import write_search_folder

UNFINISHED = "0123456789abcdef"


@dataclass(frozen=True)
class Place:
    """A results folder and a cache, in which everything holds."""

    results: Path
    cache: Path

    @property
    def runs(self) -> RunPaths:
        return RunPaths(self.results / "se_cnn" / "gtzan")

    @property
    def searched(self) -> Path:
        """A results folder of a search alone, without its tables."""
        return self.results.with_name("searched")

    def in_cache(self, pattern: str) -> Path:
        """The first file of the cache that a pattern fits."""
        return sorted(self.cache.glob(pattern))[0]


@dataclass(frozen=True)
class Kind:
    """A kind of file, one of them, and the check of `encore verify` that covers it."""

    file: Callable[[Place], Path]
    check: Callable[[Place], Verified]


def _table(name: str) -> Kind:
    return Kind(lambda place: place.runs.folder / name, lambda place: verify_tables(place.results))


def _of_search(name: str) -> Kind:
    return Kind(
        lambda place: place.searched / "se_cnn" / "gtzan" / "searches" / "tiny" / name,
        lambda place: verify_records(place.searched),
    )


def _of_cache(pattern: str) -> Kind:
    return Kind(lambda place: place.in_cache(pattern), lambda place: verify_cache(place.cache))


def _beside_cache(pattern: str) -> Kind:
    return Kind(lambda place: place.in_cache(pattern), lambda place: verify_weights(place.results, place.cache))


def _figure(ending: str) -> Kind:
    return Kind(
        lambda place: sorted((place.runs.folder / "figures").glob(f"table_*.{ending}"))[0],
        lambda place: verify_tables(place.results),
    )


def _without_records(ending: str) -> Kind:
    return Kind(
        lambda place: place.runs.folder / "figures" / f"figure_3.1.{ending}", lambda place: verify_tables(place.results)
    )


KINDS = {
    "record": Kind(
        lambda place: place.runs.record(identified_record().run_id), lambda place: verify_records(place.results)
    ),
    "note of divergence": Kind(
        lambda place: next(place.runs.diverged.iterdir()), lambda place: verify_records(place.results)
    ),
    **{
        f"{what} of a search": _of_search(name)
        for what, name in (
            ("description", "search.json"),
            ("journal", "journal.jsonl"),
            ("state", "state.json"),
            ("state before", "state.previous.json"),
            ("note on a trial", "trials/0.json"),
        )
    },
    "weights": Kind(
        lambda place: place.runs.work(UNFINISHED).best_weights, lambda place: verify_weights(place.results, None)
    ),
    "checkpoint": Kind(
        lambda place: place.runs.work(UNFINISHED).checkpoint, lambda place: verify_checkpoints(place.results)
    ),
    "index": _of_cache("shards/*/index.json"),
    "description of a shard": _of_cache("shards/tiny-*/shard-00000.json"),
    "description without an index": _of_cache("shards/unfinished/shard-00000.json"),
    "shard": _of_cache("shards/tiny-*/shard-00000.npy"),
    "shard without an index": _of_cache("shards/unfinished/shard-00000.npy"),
    "scan for duplicates": _of_cache("duplicates/*.json"),
    "list of unpacked files": _of_cache("unpacked/*/unpacked.json"),
    "unpacked file": _of_cache("unpacked/*/genres/a.wav"),
    "demo clip": _beside_cache("demo/genres/jazz/*.wav"),
    "marker of the demo corpus": _beside_cache("demo/corpus.json"),
    "figure of a network as PNG": _without_records("png"),
    "figure of a network as SVG": _without_records("svg"),
    "numbers beside a figure": _without_records("md"),
    "downloaded weights": _beside_cache("musicnn/MSD.index"),
}
TABLES = {
    "Markdown": _table("table_5.1.md"),
    "CSV": _table("table_5.1.csv"),
    "LaTeX": _table("table_5.1.tex"),
    "JSON": _table("table_5.1.json"),
    "pairs": _table("table_5.1_pairs.csv"),
    "layers": _table("table_4.1.csv"),
    "page": Kind(lambda place: page_file(place.results, "se_cnn"), lambda place: verify_tables(place.results)),
    "figure as PNG": _figure("png"),
    "figure as SVG": _figure("svg"),
    "list of tables": Kind(lambda place: place.results / "README.md", lambda place: verify_tables(place.results)),
}


class Members:
    """What an archive of one clip holds."""

    paths = (PurePosixPath("a.wav"), PurePosixPath("notes.txt"))

    @contextmanager
    def open(self):
        yield self

    def total_bytes(self, places) -> int:
        return 300

    def contents(self, places):
        return ((place, iter([b"RIFF" * 75])) for place in places)


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny_corpus) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("flipped")
    found = Place(folder / "results", folder / "cache")
    with pytest.MonkeyPatch.context() as patch:
        _write_note(found.runs)
        write_search_folder(found.searched)
        write_small_results(found.results)
        _write_work(found.runs)
        _write_figure(found.runs)
        _write_cache(found.cache, tiny_corpus, folder)
        _write_demo_corpus(found.cache / "demo", patch)
        (found.cache / "musicnn").mkdir()
        (found.cache / "musicnn" / "MSD.index").write_bytes(b"weights" * 20)
        digest = hashlib.sha256(b"weights" * 20).hexdigest()
        patch.setitem(musicnn.FILES_SHA256, "MSD.index", digest)
        yield found


def _write_note(runs: RunPaths) -> None:
    note = divergence_note()
    digests = {"data_digest": note.setting.data_digest, "split_digest": note.split_digest}
    write_divergence(
        runs, note.replace(run_id=run_id(experiment_digest=note.row_experiment, fold=0, seed=note.seed, **digests))
    )


def _write_work(runs: RunPaths) -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    circumstances = Circumstances("this run", "tensorflow", compared_versions(), {})
    history = [{"epoch": 1, "loss": 1.5, "val_loss": 1.25, "seconds": 0.5}]
    state = LoopState(UNFINISHED, circumstances, epoch=1, history=history, best_epoch=1, best_loss=1.25)
    save_checkpoint(runs.work(UNFINISHED).checkpoint, model, state, model.get_weights())
    save_weights(runs.work(UNFINISHED).best_weights, model)


def _write_figure(runs: RunPaths) -> None:
    counts = (GenreCount("jazz", 3, {}), GenreCount("rock", 2, {}))
    stem = runs.folder / "figures" / "figure_3.1"
    save_figure(partial(draw_genre_sizes, counts, title="genres"), stem)
    write_counts(GenreCounts(counts, "", ()), stem, "genres")


def _write_cache(cache: Path, tiny_corpus, folder: Path) -> None:
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    index = prepare(tiny_corpus.catalog, feature, cache, jobs=1)
    cached_scan(index, cache)
    unfinished = cache / "shards" / "unfinished"
    unfinished.mkdir()
    for name in ("shard-00000.json", "shard-00000.npy"):
        (unfinished / name).write_bytes((index.folder / name).read_bytes())
    packed = folder / "genres.zip"
    packed.write_bytes(b"packed")
    opened = Members()
    unpacked([packed], cache, dataset="gtzan", opened=opened.open, choose=lambda _: {0: "genres/a.wav"})


def _write_demo_corpus(root: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(corpus, "CLIP_SAMPLES", 200)
    patch.setattr(corpus, "render_clip", lambda *given, seed: np.full(200, 0.25, np.float32))
    corpus.write_corpus(root, clips_per_genre=1)


def flipped(content: bytes, position: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1 << bit
    return bytes(changed)


def is_named(path: Path, verified: Verified) -> bool:
    return any(path in (fault.path, *fault.others) for fault in verified.faults)


def says_the_same(path: Path, before: bytes, after: bytes) -> bool:
    """Whether JSON has the same values: `1e-05` and `1E-05` are the same number."""
    if path.suffix != ".json":
        return False
    try:
        return json.loads(before) == json.loads(after)
    except ValueError:
        return False


def require_named(kind: Kind, place: Place, positions: list[int], rng: np.random.Generator) -> None:
    """Flip one bit at each position, one after the other, and see that the file is named."""
    path = kind.file(place)
    before, times = path.read_bytes(), path.stat()
    try:
        for position in positions:
            after = flipped(before, position, int(rng.integers(8)))
            path.write_bytes(after)
            assert is_named(path, kind.check(place)) or says_the_same(path, before, after), (path, position)
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def sample(path: Path, count: int, rng: np.random.Generator) -> list[int]:
    """Positions in a file: the first and the last byte, and others by chance."""
    size = path.stat().st_size
    chosen = rng.choice(size, min(count, size), replace=False)
    return sorted({0, size - 1, *chosen.tolist()})


def test_everything_holds_before(place):
    found = verify_folder(place.results, place.cache)
    assert [fault.line for one in found for fault in one.faults] == []
    counts = {name: count for one in found for name, count in one.counts.items()}
    names = ("records", "notes", "checkpoints", "indexes", "scans", "unpacked", "demo_clips", "downloaded")
    assert [counts[name] for name in names] == [3, 1, 1, 1, 1, 1, 10, 1]


LISTED = {"shard", "shard without an index", "unpacked file", "demo clip"}


@pytest.mark.parametrize("names", [LISTED, (KINDS.keys() | {"page", "CSV"}) - LISTED], ids=["listed", "others"])
def test_all_kinds_are_checked_by_the_command(place, names):
    """One flipped bit in a file of every kind, whichever of the checks finds it.

    What another file lists with its SHA-256 has its turn while that file is as it was.
    """
    files = {name: (KINDS | TABLES)[name].file(place) for name in names}
    before = {path: path.read_bytes() for path in files.values()}
    try:
        for path, content in before.items():
            path.write_bytes(flipped(content, len(content) // 2, 0))
        found = [*verify_folder(place.results, place.cache), verify_records(place.searched)]
    finally:
        for path, content in before.items():
            path.write_bytes(content)
    assert [name for name, path in files.items() if not any(is_named(path, one) for one in found)] == []


# Each check draws the figures again, which takes half a second.
_DRAWN = {"figure of a network as PNG", "figure of a network as SVG", "numbers beside a figure"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in _DRAWN)) for name in KINDS])
def test_a_flipped_bit_is_found(place, name):
    rng = np.random.default_rng(len(name))
    require_named(KINDS[name], place, sample(KINDS[name].file(place), 20, rng), rng)


def test_a_flipped_bit_of_a_table_is_found(place):
    """Of all its forms at once, which are compared one by one."""
    rng = np.random.default_rng(0)
    files = [kind.file(place) for kind in TABLES.values()]
    before = {path: path.read_bytes() for path in files}
    try:
        for _ in range(4):
            for path, content in before.items():
                path.write_bytes(flipped(content, int(rng.integers(len(content))), int(rng.integers(8))))
            found = verify_tables(place.results)
            assert [path for path in files if not is_named(path, found)] == []
    finally:
        for path, content in before.items():
            path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_a_flipped_bit_is_found_wherever_it_is(place, name):
    rng = np.random.default_rng(1)
    require_named(KINDS[name], place, sample(KINDS[name].file(place), 150, rng), rng)
