"""The demo corpus: generated music in the layout of GTZAN."""
