"""Years added up: all of them, and those that headlines rest on."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

ALL_YEARS = "all years"
HEADLINE_YEARS = "headline years"
"""The years in which every service keeps up (see overload.py), together."""
TOGETHER = (ALL_YEARS, HEADLINE_YEARS)


def with_spans(by_year: pl.DataFrame, sums: Sequence[str], headline: Sequence[str]) -> pl.DataFrame:
    """Rows by year and other keys, and their sums over all years and over the `headline` years (if any), by key."""
    keys = [name for name in by_year.columns if name not in (*sums, "year")]
    together = [_summed(part, label, keys, sums).select(by_year.columns) for label, part in spans(by_year, headline)]
    return pl.concat([by_year, *together]).sort(*keys, "year")


def spans(table: pl.DataFrame, headline: Sequence[str]) -> list[tuple[str, pl.DataFrame]]:
    """The rows of all years, and of the `headline` years where there are any, with their label."""
    chosen = [(HEADLINE_YEARS, table.filter(pl.col("year").is_in(list(headline))))] if headline else []
    return [(ALL_YEARS, table), *chosen]


def _summed(table: pl.DataFrame, label: str, keys: list[str], sums: Sequence[str]) -> pl.DataFrame:
    return table.group_by(keys).agg(pl.col(sums).sum()).with_columns(year=pl.lit(label))
