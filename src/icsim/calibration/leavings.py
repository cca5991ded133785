"""What the replications of a run leave, as tables that add up: from `Results` and from the onlooker of each.

Measures are worked out of all replications together. Their Monte-Carlo error comes from leaving out one replication after
another: SE = √((R − 1)/R · Σ(θ₍₋ᵣ₎ − θ̄)²), with θ₍₋ᵣ₎ the measure without replication r (jackknife; Efron and Stein 1981,
Annals of Statistics 9(3), 586–596). For a mean over replications that is its standard error; it also holds for ratios and
life tables of few deaths, where a mean of single replications would be off or would not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt

import numpy as np
import polars as pl

from icsim.calendar import Calendar
from icsim.catalogue.load import Catalogue
from icsim.outcomes.lifetable import AGE_BANDS
from icsim.results import Results
from icsim.simulation import World

SEXES = ("female", "male")
QUINTILES = 5
MS_PER_YEAR = 365.25 * 86_400_000
Tables = dict[str, np.ndarray]


class NotComparedError(Exception):
    """A target that this run cannot be compared with; the message says why, for a person."""


@dataclass(frozen=True)
class Axes:
    """What the axes of the tables stand for."""

    years: tuple[str, ...]
    places: tuple[str, ...]
    counties: tuple[str, ...]
    """of each place"""
    levels: dict[str, tuple[str, ...]]
    """attribute → levels, the number of conditions among them"""
    pools: tuple[str, ...]
    limits: dict[str, tuple[int, ...]]
    """wait → minutes over which cases are counted"""
    death_trend: np.ndarray
    """float64[year]: deaths of a year are those of the rates' own years times this"""
    deaths_here: float = 1.0
    """how many die in the area for one in England, at equal age, sex and fifth, by the area's own table"""


@dataclass(frozen=True)
class Leavings:
    """Tables of several replications; one of them may be left out.

    "cells.<column>" int64[year, place, quintile, sex, band] · "population" int64[date, place, quintile, sex, band] ·
    "background.<column>" int64[year] · "pools" int64[year, pool, sums] · "waits.<wait>" int64[year, pool or none, columns] ·
    and those of `Census.tables`.
    """

    axes: Axes
    parts: Sequence[Tables]
    left_out: int | None = None
    _sums: Tables = field(default_factory=dict, repr=False)

    def has(self, name: str) -> bool:
        """Whether there is such a table."""
        return name in self.parts[0]

    def table(self, name: str) -> np.ndarray:
        """The sum over replications."""
        if name not in self._sums:
            kept = [part[name] for n, part in enumerate(self.parts) if n != self.left_out]
            self._sums[name] = np.sum(kept, axis=0)
        return self._sums[name]

    @property
    def replications(self) -> int:
        """How many replications are in it."""
        return len(self.parts) - (self.left_out is not None)

    def without(self, replication: int) -> Leavings:
        """The same without one replication."""
        return Leavings(self.axes, self.parts, replication)


def with_error(measure: Callable[[Leavings], float], whole: Leavings) -> tuple[float, float | None]:
    """The measure, and its jackknife error; None for one replication, or where some part of them has no value."""
    value = measure(whole)
    count = len(whole.parts)
    if count < 2:
        return value, None
    try:
        parts = np.array([measure(whole.without(n)) for n in range(count)])
    except NotComparedError:
        return value, None
    return value, sqrt((count - 1) / count * float(((parts - parts.mean()) ** 2).sum()))


# From results --------------------------------------------------------------------------------------------------------


def axes_of(results: Results, world: World, levels: dict[str, tuple[str, ...]]) -> Axes:
    """Axes of a run."""
    limits = {wait: tuple(minutes) for wait, minutes in results.provenance.get("limits", {}).items()}
    return Axes(world.calendar.periods, world.area.place_names, tuple(row.county for row in world.area.places), levels,
                tuple(row.pool for row in world.layout.pools), limits, death_trend(world.catalogue, world.calendar),
                world.area.multiplier("death"))


