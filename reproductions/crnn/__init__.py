"""Convolutional and recurrent networks (de la Torre, Montero, Moran and Prego)."""
