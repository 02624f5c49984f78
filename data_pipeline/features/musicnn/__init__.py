"""Embeddings of musicnn, a pretrained music tagger, as a feature."""
