"""From audio files to batches: datasets, decoding, features, shards, windows, streams."""
