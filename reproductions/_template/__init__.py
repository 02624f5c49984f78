"""A small VGG on mel spectrograms: the declaration to copy for a new paper."""
