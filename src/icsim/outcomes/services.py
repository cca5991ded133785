"""Waits, responses and servers in the field's terms.

Margins: total, quintile and place are of residents; "everybody", "pool" and "service" count non-residents as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from icsim import buckets
from icsim.outcomes.definitions import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, TIME_COLUMNS, over
from icsim.outcomes.spans import TOGETHER, with_spans
from icsim.outcomes.tidy import ALL, KEYS, frame, measured, tidy

EVERYBODY = "everybody"
Limits = Mapping[str, Sequence[int]]
"""Measure → its limits in minutes, in the order of the columns over_1, over_2 …"""
WAIT_SUMS = ["count", "sum_ms", *(f"over_{n}" for n in (1, 2, 3)), *(f"excess_{n}_ms" for n in (1, 2, 3))]
LOST = {"handover_hours_lost": ("wait:handover", 15)}
"""Time beyond a limit (minutes), added up: measure → wait and limit."""
POOL_SUMS = ["busy_ms", "open_ms", "waiting_ms", "arrivals", "left_queue"]


# --- waits ------------------------------------------------------------------------------------------------------------

def waits(table: pl.DataFrame, sums: pl.DataFrame, limits: Limits, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Waits of residents: median and 90th centile from the counts in `table`, all else from the exact `sums`.

    By quintile and place for responses and for waits that have limits, years added up (single years are in the frames);
    for all others in total.
    """
    parts = [frame([])]
    for margin in ("total", "quintile", "place"):
        found = [_of_margin(each, margin, limits) for each in (table, sums)]
        if found[0].height and found[1].height:
            told = [_centiles(found[0], headline), *_from_sums(found[1], limits, headline)]
            parts += told if margin == "total" else [each.filter(pl.col("year").is_in(TOGETHER)) for each in told]
    return pl.concat(parts)


def _of_margin(table: pl.DataFrame, margin: str, limits: Limits) -> pl.DataFrame:
    group = pl.lit(ALL) if margin == "total" else pl.col(margin).cast(pl.String)
    told = (margin == "total") | pl.col("measure").is_in(list(limits)) | ~pl.col("measure").str.starts_with("wait:")
    return table.filter(told).with_columns(margin=pl.lit(margin), group=group)


def _centiles(table: pl.DataFrame, headline: Sequence[str]) -> pl.DataFrame:
    """Median and 90th centile in minutes, from log buckets."""
    by_year = table.group_by(*KEYS, "measure", "bucket").agg(pl.col("count").sum())
    counted = with_spans(by_year, ["count"], headline)
    groups = counted.select(*KEYS, "measure").unique().sort(*KEYS, "measure").with_row_index("row")
    at = counted.join(groups, on=[*KEYS, "measure"])
    dense = np.zeros((groups.height, buckets.BUCKETS), np.int64)
    dense[at["row"].to_numpy(), at["bucket"].to_numpy()] = at["count"].to_numpy()
    return pl.concat([_centile(groups, dense, ending, q) for ending, q in (("_p50", 0.5), ("_p90", 0.9))])


def _centile(groups: pl.DataFrame, dense: np.ndarray, ending: str, q: float) -> pl.DataFrame:
    minutes = pl.Series(buckets.quantiles(dense, q) / MS_PER_MINUTE)
    return tidy(groups.with_columns(value=minutes, measure=pl.col("measure") + ending), "no cases")


def _from_sums(table: pl.DataFrame, limits: Limits, headline: Sequence[str]) -> list[pl.DataFrame]:
    """Mean; how many and which share took longer than each limit; time lost beyond a limit."""
    by_year = table.group_by(*KEYS, "measure").agg(pl.col(WAIT_SUMS).sum())
    sums = with_spans(by_year, WAIT_SUMS, headline).rename({"measure": "wait"})
    mean = measured(sums, pl.col("wait") + "_mean", pl.col("sum_ms") / MS_PER_MINUTE / pl.col("count"), "no cases")
    return [mean, *_over_limits(sums, limits), *_lost(sums, limits)]


def _over_limits(sums: pl.DataFrame, limits: Limits) -> Iterable[pl.DataFrame]:
    for name, minutes in limits.items():
        own = sums.filter(pl.col("wait") == name)
        for n, limit in enumerate(minutes, start=1):
            yield measured(own, over(name, limit), pl.col(f"over_{n}"))
            yield measured(own, over(name, limit, share=True), 100 * pl.col(f"over_{n}") / pl.col("count"), "no cases")


def _lost(sums: pl.DataFrame, limits: Limits) -> Iterable[pl.DataFrame]:
    for measure, (name, limit) in LOST.items():
        if limit in limits.get(name, ()):
            column = f"excess_{list(limits[name]).index(limit) + 1}_ms"
            yield measured(sums.filter(pl.col("wait") == name), measure, pl.col(column) / MS_PER_HOUR)


