"""One value per replication for every outcome: the step between the engine's whole numbers and their summary.

Each function returns the frame COLUMNS: replication, measure, year ("all years" or a label), margin ("total",
"quintile", "place", "sex", "age_band", "pool", "quintile and sex"), group, value (float, null where there is none) and
why_null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from icsim import buckets
from icsim.outcomes.definitions import GAP as GAP_SUFFIX
from icsim.outcomes.definitions import MS_PER_DAY, MS_PER_MINUTE, RATE_65, STANDARDISED, TIME_COLUMNS
from icsim.outcomes.definitions import SLOPE as SLOPE_SUFFIX
from icsim.outcomes.gaps import gap, slope_index
from icsim.outcomes.lifetable import (
    AGE_BANDS,
    LifeTableError,
    healthy_life_expectancy,
    life_expectancy,
    standardised_rate,
)
from icsim.results import Results

ALL_YEARS = "all years"
ALL = "all"
MARGINS = ("total", "quintile", "place", "sex", "age_band")
KEYS = ("scenario", "replication", "year", "place", "quintile", "sex", "age_band")
COLUMNS: dict[Any, Any] = {
    "replication": pl.Int64, "measure": pl.String, "year": pl.String, "margin": pl.String, "group": pl.String,
    "value": pl.Float64, "why_null": pl.String}
RATES = ("emergency_admissions", "care_home_entries")
"""Counts that are also reported per 100,000 residents aged 65 and over."""
STANDARDISE = ("emergency_admissions",)
"""Counts that are also age-standardised and compared between deprivation fifths."""


def values(results: Results) -> pl.DataFrame:
    """Every outcome of one scenario, by replication."""
    parts = [tallies(results.cells), rates(results.cells), per_resident(results.cells, results.population),
             waits(results.waits), occupancy(results.pools), by_age(results.cells)]
    return _in_order(pl.concat([part for part in parts if part.height]))


def _in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Outcomes as they came; within one: all years first, then margins from total to pool, groups by name."""
    measures = {name: at for at, name in enumerate(table["measure"].unique(maintain_order=True))}
    margins = {name: at for at, name in enumerate([*MARGINS, "quintile and sex", "pool"])}
    order = [pl.col("measure").replace_strict(measures), pl.col("year") != ALL_YEARS,
             pl.col("margin").replace_strict(margins), "year", "group", "replication"]
    return table.sort(order)


def _frame(rows: Iterable[tuple]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=COLUMNS, orient="row")


def _tidy(table: pl.DataFrame, why_null: str = "") -> pl.DataFrame:
    """Columns in order, and a null instead of NaN or infinity, with its reason."""
    value = pl.col("value").cast(pl.Float64)
    value = pl.when(value.is_finite()).then(value)
    reason = pl.when(value.is_null()).then(pl.lit(why_null)).otherwise(None)
    return table.with_columns(value.alias("value"), reason.alias("why_null")).select(*COLUMNS).cast(COLUMNS)


# --- counts and times -------------------------------------------------------------------------------------------------

def tallied(cells: pl.DataFrame) -> list[str]:
    """The columns of `cells` that the engine adds up."""
    return [name for name in cells.columns if name not in KEYS]


def margin_sums(cells: pl.DataFrame, margin: str) -> pl.DataFrame:
    """Sums of every tally by replication, year (and "all years") and one margin: int64, a row for every group.

    A group that is absent from a replication or year has no residents there: its sums are 0.
    """
    columns = tallied(cells)
    keyed = cells.with_columns(_group(margin))
    by_year = keyed.group_by("replication", "year", "group").agg(pl.col(columns).sum())
    whole = by_year.group_by("replication", "group").agg(pl.col(columns).sum()).with_columns(year=pl.lit(ALL_YEARS))
    sums = pl.concat([by_year, whole.select(by_year.columns)])
    return _every(sums).join(sums, on=["replication", "year", "group"], how="left").with_columns(
        pl.col(columns).fill_null(0), margin=pl.lit(margin))


def _group(margin: str) -> pl.Expr:
    return (pl.lit(ALL) if margin == "total" else pl.col(margin).cast(pl.String)).alias("group")


def _every(sums: pl.DataFrame) -> pl.DataFrame:
    """Every combination of the replications, years and groups that occur."""
    unique = [sums.select(name).unique() for name in ("replication", "year", "group")]
    return unique[0].join(unique[1], how="cross").join(unique[2], how="cross")


def tallies(cells: pl.DataFrame) -> pl.DataFrame:
    """Counts as they are; times in years or days, without `_ms` in their names. Σ over cells."""
    return pl.concat([_tallies(margin_sums(cells, margin), tallied(cells)) for margin in MARGINS])


