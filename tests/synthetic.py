"""Results made up with plausible sizes, so that summaries, pages, charts and folders can be tested without a run."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl

from icsim.buckets import BUCKETS, EDGES_MS
from icsim.catalogue.rows import Measure
from icsim.outcomes.definitions import Words
from icsim.outcomes.lifetable import AGE_BANDS
from icsim.results import Comparison, Results

YEAR_MS = 365.25 * 86_400_000
KEYS = ["scenario", "replication", "year", "place", "quintile", "sex", "age_band"]
COUNTS = {"deaths": 0.009, "births": 0.01, "falls": 0.05, "calls_999": 0.02, "falls_vehicle_responses": 0.002,
          "ambulance_responses": 0.018, "conveyances": 0.012, "ae_attendances": 0.014, "emergency_admissions": 0.006,
          "referrals": 0.001, "care_home_entries": 0.002, "late_demands": 0.001}
"""Events per person-year, before age."""
RESPONSES = {"ambulance_response": 35, "falls_vehicle_response": 25, "wait:emergency_department": 60}
"""Median minutes."""
POOLS = {"falls_vehicles": ("falls_vehicles", 4), "ambulances": ("ambulances", 40),
         "watford_beds": ("hospital_beds", 120), "outside_beds": ("hospital_beds", 0)}

SPEAK = Words({row.measure: row for row in (
    Measure(measure="emergency_admissions", label="Emergency admissions for falls", kind="count", unit="admissions",
            population="residents", better="lower"),
    Measure(measure="conveyances", label="Conveyances to hospital", kind="count", unit="conveyances",
            population="residents who fell", better="lower"),
    Measure(measure="ae_attendances", label="A&E attendances for falls", kind="count", unit="attendances",
            population="residents", better="lower"),
    Measure(measure="calls_999", label="999 calls for falls", kind="count", unit="calls", population="residents"),
    Measure(measure="bed_days", label="Bed days for falls", kind="time", unit="days", population="residents",
            better="lower"),
    Measure(measure="care_home_entries", label="Care home entries after a fall", kind="count", unit="entries",
            population="residents", better="lower"),
    Measure(measure="ambulance_response", label="Ambulance response", kind="response", unit="minutes",
            population="falls to which an ambulance came", better="lower"),
    Measure(measure="falls_vehicle_response", label="Falls vehicle response", kind="response", unit="minutes",
            population="falls to which a falls vehicle came", better="lower"),
)})

ASSUMPTION = {"name": "branch.falls.ambulance_on_scene.left_at_home", "value": 0.3, "unit": "share", "low": 0.2,
              "high": 0.4, "source": "Judgement", "reason": "no published figure for this area"}
DIFFERENCE = {"name": "pools.falls_vehicles.number", "baseline": 4.0, "value": 8.0, "unit": "servers",
              "standing": "measured", "source": "Integrated care strategy", "reason": "reach more fallers"}


def results(name: str = "baseline", title: str = "Four falls vehicles, as today", replications: int = 3, years: int = 2,
            places: tuple[str, ...] = ("harlow", "watford"), luck: int = 1, fewer: float = 0.0) -> Results:
    """A scenario. Equal `luck`: equal numbers; then a share `fewer` of conveyances and admissions is taken away."""
    labels = [f"{2025 + n}/{26 + n}" for n in range(years)]
    rng = np.random.default_rng(luck)
    cells = _cells(name, replications, labels, places, rng)
    return Results(
        name=name, title=title, cells=_thinned(cells, fewer, np.random.default_rng(luck + 1)),
        waits=_waits(name, replications, labels, rng, 1 - fewer), pools=_pools(name, replications, labels, rng),
        population=_population(cells, years), provenance=_provenance(replications, years, changed=fewer > 0),
        timings=[("residents", 12.5), ("services", 3.25)], resolved_toml='schema = 1\ntitle = "made up"\n',
        explanation="Made up.\n", content_hash=f"{luck:02d}{int(fewer * 100):02d}" * 16)


def comparison(fewer: float = 0.05, **options) -> Comparison:
    """A baseline and a scenario with the same luck and fewer conveyances and admissions."""
    base = results(**options)
    other = results("falls_vehicles", "Eight falls vehicles, longer hours", fewer=fewer, **options)
    return Comparison(base, [other])


def _cells(name, replications, labels, places, rng) -> pl.DataFrame:
    rows = list(product([name], range(replications), labels, places, range(1, 6), ("female", "male"), AGE_BANDS))
    table = pl.DataFrame(rows, schema=KEYS, orient="row")
    band = table["age_band"].str.slice(0, 2).cast(pl.Int64).to_numpy()
    quintile = table["quintile"].to_numpy()
    people = np.where(band < 70, 2000, 1200 - 12 * band) * np.array([0, 0.1, 0.7, 1.0, 1.3, 1.9])[quintile]
    lived = people * 0.99 * YEAR_MS
    healthy = lived * np.clip(0.98 - 0.006 * band - 0.02 * (5 - quintile), 0.2, 1)
    columns = {"person_time_ms": lived, "healthy_time_ms": healthy, "quality_adjusted_time_ms": healthy * 0.95}
    risk = people * np.exp(0.075 * (band - 55)) * (1.3 - 0.06 * quintile)
    columns |= {event: rng.poisson(rate * risk) for event, rate in COUNTS.items()}
    columns["bed_days_ms"] = columns["emergency_admissions"] * 7 * 86_400_000
    columns["arrivals"], columns["leavers"] = rng.poisson(people * 0.05), rng.poisson(people * 0.05)
    return table.with_columns(pl.Series(key, value).cast(pl.Int64) for key, value in columns.items()).sort(KEYS)


def _thinned(cells: pl.DataFrame, fewer: float, rng) -> pl.DataFrame:
    taken = {name: cells[name].to_numpy() - rng.binomial(cells[name].to_numpy(), fewer)
             for name in ("conveyances", "emergency_admissions", "ae_attendances")}
    healthy = (cells["healthy_time_ms"].to_numpy() * (1 + fewer / 1000)).astype(np.int64)
    bed_days = taken["emergency_admissions"] * 7 * 86_400_000
    return cells.with_columns(*(pl.Series(k, v) for k, v in taken.items()), pl.Series("healthy_time_ms", healthy),
                              pl.Series("bed_days_ms", bed_days))


def _waits(name, replications, labels, rng, factor) -> pl.DataFrame:
    rows = []
    keys = product(range(replications), labels, RESPONSES.items(), range(1, 6))
    for replication, year, (measure, minutes), quintile in keys:
        waits = rng.lognormal(np.log(minutes * factor * 60_000), 0.8, 200).astype(np.int64)
        at = np.searchsorted(EDGES_MS[2:], waits, "right") + 1
        counts, sums = np.bincount(at, minlength=BUCKETS), np.bincount(at, waits, BUCKETS)
        rows += [(name, replication, year, measure, quintile, int(b), int(counts[b]), int(sums[b]))
                 for b in np.flatnonzero(counts)]
    columns = ["scenario", "replication", "year", "measure", "quintile", "bucket", "count", "sum_ms"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort(columns[:6])


def _pools(name, replications, labels, rng) -> pl.DataFrame:
    rows = []
    for replication, year, (pool, (service, servers)) in product(range(replications), labels, POOLS.items()):
        opened = int(servers * YEAR_MS)
        busy = int((servers or 10) * YEAR_MS * rng.uniform(0.7, 0.9))
        rows.append((name, replication, year, pool, service, busy, opened, busy // 20, 20_000, 19_900, 100))
    columns = ["scenario", "replication", "year", "pool", "service", "busy_ms", "open_ms", "waiting_ms", "arrivals",
               "grants", "left_queue"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort(columns[:4])


def _population(cells: pl.DataFrame, years: int) -> pl.DataFrame:
    start = cells.filter(pl.col("year") == cells["year"].min())
    people = (start["person_time_ms"] / YEAR_MS).round().cast(pl.Int64)
    parts = [start.select(KEYS).drop("year").with_columns(date=pl.lit(f"{2025 + n}-04-01"), residents=people)
             for n in range(years + 1)]
    order = ["scenario", "replication", "date", *KEYS[3:], "residents"]
    return pl.concat(parts).select(order).sort(order[:-1])


def _provenance(replications: int, years: int, changed: bool) -> dict:
    return {"version": "0.1.0", "commit": "0" * 40, "dirty": False, "seed": 1, "seconds": 16.0, "cpu": "made up",
            "replications": replications, "years": years, "start": "2025-04-01",
            "heartbeat": "month", "compiled_first": False, "demands": ["falls"],
            "area": "hertfordshire-west-essex", "area_label": "Hertfordshire and west Essex",
            "standing": {"measured": 120, "derived": 30, "fitted": 4, "assumed": 17}, "assumptions": [ASSUMPTION],
            "differences": [DIFFERENCE] if changed else [], "pool_labels": {"watford_beds": "Watford General beds"}}


def renamed(value: Results, name: str) -> Results:
    """The same results under another name."""
    frames = {key: getattr(value, key).with_columns(scenario=pl.lit(name))
              for key in ("cells", "waits", "pools", "population")}
    return replace(value, name=name, **frames)
