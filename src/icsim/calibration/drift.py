"""Does a world in which nothing changes stay as it is? Shares at the start and at the end of a stationary run.

Expected are as many as there would be if the people of the end had the shares that those of their sex, fifth and age had at
the start. A band of ten years of age in which at least 2,000 are expected may drift by five per cent, or by three standard
errors if that is more; the share with two or more, and with four or more conditions by two points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from icsim.calibration.census import share_table
from icsim.calibration.leavings import Leavings
from icsim.calibration.rows import NUMBER

EDGES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90)
"""Ages at which a band begins."""
FEWEST = 2000
MOST = 0.05
ERRORS = 3.0
POINTS = 2.0
"""The most that a share with several conditions may move, in points of a hundred."""
SEVERAL = (2, 4)
SCHEMA: dict[str, Any] = {"attribute": pl.String, "level": pl.String, "age_from": pl.Int64, "expected": pl.Float64,
                          "there": pl.Float64, "drift": pl.Float64, "limit": pl.Float64, "steady": pl.Boolean}
"""Columns: people expected and there (mean of replications), drift as a share of those expected, what it may be."""
CLUSTERS: dict[str, Any] = {"conditions": pl.String, "age_from": pl.Int64, "start_percent": pl.Float64,
                            "end_percent": pl.Float64, "steady": pl.Boolean}


def drift(left: Leavings) -> pl.DataFrame:
    """SCHEMA, worst first: each level after the first and band with FEWEST expected."""
    rows = [row for name in left.axes.levels if name != NUMBER and left.has(share_table(name)) for row in _of(left, name)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort(pl.col("drift").abs() / pl.col("limit"), descending=True)


def _of(left: Leavings, name: str) -> list[tuple[Any, ...]]:
    expected, there = expected_and_there(left.table(share_table(name)), left.replications)
    found = []
    for band, level in zip(*np.nonzero(expected[:, 1:] >= FEWEST), strict=True):
        wanted, got = expected[band, level + 1], there[band, level + 1]
        limit = max(MOST, ERRORS * _error(wanted, left.replications))
        found.append((name, left.axes.levels[name][level + 1], EDGES[band], wanted, got, got / wanted - 1, limit,
                      bool(abs(got / wanted - 1) <= limit)))
    return found


def expected_and_there(table: np.ndarray, replications: int) -> tuple[np.ndarray, np.ndarray]:
    """float64[band, level] both, a replication, from int64[date, sex, quintile, age, level] summed over them."""
    start, end = table[0], table[-1]
    share = start / np.maximum(start.sum(axis=-1, keepdims=True), 1)
    expected = share * end.sum(axis=-1, keepdims=True)
    return tuple(by_band(each.sum(axis=(0, 1))) / replications for each in (expected, end))  # type: ignore[return-value]


def by_band(by_age: np.ndarray) -> np.ndarray:
    """float64[band, …] of the bands that begin at EDGES, from values by single year of age."""
    return np.add.reduceat(by_age, EDGES, axis=0).astype(np.float64)


def _error(expected: float, replications: int) -> float:
    """Standard error as a share: luck of the start, which replications have in common, and that of each of them."""
    return float(np.sqrt((1 + 1 / replications) / expected))


def clusters(left: Leavings) -> pl.DataFrame:
    """CLUSTERS: share of people with several conditions by age, at the start and at the end."""
    table = left.table(share_table(NUMBER))
    start, end = (by_band(table[n].sum(axis=(0, 1))) for n in (0, -1))
    rows = []
    for several in SEVERAL:
        for band, age in enumerate(EDGES):
            before, after = (100 * each[band, several:].sum() / max(each[band].sum(), 1) for each in (start, end))
            rows.append((f"{several}+", age, before, after, bool(abs(after - before) <= POINTS)))
    return pl.DataFrame(rows, schema=CLUSTERS, orient="row")
