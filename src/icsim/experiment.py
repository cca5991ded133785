"""Replications of scenarios, side by side, and the frames they leave.

Replication r of every scenario has the same seed, so two scenarios meet the same luck person by person; replications
run in a pool of threads (the loops hold no interpreter lock) and share one read-only start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from icsim._compile import compiled
from icsim.errors import EngineError
from icsim.provenance import content_hash, provenance
from icsim.results import Comparison, Results
from icsim.rng import stream
from icsim.scenario import Resolved, explain
from icsim.services.served import SUM_NAMES
from icsim.simulation import Replication, World, replicate, world
from icsim.state import AGE_BANDS, QUINTILES, bytes_per_row

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[int, int, str], None]
"""Called with beats done, beats in all and what is being done; perhaps from several threads."""

WEIGHT_COLUMNS = {"person": "person_time_ms", "good_health": "healthy_time_ms", "utility": "quality_adjusted_time_ms"}
EVENT_COLUMNS = {"death": "deaths", "birth": "births", "leave": "leavers", "fall": "falls", "arrived": "arrivals",
                 "late": "late_demands"}
"""Names in results that differ from those in the catalogue; all others are the same."""

READY, COMPILING = "getting ready", "getting ready: the code is compiled, about a minute, once for this version"


def run(resolved: Resolved, progress: Progress | None = None) -> Results:
    """Every replication of one scenario."""
    return _run_all([resolved], progress)[0]


def compare(base: Resolved, alternatives: Sequence[Resolved], progress: Progress | None = None) -> Comparison:
    """Every replication of several scenarios on the same residents with the same luck."""
    first, *others = _run_all([base, *alternatives], progress)
    return Comparison(first, others)


def world_of(resolved: Resolved) -> World:
    """What the replications of a scenario share."""
    run = resolved.run
    return world(resolved.catalogue, resolved.area, run.start, run.years, heartbeat=run.heartbeat, served=run.services,
                 engine=run.engine, shipped=resolved.shipped)


def seed_of(seed: int, replication: int) -> int:
    """The seed of one replication: a hash, so that no two of any pair of runs are related by accident."""
    return int(stream(seed, f"replication.{replication}"))


def _run_all(scenarios: Sequence[Resolved], progress: Progress | None) -> list[Results]:
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

    def job(n: int, r: int) -> None:
        done[n, r] = replicate(worlds[n], seed_of(scenarios[n].run.seed, r), meter.count)

    with ThreadPoolExecutor(_threads(scenarios, worlds)) as pool:
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

    def __init__(self, progress: Progress | None, total: int):
        self._progress, self._total, self._done = progress, total, 0
        self.stopped = False
        """Set when the run is given up, so that replications end at their next beat."""

    def count(self, done: int, of: int) -> None:
        """One more beat of some replication; `of` is its own total."""
        if self.stopped:
            raise EngineError("the run was stopped")
        self._done += 1
        if self._progress:
            self._progress(min(self._done, self._total), self._total, "simulating")


def _threads(scenarios: Sequence[Resolved], worlds: Sequence[World]) -> int:
    """As many replications at once as cores and memory allow, and no more than the scenario says."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    need = max(w.rows * bytes_per_row(w.start.people) for w in worlds)
    fits = max(int(0.5 * _free_bytes() / need), 1)
    said = [s.run.threads for s in scenarios if s.run.threads]
    jobs = sum(s.run.replications for s in scenarios)
    return min(cores, fits, jobs, *said)


def _free_bytes() -> float:
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return 4e9


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
        cells=frames.stack(frames.cells, replications),
        waits=frames.stack(frames.waits, replications),
        pools=frames.stack(frames.pools, replications),
        population=frames.stack(frames.population, replications),
        provenance=provenance(resolved) | spent | {"demands": _demands(resolved)},
        timings=list(timings.items()),
        resolved_toml=resolved.to_toml(),
        explanation="\n".join(explain(resolved).lines()),
        content_hash=content_hash(resolved),
    )


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

    def _date(self, day: float) -> str:
        start: date = self.world.calendar.start
        return (start + timedelta(int(day))).isoformat()

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
        """year, measure, quintile, bucket, count, sum_ms; empty buckets are left out."""
        import polars as pl

        activity = replication.activity
        at = np.argwhere(activity.waits > 0)
        period, quintile, measure, bucket = at.T
        table = {
            "year": np.array(self.world.calendar.periods)[period],
            "measure": np.array([*activity.names.waits, ""])[measure],
            "quintile": quintile + 1,
            "bucket": bucket,
            "count": activity.waits[tuple(at.T)],
            "sum_ms": activity.wait_ms[tuple(at.T)],
        }
        return pl.DataFrame(table).sort("year", "measure", "quintile", "bucket")

    def pools(self, replication: Replication) -> pl.DataFrame:
        """year, pool, service and the sums of SUM_NAMES."""
        import polars as pl

        pools = self.world.services.pools
        rows = [
            (year, pool.pool, pool.service, *map(int, replication.activity.pools[n, p]))
            for (n, year), (p, pool) in product(enumerate(self.world.calendar.periods), enumerate(pools))
        ]
        schema: dict = {"year": pl.String, "pool": pl.String, "service": pl.String, **dict.fromkeys(SUM_NAMES, pl.Int64)}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("year", "pool")
