"""Staff that budgets ask for: whole-time posts for the servers and places that lines pay for.

    staff = Σ servers or places a month × posts for one

Servers and places follow from the ledger: what a line holds over the cost of one. Of a service that gives, what has left is
only a part of what its servers cost, so that what stays of it (buildings, management) is no server; nor is money that is not
enough for one. How many servers nobody is found to staff stands there as well, as money for vacant posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from icsim.outcomes.budgets import BUDGET, GIVEN, UNSPENT
from icsim.outcomes.costs import LINE, PENCE
from icsim.outcomes.spans import TOGETHER
from icsim.outcomes.tidy import ALL, frame, measured

STAFF, GROUP = "staff_needed", "staff"
MONTHS = 12


def staff(budgets: pl.DataFrame, months: pl.DataFrame, lines: Sequence[Mapping[str, Any]],
          needs: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Whole-time posts by replication and year, mean over the year: all together and by group.

    budgets: `outcomes.budgets.budgets`; months: year, months (of it that were run); lines, needs: `provenance["lines"]`,
    `["staff_needs"]` (line, staff, value).
    """
    priced = {row["line"]: row for row in lines if row["unit_pence"]}
    rows = [(need["line"], need["staff"], measure, need["value"] * line.get("hours", 1.0) * each)
            for need in needs if (line := priced.get(need["line"])) for measure, each in _servers(line).items()]
    if not rows or not budgets.height:
        return frame([])
    each = pl.DataFrame(rows, schema={"group": pl.String, "staff": pl.String, "measure": pl.String, "posts": pl.Float64},
                        orient="row")
    held = budgets.filter((pl.col("margin") == LINE) & ~pl.col("year").is_in(list(TOGETHER)))
    posts = held.join(each, on=["group", "measure"]).join(months, on="year").with_columns(
        value=pl.col("value") * pl.col("posts") * MONTHS / pl.col("months"))
    margins = (("total", pl.lit(ALL)), (GROUP, pl.col("staff")))
    parts = [posts.with_columns(margin=pl.lit(margin), group=group).group_by("replication", "year", "margin", "group")
             .agg(pl.col("value").sum()) for margin, group in margins]
    return measured(pl.concat(parts), STAFF, pl.col("value"))


def _servers(line: Mapping[str, Any]) -> dict[str, float]:
    """Measure → servers (or places a month) for each pound a year of it."""
    one = units(line, 1.0)
    if line["kind"] != "service":
        return {BUDGET: one}
    gives = PENCE * line["step"] / line["step_pence"] if line.get("step_pence") else one
    return {BUDGET: one, GIVEN: one - gives, UNSPENT: -one}


def units(line: Mapping[str, Any], pounds: float) -> float:
    """Servers, or places a month, that so many pounds a year pay for; line: of `provenance["lines"]`."""
    return pounds * PENCE / line["unit_pence"] / (MONTHS if line["kind"] == "programme" else 1)


def months_of(ledger: pl.DataFrame) -> pl.DataFrame:
    """year, months: how many months of each year the ledger has."""
    return ledger.group_by("year").agg(months=pl.col("month").n_unique().cast(pl.Float64))
