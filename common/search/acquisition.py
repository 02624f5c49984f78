"""Minimises the acquisition function of a surrogate, in a space that may have integer and categorical parameters."""

from typing import Any

import numpy as np
from keras_tuner.engine.hyperparameters import Float
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor

_CANDIDATES, _REFINED, _REFINEMENTS = 2000, 4, 15


def rank_by_acquisition(
    surrogate: GaussianProcessRegressor, space: list[Any], beta: float, rng: np.random.Generator
) -> np.ndarray:
    """Points of the space in ascending order of the lower confidence bound: mean minus `beta` standard deviations.

    Many random points are evaluated in one batch, and the best few are refined in a bounded number of steps, so that
    the cost does not depend on the shape of the function. Values that are not continuous are rounded to those that
    trials can have: a point between two choices would otherwise look promising, but become a choice that was tried.

    Args:
        surrogate: fitted to points between 0 and 1.
        space: keras-tuner's parameters, one for each coordinate.
        beta: weight of the standard deviation.
        rng: draws the random points.

    Returns:
        float64 (points, parameters), each between 0 and 1.
    """
    free = np.array([isinstance(parameter, Float) for parameter in space])
    points = rng.uniform(size=(_CANDIDATES, len(space)))
    for column, parameter in enumerate(space):
        if not free[column]:
            rounded = [parameter.value_to_prob(parameter.prob_to_value(share)) for share in points[:, column]]
            points[:, column] = rounded
    points = np.unique(points, axis=0)

    def bound(at: np.ndarray) -> np.ndarray:
        mean, deviation = surrogate.predict(np.atleast_2d(at), return_std=True)
        return mean - beta * deviation

    if free.any():
        starts = points[np.argsort(bound(points), kind="stable")[:_REFINED]]
        points = np.concatenate([[_refined(bound, start, free) for start in starts], points])
    return points[np.argsort(bound(points), kind="stable")]


def _refined(bound, start: np.ndarray, free: np.ndarray) -> np.ndarray:
    """A local minimum near `start`; only the continuous values change."""

    def with_free(values: np.ndarray) -> np.ndarray:
        point = start.copy()
        point[free] = values
        return point

    found = minimize(
        lambda values: bound(with_free(values))[0],
        start[free],
        method="L-BFGS-B",
        bounds=[(0.0, 1.0)] * int(free.sum()),
        options={"maxiter": _REFINEMENTS},
    )
    return with_free(found.x)