def death_trend(catalogue: Catalogue, calendar: Calendar) -> np.ndarray:
    """float64[year]: mean factor of the trend of deaths over the days of each year; 1 where there is none."""
    event = next(row.event for row in catalogue.events if row.kind == "death")
    rows = sorted((row.from_year, row.value) for row in catalogue.trends if row.event == event)
    found = []
    for first, last in zip(calendar.edges[:-1], calendar.edges[1:], strict=True):
        days = [calendar.origin + timedelta(int(day)) for day in range(int(first), int(last))]
        found.append(np.mean([_factor(rows, day) for day in days]))
    return np.array(found)


def _factor(rows: list[tuple[int, float]], day: date) -> float:
    return next((value for year, value in reversed(rows) if year <= day.year), 1.0)


def tables_of(results: Results, replication: int, axes: Axes) -> Tables:
    """The frames of one replication as arrays."""
    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("replication") == replication)

    tables = _cells(own(results.cells), axes)
    population = own(results.population)
    dates = sorted(population["date"].unique().to_list())
    tables["population"] = _filled((len(dates), *_cell_shape(axes)), _at(population, "date", dates, axes),
                                   population["residents"])
    for row in own(results.background).iter_rows(named=True):
        name = f"background.{row['measure']}"
        tables.setdefault(name, np.zeros(len(axes.years), np.int64))[axes.years.index(row["year"])] += row["value"]
    return tables | _pools(own(results.pools), axes) | _waits(own(results.wait_sums), own(results.pool_waits), axes)


KEYS = {"scenario", "replication", "year", "place", "quintile", "sex", "age_band"}


def _cell_shape(axes: Axes) -> tuple[int, ...]:
    return len(axes.places), QUINTILES, len(SEXES), len(AGE_BANDS)


def _at(frame: pl.DataFrame, first: str, labels: Sequence[str], axes: Axes) -> tuple[np.ndarray, ...]:
    """Indices of each row of a frame by cell."""
    def index(column: str, known: Sequence[str]) -> np.ndarray:
        return frame[column].replace_strict(list(known), list(range(len(known))), return_dtype=pl.Int64).to_numpy()

    quintile = frame["quintile"].cast(pl.Int64).to_numpy() - 1
    return (index(first, labels), index("place", axes.places), quintile, index("sex", SEXES), index("age_band", AGE_BANDS))


def _filled(shape: tuple[int, ...], at: tuple[np.ndarray, ...], values: pl.Series) -> np.ndarray:
    table = np.zeros(shape, np.int64)
    np.add.at(table, at, values.to_numpy())
    return table


def _cells(cells: pl.DataFrame, axes: Axes) -> Tables:
    at, shape = _at(cells, "year", axes.years, axes), (len(axes.years), *_cell_shape(axes))
    return {f"cells.{name}": _filled(shape, at, cells[name]) for name in cells.columns if name not in KEYS}


POOL_SUMS = ("busy_ms", "open_ms", "arrivals")
WAIT_SUMS = ("count", "sum_ms", "over_1", "over_2", "over_3")


def _pools(pools: pl.DataFrame, axes: Axes) -> Tables:
    table = np.zeros((len(axes.years), len(axes.pools), len(POOL_SUMS)), np.int64)
    for row in pools.iter_rows(named=True):
        table[axes.years.index(row["year"]), axes.pools.index(row["pool"])] = [row[name] for name in POOL_SUMS]
    return {"pools": table}


def _waits(sums: pl.DataFrame, pool_sums: pl.DataFrame, axes: Axes) -> Tables:
    """Waits of residents stand last on the axis of pools."""
    tables: Tables = {}
    for frame in (sums, pool_sums):
        for row in frame.iter_rows(named=True):
            empty = np.zeros((len(axes.years), len(axes.pools) + 1, len(WAIT_SUMS)), np.int64)
            at = axes.years.index(row["year"]), axes.pools.index(row["pool"]) if "pool" in row else len(axes.pools)
            tables.setdefault(f"waits.{row['measure']}", empty)[at] += [row[name] for name in WAIT_SUMS]
    return tables


def zeros_where_absent(parts: Sequence[Tables]) -> list[Tables]:
    """The same tables in every replication: what never happened in one of them is 0 there."""
    shapes = {name: table.shape for part in parts for name, table in part.items()}
    return [{name: part.get(name, np.zeros(shape, np.int64)) for name, shape in shapes.items()} for part in parts]