def waits_of_everybody(table: pl.DataFrame, limits: Limits, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Means and limits by pool, and over all pools: non-residents are in them; there are no centiles."""
    told = table.filter(pl.col("measure").is_in(list(limits)))
    parts = [frame([])]
    for margin, group in (("pool", pl.col("pool")), (EVERYBODY, pl.lit(ALL))):
        keyed = told.with_columns(margin=pl.lit(margin), group=group)
        parts += _from_sums(keyed, limits, headline) if keyed.height else []
    return pl.concat(parts)


# --- counts -----------------------------------------------------------------------------------------------------------

def everybody(cells: pl.DataFrame, background: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Counts and times of residents and non-residents together, where non-residents have any; margin "everybody"."""
    names = [name for name in sorted(background["measure"].unique()) if name in cells.columns]
    if not names:
        return frame([])
    own = cells.group_by("replication", "year").agg(pl.col(names).sum())
    own = own.unpivot(names, index=["replication", "year"], variable_name="measure")
    others = background.filter(pl.col("measure").is_in(names)).select(own.columns)
    by_year = pl.concat([own, others]).group_by("replication", "year", "measure").agg(pl.col("value").sum())
    sums = with_spans(by_year, ["value"], headline).with_columns(margin=pl.lit(EVERYBODY), group=pl.lit(ALL))
    return tidy(sums.with_columns(value=pl.col("value") / _per_unit(names), measure=_without_ms()))


def _per_unit(names: list[str]) -> pl.Expr:
    """Milliseconds per day (or year) for times, 1 for counts."""
    units = {name: TIME_COLUMNS.get(name, ("", MS_PER_DAY))[1] if name.endswith("_ms") else 1.0 for name in names}
    return pl.col("measure").replace_strict(units, return_dtype=pl.Float64)


def _without_ms() -> pl.Expr:
    return pl.col("measure").str.strip_suffix("_ms")


def delays(sums: pl.DataFrame) -> pl.DataFrame:
    """100 × delayed bed days / emergency bed days. `sums` has KEYS and the tallies of `cells`."""
    if not {"delayed_bed_days_ms", "bed_days_ms"} <= set(sums.columns):
        return frame([])
    share = 100 * pl.col("delayed_bed_days_ms") / pl.col("bed_days_ms")
    return measured(sums, "delayed_bed_days_share", share, "no bed days")


# --- servers ----------------------------------------------------------------------------------------------------------

def pools(table: pl.DataFrame, headline: Sequence[str] = ()) -> pl.DataFrame:
    """Occupancy, hours in use and on duty, who asked, who left unserved, minutes waited: by pool and by service.

    A service's occupancy and hours are of its pools with a limit, so that busy and on duty mean the same servers.
    """
    if not table.height:
        return frame([])
    sums = [*POOL_SUMS, *(name for name in ("refused",) if name in table.columns)]
    limited = table.with_columns(bounded_ms=pl.when(pl.col("open_ms") > 0).then("busy_ms").otherwise(0))
    parts = []
    for margin, busy in (("pool", "busy_ms"), ("service", "bounded_ms")):
        keyed = limited.with_columns(busy_ms=pl.col(busy), margin=pl.lit(margin), group=pl.col(margin))
        by_year = keyed.group_by(KEYS).agg(pl.col(sums).sum())
        parts += _of_servers(with_spans(by_year, sums, headline))
    return pl.concat(parts)


def _of_servers(sums: pl.DataFrame) -> list[pl.DataFrame]:
    no_limit, nobody = "no limit on the number of servers, or never open", "nobody asked for it"
    on_duty = pl.when(pl.col("open_ms") > 0).then(pl.col("open_ms") / MS_PER_HOUR)
    found = [
        measured(sums, "occupancy", 100 * pl.col("busy_ms") / pl.col("open_ms"), no_limit),
        measured(sums, "hours_busy", pl.col("busy_ms") / MS_PER_HOUR),
        measured(sums, "hours_on_duty", on_duty, no_limit),
        measured(sums, "asked", pl.col("arrivals")),
        measured(sums, "left_waiting", pl.col("left_queue")),
        measured(sums, "left_waiting_share", 100 * pl.col("left_queue") / pl.col("arrivals"), nobody),
        measured(sums, "pool_wait_mean", pl.col("waiting_ms") / MS_PER_MINUTE / pl.col("arrivals"), nobody),
    ]
    return [*found, *_refused(sums)]


def _refused(sums: pl.DataFrame) -> list[pl.DataFrame]:
    """Who was turned away because it was shut or full, where the engine counts them."""
    if "refused" not in sums.columns:
        return []
    came = pl.col("arrivals") + pl.col("refused")
    return [measured(sums, "refused", pl.col("refused")),
            measured(sums, "refused_share", 100 * pl.col("refused") / came, "nobody came")]
