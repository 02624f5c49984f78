"""Windows cut from tracks, read from shards, and given to Keras in batches."""
