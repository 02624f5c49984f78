"""Captions and warnings of tables."""