def totals(cells: pl.DataFrame) -> pl.DataFrame:
    """The same for the whole area alone."""
    return _tallies(margin_sums(cells, "total"), tallied(cells))


def _tallies(sums: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    units = [_in_unit(name) for name in columns]
    keys = ["replication", "year", "margin", "group"]
    long = sums.select(*keys, *units).unpivot(index=keys, variable_name="measure", value_name="value")
    return _tidy(long)


def _in_unit(column: str) -> pl.Expr:
    if not column.endswith("_ms"):
        return pl.col(column).cast(pl.Float64)
    name, per_unit = TIME_COLUMNS.get(column, (column.removesuffix("_ms"), MS_PER_DAY))
    return (pl.col(column) / per_unit).alias(name)


def rates(cells: pl.DataFrame) -> pl.DataFrame:
    """100,000 × events / person-years of residents aged 65 and over, by every margin but age."""
    old = cells.filter(pl.col("age_band") >= "65-69")
    parts = [_rate(margin_sums(old, margin), name)
             for margin in MARGINS if margin != "age_band" for name in RATES if name in cells.columns]
    return pl.concat(parts) if parts else _frame([])


def _rate(sums: pl.DataFrame, name: str) -> pl.DataFrame:
    years = pl.col("person_time_ms") / TIME_COLUMNS["person_time_ms"][1]
    table = sums.with_columns(value=1e5 * pl.col(name) / years, measure=pl.lit(name + RATE_65))
    return _tidy(table, "no residents aged 65 and over")


def per_resident(cells: pl.DataFrame, population: pl.DataFrame) -> pl.DataFrame:
    """1,000 × healthy years / residents at the start of the run, by place, sex, quintile and in all."""
    start = population.filter(pl.col("date") == pl.col("date").min())
    parts = []
    for margin in ("total", "quintile", "place", "sex"):
        residents = start.with_columns(_group(margin)).group_by("replication", "group").agg(pl.col("residents").sum())
        sums = margin_sums(cells, margin).join(residents, on=["replication", "group"], how="left")
        healthy = pl.col("healthy_time_ms") / TIME_COLUMNS["healthy_time_ms"][1]
        parts.append(_tidy(sums.with_columns(value=1000 * healthy / pl.col("residents"),
                                             measure=pl.lit("healthy_years_per_1000")), "no residents at the start"))
    return pl.concat(parts)


# --- waits and servers ------------------------------------------------------------------------------------------------

def waits(table: pl.DataFrame) -> pl.DataFrame:
    """Mean (Σ time / cases), median and 90th centile in minutes, for all cases and by deprivation fifth."""
    parts = [_frame([])]
    for by_quintile in (False, True):
        group = pl.col("quintile").cast(pl.String) if by_quintile else pl.lit(ALL)
        keyed = table.with_columns(group=group)
        whole = keyed.with_columns(year=pl.lit(ALL_YEARS))
        margin = "quintile" if by_quintile else "total"
        parts.append(_waits(pl.concat([keyed, whole]), margin))
    return pl.concat(parts)


def _waits(table: pl.DataFrame, margin: str) -> pl.DataFrame:
    keys = ["replication", "measure", "year", "group"]
    rows: list[tuple] = []
    for key, part in table.sort(keys).group_by(keys, maintain_order=True):
        counts = np.zeros(buckets.BUCKETS, np.int64)
        np.add.at(counts, part["bucket"].to_numpy(), part["count"].to_numpy())
        rows += _wait_rows(key, margin, counts, int(part["sum_ms"].sum()))
    return _frame(rows)


def _wait_rows(key: tuple, margin: str, counts: np.ndarray, sum_ms: int) -> list[tuple]:
    replication, measure, year, group = key
    total = int(counts.sum())
    mean = sum_ms / total if total else None
    found = {"_mean": mean, "_p50": buckets.quantile(counts, 0.5), "_p90": buckets.quantile(counts, 0.9)}
    return [(replication, measure + suffix, year, margin, group, None if ms is None else ms / MS_PER_MINUTE,
             "no cases" if ms is None else None) for suffix, ms in found.items()]


def occupancy(pools: pl.DataFrame) -> pl.DataFrame:
    """By pool: 100 × busy / open server time, and minutes waited per arrival (Little 1961). Margin "pool"."""
    if not pools.height:
        return _frame([])
    columns = ["busy_ms", "open_ms", "waiting_ms", "arrivals"]
    by_year = pools.group_by("replication", "year", "pool").agg(pl.col(columns).sum())
    whole = by_year.group_by("replication", "pool").agg(pl.col(columns).sum()).with_columns(year=pl.lit(ALL_YEARS))
    sums = pl.concat([by_year, whole.select(by_year.columns)]).rename({"pool": "group"})
    sums = sums.with_columns(margin=pl.lit("pool"))
    busy = sums.with_columns(value=100 * pl.col("busy_ms") / pl.col("open_ms"), measure=pl.lit("occupancy"))
    wait = sums.with_columns(value=pl.col("waiting_ms") / MS_PER_MINUTE / pl.col("arrivals"),
                             measure=pl.lit("pool_wait_mean"))
    return pl.concat([_tidy(busy, "no limit on the number of servers, or never open"),
                      _tidy(wait, "nobody asked for it")])


# --- what needs the whole age structure -------------------------------------------------------------------------------

AGE_GROUPS = {"total": (), "quintile": ("quintile",), "sex": ("sex",), "quintile and sex": ("quintile", "sex")}
Equation = Callable[[dict[str, np.ndarray]], float]


def _equations(columns: list[str]) -> dict[str, Equation]:
    """Outcomes worked out from arrays by age band, by name."""
    found: dict[str, Equation] = {
        "life_expectancy": lambda age: life_expectancy(age["person_years"], age["deaths"]),
        "healthy_life_expectancy": lambda age: healthy_life_expectancy(
            age["person_years"], age["deaths"], age["healthy_years"]),
    }
    for name in STANDARDISE:
        if name in columns:
            found[name + STANDARDISED] = partial(_standardised, name)
    return found


def _standardised(name: str, age: dict[str, np.ndarray]) -> float:
    return standardised_rate(age[name], age["person_years"])


def by_age(cells: pl.DataFrame) -> pl.DataFrame:
    """Life expectancy, healthy life expectancy, standardised rates, their slope index and gap; all years together."""
    found = []
    for margin, by in AGE_GROUPS.items():
        for (replication, *group), age in _age_arrays(cells, by):
            label = " ".join(map(str, group)) or ALL
            found += [(replication, name, ALL_YEARS, margin, label, *_solve(equation, age))
                      for name, equation in _equations(cells.columns).items()]
    table = _frame(found)
    return pl.concat([table, inequality(table, margin_sums(cells, "quintile"))])


def _age_arrays(cells: pl.DataFrame, by: tuple[str, ...]) -> Iterable[tuple[tuple, dict[str, np.ndarray]]]:
    """(replication, *group) and its tallies as float64[19] by age band."""
    counts = ["deaths", *(name for name in STANDARDISE if name in cells.columns)]
    tallies = [*(_in_unit(name) for name in TIME_COLUMNS), *counts]
    sums = cells.group_by("replication", *by, "age_band").agg(pl.col([*TIME_COLUMNS, *counts]).sum())
    bands = pl.DataFrame({"age_band": AGE_BANDS})
    for key, part in sums.sort("replication", *by).group_by(["replication", *by], maintain_order=True):
        full = bands.join(part, on="age_band", how="left", maintain_order="left").select(tallies).fill_null(0)
        yield key, {name: full[name].to_numpy().astype(np.float64) for name in full.columns}


def _solve(equation: Equation, age: dict[str, np.ndarray]) -> tuple[float | None, str | None]:
    """Value and, where there is none, the reason."""
    try:
        return equation(age), None
    except LifeTableError as error:
        return None, str(error)


def inequality(table: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """Slope index and gap of every outcome that `table` gives by quintile; weights are person-time over all years."""
    lived = sums.filter(pl.col("year") == ALL_YEARS).select("replication", "group", "person_time_ms")
    fifths = table.filter(pl.col("margin") == "quintile").join(lived, on=["replication", "group"]).sort("group")
    rows: list[tuple] = []
    for (replication, measure), part in fifths.group_by(["replication", "measure"], maintain_order=True):
        slope, plain, why = _inequality(part)
        rows.append((replication, str(measure) + SLOPE_SUFFIX, ALL_YEARS, "total", ALL, slope, why))
        rows.append((replication, str(measure) + GAP_SUFFIX, ALL_YEARS, "total", ALL, plain, why))
    return _frame(rows)


def _inequality(part: pl.DataFrame) -> tuple[float | None, float | None, str | None]:
    if part["value"].null_count() or part.height < 2:
        missing = part.filter(pl.col("value").is_null())
        reason = missing["why_null"][0] if missing.height else "one deprivation fifth only"
        return None, None, f"not known for every deprivation fifth: {reason}"
    by_fifth, lived = part["value"].to_numpy(), part["person_time_ms"].to_numpy().astype(np.float64)
    return slope_index(by_fifth, lived), gap(by_fifth), None
