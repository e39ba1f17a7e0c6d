"""Shares that make a quadratic form least, against scipy's least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from convbridge.value.simplex import least_on_simplex


def by_least_squares(matrix):
    """Return the same by scipy, the sum held by a heavy row."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    rows = np.vstack([root, np.full(len(matrix), 1e4)])
    found, _ = optimize.nnls(rows, np.r_[np.zeros(len(matrix)), 1e4])
    return found / found.sum()


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(-1, 3))
def test_shares_are_those_of_least_squares(seed, size, shift):
    roots = np.random.default_rng(seed).normal(shift, 1.0, (size + 2, size))
    matrix = roots.T @ roots + 0.1 * np.eye(size)

    found = least_on_simplex(matrix)

    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    assert found @ matrix @ found == pytest.approx(
        by_least_squares(matrix) @ matrix @ by_least_squares(matrix), rel=1e-4
    )
    # No share can be moved to another event for less (Karush, Kuhn, Tucker).
    slope = matrix @ found
    assert slope.min() >= found @ slope - 1e-8 * abs(slope).max()


def test_a_useless_event_gets_nothing():
    matrix = np.array([[1.0, 2.0, 0.0], [2.0, 9.0, 0.0], [0.0, 0.0, 1.0]])

    assert least_on_simplex(matrix).tolist() == pytest.approx([0.5, 0.0, 0.5])
