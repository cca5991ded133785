"""The fit of parameters against problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from icsim.calibration.fitting import Prior, fit

pytestmark = pytest.mark.unit

SLOPES = np.array([[1.0, 0.5], [0.0, 2.0], [1.0, -1.0]])
WANTED = np.array([0.3, 0.4, -0.1])


def prior(spread: float, low: float = -5.0, high: float = 5.0) -> Prior:
    return Prior(np.zeros(2), np.full(2, spread), np.full(2, low), np.full(2, high))


def straight(at: np.ndarray) -> np.ndarray:
    return SLOPES @ at - WANTED


def test_a_straight_problem_is_solved_in_one_step_and_priors_count_like_figures():
    found = fit(straight, np.zeros(2), prior(0.5), steps=1)
    whole = SLOPES.T @ SLOPES + 4 * np.eye(2)
    assert found.best == pytest.approx(np.linalg.solve(whole, SLOPES.T @ WANTED), abs=1e-9)
    assert found.spread == pytest.approx(np.sqrt(np.diag(np.linalg.inv(whole))), abs=1e-9)
    assert found.costs[-1] < found.costs[0]
    assert found.first == pytest.approx(-WANTED)


def test_what_no_figure_tells_stays_as_it_was_believed():
    def blind(at: np.ndarray) -> np.ndarray:
        return np.array([at[0] - 0.2])

    found = fit(blind, np.zeros(2), prior(0.3), steps=2)
    assert found.best[1] == pytest.approx(0.0, abs=1e-9)
    assert found.spread[1] == pytest.approx(0.3)
    assert found.spread[0] < 0.3


def test_bounds_are_never_passed():
    for sign in (1, -1):
        found = fit(lambda at, sign=sign: straight(sign * at), np.zeros(2), prior(100.0, low=-0.05, high=0.05), steps=5)
        assert (np.abs(found.best) <= 0.05 + 1e-9).all()
        assert found.best[1] == pytest.approx(sign * 0.05)


def test_a_curved_problem_takes_more_than_one_step():
    """exp(x) = 2: x = 0.693."""
    def curved(at: np.ndarray) -> np.ndarray:
        return 10 * np.array([np.exp(at[0]) - 2.0, np.exp(at[1]) - 0.8])

    one, more = (fit(curved, np.zeros(2), prior(10.0), steps=steps) for steps in (1, 30))
    assert more.best == pytest.approx(np.log([2.0, 0.8]), abs=0.01)
    assert abs(one.best[0] - np.log(2)) > 0.01


def test_a_step_that_makes_things_worse_is_not_taken():
    """The kink turns the slope round just beyond the nudge: neither the step nor a part of it is better."""
    calls = []

    def kinked(at: np.ndarray) -> np.ndarray:
        calls.append(at)
        return np.array([1 - at[0] if at[0] <= 0.1 else 3.0, 0.0])

    found = fit(kinked, np.zeros(2), prior(10.0), steps=5)
    assert found.best == pytest.approx([0.0, 0.0])
    assert len(found.costs) == 1
    assert len(calls) == 1 + 2 + 3  # here, two nudges, the step, its half and its quarter
