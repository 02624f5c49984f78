"""Runs in other processes, on this machine or on a Dask cluster."""
