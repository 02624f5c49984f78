"""Pure functions of decisions: accuracies, F1, confidence intervals, paired comparisons."""
