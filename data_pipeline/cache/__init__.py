"""Features of whole tracks, extracted once and stored in `.npy` shards."""

from pathlib import Path

# Where commands and functions keep them, unless another folder is given.
DEFAULT_CACHE = Path("~/.cache/encore")
