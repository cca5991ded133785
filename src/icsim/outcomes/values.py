"""One value per replication for every outcome: the step between the engine's whole numbers and their summary.

Each function returns the frame COLUMNS: replication, measure, year ("all years", "headline years" or a label), margin,
group, value (float, null where there is none) and why_null. Margins: total, quintile, "local fifth", place, sex, age_band,
"quintile and sex" (residents); everybody, pool, service (non-residents as well); payer, "cost item" (of spend).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
import polars as pl

from icsim.outcomes import services
from icsim.outcomes.budgets import budgets
from icsim.outcomes.costs import ITEM, LINE, PAYER, spend
from icsim.outcomes.definitions import (
    EQUAL,
    GAP,
    LIFE_COLUMNS,
    LOCAL_GAP,
    MS_PER_DAY,
    RATE_65,
    RELATIVE,
    SLOPE,
    STANDARDISED,
    TIME_COLUMNS,
)
from icsim.outcomes.fifths import LOCAL_FIFTH, local_fifths, shared_out
from icsim.outcomes.gaps import equal_equivalent, gap, relative_index, slope_index
from icsim.outcomes.lifetable import (
    AGE_BANDS,
    LifeTableError,
    healthy_life_expectancy,
    life_expectancy,
    standardised_rate,
    weighted_share,
)
from icsim.outcomes.lifetime import lifetime
from icsim.outcomes.overload import keeping_up
from icsim.outcomes.spans import ALL_YEARS, HEADLINE_YEARS, spans, with_spans
from icsim.outcomes.staff import GROUP, months_of, staff
from icsim.outcomes.tidy import ALL, COLUMNS, frame, tidy
from icsim.results import Results

__all__ = ["ALL", "ALL_YEARS", "COLUMNS", "HEADLINE_YEARS", "values"]

MARGINS = ("total", "quintile", "place", "sex", "age_band")
ALL_MARGINS = (*MARGINS, LOCAL_FIFTH, "quintile and sex", services.EVERYBODY, "service", "pool", PAYER,
               ITEM, LINE, GROUP)
KEYS = ("scenario", "replication", "year", "place", "quintile", "sex", "age_band")
RATES = ("emergency_admissions", "fall_admissions", "care_home_entries")
"""Counts that are also reported per 100,000 residents aged 65 and over."""
STANDARDISE = ("emergency_admissions",)
"""Counts that are also age-standardised and compared between deprivation fifths."""
EQUAL_EQUIVALENTS = ("quality_adjusted_life_expectancy",)
"""Outcomes whose equally distributed equivalent is given."""


def values(results: Results, headline: Sequence[str] | None = None, expectancy: pl.DataFrame | None = None) -> pl.DataFrame:
    """Every outcome of one scenario, by replication.

    `headline`: its headline years; those that it keeps up in itself. `expectancy`: what those alive at the end have before
    them (`Results.expectancy` of the baseline); its own.
    """
    chosen = keeping_up(results) if headline is None else headline
    limits, cells = results.provenance.get("limits", {}), results.cells
    fifths = local_fifths(results.population)
    ahead = results.expectancy if expectancy is None else _with_moved(expectancy, results.expectancy)
    parts = [tallies(cells, chosen), rates(cells, chosen), per_resident(cells, results.population, chosen),
             services.everybody(cells, results.background, chosen),
             services.waits(results.waits, results.wait_sums, limits, chosen),
             services.waits_of_everybody(results.pool_waits, limits, chosen), services.pools(results.pools, chosen),
             by_age(cells, chosen, fifths),
             lifetime(cells, results.ends, ahead, fifths, results.provenance.get("discounting", {})),
             spend(totals(cells), results.pools, results.provenance.get("costs", ()), chosen),
             (held := budgets(results.ledger, results.provenance.get("lines", ()), chosen)),
             staff(held, months_of(results.ledger), results.provenance.get("lines", ()),
                   results.provenance.get("staff_needs", ()))]
    return _in_order(pl.concat([part for part in parts if part.height]))


def _with_moved(shared: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """What all scenarios are valued by, and what it adds to have been moved by a programme that only this one has."""
    return pl.concat([shared, own.join(shared, on=["quintile", "sex", "age", "state"], how="anti")])


def _in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Outcomes as they came; within one: years added up first, then margins from total to pool, groups by name."""
    measures = {name: at for at, name in enumerate(table["measure"].unique(maintain_order=True))}
    margins = {name: at for at, name in enumerate(ALL_MARGINS)}
    together = {ALL_YEARS: 0, HEADLINE_YEARS: 1}
    order = [pl.col("measure").replace_strict(measures), pl.col("year").replace_strict(together, default=2),
             pl.col("margin").replace_strict(margins), "year", "group", "replication"]
    return table.sort(order)


# --- counts and times -------------------------------------------------------------------------------------------------

def tallied(cells: pl.DataFrame) -> list[str]:
    """The columns of `cells` that the engine adds up."""
    return [name for name in cells.columns if name not in KEYS]


