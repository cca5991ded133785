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
from icsim.results import FRAMES, Comparison, Results
from icsim.services.activity import MOST_LIMITS, WAIT_COLUMNS

YEAR_MS = 365.25 * 86_400_000
KEYS = ["scenario", "replication", "year", "place", "quintile", "sex", "age_band"]
COUNTS = {"deaths": 0.009, "births": 0.01, "falls": 0.05, "calls_999": 0.02, "falls_vehicle_responses": 0.002,
          "ambulance_responses": 0.018, "conveyances": 0.012, "ae_attendances": 0.014, "emergency_admissions": 0.006,
          "referrals": 0.001, "care_home_entries": 0.002, "late_demands": 0.001, "joined_demands": 0.0001,
          "cafe_contacts": 0.0002, "cafe_turned_away": 0.0003, "mh_admissions": 0.0002}
"""Events per person-year, before age."""
RESPONSES = {"ambulance_response": 35, "falls_vehicle_response": 25, "wait:emergency_department": 60, "wait:handover": 20,
             "time_in_ae": 200}
"""Median minutes."""
LIMITS = {"wait:handover": [15, 30, 60], "time_in_ae": [240, 720]}
"""Minutes; these waits are of everybody at one pool as well."""
SEEN_AT = {"wait:handover": "watford_ae", "time_in_ae": "watford_ae"}
POOLS = {"falls_vehicles": ("falls_vehicles", 4), "ambulances": ("ambulances", 40),
         "watford_ae": ("emergency_departments", 30), "watford_beds": ("hospital_beds", 120),
         "outside_beds": ("hospital_beds", 0)}
SERVICES = {service: {"label": label, "server": server, "refuses": refuses, "long_hold": False}
            for service, label, server, refuses in (
    ("falls_vehicles", "Falls vehicles", "vehicle", True), ("ambulances", "Ambulances", "crew", False),
    ("emergency_departments", "A&E departments", "cubicle", False), ("hospital_beds", "Hospital beds", "bed", False))}

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
)}, {"green_book": "Green Book", "nice": "NICE"})

ASSUMPTION = {"name": "branch.falls.ambulance_on_scene.left_at_home", "value": 0.3, "unit": "share", "low": 0.2,
              "high": 0.4, "source": "Judgement", "reason": "no published figure for this area"}
DISCOUNTING = {"green_book": {"label": "Green Book 2022", "schedule": [[1, 0.015], [31, 0.0129]]},
               "nice": {"label": "NICE 2022", "schedule": [[1, 0.035]]}}
WORTH = {"": 1, "_green_book": 0.9, "_nice": 2 / 3}
"""What the years that are still expected count for, discounted."""
DIFFERENCE = {"name": "pools.falls_vehicles.number", "baseline": 4.0, "value": 8.0, "unit": "servers",
              "standing": "measured", "source": "Integrated care strategy", "reason": "reach more fallers"}


