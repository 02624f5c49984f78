"""Layers that Keras lacks."""
