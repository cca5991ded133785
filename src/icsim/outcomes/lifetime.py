"""Life years, healthy years and quality-adjusted years within the horizon and over a lifetime, and what they count for.

    within the horizon     H(D) = Σ D(t) · what residents lived in year t of the run
    remaining              R(D) = Σ residents alive at the end × E(D; sex, quintile, age, state)
    lifetime               H(D) + R(D)

E is expected from the baseline's natural history (`Results.expectancy`; how: `residents/expectancy.py`), the same for every
scenario that is compared; scenarios differ in who is alive at the end, and in which state. D(t) is what the end of year t
counts for, from the start of the run on, in the remaining years as well (`catalogue/discounting.py`); 1 where nothing is
discounted. What residents may have after they move away is in R, as if they had stayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from icsim.catalogue.discounting import factors
from icsim.outcomes.definitions import LIFE_COLUMNS, LIFETIME, REMAINING
from icsim.outcomes.fifths import LOCAL_FIFTH, shared_out
from icsim.outcomes.spans import ALL_YEARS
from icsim.outcomes.tidy import ALL, frame, tidy

MARGINS = ("total", "quintile", LOCAL_FIFTH, "place", "sex")
Schemes = Mapping[str, Mapping[str, Any]]
"""Scheme → "label" and "schedule", as in `provenance["discounting"]`."""
NONE = ""


def lifetime(cells: pl.DataFrame, ends: pl.DataFrame, expectancy: pl.DataFrame, fifths: pl.DataFrame,
             schemes: Schemes) -> pl.DataFrame:
    """Measures of life by replication and margin, over all years of the run and beyond.

    Named by base (person_years, healthy_years, qalys), then _remaining or _lifetime, then the scheme of discounting. The
    bases themselves, undiscounted within the horizon, are among the tallies already and are left out here.
    """
    lived, ahead = _lived(cells, schemes), _ahead(ends, expectancy)
    columns = [name for name in lived.columns if name in ahead.columns and name not in _KEYS]
    parts = [_of_margin(lived, ahead, columns, margin, fifths) for margin in MARGINS] if columns else []
    return pl.concat(parts) if parts else frame([])


_KEYS = ["replication", "place", "quintile", "sex"]


def _lived(cells: pl.DataFrame, schemes: Schemes) -> pl.DataFrame:
    """_KEYS, then each base and scheme: years lived within the horizon, in millionths."""
    years = sorted(cells["year"].unique().to_list())
    by_year = cells.group_by(*_KEYS, "year").agg(pl.col(list(LIFE_COLUMNS)).sum())
    columns = []
    for scheme, schedule in {NONE: (), **{name: each["schedule"] for name, each in schemes.items()}}.items():
        counts = dict(zip(years, factors(schedule, len(years)).tolist(), strict=True))
        count = pl.col("year").replace_strict(counts, return_dtype=pl.Float64)
        columns += [_fixed(pl.col(column) / per_unit * count).sum().alias(_named(base, scheme))
                    for column, (base, per_unit) in LIFE_COLUMNS.items()]
    return by_year.group_by(_KEYS).agg(columns)


def _ahead(ends: pl.DataFrame, expectancy: pl.DataFrame) -> pl.DataFrame:
    """_KEYS, then each base and scheme: years that residents alive at the end still have before them, in millionths."""
    keys = ["quintile", "sex", "age", "state"]
    columns = [name for name in expectancy.columns if name not in ("scenario", *keys)]
    both = ends.join(expectancy.drop("scenario"), on=keys)
    return both.group_by(_KEYS).agg((_fixed(pl.col(columns)) * pl.col("residents")).sum())


_PART = 1e6
"""Parts of a year that are added up as whole numbers, so that no sum depends on the order of rows."""


def _fixed(years: pl.Expr) -> pl.Expr:
    return (years * _PART).round().cast(pl.Int64)


def _named(base: str, scheme: str) -> str:
    return base + (f"_{scheme}" if scheme else "")


def _of_margin(lived: pl.DataFrame, ahead: pl.DataFrame, columns: list[str], margin: str,
               fifths: pl.DataFrame) -> pl.DataFrame:
    """Within the horizon where discounted, remaining and lifetime, by one margin."""
    horizon, remaining = (_summed(table, columns, margin, fifths) for table in (lived, ahead))
    both = horizon.join(remaining, on=["replication", "group"], how="left", suffix=REMAINING)
    both = both.with_columns(pl.col(f"{name}{REMAINING}").fill_null(0.0) for name in columns)
    parts = []
    for name in columns:
        base = next(each for each, _ in LIFE_COLUMNS.values() if name.startswith(each))
        scheme, later = name.removeprefix(base), pl.col(f"{name}{REMAINING}")
        found = {base + REMAINING + scheme: later, base + LIFETIME + scheme: pl.col(name) + later}
        parts += [pl.col(name)] if scheme else []
        parts += [value.alias(measure) for measure, value in found.items()]
    keys = ["replication", "group"]
    long = both.select(*keys, *parts).unpivot(index=keys, variable_name="measure", value_name="value")
    return tidy(long.with_columns(year=pl.lit(ALL_YEARS), margin=pl.lit(margin)))


def _summed(table: pl.DataFrame, columns: list[str], margin: str, fifths: pl.DataFrame) -> pl.DataFrame:
    """Sums of columns by replication and group of a margin."""
    if margin == LOCAL_FIFTH:
        by_quintile = table.group_by("replication", "quintile").agg(pl.col(columns).sum())
        table = shared_out(by_quintile, columns, fifths).sort("replication", "quintile", "local_fifth")
    by = pl.lit(ALL) if margin == "total" else pl.col(margin.replace(" ", "_")).cast(pl.String)
    sums = table.with_columns(by.alias("group")).group_by("replication", "group").agg(pl.col(columns).sum())
    return sums.with_columns(pl.col(columns) / _PART)
