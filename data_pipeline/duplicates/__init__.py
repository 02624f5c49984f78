"""Clips that are one recording: fingerprints, and the scan that compares them."""