def results(name: str = "baseline", title: str = "Four falls vehicles, as today", replications: int = 3, years: int = 2,
            places: tuple[str, ...] = ("harlow", "watford"), luck: int = 1, fewer: float = 0.0) -> Results:
    """A scenario. Equal `luck`: equal numbers; then a share `fewer` of conveyances and admissions is taken away."""
    labels = [f"{2025 + n}/{26 + n}" for n in range(years)]
    rng = np.random.default_rng(luck)
    cells = _cells(name, replications, labels, places, rng)
    waits, sums = _waits(name, replications, labels, places, rng, 1 - fewer)
    return Results(
        name=name, title=title, cells=_thinned(cells, fewer, np.random.default_rng(luck + 1)), waits=waits, wait_sums=sums,
        pool_waits=_pool_waits(sums), pools=_pools(name, replications, labels, rng),
        background=_background(name, replications, labels),
        population=_population(cells, years), ends=_ends(cells, fewer), expectancy=_expectancy(name), ledger=_ledger(),
        provenance=_provenance(replications, years, changed=fewer > 0),
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
    columns["delayed_bed_days_ms"] = columns["emergency_admissions"] * 43_200_000
    columns["bed_days_ms"] = columns["emergency_admissions"] * 7 * 86_400_000
    columns["arrivals"], columns["leavers"] = rng.poisson(people * 0.05), rng.poisson(people * 0.05)
    return table.with_columns(pl.Series(key, value).cast(pl.Int64) for key, value in columns.items()).sort(KEYS)


def _thinned(cells: pl.DataFrame, fewer: float, rng) -> pl.DataFrame:
    taken = {name: cells[name].to_numpy() - rng.binomial(cells[name].to_numpy(), fewer)
             for name in ("conveyances", "emergency_admissions", "ae_attendances")}
    healthy = (cells["healthy_time_ms"].to_numpy() * (1 + fewer / 1000)).astype(np.int64)
    bed_days = taken["emergency_admissions"] * 7 * 86_400_000
    return cells.with_columns(*(pl.Series(k, v) for k, v in taken.items()), pl.Series("healthy_time_ms", healthy),
                              pl.Series("bed_days_ms", bed_days), pl.Series("delayed_bed_days_ms", bed_days // 14))


WAIT_KEYS = ["scenario", "replication", "year", "place", "measure", "quintile"]


def _waits(name, replications, labels, places, rng, factor) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Counts by bucket, and exact sums."""
    rows, sums = [], []
    keys = product(range(replications), labels, places, RESPONSES.items(), range(1, 6))
    for replication, year, place, (measure, minutes), quintile in keys:
        waits = rng.lognormal(np.log(minutes * factor * 60_000), 0.8, 100).astype(np.int64)
        counts = np.bincount(np.searchsorted(EDGES_MS[2:], waits, "right") + 1, minlength=BUCKETS)
        key = (name, replication, year, place, measure, quintile)
        rows += [(*key, int(b), int(counts[b])) for b in np.flatnonzero(counts)]
        sums.append((*key, *wait_row(waits, LIMITS.get(measure, []))))
    return (pl.DataFrame(rows, schema=[*WAIT_KEYS, "bucket", "count"], orient="row").sort(*WAIT_KEYS, "bucket"),
            pl.DataFrame(sums, schema=[*WAIT_KEYS, *WAIT_COLUMNS], orient="row").sort(WAIT_KEYS))


def wait_row(waits: np.ndarray, limits: list[int]) -> list[int]:
    """WAIT_COLUMNS of waits in milliseconds, by limits in minutes."""
    excess = [np.maximum(waits - limit * 60_000, 0) for limit in limits] + [np.zeros(1, int)] * (MOST_LIMITS - len(limits))
    return [len(waits), int(waits.sum()), *(int((each > 0).sum()) for each in excess), *(int(each.sum()) for each in excess)]


def _pool_waits(sums: pl.DataFrame) -> pl.DataFrame:
    """Waits of everybody at the pools of SEEN_AT: those of residents, and as many of others."""
    here = sums.filter(pl.col("measure").is_in(list(SEEN_AT))).with_columns(
        pool=pl.col("measure").replace_strict(SEEN_AT))
    keys = ["scenario", "replication", "year", "pool", "measure"]
    return here.group_by(keys).agg(pl.col(WAIT_COLUMNS).sum() * 2).sort(keys)


def _background(name, replications, labels) -> pl.DataFrame:
    rows = [(name, replication, year, measure, value) for replication in range(replications) for year in labels
            for measure, value in (("ae_attendances", 500), ("bed_days_ms", 86_400_000))]
    return pl.DataFrame(rows, schema=["scenario", "replication", "year", "measure", "value"], orient="row")


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


def _ends(cells: pl.DataFrame, fewer: float) -> pl.DataFrame:
    """Those of the first year again, in the middle of their bands; a share `fewer` of one in ten frail ones is fit."""
    start = cells.filter(pl.col("year") == cells["year"].min())
    people = (start["person_time_ms"] / YEAR_MS).round().cast(pl.Int64)
    age = start["age_band"].str.slice(0, 2).cast(pl.Int64)
    age = pl.select(pl.when(age < 90).then(age + 2).otherwise(90)).to_series()
    frail = (people * (0.1 - 0.1 * fewer)).round().cast(pl.Int64)
    parts = [start.select("scenario", "replication", "place", "quintile", "sex", age=age, state=pl.lit(f"frailty={state}"),
                          residents=count) for state, count in (("fit", people - frail), ("severe", frail))]
    return pl.concat(parts).sort("replication", "place", "quintile", "sex", "age", "state")


def _expectancy(name: str) -> pl.DataFrame:
    """90 years less age, half of it for the frail; a tenth less by the Green Book, a third less by NICE."""
    rows = list(product([name], range(1, 6), ("female", "male"), range(91), ("frailty=fit", "frailty=severe")))
    table = pl.DataFrame(rows, schema=["scenario", "quintile", "sex", "age", "state"], orient="row")
    years = (93 - pl.col("age")) * pl.when(pl.col("state") == "frailty=fit").then(1.0).otherwise(0.5)
    columns = {f"{base}{scheme}": years * share * counts for scheme, counts in WORTH.items()
               for base, share in (("person_years", 1), ("healthy_years", 0.6), ("qalys", 0.7))}
    return table.with_columns(**columns)


def _ledger() -> pl.DataFrame:
    """No budget line has anything."""
    return pl.DataFrame(schema=dict.fromkeys(("scenario", "year", "month", "kind", "giver", "receiver"), pl.String)
                        | dict.fromkeys(("replication", "shift", "pence"), pl.Int64))


def _provenance(replications: int, years: int, changed: bool) -> dict:
    return {"version": "0.1.0", "commit": "0" * 40, "dirty": False, "seed": 1, "seconds": 16.0, "cpu": "made up",
            "replications": replications, "years": years, "start": "2025-04-01",
            "heartbeat": "month", "compiled_first": False, "demands": ["falls"],
            "area": "hertfordshire-west-essex", "area_label": "Hertfordshire and west Essex",
            "limits": LIMITS, "discounting": DISCOUNTING, "services": SERVICES, "yielding": ["wait:planned_bed"],
            "standing": {"measured": 120, "derived": 30, "fitted": 4, "assumed": 17}, "assumptions": [ASSUMPTION],
            "differences": [DIFFERENCE] if changed else [], "pool_labels": {"watford_beds": "Watford General beds"}}


def renamed(value: Results, name: str) -> Results:
    """The same results under another name."""
    frames = {key: getattr(value, key).with_columns(scenario=pl.lit(name))
              for key in FRAMES}
    return replace(value, name=name, **frames)


def crowded(value, service: str, year: str, add: str = ""):
    """The same results (or all those of a comparison), but of those who ask a service in one year a quarter are not served
    while every server is in use. `add`: a small pool of that name is so, beside those that keep up."""
    if isinstance(value, Comparison):
        return Comparison(crowded(value.base, service, year, add), [crowded(each, service, year, add) for each in
                                                                    value.alternatives])
    pools = value.pools
    if add:
        pools = pl.concat([pools, pools.filter(pl.col("pool") == "watford_beds").with_columns(
            pl.col("busy_ms", "open_ms", "arrivals", "grants", "left_queue") // 100, pool=pl.lit(add))])
    here = (pl.col("service") == service) & (pl.col("year") == year) & (pl.col("open_ms") > 0)
    here &= (pl.col("pool") == add) if add else True
    full = {"busy_ms": pl.col("open_ms"), "grants": 3 * pl.col("arrivals") // 4, "left_queue": pl.col("arrivals") // 4}
    changed = pools.with_columns(**{name: pl.when(here).then(new).otherwise(pl.col(name)) for name, new in full.items()})
    return replace(value, pools=changed.sort("replication", "year", "pool"))
