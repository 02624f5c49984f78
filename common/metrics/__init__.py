"""Metrics as pure functions of the decisions: accuracies, F1, confidence intervals, paired comparisons."""
