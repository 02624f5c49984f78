"""Features of whole tracks in `.npy` shards on disk, extracted once."""
