"""Changes of training windows at random, and altered copies of clips made before training."""
