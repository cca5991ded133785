"""The shape that all outcomes share: one value per replication."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

ALL = "all"
COLUMNS: dict[Any, Any] = {
    "replication": pl.Int64, "measure": pl.String, "year": pl.String, "margin": pl.String, "group": pl.String,
    "value": pl.Float64, "why_null": pl.String}
KEYS = ["replication", "year", "margin", "group"]


def frame(rows: Iterable[tuple]) -> pl.DataFrame:
    """COLUMNS from rows."""
    return pl.DataFrame(list(rows), schema=COLUMNS, orient="row")


def tidy(table: pl.DataFrame, why_null: str = "") -> pl.DataFrame:
    """Columns in order, and a null instead of NaN or infinity, with its reason."""
    value = pl.col("value").cast(pl.Float64)
    value = pl.when(value.is_finite()).then(value)
    reason = pl.when(value.is_null()).then(pl.lit(why_null)).otherwise(None)
    return table.with_columns(value.alias("value"), reason.alias("why_null")).select(*COLUMNS).cast(COLUMNS)


def measured(sums: pl.DataFrame, measure: str | pl.Expr, value: pl.Expr, why_null: str = "") -> pl.DataFrame:
    """One measure worked out from sums that have KEYS."""
    name = pl.lit(measure) if isinstance(measure, str) else measure
    return tidy(sums.with_columns(value=value, measure=name), why_null)
