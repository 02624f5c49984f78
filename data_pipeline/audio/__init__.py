"""Strict decoding of audio files."""
