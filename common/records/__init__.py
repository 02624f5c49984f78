"""What is kept of a run: its record, notes of divergence, and the paths of everything below `--out`."""
