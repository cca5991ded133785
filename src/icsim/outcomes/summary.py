"""From one value per replication to the tidy table that people read: levels, and paired differences from the baseline.

Percentiles and chances need at least 100 draws; below that a mean stands with its Monte-Carlo error. What cannot be
given is null and `why_null` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import polars as pl

from icsim.outcomes.definitions import RESIDENTS, Words, words
from icsim.outcomes.overload import keeping_up
from icsim.outcomes.services import EVERYBODY
from icsim.outcomes.values import values
from icsim.results import Comparison, Results, scenarios_of

ENOUGH_DRAWS = 100
KEYS = ["measure", "year", "margin", "group"]
ALL_PATIENTS = "all patients"
LEVEL, DIFFERENCE = "level", "difference"
SCHEMA: dict[Any, Any] = {
    "kind": pl.String, "scenario": pl.String, "measure": pl.String, "label": pl.String, "unit": pl.String,
    "population": pl.String, "better": pl.String, "year": pl.String, "margin": pl.String, "group": pl.String,
    "baseline": pl.Float64, "mean": pl.Float64, "median": pl.Float64, "p10": pl.Float64, "p90": pl.Float64,
    "mc_error": pl.Float64, "relative_change": pl.Float64, "prob_better": pl.Float64, "replications": pl.Int64,
    "price_year": pl.String, "discounting": pl.String, "version": pl.String, "hash": pl.String, "why_null": pl.String,
}
"""Columns of the summary. kind "level": the outcome itself; "difference": scenario minus baseline, pair by pair.

`baseline` is the mean of the baseline over the same replications (differences only) and `relative_change` the mean
difference divided by it; `replications` counts pairs in a difference; `mc_error` is the standard error of `mean`;
`prob_better` is the share of pairs in which the scenario is better.
"""


def summary(value: Results | Comparison, speak: Words | None = None) -> pl.DataFrame:
    """Every outcome of every scenario, then every paired difference: SCHEMA, in the order of scenarios and outcomes.

    `year` is a label, "all years", or "headline years": those in which every service keeps up in every scenario.
    """
    speak, headline = speak or words(), keeping_up(value)
    first = scenarios_of(value)[0]
    found = {each.name: values(each, headline, first.expectancy) for each in scenarios_of(value)}
    parts = [_levels(found[each.name], each, speak) for each in scenarios_of(value)]
    if isinstance(value, Comparison):
        base = found[value.base.name]
        parts += [_differences(base, found[each.name], each, speak) for each in value.alternatives]
    return pl.concat(parts)


def paired(base: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Values of two scenarios side by side, replication by replication: `base`, `other`, `value` = other − base."""
    on = ["replication", *KEYS]
    both = base.join(other, on=on, how="full", coalesce=True, suffix="_other", maintain_order="left_right")
    why = pl.coalesce("why_null", "why_null_other")
    missing = pl.col("value").is_null() | pl.col("value_other").is_null()
    return both.select(*on, base=pl.col("value"), other=pl.col("value_other"),
                       value=pl.col("value_other") - pl.col("value"),
                       why_null=pl.when(missing).then(why.fill_null("no cases in one of the two scenarios")))


def _levels(table: pl.DataFrame, results: Results, speak: Words) -> pl.DataFrame:
    stats = _statistics(table, table["replication"].n_unique())
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in ("baseline", "relative_change", "prob_better")]
    return _finish(stats.with_columns(*nothing), LEVEL, results, speak)


def _differences(base: pl.DataFrame, other: pl.DataFrame, results: Results, speak: Words) -> pl.DataFrame:
    """Statistics of the paired difference with common random numbers (Law 2015, section 11.2)."""
    pairs = paired(base, other)
    extra = [pl.col("base").mean().alias("baseline"), (pl.col("value") < 0).mean().alias("share_lower"),
             (pl.col("value") > 0).mean().alias("share_higher")]
    stats = _statistics(pairs, pairs["replication"].n_unique(), extra)
    better = _column(stats, speak, "better")
    chance = (pl.when(better == "lower").then(pl.col("share_lower"))
              .when(better == "higher").then(pl.col("share_higher")))
    stats = stats.with_columns(
        relative_change=pl.when(pl.col("baseline") != 0).then(pl.col("mean") / pl.col("baseline")),
        prob_better=pl.when(pl.col("replications") >= ENOUGH_DRAWS).then(chance),
    ).with_columns(baseline=pl.when(pl.col("mean").is_not_null()).then(pl.col("baseline")))
    no_change = (pl.col("baseline") == 0, "no relative change from a baseline of 0")
    return _finish(stats.with_columns(_reasons([_reason(), no_change])), DIFFERENCE, results, speak)


