"""Random augmentation of training windows, and altered copies of clips made before training."""
