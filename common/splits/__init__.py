"""Which clips and windows train, validate and test."""
