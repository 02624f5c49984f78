"""Embeddings of musicnn, a trained music tagger, as a feature."""
