"""Windows cut from tracks, read from shards and passed to Keras in batches."""
