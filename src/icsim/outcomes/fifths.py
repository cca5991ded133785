"""Fifths of the area's own residents, beside the national quintiles.

National quintile 1 may hold one resident in fifty of an area and quintile 5 half of them. A *local fifth* is a fifth of the
area's residents at the start, ranked by national quintile: local fifth 1 takes all of quintile 1, then of quintile 2 as many
as it still needs. Of a quintile that several fifths share, each takes the same share of everything (people, deaths, years),
because nothing finer than the quintile is known of a resident. Deprivation at the start counts, for the quintile of a
resident never changes.
"""

from __future__ import annotations

import numpy as np
import polars as pl

QUINTILES = 5
LOCAL_FIFTH = "local fifth"


def shares(residents: np.ndarray, fifths: int = QUINTILES) -> np.ndarray:
    """float64[fifth, quintile]: the part of each quintile's residents that belongs to each fifth; columns add up to 1.

    residents: float64[quintile], most deprived first. Quintile q lies between the ranks c(q − 1) and c(q) of 0 … 1, fifth f
    between (f − 1)/5 and f/5: the part is the overlap over the quintile's own width.
    """
    upper = np.cumsum(residents) / residents.sum()
    lower = np.append(0.0, upper[:-1])
    edges = np.arange(fifths + 1) / fifths
    overlap = np.minimum(upper, edges[1:, None]) - np.maximum(lower, edges[:-1, None])
    width = upper - lower
    return np.maximum(overlap, 0.0) / np.where(width > 0, width, 1.0)


def local_fifths(population: pl.DataFrame) -> pl.DataFrame:
    """replication, quintile, local_fifth, share, from the residents at the start (`Results.population`)."""
    start = population.filter(pl.col("date") == pl.col("date").min())
    rows = []
    for (replication,), part in start.group_by("replication", maintain_order=True):
        by_quintile = np.zeros(QUINTILES)
        np.add.at(by_quintile, part["quintile"].to_numpy() - 1, part["residents"].to_numpy())
        found = shares(by_quintile)
        rows += [(replication, q + 1, f + 1, float(found[f, q])) for f, q in np.argwhere(found > 0)]
    schema = {"replication": pl.Int64, "quintile": pl.Int64, "local_fifth": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def shared_out(table: pl.DataFrame, columns: list[str], fifths: pl.DataFrame) -> pl.DataFrame:
    """Rows by replication, quintile and other keys: `columns` shared out over `local_fifth`, which is added as a key."""
    both = table.with_columns(pl.col("quintile").cast(pl.Int64)).join(fifths, on=["replication", "quintile"])
    return both.with_columns(pl.col(columns) * pl.col("share")).drop("share")
