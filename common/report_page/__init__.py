"""One page with all results of a folder: what is published, what was measured, what leaks, and each clip."""
