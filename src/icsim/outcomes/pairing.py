"""How much sharper a comparison becomes because both scenarios share their luck.

With independent seeds the difference of two Poisson counts near N has variance 2N. With shared luck only events that
the scenarios do not have in common add variance: about D, the number averted. So pairing shortens the work 2N/D times.
"""

from __future__ import annotations

import polars as pl

from icsim.outcomes.spans import ALL_YEARS
from icsim.outcomes.values import totals
from icsim.results import Comparison

COUNTS = ("conveyances", "emergency_admissions")
SCHEMA = {
    "scenario": pl.String, "measure": pl.String, "baseline": pl.Float64, "averted": pl.Float64,
    "variance_paired": pl.Float64, "variance_per_averted": pl.Float64, "variance_independent": pl.Float64,
    "ratio_measured": pl.Float64, "ratio_expected": pl.Float64, "degrees_of_freedom": pl.Int64,
    "why_null": pl.String,
}
"""averted: D, the mean fall from the baseline over the horizon (negative: more events than in the baseline).
variance_independent: of the difference if the two scenarios had other luck, the sum of their own variances.
ratio_measured: variance_independent / variance_paired; ratio_expected: 2N/|D|."""


def pairing(comparison: Comparison, measures: tuple[str, ...] = COUNTS) -> pl.DataFrame:
    """SCHEMA for each alternative and measure, over the horizon in one replication.

    Variances are summed over years, each with replications − 1 degrees of freedom (years are nearly independent, and a
    handful of replications alone would say little).
    """
    base = _by_year(comparison.base.cells, measures)
    rows = []
    for each in comparison.alternatives:
        other = _by_year(each.cells, measures)
        both = base.join(other, on=["replication", "measure", "year"], suffix="_other")
        rows += [_row(each.name, str(name), part) for (name,), part in both.group_by("measure", maintain_order=True)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _by_year(cells: pl.DataFrame, measures: tuple[str, ...]) -> pl.DataFrame:
    table = totals(cells).filter(pl.col("year") != ALL_YEARS)
    kept = table.filter(pl.col("measure").is_in(measures))
    return kept.select("replication", "measure", "year", "value").sort("measure", "year", "replication")


def _row(scenario: str, measure: str, both: pl.DataFrame) -> tuple:
    replications, years = both["replication"].n_unique(), both["year"].n_unique()
    difference = both["value_other"] - both["value"]
    baseline, averted = float(both["value"].sum()) / replications, -float(difference.sum()) / replications
    freedom = years * (replications - 1)
    if freedom == 0:
        return (scenario, measure, baseline, averted, *[None] * 5, 0, "variances need 2 replications")
    variance = _variance(both.with_columns(x=difference))
    alone = _variance(both.with_columns(x=pl.col("value"))) + _variance(both.with_columns(x=pl.col("value_other")))
    events = abs(averted)
    why = None if events and variance else "the scenarios do not differ, or not by chance"
    return (scenario, measure, baseline, averted, variance, variance / events if events else None, alone,
            alone / variance if variance else None, 2 * baseline / events if events else None, freedom, why)


def _variance(table: pl.DataFrame) -> float:
    """Sum over years of the sample variance of x over replications."""
    return float(table.group_by("year").agg(pl.col("x").var())["x"].sum())
