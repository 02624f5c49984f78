"""Clips of the same recording: fingerprints, and the scan that compares them."""
