"""Which services cannot keep up, in which years, and how much they lack.

Demand grows as people age. Once it has outgrown the servers of a service, queues grow as long as patience allows, and what
a run says of later years says more about that than about the scenario. Such years are greyed in charts and left out of
headlines.

A service is **overloaded** in a year if, over all its pools with a limit and all replications together,

- more than LEFT of those who asked were not served (they gave up, died or left waiting, or the queue grew by them) while
  servers were in use for more than FULL of their time on duty; or
- the time waited per person who asked is more than TIMES_FIRST that of the first year, and more than WORTH of the time for
  which a server is then in use, while servers were in use for more than BUSY of their time on duty.

Where planned care shares the pools its waiting list counts for nothing: only the others do, and those of them who waited
longer than the longest limit of their measure stand for those not served. Services that turn people away when full by
design (falls vehicles, cafés, same-day care) are judged by their refusals, never here; nor are pools without a limit, or
closed throughout.

**Excess**: servers that would have been needed beside those on duty, as a mean over the year: what those not served would
have used; where nearly all are served in the end, and where planned care is served too, the number of people waiting at a
time (Little 1961).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from icsim.results import Comparison, Results, scenarios_of

LEFT, FULL = 0.10, 0.97
TIMES_FIRST, WORTH, BUSY = 2.0, 0.10, 0.85

WHOLE = "all"
"""Stands in column `pool` for the service as a whole."""
SCHEMA: dict[Any, Any] = {
    "scenario": pl.String, "service": pl.String, "pool": pl.String, "year": pl.String, "servers": pl.Float64,
    "excess": pl.Float64, "occupancy": pl.Float64, "not_served": pl.Float64, "times_first_year": pl.Float64}
"""servers: on duty, mean over the year; excess: servers lacking; occupancy, not_served: shares; times_first_year: time
waited per person against the first year, null where nobody waited then."""
_SUMS = ("busy_ms", "open_ms", "grants", "asked", "not_served", "lost_ms", "waited_ms")
MS_PER_DAY = 86_400_000


def overloaded(value: Results | Comparison) -> pl.DataFrame:
    """SCHEMA: overloaded years of every service of every scenario, as a whole and by pool; empty if all keep up."""
    return pl.concat([_overloaded(each) for each in scenarios_of(value)])


def keeping_up(value: Results | Comparison) -> tuple[str, ...]:
    """The years in which every service, as a whole, keeps up in every scenario."""
    found = overloaded(value)
    marked = set(found.filter(pl.col("pool") == WHOLE)["year"])
    return tuple(year for year in scenarios_of(value)[0].years if year not in marked)


def _overloaded(results: Results) -> pl.DataFrame:
    pools = _judged(results)
    if not pools.height:
        return pl.DataFrame(schema=SCHEMA)
    whole = pools.group_by("service", "year").agg(pl.col(_SUMS).sum()).with_columns(pool=pl.lit(WHOLE))
    table = _measured(pl.concat([whole.select(pools.columns), pools]), results)
    found = table.filter(_too_many_left() | _waits_much_longer())
    return found.with_columns(scenario=pl.lit(results.name)).select(*SCHEMA).cast(SCHEMA).sort("service", "pool", "year")


def _too_many_left() -> pl.Expr:
    return (pl.col("not_served") > LEFT) & (pl.col("occupancy") > FULL)


def _waits_much_longer() -> pl.Expr:
    longer = (pl.col("wait_ms") > TIMES_FIRST * pl.col("first_wait_ms")) & (pl.col("wait_ms") > WORTH * pl.col("use_ms"))
    return longer & (pl.col("occupancy") > BUSY)


def _judged(results: Results) -> pl.DataFrame:
    """service, year, pool and _SUMS over replications, of pools that can be overloaded."""
    services = results.provenance.get("services", {})
    refusing = [name for name, about in services.items() if about["refuses"]]
    pools = results.pools.filter((pl.col("open_ms") > 0) & ~pl.col("service").is_in(refusing))
    columns = ["busy_ms", "open_ms", "waiting_ms", "arrivals", "grants", "left_queue"]
    sums = pools.group_by("service", "year", "pool").agg(pl.col(columns).sum())
    grown = (pl.col("arrivals") - pl.col("grants")).clip(lower_bound=0)
    plain = sums.with_columns(asked=pl.col("arrivals"), not_served=grown, waited_ms=pl.col("waiting_ms"),
                              lost_ms=grown * pl.col("busy_ms") / pl.col("grants"))
    keys = ["service", "year", "pool"]
    return _without_planned(plain, results).select(*keys, pl.col(_SUMS).cast(pl.Float64).fill_nan(0.0)).sort(keys)


def _without_planned(plain: pl.DataFrame, results: Results) -> pl.DataFrame:
    """In pools that planned care shares, what is known of the others: those who were served, and how long they waited."""
    waits = results.pool_waits.filter(pl.col("measure").str.starts_with("wait:"))
    planned = pl.col("measure").is_in(results.provenance.get("yielding", []))
    shared = waits.filter(planned)["pool"].unique().to_list()
    sums = waits.with_columns(planned=planned, late=_over_longest(results.provenance.get("limits", {})))
    known = sums.group_by("year", "pool").agg(
        listed=pl.col("count").filter("planned").sum(), urgent_ms=pl.col("sum_ms").filter(~pl.col("planned")).sum(),
        late=pl.col("late").filter(~pl.col("planned")).sum())
    both = plain.join(known, on=["year", "pool"], how="left")
    both = both.with_columns(pl.col("listed", "urgent_ms", "late").fill_null(0))
    of_others = {"asked": pl.col("grants") - pl.col("listed"), "not_served": pl.col("late"), "lost_ms": pl.lit(0.0),
                 "waited_ms": pl.col("urgent_ms")}
    is_shared = pl.col("pool").is_in(shared)
    return both.with_columns(**{name: pl.when(is_shared).then(value).otherwise(pl.col(name))
                                for name, value in of_others.items()})


def _over_longest(limits: dict[str, list[int]]) -> pl.Expr:
    """How many took longer than the longest limit of their measure; 0 where it has none."""
    places = pl.col("measure").replace_strict({name: len(each) for name, each in limits.items()}, default=0,
                                              return_dtype=pl.Int64)
    over = pl.when(places == 1).then("over_1").when(places == 2).then("over_2").when(places == 3).then("over_3")
    return over.otherwise(0)


def _measured(table: pl.DataFrame, results: Results) -> pl.DataFrame:
    """Shares, waits and excess of each service and pool in each year."""
    spans = pl.col("year").replace_strict(_lengths_ms(results), return_dtype=pl.Float64) * results.replications
    table = table.with_columns(
        occupancy=pl.col("busy_ms") / pl.col("open_ms"), servers=pl.col("open_ms") / spans,
        not_served=_share(pl.col("not_served"), pl.col("asked")), wait_ms=_share(pl.col("waited_ms"), pl.col("asked")),
        use_ms=_share(pl.col("busy_ms"), pl.col("grants")),
        waiting=pl.col("waited_ms") / spans, lost=pl.col("lost_ms") / spans)
    many = (pl.col("not_served") > LEFT) & (pl.col("lost") > 0)
    table = table.with_columns(excess=pl.when(many).then("lost").otherwise("waiting"))
    first = pl.col("wait_ms").sort_by("year").first().over("service", "pool")
    return table.with_columns(first_wait_ms=first, times_first_year=pl.when(first > 0).then(pl.col("wait_ms") / first))


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole).otherwise(0.0)


def _lengths_ms(results: Results) -> dict[str, float]:
    """Length of each reporting year, from the dates of the censuses that bound it."""
    days = [date.fromisoformat(text) for text in sorted(results.population["date"].unique())]
    return {year: (end - start).days * MS_PER_DAY for year, start, end in zip(results.years, days, days[1:], strict=False)}
