"""Extraction that was interrupted, that others share, and caches that are finished already."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache import shards as shards_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_finished_shard, write_shard
from data_pipeline.datasets.catalog import Track
from data_pipeline.features.spectrograms import StftDb
from tests.helpers.other_user import as_other_user, shared_folder
from tests.helpers.small_caches import (
    FEATURE,
    SHARDS,
    SMALL_SHARD_BYTES,
    cache_folder,
    contents,
    interrupt_shard_writing,
)

pytestmark = pytest.mark.usefixtures("small_shards")


def test_a_finished_cache_is_opened_not_made_again(tiny_corpus, tmp_path, decoded, snapshot):
    first = prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    before = snapshot(tmp_path)
    assert len(decoded) == 12
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    assert len(decoded) == 12
    assert snapshot(tmp_path) == before


def test_two_simultaneous_preparations_share_the_work(tiny_corpus, tmp_path, decoded):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(prepare(tiny_corpus.catalog, FEATURE, tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert len(decoded) == 12


def interrupt_note_writing(monkeypatch):
    """Stop between the second shard and its note."""
    write = shards_module.write_json

    def stop(path, value):
        if path.name == "shard-00001.json":
            raise KeyboardInterrupt
        write(path, value)

    monkeypatch.setattr(shards_module, "write_json", stop)


def interrupt_index_writing(monkeypatch):
    """Stop when everything but the index is there."""

    def stop(index):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare_module, "write_index", stop)


@pytest.mark.parametrize(
    ("interrupt", "finished"),
    [(interrupt_shard_writing, 1), (interrupt_note_writing, 1), (interrupt_index_writing, SHARDS)],
)
def test_an_interrupted_preparation_can_be_resumed(
    tiny_corpus, tmp_path, undisturbed, decoded, snapshot, interrupt, finished
):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch)
        with pytest.raises(KeyboardInterrupt):
            prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    kept = [folder / f"shard-{number:05d}.{suffix}" for number in range(finished) for suffix in ("npy", "json")]
    before = snapshot(folder)
    assert not (folder / "index.json").exists()
    decoded.clear()

    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed
    after = snapshot(folder)
    assert [after[path] for path in kept] == [before[path] for path in kept]
    assert sorted(decoded) == [track.id for track in tiny_corpus.catalog.tracks[3 * finished :]]


KILLED_IN_THE_MIDDLE_OF_A_SHARD = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from data_pipeline.cache import extraction as prepare, shards
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import LogMel

write, calls = shards.npy_by_rows, []

@contextmanager
def write_and_die(*arguments):
    calls.append(arguments)
    with write(*arguments) as append:
        def append_and_die(array):
            append(array)
            if len(calls) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        yield append_and_die

shards.npy_by_rows = write_and_die
prepare._TARGET_SHARD_BYTES = int(sys.argv[3])
catalog = Catalog.model_validate_json(Path(sys.argv[1]).read_text())
prepare.prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=16), Path(sys.argv[2]))
"""


def test_a_killed_preparation_can_be_resumed(tiny_corpus, tmp_path, undisturbed, decoded):
    (tmp_path / "catalog.json").write_text(tiny_corpus.catalog.model_dump_json())
    arguments = [str(tmp_path / "catalog.json"), str(tmp_path / "cache"), str(SMALL_SHARD_BYTES)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE_OF_A_SHARD, *arguments],
        cwd=Path(prepare_module.__file__).parents[2],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    folder = cache_folder(tmp_path / "cache")
    assert [path.name for path in folder.glob("shard-*.npy")] != []
    (left,) = folder.glob(".*.tmp")
    assert left.stat().st_size > 0

    prepare(tiny_corpus.catalog, FEATURE, tmp_path / "cache")
    assert list(folder.glob(".*")) == [folder / ".lock"]
    assert contents(folder) == undisturbed
    assert sorted(decoded) == [track.id for track in tiny_corpus.catalog.tracks[6:]]


def test_leftover_temporary_files_never_count(tiny_corpus, tmp_path, undisturbed):
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    for name in ("index.json", "shard-00002.npy", "shard-00002.json"):
        os.rename(folder / name, folder / f".{name}.abc123.tmp")
    for number in range(SHARDS):
        (folder / f".shard-{number:05d}.npy.xyz.tmp").write_bytes(b"half of an arr")
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed


def test_a_shard_changed_between_two_attempts_is_noticed(tiny_corpus, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        interrupt_index_writing(patch)
        with pytest.raises(KeyboardInterrupt):
            prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    path = cache_folder(tmp_path) / "shard-00003.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"shard-00003\.npy: its SHA-256"):
        prepare(tiny_corpus.catalog, FEATURE, tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tiny_corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="--cache must be a writable folder") as caught:
        prepare(tiny_corpus.catalog, FEATURE, tmp_path / "file" / "cache")
    assert str(caught.value).startswith(str(tmp_path / "file" / "cache"))


OF_ANOTHER_USER = """
catalog = Catalog.model_validate_json((folder / 'catalog.json').read_text())
index = prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=16), folder / 'cache')
print(read_track(index, index.tracks[0]).shape[1])
prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=8), folder / 'cache')
"""
IMPORTS_OF_ANOTHER_USER = """
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import LogMel
"""


def test_a_finished_cache_of_another_user_is_used_and_nothing_is_written(tiny_corpus):
    with shared_folder(0o755) as folder:
        corpus = tiny_corpus.copy_to(folder / "corpus")
        corpus.folder.chmod(0o755)
        (folder / "catalog.json").write_text(corpus.catalog.model_dump_json())
        prepare(corpus.catalog, FEATURE, folder / "cache")
        for path in sorted((folder / "cache").rglob("*"), reverse=True):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "cache").chmod(0o555)
        read, said = as_other_user(OF_ANOTHER_USER, folder, imports=IMPORTS_OF_ANOTHER_USER).splitlines()
        assert read == "16"
        # Of another feature nothing is there.
        assert said.startswith(f"refused: {folder}/cache: --cache must be a writable folder, found: Permission denied.")


