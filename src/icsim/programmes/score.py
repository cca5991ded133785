"""Scores that find those at most risk no better than such scores do.

The points of a score are log odds, so that of two people one comes to harm e^(difference) times as often. Ranked by points
alone they are told apart as well as points can; a score that is published to do worse has that much chance in it:

    AUC = Σ w(s) n(t) Φ((s − t) / (σ √2)),     w(s) ∝ n(s) e^s

where n is how many have s points and σ the standard deviation of chance (Hanley and McNeil 1982: the chance that of one who
comes to harm and one of all, the first has the higher score).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from icsim.errors import CatalogueError, Problem

DIGITS = 6
"""Significant digits that are kept: the last bits of Φ differ between processors."""
_WIDEST = 1e4


def chance(points: np.ndarray, auc: float, score: str) -> tuple[float, float, float]:
    """Mean and standard deviation of the score, and the standard deviation of chance in it.

    points: float64[n], of those for whom the programme is; auc: as stated. Raises CatalogueError where points cannot.
    """
    if not len(points):
        return 0.0, 1.0, 0.0
    values, number = np.unique(points, return_counts=True)
    best = discrimination(values, number, 0.0)
    if auc > best + 1e-9:
        raise CatalogueError("scores.csv", [Problem(f"score {score}", (
            f"An AUC of {auc:g} is stated; among those for whom the programme is, its points tell people apart by "
            f"{best:.3f} at most. State less, or give it more to go by."))])
    sigma = 0.0 if auc > best - 1e-9 else brentq(lambda sd: discrimination(values, number, sd) - auc, 1e-6, _WIDEST)
    return _rounded(np.average(values, weights=number)), _rounded(np.sqrt(np.var(points) + sigma**2) or 1.0), _rounded(sigma)


def discrimination(values: np.ndarray, number: np.ndarray, sigma: float) -> float:
    """AUC of points (float64[v], of so many people each) with chance of this standard deviation."""
    cases = number * np.exp(values - values.max())
    pair = np.subtract.outer(values, values)
    higher = ndtr(pair / (sigma * np.sqrt(2))) if sigma else (np.sign(pair) + 1) / 2
    return float(cases @ higher @ number / (cases.sum() * number.sum()))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
