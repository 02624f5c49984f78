"""A cache of the tiny corpus in several shards."""

from pathlib import Path

from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache.shards import write_shard
from data_pipeline.features.spectrograms import LogMel

FEATURE = LogMel(n_fft=512, hop_samples=512, n_mels=16)
# Three tracks of FEATURE fit, so the twelve of the tiny corpus make four shards.
SMALL_SHARD_BYTES = 130_000
SHARDS = 4


def cache_folder(cache: Path) -> Path:
    """The one folder of shards in a cache."""
    (folder,) = (cache / "shards").iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Shards, notes and index of a cache folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def interrupt_shard_writing(monkeypatch):
    """Stop before the second shard."""
    write = write_shard

    def stop(folder, number, *rest):
        if number == 1:
            raise KeyboardInterrupt
        return write(folder, number, *rest)

    monkeypatch.setattr(prepare_module, "write_shard", stop)
