"""A whole replication with all that passes between residents and services, recorded as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from icsim import simulation
from icsim.calendar import Beat
from icsim.services.compiled import CompiledEngine
from icsim.services.model import ServiceModel
from icsim.services.reference import ReferenceEngine
from icsim.services.served import Served
from icsim.simulation import Replication, World
from icsim.state import LIVING, WAITING
from icsim.tables import DIED, LEFT


class Told:
    """An engine of either kind that remembers what it is told."""

    def __init__(self, engine: Any):
        self.engine = engine
        self.tenants: tuple[np.ndarray, np.ndarray] = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self.demands: list[np.ndarray] = []
        self.departures: list[np.ndarray] = []
        self.sums: list[np.ndarray] = []

    def settle(self, residents: np.ndarray, pools: np.ndarray) -> None:
        self.tenants = residents, pools
        self.engine.settle(residents, pools)

    def adopt(self, model: ServiceModel, now_ms: int) -> None:
        self.engine.adopt(model, now_ms)

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        served = self.engine.serve(demands, departures, until_ms)
        self.demands.append(demands)
        self.departures.append(departures)
        self.sums.append(served.sums)
        return served

    def finish(self, until_ms: int) -> Served:
        return self.engine.finish(until_ms)

    def tenancies(self, rows: int) -> np.ndarray:
        """int64[row]: the pool of which each resident keeps a server now; −1: none."""
        found = np.full(rows, -1, np.int64)
        if isinstance(self.engine, CompiledEngine):
            known = self.engine._desk.tenant[:rows]
            found[: len(known)] = known
        else:
            for resident, pool in self.engine.tenant.items():
                found[resident] = pool.index
        return found

    def kept(self) -> np.ndarray:
        """int64[pool]: servers kept for long now."""
        if isinstance(self.engine, CompiledEngine):
            return self.engine._desk.pool["kept"].astype(np.int64)
        return np.array([pool.kept for pool in self.engine.pools], np.int64)


@dataclass
class Recorded:
    """What was recorded; `demands`, `departures` and `sums` have an entry a beat."""

    world: World
    left: Replication
    told: Told
    astray: list[int]
    """after each beat, how many residents keep another server for long than where they live calls for"""
    keepers: list[np.ndarray]
    """after each beat, int64[pool]: servers kept for long"""

    @property
    def contacts(self) -> np.ndarray:
        """Of the whole run, warm-up included."""
        assert self.left.contacts is not None
        return self.left.contacts


def record(world: World, seed: int, engine: str = "compiled", workers: int = 1) -> Recorded:
    """One replication by an engine of this kind."""
    kept: dict[str, Told] = {}
    astray: list[int] = []
    keepers: list[np.ndarray] = []
    make = {"compiled": CompiledEngine, "reference": ReferenceEngine}[engine]
    calls_for = _pools_called_for(world)

    class Running(simulation._Running):
        """Looks at everybody after each beat, when outcomes have been applied."""

        def run_ahead(self, following: Beat | None = None) -> Callable[[], None]:
            """Nobody lives on meanwhile, so that after each beat all stand at its end; it changes no bit."""
            return lambda: None

        def count(self, served: Served, beat: Beat) -> None:
            super().count(served, beat)
            astray.append(_astray(self.residents, kept["told"], calls_for))
            keepers.append(kept["told"].kept())

    ours, simulation._Running = simulation._Running, Running
    try:
        made = replace(world, engine=lambda model: kept.setdefault("told", Told(make(model))))
        left = simulation.replicate(made, seed, log=True, workers=workers)
    finally:
        simulation._Running = ours
    return Recorded(world, left, kept["told"], astray, keepers)


def _pools_called_for(world: World) -> list[tuple[int, int, list[int]]]:
    """(attribute, level, pools) of each service that is held for long."""
    names = world.now.built.layout
    found = []
    for service in (row for row in world.catalogue.services if row.held_by):
        attribute, level = service.held_by.split("=")
        found.append((names.attribute(attribute), names.level(attribute, level), world.layout.pools_of(service.service)))
    return found


def _astray(residents, told: Told, calls_for: list[tuple[int, int, list[int]]]) -> int:
    """Rows whose tenancy is not what their level calls for. Whoever the services know to have departed calls for none."""
    people, rows = residents.people, residents.rows
    here = np.isin(people.person["status"][:rows], (LIVING, WAITING))
    last = told.departures[-1]
    here[last["resident"][np.isin(last["reason"], (DIED, LEFT))]] = False
    tenancy = told.tenancies(rows)
    right = tenancy < 0
    for attribute, level, pools in calls_for:
        lives_so = here & (people.level[:rows, attribute] == level)
        right = np.where(lives_so, np.isin(tenancy, pools), right)
    return int((~right).sum())
