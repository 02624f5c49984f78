"""The stored results of runs: records, notes of divergence, and the paths of everything below `--out`."""
