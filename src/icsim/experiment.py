"""Replications of scenarios, side by side, and the frames they leave.

Replication r of every scenario has the same seed, so two scenarios meet the same luck person by person; replications
run in a pool of threads (the loops hold no interpreter lock) and share one read-only start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from icsim import eventlog, memory_and_time
from icsim._compile import compiled
from icsim.calendar import add_months, financial_year
from icsim.catalogue import costs, discounting
from icsim.errors import EngineError
from icsim.funding import staffing
from icsim.ledger.book import KINDS
from icsim.memory_and_time import Estimate
from icsim.provenance import content_hash, provenance
from icsim.residents import expectancy
from icsim.results import FRAMES, Comparison, Results
from icsim.rng import stream
from icsim.scenario import Resolved, explain
from icsim.services.activity import COUNT, WAIT_COLUMNS
from icsim.services.served import SUM_NAMES
from icsim.simulation import Replication, Watch, World, replicate, world
from icsim.state import AGE_BANDS, QUINTILES

if TYPE_CHECKING:
    import polars as pl

    from icsim.areas.load import Area
    from icsim.catalogue.load import Catalogue

Progress = Callable[[int, int, str], None]
"""Called with beats done, beats in all and what is being done; perhaps from several threads."""
Watching = Callable[[World, int], Watch]
"""Makes the onlooker of a replication, from what all share and its number."""

WEIGHT_COLUMNS = {"person": "person_time_ms", "good_health": "healthy_time_ms", "utility": "quality_adjusted_time_ms",
                  "gp_contacts": "gp_contacts_time_ms", "community_contacts": "community_contacts_time_ms"}
LIFE_COLUMNS = {"person": "person_years", "good_health": "healthy_years", "utility": "qalys"}
"""Weights (and person, which is 1 throughout) as years that are still expected."""
EVENT_COLUMNS = {"death": "deaths", "birth": "births", "leave": "leavers", "fall": "falls", "arrived": "arrivals",
                 "late": "late_demands", "joined": "joined_demands"}
"""Names in results that differ from those in the catalogue; all others are the same."""

READY, COMPILING = "getting ready", "getting ready: the code is compiled, about a minute, once for this version"


def run(resolved: Resolved, progress: Progress | None = None, watch: Watching | None = None) -> Results:
    """Every replication of one scenario; `watch` makes the onlooker of each, who changes nothing of it."""
    return _run_all([resolved], progress, watch)[0]


def compare(base: Resolved, alternatives: Sequence[Resolved], progress: Progress | None = None) -> Comparison:
    """Every replication of several scenarios on the same residents with the same luck."""
    first, *others = _run_all([base, *alternatives], progress)
    return Comparison(first, others)


def world_of(resolved: Resolved) -> World:
    """What the replications of a scenario share."""
    run = resolved.run
    return world(resolved.catalogue, resolved.area, run.start, run.years, heartbeat=run.heartbeat, served=run.services,
                 engine=run.engine, warm_up_months=run.warm_up_months, growth=run.growth, shipped=resolved.shipped,
                 staffed=run.staff, staff_first=tuple(run.staff_first),
                 shifts=resolved.plan.shifts, workers=cores([resolved]))


def events(resolved: Resolved, replication: int, days: int, progress: Progress | None = None) -> pl.DataFrame:
    """The event log of one replication over the first `days` days, as `eventlog.event_log` makes it.

    The replication is run again, alone, only as far as the log goes: addressed luck makes it the same.
    """
    whole = world_of(resolved)
    cut = cut_short(whole, days)
    meter = _Meter(progress, len(cut.calendar.beats), "writing the event log")
    done = replicate(cut, seed_of(resolved.run.seed, replication), meter.count, log=True)
    assert done.contacts is not None
    assert done.keys is not None
    return eventlog.event_log(done.contacts, whole.layout, whole.calendar, days, done.keys)


def cut_short(whole: World, days: int) -> World:
    """The same world, with no more beats than the first `days` days after the start need."""
    calendar = whole.calendar
    beats = tuple(beat for beat in calendar.beats if beat.start_day < calendar.start_day + days)
    return replace(whole, calendar=replace(calendar, beats=beats))


def seed_of(seed: int, replication: int) -> int:
    """The seed of one replication: a hash, so that no two of any pair of runs are related by accident."""
    return int(stream(seed, f"replication.{replication}"))


def _run_all(scenarios: Sequence[Resolved], progress: Progress | None, watch: Watching | None = None) -> list[Results]:
    began, first = time.perf_counter(), not compiled()
    if progress:
        progress(0, 0, COMPILING if first else READY)
    worlds = [world_of(resolved) for resolved in scenarios]
    prepared = time.perf_counter() - began
    meter = _Meter(progress, sum(len(w.calendar.beats) * s.run.replications
                                 for w, s in zip(worlds, scenarios, strict=True)))
    jobs = [(n, r) for r in range(max(s.run.replications for s in scenarios)) for n, s in enumerate(scenarios)
            if r < s.run.replications]
    done: dict[tuple[int, int], Replication] = {}

    side_by_side = _threads(scenarios, watch is not None)
    workers = max(cores(scenarios) // side_by_side, 1)

    def job(n: int, r: int) -> None:
        onlooker = watch(worlds[n], r) if watch else None
        done[n, r] = replicate(worlds[n], seed_of(scenarios[n].run.seed, r), meter.count, workers=workers, watch=onlooker)

    with ThreadPoolExecutor(side_by_side) as pool:
        futures = [pool.submit(job, n, r) for n, r in jobs]
        try:
            finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in finished:
                future.result()
        except BaseException:
            meter.stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    seconds = time.perf_counter() - began
    return [_results(resolved, worlds[n], [done[n, r] for r in range(resolved.run.replications)],
                     prepared if n == 0 else 0.0, {"seconds": seconds, "compiled_first": first})
            for n, resolved in enumerate(scenarios)]


class _Meter:
    """Beats done by all replications together."""

    def __init__(self, progress: Progress | None, total: int, doing: str = "simulating"):
        self._progress, self._total, self._done, self._doing = progress, total, 0, doing
        self.stopped = False
        """Set when the run is given up, so that replications end at their next beat."""

    def count(self, done: int, of: int) -> None:
        """One more beat of some replication; `of` is its own total."""
        if self.stopped:
            raise EngineError("the run was stopped")
        self._done += 1
        if self._progress:
            self._progress(min(self._done, self._total), self._total, self._doing)


def _threads(scenarios: Sequence[Resolved], watched: bool) -> int:
    """As many replications at once as cores and memory allow."""
    return estimate(scenarios, watched=watched).at_once


def estimate(scenarios: Sequence[Resolved], log_days: int = 0, watched: bool = False,
             most_at_once: int | None = None) -> Estimate:
    """What scenarios that are run together will need, on this machine as it is now."""
    return memory_and_time.estimate(scenarios, cores(scenarios), log_days, watched, most_at_once)


def cores(scenarios: Sequence[Resolved]) -> int:
    """Processor cores that may be used: those of the machine, or fewer where a scenario says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, *(s.run.threads for s in scenarios if s.run.threads), cores)