def folders(cache: Path) -> set[str]:
    return {path.name for path in (cache / "shards").iterdir()}


def test_another_source_or_feature_gets_another_folder(own_corpus, tmp_path):
    cache, catalog = tmp_path / "cache", own_corpus.catalog
    first = prepare(catalog, FEATURE, cache)
    assert len(folders(cache)) == 1
    assert first.folder.name.startswith("tiny-")

    # A file of the same size with another sample in it.
    path = own_corpus.path("classical", 2)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    changed = prepare(own_corpus.catalog, FEATURE, cache)
    assert len(folders(cache)) == 2
    assert changed.data_digest != first.data_digest

    fewer = catalog.replace(tracks=catalog.tracks[:-1])
    other_artist = catalog.replace(tracks=(catalog.tracks[0].replace(artist="another artist"), *catalog.tracks[1:]))
    for number, (variant, feature) in enumerate(
        [(fewer, FEATURE), (other_artist, FEATURE), (catalog, FEATURE.replace(n_mels=8)), (catalog, StftDb(n_fft=64))]
    ):
        index = prepare(variant, feature, cache)
        assert len(folders(cache)) == 3 + number
        assert index.feature == feature
    # All of them stay; going back costs nothing.
    assert prepare(own_corpus.catalog, FEATURE, cache) == changed
    assert len(folders(cache)) == 6


def test_the_data_digest_does_not_depend_on_folders_times_or_features(tiny_corpus, own_corpus, tmp_path):
    for number, track in enumerate(own_corpus.catalog.tracks):
        os.utime(track.path, (10**9 + number, 10**9 + number))
    here = prepare(tiny_corpus.catalog, FEATURE, tmp_path / "here")
    there = prepare(own_corpus.catalog, FEATURE.replace(n_mels=8), tmp_path / "there")
    assert here.folder.name != there.folder.name
    assert here.data_digest == there.data_digest


def test_whole_and_cut_clips_share_no_folder_of_a_cache(tiny_corpus, tmp_path):
    lengths = [
        prepare(tiny_corpus.catalog.replace(clip_seconds=seconds), FEATURE, tmp_path).tracks[0].frames
        for seconds in (None, 2.0, 3.0, None)
    ]
    assert lengths == [216, 87, 130, 216]
    assert len(folders(tmp_path)) == 3


def test_a_shard_of_other_clips_is_made_again(tiny_corpus, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    (folder / "index.json").unlink()
    # As if all were planned one shard later.
    for number in range(1, len(list(folder.glob("shard*.npy")))):
        shard = read_finished_shard(folder, number)
        rows = np.load(folder / f"{shard.name}.npy")
        clips = [
            (
                Track(id=track.id, label=track.label, artist=track.artist, path=folder),
                (rows[track.first_row : track.first_row + track.frames], track.source_sha256),
            )
            for track in shard.tracks
        ]
        write_shard(folder, number - 1, FEATURE, clips)
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed


def edit_index(folder: Path, change) -> None:
    """Change an index, without its digest, as earlier versions wrote it."""
    path = folder / "index.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    change(values)
    path.write_text(json.dumps(values))


def test_a_finished_cache_of_an_earlier_version_is_used(tiny_corpus, tmp_path, decoded):
    first = prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    edit_index(folder, lambda values: None)
    for path in folder.glob("shard-*.json"):
        path.write_text(json.dumps(json.loads(path.read_text())["shard"]))
    decoded.clear()
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    # An extraction that an earlier version began goes on as well.
    (folder / "index.json").unlink()
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    assert decoded == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.update(genres=values["genres"][::-1]), "is of tiny with the genres country, classical"),
        (lambda values: values.update(dataset="other"), "is of other with the genres"),
        (lambda values: values["feature"].update(top_db=40.0), "is of another feature"),
        (lambda values: values.update(clip_seconds=2.0), "is of another feature"),
        (lambda values: values.update(extraction_version=7), "is of another way to extract features"),
        (
            lambda values: values["shards"][0]["tracks"][0].update(label="country"),
            "lists track blues.00000 with another",
        ),
        (lambda values: values["shards"][3]["tracks"][2].update(artist="x"), "lists track country.00003 with another"),
        (lambda values: values["shards"][0]["tracks"][1].update(id="x"), "lists track x in another place"),
        (lambda values: values["shards"].pop(), "lacks track country.00001"),
    ],
)
def test_an_index_that_is_not_of_the_data_is_refused(tiny_corpus, tmp_path, change, said):
    """Without a digest, only the data set itself tells."""
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    edit_index(cache_folder(tmp_path), change)
    with pytest.raises(DataError, match=rf"index\.json: {said}.* expected that of Tiny corpus.*Delete the folder"):
        prepare(tiny_corpus.catalog, FEATURE, tmp_path)
