"""Checks a user's copy of a data set: what is found, missing, broken, and which copy it is."""
