"""Services like for like: the falls pathway by icsim's two engines, SimPy, Ciw and a hand-written Numba loop; M/M/4.

All are given the same demands and write the same contacts, Ciw as far as it can (peers/services_ciw.py says how far). An
event is the arrival of a case, the start or the end of a step that takes time, or a wait that is given up or refused; every
version has nearly the same events, so ratios of time are ratios of events a second.
"""

from __future__ import annotations

import statistics
from functools import lru_cache

import numpy as np

from benchmarks import falls, queue
from benchmarks.peers import services_ciw, services_numba, services_simpy
from benchmarks.row import Row, Scale, Timed, alternate, core_seconds
from benchmarks.twenty import DifferentWorldError
from icsim.calendar import MS_PER_DAY
from icsim.services.compiled import CompiledEngine
from icsim.services.reference import ReferenceEngine
from icsim.tables import CONTACT, DEPARTURE, SERVED

BARS = {"SimPy": 25.0, "Ciw": None, "reference engine": 35.0, "hand-written loop": 0.5}
BEAT_DAYS = 30
CALL, TO_HOSPITAL, DEPARTMENT, BED = 1, 6, 9, 10


def run(scale: Scale) -> list[Row]:
    """Thousand events a core-second of each, and icsim's ratio to the others."""
    years = 0.25 if scale.quick else 2
    subjects = {
        "icsim": lambda n: _engine(CompiledEngine, _work(years, n)),
        "hand-written loop": lambda n: _hand_written(_work(years, n), n),
        "SimPy": lambda n: _simpy(_work(years, n), n),
        "Ciw": lambda n: _ciw(_work(years, n), n),
        "reference engine": lambda n: _engine(ReferenceEngine, _work(years, n)),
    }
    _engine(CompiledEngine, _work(0.02, 0))
    _hand_written(_work(0.02, 0), 0)  # compiles
    timed, contacts = alternate(subjects, scale.repeats, fewer=("reference engine", "Ciw"))
    _require_same_world(contacts)
    return _rows(timed, contacts, years) + queue.run(scale)


@lru_cache(maxsize=8)
def _work(years: float, seed: int) -> falls.Work:
    return falls.work(years, seed)


def _engine(kind: type, work: falls.Work) -> tuple[float, float, np.ndarray]:
    setup, engine = core_seconds(lambda: kind(work.model))
    spent, parts = core_seconds(lambda: _serve(engine, work))
    return setup, spent, np.concatenate(parts)


def _serve(engine, work: falls.Work) -> list[np.ndarray]:
    """A month at a time, as the heartbeat does: the contacts of each month."""
    parts, nobody = [], np.zeros(0, DEPARTURE)
    for day in range(0, work.days, BEAT_DAYS):
        end = min(day + BEAT_DAYS, work.days) * MS_PER_DAY
        first, last = np.searchsorted(work.demands["ms"], (day * MS_PER_DAY, end))
        parts.append(engine.serve(work.demands[first:last], nobody, end).contacts)
    return parts


def _simpy(work: falls.Work, seed: int) -> tuple[float, float, np.ndarray]:
    demands = work.demands.tolist()
    spent, contacts = core_seconds(lambda: services_simpy.run(work.numbers, demands, work.days * MS_PER_DAY, seed))
    return 0.0, spent, _table(contacts, services_simpy.FIELDS)


def _ciw(work: falls.Work, seed: int) -> tuple[float, float, np.ndarray]:
    setup, simulation = core_seconds(lambda: services_ciw.build(work.numbers, work.demands, seed))
    spent, _ = core_seconds(lambda: simulation.simulate_until_max_time(work.days * MS_PER_DAY))
    return setup, spent, _table(services_ciw.contacts(simulation), services_ciw.FIELDS)


def _table(contacts: list[tuple], fields: tuple[str, ...]) -> np.ndarray:
    return np.array(contacts, [(name, CONTACT[name]) for name in fields])


def _hand_written(work: falls.Work, seed: int) -> tuple[float, float, np.ndarray]:
    services_numba.seed(seed)
    setup, desk = core_seconds(lambda: services_numba.desk_for(work.numbers, work.demands, CONTACT))
    until = work.days * MS_PER_DAY
    spent, contacts = core_seconds(lambda: services_numba.run(work.numbers, desk, work.demands, until))
    return setup, spent, contacts.copy()


def _events(contacts: np.ndarray) -> int:
    arrivals = (contacts["step"] == 0).sum()
    took_time = (contacts["step"] >= 0) & (contacts["started"] >= 0) & (contacts["ended"] > contacts["asked"])
    return int(arrivals + 2 * took_time.sum() + (contacts["started"] < 0).sum())


def _require_same_world(contacts: dict[str, list[np.ndarray]]) -> None:
    """The twin agrees contact by contact; the others, with luck of their own, in the contacts of four steps.

    Queues make counts vary more than Poisson's law, so the error is that between repeats; never less than four of Poisson's
    or 5 %, because a few repeats may agree by chance.
    """
    if any(not np.array_equal(a, b) for a, b in zip(contacts["reference engine"], contacts["icsim"], strict=False)):
        raise DifferentWorldError("the reference engine wrote other contacts")
    for name in ("SimPy", "Ciw", "hand-written loop"):
        for step in (CALL, TO_HOSPITAL, DEPARTMENT, BED):
            ours, theirs = (_served(contacts[each], step) for each in ("icsim", name))
            gaps = [b - a for a, b in zip(ours, theirs, strict=False)]  # Ciw has fewer repeats
            error = statistics.stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 2 else 0.0
            poisson = (2 * statistics.mean(ours) / len(ours)) ** 0.5
            allowed = max(6 * error, 4 * poisson, 0.05 * statistics.mean(ours))
            if abs(statistics.mean(gaps)) > allowed:
                raise DifferentWorldError(f"{name}, step {step}: {theirs} contacts instead of {ours}")


def _served(runs: list[np.ndarray], step: int) -> list[int]:
    return [int(((found["step"] == step) & (found["reason"] == SERVED)).sum()) for found in runs]


def _rows(timed: dict[str, Timed], contacts: dict[str, list[np.ndarray]], years: float) -> list[Row]:
    rows = []
    for name, found in timed.items():
        events = statistics.median(map(_events, contacts[name]))
        rows.append(Row("services", f"falls pathway, {years:g} years: {name}", events / found.median / 1e3,
                        "thousand events a core-second", note=found.spread))
    ours = timed["icsim"].median
    return rows + [Row("services", f"icsim ÷ {name}", timed[name].median / ours, "×", bar)
                   for name, bar in BARS.items()]
