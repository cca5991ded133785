"""The fit itself: least squares with priors, by Gauss and Newton, on logarithms of parameters.

Residuals are how far simulated figures lie from published ones, in half widths of their interval; a prior counts like one
more figure. Runs share their luck, so that a difference of two runs is what the parameter does and hardly any noise. The
derivatives are measured once by moving each parameter, and kept (the chord method): on logarithms they hardly change, and
putting them right by what a step of all parameters together brought (Broyden) blames each for what the others did. What
is left uncertain follows from their curvature (Laplace).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import lsq_linear

NUDGE = 0.1
"""By how much the logarithm of a parameter is moved to see what it does."""
SMALLEST = 1e-3
"""A step that moves no logarithm by more is not worth a run."""
FARTHEST = 0.5
"""The farthest that one step moves a logarithm."""

Residuals = Callable[[np.ndarray], np.ndarray]
"""float64[parameter], logarithms → float64[figure]: simulated less published, in half widths"""


@dataclass(frozen=True)
class Prior:
    """What is believed before: float64[parameter] each, on logarithms."""

    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray
    """never passed"""


@dataclass(frozen=True)
class Fit:
    """Where the fit ended."""

    best: np.ndarray
    """float64[parameter], logarithms"""
    spread: np.ndarray
    """float64[parameter]: standard deviation of the logarithm that is left"""
    residuals: np.ndarray
    """float64[figure] at the best"""
    first: np.ndarray
    """float64[figure] where the fit began"""
    costs: tuple[float, ...]
    """half the sum of squares, priors included, at the start and after each step"""


def fit(residuals: Residuals, begin: np.ndarray, prior: Prior, steps: int) -> Fit:
    """At most `steps` steps from `begin`; a step that makes things worse is halved twice, and then the fit ends."""
    at = np.clip(begin, prior.low, prior.high)
    here = first = residuals(at)
    slope = _slopes(residuals, at, here)
    costs = [_cost(here, at, prior)]
    for _ in range(steps):
        whole = _step(here, slope, at, prior)
        if np.abs(whole).max() < SMALLEST:
            break
        for share in (1.0, 0.5, 0.25):
            move = share * whole
            there = residuals(at + move)
            better = _cost(there, at + move, prior) < costs[-1]
            if better:
                at, here = at + move, there
                costs.append(_cost(here, at, prior))
                break
        else:
            break
    curvature = slope.T @ slope + np.diag(prior.spread**-2)
    return Fit(at, np.sqrt(np.diag(np.linalg.inv(curvature))), here, first, tuple(costs))


def _cost(residuals: np.ndarray, at: np.ndarray, prior: Prior) -> float:
    return 0.5 * float(residuals @ residuals + (((at - prior.mean) / prior.spread) ** 2).sum())


def _slopes(residuals: Residuals, at: np.ndarray, here: np.ndarray) -> np.ndarray:
    """float64[figure, parameter]."""
    columns = [(residuals(at + NUDGE * unit) - here) / NUDGE for unit in np.eye(len(at))]
    return np.array(columns).T.reshape(len(here), len(at))


def _step(here: np.ndarray, slope: np.ndarray, at: np.ndarray, prior: Prior) -> np.ndarray:
    """The step that would be best if all were straight, within the bounds."""
    rows = np.vstack([slope, np.diag(1 / prior.spread)])
    wanted = -np.concatenate([here, (at - prior.mean) / prior.spread])
    low, high = np.maximum(prior.low - at, -FARTHEST), np.minimum(prior.high - at, FARTHEST)
    return lsq_linear(rows, wanted, (low - 1e-12, high + 1e-12)).x
