"""The budget ledger by year: what lines hold, what moves between them, and what has not come free.

    budget = opening + received − given

Whole pence of every month add up to years, lines to payers, payers to the total. In the total nothing is moved: what one
line gives another receives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from icsim.outcomes.costs import LINE, PAYER, PENCE
from icsim.outcomes.spans import with_spans
from icsim.outcomes.tidy import ALL, frame, measured

BUDGET, RECEIVED, GIVEN = "budget", "money_received", "money_given"
VACANT, UNSPENT = "money_vacant", "money_unspent"
OPENING, MOVED, DOUBLE_RUNNING = "opening", "moved", "double_running"
BESIDE = {"planned": "money_planned", MOVED: "money_freed", "stranded": "money_stranded", "unspent": UNSPENT,
          "vacant": VACANT, DOUBLE_RUNNING: "money_double_running"}
"""Kind of entry → the measure that reports it on its own."""
TRANSFERS = (MOVED, DOUBLE_RUNNING)


def budgets(ledger: pl.DataFrame, lines: Sequence[Mapping[str, Any]], headline: Sequence[str] = ()) -> pl.DataFrame:
    """Pounds by replication and year: all together, by payer and by budget line.

    ledger: `Results.ledger`; lines: line, payer (`provenance["lines"]`).
    """
    if not ledger.height:
        return frame([])
    payer = pl.DataFrame([(row["line"], row["payer"]) for row in lines], schema=["line", "payer"], orient="row")
    found = pl.concat(_parts(ledger)).join(payer, on="line")
    found = pl.concat([found.select(_COLUMNS), _nothing(ledger, payer)])
    margins = (("total", pl.lit(ALL)), (PAYER, pl.col("payer")), (LINE, pl.col("line")))
    parts = [found.with_columns(margin=pl.lit(margin), group=group)
             .group_by("replication", "year", "measure", "margin", "group").agg(pl.col("pence").sum())
             for margin, group in margins]
    sums = with_spans(pl.concat(parts), ["pence"], headline)
    return measured(sums, pl.col("measure"), pl.col("pence") / PENCE)


_COLUMNS = ["replication", "year", "line", "payer", "measure", "pence"]


def _parts(ledger: pl.DataFrame) -> list[pl.DataFrame]:
    """Entries as measures of one line each."""
    opening, moves = ledger.filter(pl.col("kind") == OPENING), ledger.filter(pl.col("kind").is_in(TRANSFERS))
    beside = ledger.filter(pl.col("kind").is_in(list(BESIDE)))
    held = pl.when(pl.col("kind").is_in(["unspent", "vacant"])).then("receiver").otherwise("giver")
    return [
        _of(opening, pl.col("receiver"), BUDGET), _of(moves, pl.col("receiver"), BUDGET),
        _of(moves, pl.col("giver"), BUDGET, -1), _of(moves, pl.col("receiver"), RECEIVED),
        _of(moves, pl.col("giver"), GIVEN),
        _of(beside, held, pl.col("kind").replace_strict(BESIDE, return_dtype=pl.String)),
    ]


def _nothing(ledger: pl.DataFrame, payer: pl.DataFrame) -> pl.DataFrame:
    """No pence of every line in every year, so that lines which only one of two scenarios uses can be compared; and of what
    moves, of those lines that hold something.
    """
    years = ledger.select("replication", "year").unique()
    used = payer.filter(pl.col("line").is_in(ledger["receiver"].drop_nulls().unique().to_list()))
    rest = used.join(pl.DataFrame({"measure": [RECEIVED, GIVEN, *BESIDE.values()]}), how="cross")
    lines = pl.concat([payer.with_columns(measure=pl.lit(BUDGET)), rest])
    return years.join(lines, how="cross").with_columns(pence=pl.lit(0, pl.Int64)).select(_COLUMNS)


def _of(entries: pl.DataFrame, line: pl.Expr, measure: str | pl.Expr, sign: int = 1) -> pl.DataFrame:
    name = pl.lit(measure) if isinstance(measure, str) else measure
    return entries.select("replication", "year", line=line, measure=name, pence=sign * pl.col("pence"))
