"""One package for each reproduced paper."""
