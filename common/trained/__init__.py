"""Networks that runs trained, built again from their records, with the weights that the runs kept."""

from common.trained.loading import load_trained

__all__ = ["load_trained"]