# Frames --------------------------------------------------------------------------------------------------------------


def _results(resolved: Resolved, shared: World, replications: list[Replication], prepared: float,
             spent: dict[str, float | bool]) -> Results:
    """`spent`: wall-clock seconds of the whole, and whether code was compiled meanwhile."""
    frames = _Frames(resolved.name, shared)
    timings = {"prepare": prepared} if prepared else {}
    for replication in replications:
        for step, seconds in replication.seconds.items():
            timings[step] = timings.get(step, 0.0) + seconds
    return Results(
        name=resolved.name,
        title=resolved.title,
        **{name: frames.stack(getattr(frames, name), replications) for name in FRAMES if name != "expectancy"},
        expectancy=frames.expectancy(resolved.shipped),
        provenance=provenance(resolved) | spent | _about(resolved, shared, replications[0]),
        timings=list(timings.items()),
        resolved_toml=resolved.to_toml(),
        explanation="\n".join(explain(resolved).lines()),
        content_hash=content_hash(resolved),
    )


def _about(resolved: Resolved, shared: World, replication: Replication) -> dict[str, Any]:
    """What outcomes and pages need to know of the tables: names of demands, limits of waits (minutes), services."""
    names = replication.activity.names
    return {
        "costs": [{"cost": row.cost, "label": row.label, "per": row.per, "payer": row.payer, "unit": row.unit,
                   "line": costs.line(row), "pence": costs.pence(resolved.catalogue, row)}
                  for row in resolved.catalogue.unit_costs],
        "lines": [{"line": line.name, "label": line.label, "payer": line.payer, "provider": line.provider, "kind": line.kind,
                   "pence": line.pence, "unit": line.unit, "unit_pence": line.unit_pence, "step": line.step,
                   "step_pence": line.step_pence, "hours": line.hours}
                  for line in shared.lines.values()],
        "staff": {row.staff: row.label for row in resolved.catalogue.staff},
        "staff_needs": [{"line": row.per.partition(" ")[2], "staff": row.staff, "value": row.value}
                        for row in resolved.catalogue.staff_needs],
        "staff_found": _staff_found(shared),
        "shifts": [{**shift.said(), "start": shift.start.isoformat()} for shift in resolved.plan.shifts],
        "price_year": costs.price_year(resolved.catalogue) if resolved.catalogue.price_index else "",
        "demands": _demands(resolved),
        "discounting": _discounting(resolved),
        "limits": {name: list(limits) for name, limits in zip(names.waits, names.limits, strict=True) if limits},
        "services": {row.service: {"label": row.label, "server": row.server, "refuses": row.queue_limit is not None,
                                   "long_hold": bool(row.held_by)} for row in resolved.catalogue.services},
        "yielding": [f"wait:{row.step}" for row in resolved.catalogue.steps if row.yields],
    }


