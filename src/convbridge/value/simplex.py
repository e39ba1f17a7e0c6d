"""The least of a quadratic form over shares: weights that are not negative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SMALL = 1e-12


def least_on_simplex(matrix: Floats) -> Floats:
    """
    Return the x >= 0 that adds up to 1 and makes x' M x least.

    M is symmetric and positive definite. The form is homogeneous, so x is the
    direction of the y >= 0 that makes y' M y / 2 - sum(y) least; that is found as
    Lawson and Hanson find least squares without negative numbers. (scipy.optimize
    has them too, and takes 23 MB and a quarter of a second to import.)
    """
    size = len(matrix)
    scaled = matrix * (size / np.trace(matrix))
    found, used = np.zeros(size), np.zeros(size, bool)
    gain, turns = np.ones(size), 0
    while gain.max() > _SMALL and turns < 3 * size:  # rounding must not turn in rings
        used[gain.argmax()] = True
        found = _settled(scaled, found, used)
        gain, turns = np.where(used, -np.inf, 1.0 - scaled @ found), turns + 1
    return np.asarray(found / found.sum(), np.float64)


def _settled(matrix: Floats, found: Floats, used: NDArray[np.bool_]) -> Floats:
    """Return the least over the used ones; those that would be negative drop out."""
    while True:
        wanted = np.zeros(len(found))
        wanted[used] = np.linalg.solve(matrix[np.ix_(used, used)], np.ones(used.sum()))
        below = used & (wanted <= 0)
        if not below.any():
            return wanted
        steps = found[below] / (found[below] - wanted[below])
        found = found + steps.min() * (wanted - found)
        used &= found > _SMALL
        found = np.where(used, found, 0.0)
