"""Features of whole tracks, extracted once and stored in `.npy` shards."""
