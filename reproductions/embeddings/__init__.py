"""Embeddings of a trained tagger (Choi 2020)."""
