"""What else changes for each event that a scenario averts, as in conveyances per admission averted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from icsim.outcomes.spans import ALL_YEARS
from icsim.outcomes.values import totals
from icsim.results import Results

ADMISSIONS = "emergency_admissions"


def per_averted(base: Results, other: Results, measures: list[str], averted: str = ADMISSIONS,
                years: Sequence[str] | None = None) -> dict[str, tuple[float, float | None]]:
    """Measure → its change per event averted, over `years` (all of them), and the Monte-Carlo error of that.

    R = Σx / Σy over pairs, x the change of the measure and y the number averted. Error of R: the standard deviation of
    x − R·y, divided by √n and the mean of y (the ratio estimator, Cochran 1977, section 6.4); None for one pair. Empty
    where nothing is averted.
    """
    before, after = (_totals(each, [*measures, averted], years or each.years) for each in (base, other))
    fewer = before[averted] - after[averted]
    if fewer.sum() <= 0:
        return {}
    return {name: _ratio(after[name] - before[name], fewer) for name in measures}


def _totals(results: Results, measures: list[str], years: Sequence[str]) -> dict[str, np.ndarray]:
    """Measure → float64[replication], whole area and these years together."""
    cells = results.cells.filter(pl.col("year").is_in(list(years)))
    table = totals(cells).filter(pl.col("year") == ALL_YEARS).sort("replication")
    return {name: table.filter(pl.col("measure") == name)["value"].to_numpy() for name in measures}


def _ratio(change: np.ndarray, fewer: np.ndarray) -> tuple[float, float | None]:
    ratio = float(change.sum() / fewer.sum())
    if len(fewer) == 1:
        return ratio, None
    return ratio, float((change - ratio * fewer).std(ddof=1) / (len(fewer) ** 0.5 * fewer.mean()))
