"""Staff that budgets ask for: whole-time posts for the servers and places that lines pay for.

    staff = Σ servers or places a month × posts for one

Servers and places follow from the ledger: what a line holds over the cost of one. How many of them nobody is found to staff
stands there as well, as money for vacant posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from icsim.outcomes.budgets import BUDGET
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
    rows = [(need["line"], need["staff"], need["value"] * line.get("hours", 1.0) * units(line, 1.0))
            for need in needs if (line := priced.get(need["line"]))]
    if not rows or not budgets.height:
        return frame([])
    each = pl.DataFrame(rows, schema={"group": pl.String, "staff": pl.String, "posts": pl.Float64}, orient="row")
    held = budgets.filter((pl.col("measure") == BUDGET) & (pl.col("margin") == LINE) & ~pl.col("year").is_in(list(TOGETHER)))
    posts = held.join(each, on="group").join(months, on="year").with_columns(
        value=pl.col("value") * pl.col("posts") * MONTHS / pl.col("months"))
    margins = (("total", pl.lit(ALL)), (GROUP, pl.col("staff")))
    parts = [posts.with_columns(margin=pl.lit(margin), group=group).group_by("replication", "year", "margin", "group")
             .agg(pl.col("value").sum()) for margin, group in margins]
    return measured(pl.concat(parts), STAFF, pl.col("value"))


def units(line: Mapping[str, Any], pounds: float) -> float:
    """Servers, or places a month, that so many pounds a year pay for; line: of `provenance["lines"]`."""
    return pounds * PENCE / line["unit_pence"] / (MONTHS if line["kind"] == "programme" else 1)


def months_of(ledger: pl.DataFrame) -> pl.DataFrame:
    """year, months: how many months of each year the ledger has."""
    return ledger.group_by("year").agg(months=pl.col("month").n_unique().cast(pl.Float64))
