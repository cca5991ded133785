"""M/M/4, the simplest queue: icsim's compiled engine beside Ciw and SimPy; each checked against Erlang's formula."""

from __future__ import annotations

import statistics
from datetime import date

import numpy as np

from benchmarks.peers import queue_peers
from benchmarks.row import Row, Scale, alternate, core_seconds
from benchmarks.twenty import DifferentWorldError
from icsim import areas
from icsim.areas.rows import Catchment, Pool
from icsim.calendar import MS_PER_DAY, MS_PER_HOUR
from icsim.catalogue import Catalogue
from icsim.catalogue.rows import Branch, Event, Outcome, Quantity, Service, Severity, Step
from icsim.services import build as services_build
from icsim.services.compiled import CompiledEngine
from icsim.services.names import layout_of
from icsim.tables import DEMAND, DEPARTURE

ERLANG_WAIT = 0.5964 / (queue_peers.SERVERS - queue_peers.ARRIVALS_AN_HOUR)
"""Mean wait in hours: P(wait) = 0.5964 by Erlang's C formula at 80 % load of four servers, ÷ (4 − 3.2)."""


def run(scale: Scale) -> list[Row]:
    """Ratios of time for the same number of customers."""
    days = 400 if scale.quick else 4000
    subjects = {"icsim": lambda n: _icsim(days, n), "Ciw": lambda n: _peer(queue_peers.with_ciw, days, n),
                "SimPy": lambda n: _peer(queue_peers.with_simpy, days, n)}
    _icsim(10, 0)
    timed, waits = alternate(subjects, max(scale.repeats, 3))
    for name, found in waits.items():
        _require_erlang(name, found, quick=scale.quick)
    return [Row("services", f"M/M/4: icsim ÷ {name}", timed[name].median / timed["icsim"].median, "×")
            for name in ("Ciw", "SimPy")]


def _require_erlang(name: str, waits: list[float], quick: bool) -> None:
    mean = statistics.mean(waits)
    if abs(mean / ERLANG_WAIT - 1) > (0.3 if quick else 0.08):
        raise DifferentWorldError(f"M/M/4 by {name}: mean wait {mean:.3f} h instead of {ERLANG_WAIT:.3f}")


def _peer(simulate, days: int, seed: int) -> tuple[float, float, float]:
    spent, waits = core_seconds(lambda: simulate(days * 24, seed))
    return 0.0, spent, statistics.mean(waits)


def _icsim(days: int, seed: int) -> tuple[float, float, float]:
    model, demands = _model(days, seed), _demands(days, seed)
    engine = CompiledEngine(model, len(demands))
    nobody = np.zeros(0, DEPARTURE)
    spent, served = core_seconds(lambda: engine.serve(demands, nobody, days * MS_PER_DAY))
    visits = served.contacts[served.contacts["step"] == 0]
    return 0.0, spent, float((visits["started"] - visits["asked"]).mean() / MS_PER_HOUR)


def _demands(days: int, seed: int) -> np.ndarray:
    luck = np.random.default_rng(seed)
    count = luck.poisson(days * 24 * queue_peers.ARRIVALS_AN_HOUR)
    table = np.zeros(count, DEMAND)
    table["ms"] = np.sort(luck.integers(0, days * MS_PER_DAY, count))
    table["key"], table["resident"] = luck.integers(0, 2**64, count, np.uint64), np.arange(count)
    return table[np.lexsort((table["key"], table["ms"]))]


def _model(days: int, seed: int):
    """One service, one step, one outcome, as rows."""
    tables = Catalogue(
        events=(Event(event="need", label="Need", kind="demand", pathway="queue", class_by="severity"),),
        severities=(Severity(event="need", severity="any", label="Any"),),
        services=(Service(service="desk", label="Desk", server="clerk"),),
        steps=(Step(pathway="queue", step="served", label="Served", service="desk"),),
        outcomes=(Outcome(pathway="queue", outcome="done", label="Done"),),
        branches=(Branch(pathway="queue", step="served", to="done", value=1.0, unit="share"),),
        quantities=(Quantity(pathway="queue", step="served", quantity="duration", distribution="exponential", a=1.0,
                             unit="hours"),),
    )
    area = areas.load("testshire")
    area = type(area)(**{**vars(area), "pools": (Pool(pool="desk", service="desk", label="Desk", value=4.0),),
                         "catchments": (Catchment(service="desk", place="*", pool="desk", value=1.0, unit="share"),)})
    layout = layout_of(tables, area, (), ("need",))
    return services_build.build(tables, area, layout, date(2025, 4, 1), days, seed)