def _staff_found(shared: World) -> dict[str, float]:
    """Posts that could be filled in the last month beyond those of the area's own servers and places, by group."""
    found, last = staffing(shared), 12 * (shared.calendar.end.year - shared.calendar.start.year) - 1
    return {} if found is None else {group: found.more(group, last) for group in found.groups}


def _discounting(resolved: Resolved) -> dict[str, Any]:
    """Scheme → its label and what years and rates it has for health."""
    rows = resolved.shipped[0].discounting
    labels = {row.scheme: f"{row.label} {row.year}" for row in rows}
    return {scheme: {"label": labels[scheme], "schedule": [list(step) for step in steps]}
            for scheme, steps in discounting.schedules(rows).items()}


def _demands(resolved: Resolved) -> list[str]:
    """Columns of `cells` that count demands, late ones included."""
    return [EVENT_COLUMNS.get(row.event, row.event) for row in resolved.catalogue.events if row.kind == "demand"]


@dataclass(frozen=True)
class _Frames:
    """From arrays by period and cell to frames with words."""

    scenario: str
    world: World

    def stack(self, make: Callable[[Replication], pl.DataFrame], replications: list[Replication]) -> pl.DataFrame:
        """The frames of all replications, one below the other, keyed by scenario and replication."""
        import polars as pl

        keyed = [
            make(replication).select(
                pl.lit(self.scenario).alias("scenario"), pl.lit(r, pl.Int64).alias("replication"), pl.all()
            )
            for r, replication in enumerate(replications)
        ]
        return pl.concat(keyed)

    def cells(self, replication: Replication) -> pl.DataFrame:
        """year, place, quintile, sex, age_band, then every tally; cells in which nothing happened are left out."""
        names = [WEIGHT_COLUMNS.get(n) or EVENT_COLUMNS.get(n) or n for n in replication.resident_columns]
        table = np.concatenate([replication.residents, replication.activity.tally], axis=2)
        names += [*replication.activity.names.counts]
        used = np.flatnonzero(table.any(axis=2).ravel())
        return self._keyed(used, table.reshape(-1, table.shape[2])[used], names, self.world.calendar.periods, "year")

    def population(self, replication: Replication) -> pl.DataFrame:
        """date, place, quintile, sex, age_band, residents."""
        counts = replication.population
        used = np.flatnonzero(counts.ravel())
        days = [self._date(edge) for edge in self.world.calendar.edges]
        return self._keyed(used, counts.ravel()[used, None], ["residents"], days, "date")

    def ends(self, replication: Replication) -> pl.DataFrame:
        """place, quintile, sex, age, state, residents: alive at the end."""
        import polars as pl

        assert replication.ends is not None
        at = np.argwhere(replication.ends)
        keys = {"place": np.array(self._places)[at[:, 0]], **self._lives(at[:, 1:])}
        return pl.DataFrame({**keys, "residents": replication.ends[tuple(at.T)]}).sort(*keys)

    def expectancy(self, shipped: tuple[Catalogue, Area]) -> pl.DataFrame:
        """scenario, quintile, sex, age, state; years still expected at the end, each discounting with its ending."""
        import polars as pl

        calendar = self.world.calendar
        on = calendar.origin + timedelta(calendar.days)
        _, found = expectancy.remaining(*shipped, on, len(calendar.periods))
        added = expectancy.added_by_moves(*shipped, self.world.programmes, on, len(calendar.periods))
        found = {name: np.concatenate([value, added[name]], axis=-2) for name, value in found.items()} if added else found
        at = np.argwhere(np.ones(found[expectancy.UNDISCOUNTED].shape[:-1], bool))
        weights = ("person", *(row.weight for row in shipped[0].weights))
        columns = {LIFE_COLUMNS.get(name, name) + ("" if scheme == expectancy.UNDISCOUNTED else f"_{scheme}"):
                   values[..., n][tuple(at.T)] for scheme, values in found.items() for n, name in enumerate(weights)}
        keys = self._lives(at)
        return pl.DataFrame({"scenario": np.full(len(at), self.scenario), **keys, **columns}).sort(*keys)

    def _lives(self, at: np.ndarray) -> dict[str, np.ndarray]:
        """Words for rows of sex, quintile, age and state."""
        states = [*self.world.lasting.names, *expectancy.moved_names(expectancy.moved_states(self.world.built.layout))]
        return {"quintile": at[:, 1] + 1, "sex": np.array(["female", "male"])[at[:, 0]], "age": at[:, 2],
                "state": np.array(states)[at[:, 3]]}

    def _date(self, day: float) -> str:
        return (self.world.calendar.origin + timedelta(int(day))).isoformat()

    def _keyed(self, rows: np.ndarray, values: np.ndarray, names: list[str], periods: Sequence[str],
               first: str) -> pl.DataFrame:
        """Rows of (period × cell) with the words of their keys."""
        import polars as pl

        places = self.world.area.place_names
        shape = len(periods), len(places), QUINTILES, 2, len(AGE_BANDS)
        period, place, quintile, sex, band = np.unravel_index(rows, shape)
        keys = {
            first: np.array(periods)[period],
            "place": np.array(places)[place],
            "quintile": quintile + 1,
            "sex": np.array(["female", "male"])[sex],
            "age_band": np.array(AGE_BANDS)[band],
        }
        columns = {name: values[:, n] for n, name in enumerate(names[: values.shape[1]])}
        return pl.DataFrame({**keys, **columns}).sort(*keys)

    def waits(self, replication: Replication) -> pl.DataFrame:
        """year, place, measure, quintile, bucket, count; empty buckets are left out."""
        counts = replication.activity.books.buckets
        at = np.argwhere(counts > 0)
        return self._of_waits(replication, at[:, :4], {"bucket": at[:, 4], "count": counts[tuple(at.T)]}, ["bucket"])

    def wait_sums(self, replication: Replication) -> pl.DataFrame:
        """year, place, measure, quintile, then WAIT_COLUMNS."""
        sums = replication.activity.books.waits
        at = np.argwhere(sums[..., COUNT] > 0)
        values = sums[tuple(at.T)]
        return self._of_waits(replication, at, _columns(values), [])

    def _of_waits(self, replication: Replication, at: np.ndarray, columns: dict, keys: list[str]) -> pl.DataFrame:
        """Rows of (period, place, quintile, measure) with their words, and `columns`."""
        import polars as pl

        period, place, quintile, measure = at.T
        names = {"year": np.array(self.world.calendar.periods)[period], "place": np.array(self._places)[place],
                 "measure": np.array([*replication.activity.names.waits, ""])[measure], "quintile": quintile + 1}
        return pl.DataFrame({**names, **columns}).sort(*names, *keys)

    @property
    def _places(self) -> tuple[str, ...]:
        return self.world.area.place_names

    def pool_waits(self, replication: Replication) -> pl.DataFrame:
        """year, pool, measure, then WAIT_COLUMNS."""
        import polars as pl

        sums = replication.activity.books.pool_waits
        at = np.argwhere(sums[..., COUNT] > 0)
        period, pool, measure = at.T
        pools = np.array([row.pool for row in self.world.layout.pools])
        names = {"year": np.array(self.world.calendar.periods)[period], "pool": pools[pool],
                 "measure": np.array([*replication.activity.names.waits, ""])[measure]}
        values = sums[tuple(at.T)]
        return pl.DataFrame({**names, **_columns(values)}).sort(*names)

    def background(self, replication: Replication) -> pl.DataFrame:
        """year, measure, value of cases that belong to no resident; what they never do is left out."""
        import polars as pl

        values = replication.activity.background
        at = np.argwhere(values > 0)
        years, measures = np.array(self.world.calendar.periods), np.array([*replication.activity.names.counts, ""])
        table = {"year": years[at[:, 0]], "measure": measures[at[:, 1]], "value": values[tuple(at.T)]}
        return pl.DataFrame(table).sort("year", "measure")

    def ledger(self, replication: Replication) -> pl.DataFrame:
        """year, month, kind, giver, receiver, shift, pence."""
        import polars as pl

        entries, start = replication.ledger, self.world.calendar.start
        months = [add_months(start, int(month)) for month in entries["month"]]
        names = [*self.world.lines, None]
        kinds = np.array(KINDS)[entries["kind"]]
        giver, receiver = ([names[n] for n in entries[who]] for who in ("giver", "receiver"))
        table = {"year": [financial_year(month) for month in months], "month": [f"{month:%Y-%m}" for month in months],
                 "kind": kinds, "giver": giver, "receiver": receiver,
                 "shift": entries["shift"].astype(np.int64) + 1, "pence": entries["pence"]}
        schema: dict = {"year": pl.String, "month": pl.String, "kind": pl.String, "giver": pl.String, "receiver": pl.String,
                        "shift": pl.Int64, "pence": pl.Int64}
        none = pl.when(pl.col("shift") > 0).then("shift").alias("shift")
        return pl.DataFrame(table, schema=schema).with_columns(none).sort("month", "kind", "giver", "receiver", "shift")

    def pools(self, replication: Replication) -> pl.DataFrame:
        """year, pool, service and the sums of SUM_NAMES."""
        import polars as pl

        pools = self.world.layout.pools
        rows = [
            (year, pool.pool, pool.service, *map(int, replication.activity.pools[n, p]))
            for (n, year), (p, pool) in product(enumerate(self.world.calendar.periods), enumerate(pools))
        ]
        schema: dict = {"year": pl.String, "pool": pl.String, "service": pl.String, **dict.fromkeys(SUM_NAMES, pl.Int64)}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("year", "pool")


def _columns(sums: np.ndarray) -> dict[str, np.ndarray]:
    """int64[row, WAIT_COLUMNS] by name."""
    return {name: sums[:, n] for n, name in enumerate(WAIT_COLUMNS)}
