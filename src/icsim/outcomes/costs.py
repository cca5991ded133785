"""What activity costs, by who pays: quantities × unit costs, in pence of one price year.

    spend = Σ quantity × unit cost

A quantity is a count or time of residents that results report, people who begin a programme, or hours in which servers of a
service are busy or on duty. Each item is rounded to whole pence, in each year of each replication, so that payers, years and
their total tie out exactly. These are mean costs of activity: what a change of them says is capacity, not cash, until wards
close and budgets move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from icsim.catalogue.costs import HOURS
from icsim.catalogue.programmes import counted
from icsim.outcomes.definitions import MS_PER_HOUR
from icsim.outcomes.spans import TOGETHER, with_spans
from icsim.outcomes.tidy import ALL, frame, measured

SPEND = "spend"
PAYER, ITEM, LINE = "payer", "cost item", "budget line"
"""Margins: by who pays, by what is paid for, and by the budget that it is paid from."""
PENCE = 100
Cost = Mapping[str, Any]
"""cost, label, per, payer, unit, pence: a row of the catalogue, in the price year (`provenance["costs"]`)"""


def spend(totals: pl.DataFrame, pools: pl.DataFrame, costs: Sequence[Cost], headline: Sequence[str] = ()) -> pl.DataFrame:
    """Pounds by replication and year: all together, by payer and by item.

    totals: tidy outcomes of the whole area, years added up or not; pools: `Results.pools`.
    """
    if not costs or not totals.height:
        return frame([])
    found = pl.concat([_of_counts(totals, costs), _of_pools(pools, costs), _nothing(totals, costs)])
    line = pl.DataFrame([(cost["cost"], cost.get("line") or None) for cost in costs],
                        schema={"cost": pl.String, "line": pl.String}, orient="row")
    margins = (("total", pl.lit(ALL)), (PAYER, pl.col("payer")), (ITEM, pl.col("cost")), (LINE, pl.col("line")))
    parts = [found.join(line, on="cost").with_columns(margin=pl.lit(margin), group=group).drop_nulls("group")
             .group_by("replication", "year", "margin", "group").agg(pl.col("pence").sum()) for margin, group in margins]
    sums = with_spans(pl.concat(parts), ["pence"], headline)
    return measured(sums, SPEND, pl.col("pence") / PENCE)


def _nothing(totals: pl.DataFrame, costs: Iterable[Cost]) -> pl.DataFrame:
    """No pence of every item in every year, so that a programme which only one of two scenarios has can be compared."""
    every = pl.DataFrame([(cost["cost"], cost["payer"]) for cost in costs], schema=["cost", "payer"], orient="row")
    years = _by_year(totals).select("replication", "year").unique()
    return years.join(every, how="cross").with_columns(pence=pl.lit(0, pl.Int64))


def _by_year(totals: pl.DataFrame) -> pl.DataFrame:
    return totals.filter(~pl.col("year").is_in(list(TOGETHER)))


def _of_counts(totals: pl.DataFrame, costs: Iterable[Cost]) -> pl.DataFrame:
    """What is counted in residents, or timed in days."""
    known = {_measure(cost): cost for cost in costs if not _of_servers(cost)}
    named = _by_year(totals).filter(pl.col("measure").is_in(list(known)))
    return _priced(named.rename({"value": "quantity"}), known, "measure")


def _measure(cost: Cost) -> str:
    kind, _, name = cost["per"].partition(" ")
    return counted(name, "begun") if kind == "programme" else name


def _of_servers(cost: Cost) -> bool:
    return cost["per"].startswith(("busy ", "open "))


def _of_pools(pools: pl.DataFrame, costs: Iterable[Cost]) -> pl.DataFrame:
    """Time in which servers are busy, or on duty where their number is limited."""
    hours = pools.group_by("replication", "year", "service").agg(
        (pl.col("busy_ms").sum() / MS_PER_HOUR).alias("busy"), (pl.col("open_ms").sum() / MS_PER_HOUR).alias("open"))
    long = hours.unpivot(["busy", "open"], index=["replication", "year", "service"], variable_name="how",
                         value_name="quantity").with_columns(per=pl.format("{} {}", "how", "service"))
    return _priced(long, {cost["per"]: cost for cost in costs if _of_servers(cost)}, "per")


def _priced(table: pl.DataFrame, known: Mapping[str, Cost], column: str) -> pl.DataFrame:
    """Whole pence of each row of `table`, whose `column` says which cost it has; the quantity of servers is in hours."""
    each = [(key, cost["cost"], cost["payer"], cost["pence"] / (HOURS[cost["unit"]] if _of_servers(cost) else 1.0))
            for key, cost in known.items()]
    price = pl.DataFrame(each, schema={column: pl.String, "cost": pl.String, "payer": pl.String, "price": pl.Float64},
                         orient="row")
    both = table.join(price, on=column)
    return both.select("replication", "year", "cost", "payer",
                       (pl.col("quantity") * pl.col("price")).round().cast(pl.Int64).alias("pence"))