def margin_sums(cells: pl.DataFrame, margin: str, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Sums of every tally by replication, year (and years added up) and one margin: int64, a row for every group.

    A group that is absent from a replication or year has no residents there: its sums are 0.
    """
    columns = tallied(cells)
    keyed = cells.with_columns(_group(margin))
    by_year = keyed.group_by("replication", "year", "group").agg(pl.col(columns).sum())
    sums = with_spans(by_year, columns, headline)
    return _every(sums).join(sums, on=["replication", "year", "group"], how="left").with_columns(
        pl.col(columns).fill_null(0), margin=pl.lit(margin))


def _group(margin: str) -> pl.Expr:
    return (pl.lit(ALL) if margin == "total" else pl.col(margin).cast(pl.String)).alias("group")


def _every(sums: pl.DataFrame) -> pl.DataFrame:
    """Every combination of the replications, years and groups that occur."""
    unique = [sums.select(name).unique() for name in ("replication", "year", "group")]
    return unique[0].join(unique[1], how="cross").join(unique[2], how="cross")


def tallies(cells: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Counts as they are; times in years or days, without `_ms` in their names. Σ over cells. Delays as a share."""
    found = [margin_sums(cells, margin, headline) for margin in MARGINS]
    return pl.concat([*(_tallies(sums, tallied(cells)) for sums in found), *map(services.delays, found)])


def totals(cells: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """The same for the whole area alone."""
    return _tallies(margin_sums(cells, "total", headline), tallied(cells))


def _tallies(sums: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    units = [_in_unit(name) for name in columns]
    keys = ["replication", "year", "margin", "group"]
    long = sums.select(*keys, *units).unpivot(index=keys, variable_name="measure", value_name="value")
    return tidy(long)


def _in_unit(column: str) -> pl.Expr:
    if not column.endswith("_ms"):
        return pl.col(column).cast(pl.Float64)
    name, per_unit = TIME_COLUMNS.get(column, (column.removesuffix("_ms"), MS_PER_DAY))
    return (pl.col(column) / per_unit).alias(name)


def rates(cells: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """100,000 × events / person-years of residents aged 65 and over, by every margin but age."""
    old = cells.filter(pl.col("age_band") >= "65-69")
    parts = [_rate(margin_sums(old, margin, headline), name)
             for margin in MARGINS if margin != "age_band" for name in RATES if name in cells.columns]
    return pl.concat(parts) if parts else frame([])


def _rate(sums: pl.DataFrame, name: str) -> pl.DataFrame:
    years = pl.col("person_time_ms") / TIME_COLUMNS["person_time_ms"][1]
    table = sums.with_columns(value=1e5 * pl.col(name) / years, measure=pl.lit(name + RATE_65))
    return tidy(table, "no residents aged 65 and over")


def per_resident(cells: pl.DataFrame, population: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """1,000 × healthy years / residents at the start of the run, by place, sex, quintile and in all."""
    start = population.filter(pl.col("date") == pl.col("date").min())
    parts = []
    for margin in ("total", "quintile", "place", "sex"):
        residents = start.with_columns(_group(margin)).group_by("replication", "group").agg(pl.col("residents").sum())
        sums = margin_sums(cells, margin, headline).join(residents, on=["replication", "group"], how="left")
        healthy = pl.col("healthy_time_ms") / TIME_COLUMNS["healthy_time_ms"][1]
        parts.append(tidy(sums.with_columns(value=1000 * healthy / pl.col("residents"),
                                             measure=pl.lit("healthy_years_per_1000")), "no residents at the start"))
    return pl.concat(parts)


# --- what needs the whole age structure -------------------------------------------------------------------------------

AGE_GROUPS = {"total": (), "quintile": ("quintile",), "sex": ("sex",), "quintile and sex": ("quintile", "sex")}
BY = {**AGE_GROUPS, LOCAL_FIFTH: ("local_fifth",)}
"""Margin → the columns that it groups by."""
Equation = Callable[[dict[str, np.ndarray]], float]


def _equations(columns: list[str]) -> dict[str, Equation]:
    """Outcomes worked out from arrays by age band, by name."""
    found: dict[str, Equation] = {
        "life_expectancy": lambda age: life_expectancy(age["person_years"], age["deaths"]),
        "healthy_life_expectancy": lambda age: healthy_life_expectancy(
            age["person_years"], age["deaths"], age["healthy_years"]),
        "quality_adjusted_life_expectancy": lambda age: healthy_life_expectancy(
            age["person_years"], age["deaths"], age["qalys"]),
        "healthy_years_per_person_year": lambda age: weighted_share(age["healthy_years"], age["person_years"]),
    }
    for name in STANDARDISE:
        if name in columns:
            found[name + STANDARDISED] = partial(_standardised, name)
    return found


def _standardised(name: str, age: dict[str, np.ndarray]) -> float:
    return standardised_rate(age[name], age["person_years"])


def by_age(cells: pl.DataFrame, headline: Sequence[str], fifths: pl.DataFrame) -> pl.DataFrame:
    """Life expectancies, share of life in good health, standardised rates; slope and relative index, gaps; years added up
    only."""
    lived = margin_sums(cells, "quintile", headline)
    parts = []
    for year, part in spans(cells, headline):
        table = frame([row for margin in AGE_GROUPS for row in _by_age(part, year, margin)])
        local = frame(_by_age(_local(part, fifths), year, LOCAL_FIFTH))
        parts += [table, local, inequality(table, lived.filter(pl.col("year") == year), year), local_gaps(local)]
    return pl.concat(parts)


def _local(cells: pl.DataFrame, fifths: pl.DataFrame) -> pl.DataFrame:
    """Tallies by replication, local fifth and age band, a quintile's shared out between its fifths."""
    columns = _tallies_by_age(cells)
    by_quintile = cells.group_by("replication", "quintile", "age_band").agg(pl.col(columns).sum())
    return shared_out(by_quintile, columns, fifths).sort("replication", "local_fifth", "quintile", "age_band")


def _by_age(cells: pl.DataFrame, year: str, margin: str) -> Iterable[tuple]:
    for (replication, *group), age in _age_arrays(cells, BY[margin]):
        label = " ".join(map(str, group)) or ALL
        for name, equation in _equations(cells.columns).items():
            yield (replication, name, year, margin, label, *_solve(equation, age))


def _age_arrays(cells: pl.DataFrame, by: tuple[str, ...]) -> Iterable[tuple[tuple, dict[str, np.ndarray]]]:
    """(replication, *group) and its tallies as float64[19] by age band."""
    columns = _tallies_by_age(cells)
    tallies = [_in_unit(name) for name in columns]
    sums = cells.group_by("replication", *by, "age_band").agg(pl.col(columns).sum())
    bands = pl.DataFrame({"age_band": AGE_BANDS})
    for key, part in sums.sort("replication", *by).group_by(["replication", *by], maintain_order=True):
        full = bands.join(part, on="age_band", how="left", maintain_order="left").select(tallies).fill_null(0)
        yield key, {name: full[name].to_numpy().astype(np.float64) for name in full.columns}


def _tallies_by_age(cells: pl.DataFrame) -> list[str]:
    return [*LIFE_COLUMNS, "deaths", *(name for name in STANDARDISE if name in cells.columns)]


def _solve(equation: Equation, age: dict[str, np.ndarray]) -> tuple[float | None, str | None]:
    """Value and, where there is none, the reason."""
    try:
        return equation(age), None
    except LifeTableError as error:
        return None, str(error)


def inequality(table: pl.DataFrame, sums: pl.DataFrame, year: str = ALL_YEARS) -> pl.DataFrame:
    """Slope and relative index, gap, equal equivalent of what `table` gives by quintile; weights: person-time in `sums`."""
    lived = sums.select("replication", "group", "person_time_ms")
    fifths = table.filter(pl.col("margin") == "quintile").join(lived, on=["replication", "group"]).sort("group")
    rows: list[tuple] = []
    for (replication, measure), part in fifths.group_by(["replication", "measure"], maintain_order=True):
        endings = [SLOPE, RELATIVE, GAP, *([EQUAL] if measure in EQUAL_EQUIVALENTS else [])]
        found, why = _inequality(part, endings)
        rows += [(replication, str(measure) + ending, year, "total", ALL, found.get(ending), why) for ending in endings]
    return tidy_reasons(frame(rows))


_INDICES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    SLOPE: slope_index, RELATIVE: relative_index, GAP: lambda values, _: gap(values), EQUAL: equal_equivalent}


def _inequality(part: pl.DataFrame, endings: Sequence[str]) -> tuple[dict[str, float], str | None]:
    if why := _unknown(part):
        return {}, why
    by_fifth, lived = part["value"].to_numpy(), part["person_time_ms"].to_numpy().astype(np.float64)
    return {ending: _INDICES[ending](by_fifth, lived) for ending in endings}, None


def _unknown(part: pl.DataFrame) -> str | None:
    """Why fifths cannot be compared, if they cannot."""
    if not part["value"].null_count() and part.height > 1:
        return None
    missing = part.filter(pl.col("value").is_null())
    return f"not known for every deprivation fifth: {missing['why_null'][0] if missing.height else 'one fifth only'}"


def tidy_reasons(table: pl.DataFrame) -> pl.DataFrame:
    """The same without values that are not finite: those of an outcome that is 0 in every fifth."""
    finite = pl.col("value").is_finite() | pl.col("value").is_null()
    return table.with_columns(pl.when(finite).then("value"),
                              why_null=pl.when(finite).then("why_null").otherwise(pl.lit("the mean is 0")))


def local_gaps(table: pl.DataFrame) -> pl.DataFrame:
    """Gap between the fifths of the area's own residents, of every outcome in `table`."""
    rows: list[tuple] = []
    keys = ["replication", "measure", "year"]
    for (replication, measure, year), part in table.sort("group").group_by(keys, maintain_order=True):
        why = _unknown(part)
        found = None if why else gap(part["value"].to_numpy())
        rows.append((replication, f"{measure}{LOCAL_GAP}", year, "total", ALL, found, why))
    return frame(rows)
