"""Where a surrogate promises most, in a space of which some values are whole numbers or chosen from few."""

from typing import Any

import numpy as np
from keras_tuner.engine.hyperparameters import Float
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor

_CANDIDATES, _REFINED, _REFINEMENTS = 2000, 4, 15


def rank_by_acquisition(
    surrogate: GaussianProcessRegressor, space: list[Any], beta: float, rng: np.random.Generator
) -> np.ndarray:
    """Points of the space, the most promising first: where the surrogate's mean less `beta` deviations is least.

    Many random points are looked at in one go, and the best few refined in a bounded number of steps, so that the cost
    does not depend on the landscape. Values that are not continuous stand where the surrogate meets them in trials: it
    would else promise much of a point between two choices, which becomes one of them that is known.

    Args:
        surrogate: fitted to points between 0 and 1.
        space: keras-tuner's parameters, one for each coordinate.

    Returns:
        float64 (points, parameters), each between 0 and 1.
    """
    free = np.array([isinstance(parameter, Float) for parameter in space])
    points = rng.uniform(size=(_CANDIDATES, len(space)))
    for column, parameter in enumerate(space):
        if not free[column]:
            met = [parameter.value_to_prob(parameter.prob_to_value(share)) for share in points[:, column]]
            points[:, column] = met
    points = np.unique(points, axis=0)

    def bound(at: np.ndarray) -> np.ndarray:
        mean, deviation = surrogate.predict(np.atleast_2d(at), return_std=True)
        return mean - beta * deviation

    if free.any():
        starts = points[np.argsort(bound(points), kind="stable")[:_REFINED]]
        points = np.concatenate([[_refined(bound, start, free) for start in starts], points])
    return points[np.argsort(bound(points), kind="stable")]


def _refined(bound, start: np.ndarray, free: np.ndarray) -> np.ndarray:
    """A better point nearby, of which the continuous values differ."""

    def moved(values: np.ndarray) -> np.ndarray:
        point = start.copy()
        point[free] = values
        return point

    found = minimize(
        lambda values: bound(moved(values))[0],
        start[free],
        method="L-BFGS-B",
        bounds=[(0.0, 1.0)] * int(free.sum()),
        options={"maxiter": _REFINEMENTS},
    )
    return moved(found.x)