def _statistics(table: pl.DataFrame, replications: int, extra: list[pl.Expr] | None = None) -> pl.DataFrame:
    """Mean, median, p10, p90 and the standard error of the mean over replications, by KEYS.

    An outcome that has no value in some replication has no statistics: leaving that replication out would mislead.
    """
    value = pl.col("value")
    columns = [value.mean().alias("mean"), value.median().alias("median"), value.quantile(0.1, "linear").alias("p10"),
               value.quantile(0.9, "linear").alias("p90"), value.std().alias("sd"), value.count().alias("counted"),
               pl.col("why_null").drop_nulls().first().alias("why_null"), *(extra or [])]
    stats = table.group_by(KEYS, maintain_order=True).agg(columns)
    whole, enough = pl.col("counted") == replications, pl.lit(replications >= ENOUGH_DRAWS)
    return stats.with_columns(
        *[pl.when(whole).then(pl.col(name)) for name in ("mean", "median")],
        *[pl.when(whole & enough).then(pl.col(name)) for name in ("p10", "p90")],
        mc_error=pl.when(whole & (replications > 1)).then(pl.col("sd") / replications**0.5),
        replications=pl.lit(replications, pl.Int64),
        why_null=_reasons(_shortfalls(whole, replications)),
    )


def _shortfalls(whole: pl.Expr, replications: int) -> list[tuple[pl.Expr, pl.Expr | str]]:
    """(when, reason) for everything that statistics may lack."""
    missing = pl.format("no value in {} of {} replications: {}", replications - pl.col("counted"), pl.lit(replications),
                        pl.col("why_null").fill_null("no cases"))
    few = pl.lit(replications < ENOUGH_DRAWS)
    return [(~whole, missing),
            (few, f"percentiles and chances need {ENOUGH_DRAWS} draws, there are {replications}"),
            (pl.lit(replications == 1), "a Monte-Carlo error needs 2 replications")]


def _reason() -> tuple[pl.Expr, pl.Expr]:
    """The reasons found so far, to be carried on."""
    return pl.col("why_null").is_not_null(), pl.col("why_null")


def _reasons(found: list[tuple[pl.Expr, pl.Expr | str]]) -> pl.Expr:
    """The reasons that apply, joined by "; ", or null."""
    texts = [pl.when(when).then(pl.lit(why) if isinstance(why, str) else why) for when, why in found]
    joined = pl.concat_str(texts, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined).alias("why_null")


def _finish(stats: pl.DataFrame, kind: str, results: Results, speak: Words) -> pl.DataFrame:
    """Add what to call each row and where it comes from, and put the columns in order."""
    named = {name: _column(stats, speak, name) for name in ("label", "unit", "population", "better")}
    return stats.with_columns(
        **named, kind=pl.lit(kind), scenario=pl.lit(results.name), price_year=pl.lit(None, pl.String),
        discounting=_discounting(stats, results), version=pl.lit(str(results.provenance.get("version", ""))),
        hash=pl.lit(results.content_hash),
    ).with_columns(population=_who()).select(*SCHEMA).cast(SCHEMA)


def _discounting(stats: pl.DataFrame, results: Results) -> pl.Expr:
    """By which rates each row is discounted, in words; "none" where it is not."""
    schemes = results.provenance.get("discounting", {})
    found = {name: next((_rates(about) for scheme, about in schemes.items() if name.endswith(f"_{scheme}")), "none")
             for name in stats["measure"].unique().to_list()}
    return pl.col("measure").replace_strict(found, return_dtype=pl.String)


def _rates(about: Mapping[str, Any]) -> str:
    """As in "Green Book 2022: 1.5 % a year, from year 31 1.29 %"."""
    (_, first), *later = about["schedule"]
    steps = [f"{100 * first:g} % a year", *(f"from year {year} {100 * rate:g} %" for year, rate in later)]
    return f"{about['label']}: {', '.join(steps)}"


def _who() -> pl.Expr:
    """Whom a row is of: what the catalogue counts for all patients has rows for residents alone as well."""
    everybody = pl.col("margin").is_in([EVERYBODY, "pool", "service"])
    of_all = pl.col("population") == ALL_PATIENTS
    return (pl.when(of_all & ~everybody).then(pl.lit(RESIDENTS))
            .when((pl.col("population") == RESIDENTS) & everybody).then(pl.lit(ALL_PATIENTS)).otherwise("population"))


def _column(stats: pl.DataFrame, speak: Words, field: str) -> pl.Expr:
    """One field of the words of each row's measure."""
    spoken = {name: getattr(speak[name], field) for name in stats["measure"].unique().to_list()}
    return pl.col("measure").replace_strict(spoken, return_dtype=pl.String)


def look(table: pl.DataFrame, **keys: str) -> pl.DataFrame:
    """The rows of a summary with these keys, as in look(table, measure="deaths", year="all years")."""
    return table.filter(reduce(lambda a, b: a & b, [pl.col(name) == value for name, value in keys.items()]))
