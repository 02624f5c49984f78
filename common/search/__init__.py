"""Bayesian search over hyper-parameters."""
